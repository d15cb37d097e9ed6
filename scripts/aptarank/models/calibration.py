"""Whether probabilities mean what they say, and temperature scaling, which makes them."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

BINS = 15  # as in Guo et al. 2017
LOG_RANGE = (np.log(0.01), np.log(100.0))  # of the temperature


def fit_temperature(logits: np.ndarray, label: np.ndarray) -> float:
    """The T for which sigmoid(logits / T) gives labelled pairs their greatest likelihood.

    Temperature scaling (Guo et al. 2017, arXiv:1706.04599), with T between 0.01 and 100. Labels
    are taken as right only with the probability (n + 1) / (n + 2) (Platt 1999), since T would go to
    0 if logits and labels agreed on every pair.

    Args:
        logits: log-odds that the first of each pair is fitter, shape (n_pairs,).
        label: 0 or 1, shape (n_pairs,).

    Returns:
        T > 0, above 1 where the logits were too sure; 1 where they are all 0, or none.
    """
    agreeing = np.where(label == 1, 1.0, -1.0) * np.asarray(logits, dtype=np.float64)
    if not agreeing.any():
        return 1.0
    wrong = 1 / (len(agreeing) + 2)

    def loss(log_temperature: float) -> float:
        scaled = agreeing * np.exp(-log_temperature)
        return float(np.mean(np.logaddexp(0, -scaled) + wrong * scaled))

    return float(np.exp(minimize_scalar(loss, bounds=LOG_RANGE, method="bounded").x))


def reliability(label: np.ndarray, probability: np.ndarray, bins: int = BINS) -> pd.DataFrame:
    """How often the likelier aptamer of a pair is the fitter one, by how sure that was said.

    The probability of the likelier one, max(P, 1 − P), is binned between 0.5 and 1 at equal widths,
    so that nothing depends on which of the two comes first. Where both are as likely, half of the
    pair counts as right.

    Args:
        label: 0 or 1, shape (n_pairs,).
        probability: P that the first is fitter, in [0, 1], shape (n_pairs,).

    Returns:
        A row for each bin with pairs: `low`, `high`, `n_pairs`, `predicted` (their mean
        probability) and `observed` (share of them where the likelier one is fitter).
    """
    sure = np.maximum(probability, 1 - probability)
    right = np.where(probability == 0.5, 0.5, (probability > 0.5) == (label == 1))
    bin_index = np.minimum(((sure - 0.5) * 2 * bins).astype(np.int64), bins - 1)
    count = np.bincount(bin_index, minlength=bins)
    edges = np.linspace(0.5, 1, bins + 1)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n_pairs": count})[count > 0]
    return table.assign(
        predicted=np.bincount(bin_index, sure, bins)[table.index] / table["n_pairs"],
        observed=np.bincount(bin_index, right, bins)[table.index] / table["n_pairs"],
    ).reset_index(drop=True)


def expected_calibration_error(
    label: np.ndarray, probability: np.ndarray, bins: int = BINS
) -> float:
    """Mean distance of `predicted` from `observed` over the pairs of each bin of `reliability`.

    The expected calibration error (Guo et al. 2017, arXiv:1706.04599) with equal widths between 0.5
    and 1; with P of either order in 2 × `bins` bins between 0 and 1, it is the same.
    """
    table = reliability(label, probability, bins)
    distance = (table["predicted"] - table["observed"]).abs()
    return float(np.average(distance, weights=table["n_pairs"]))
