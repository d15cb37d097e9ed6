"""What a measured fitness says of the true one, by its standard error."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

FEWEST = 10  # aptamers of a group from which its true variance is estimated


def true_fitness(
    fitness: np.ndarray, error: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the true fitness, given what was measured.

    Empirical Bayes for normal means (Efron and Morris 1975, doi:10.1080/01621459.1975.10479864):
    a measurement is the truth and an error, and the truth of a group has a normal distribution with
    the mean of the measurements and the variance τ² = variance of the measurements − mean error²
    (0 if that is negative). With the reliability w = τ² / (τ² + error²), the true fitness has the
    mean μ + w (measured − μ) and the variance w error². In groups of fewer than `FEWEST` aptamers
    with an error, w is 1.

    Args:
        fitness, error: measured, and its standard error, NaN where not known, shape (n,).
        groups: code or name of each measurement's group, shape (n,).

    Returns:
        Mean and variance, NaN where the error is not known, shapes (n,).
    """
    known = np.isfinite(fitness) & np.isfinite(error)
    table = pd.DataFrame({"fitness": fitness, "squared": error**2})
    table[~known] = np.nan
    by_group = table.groupby(groups)
    mean, variance, noise, count = (
        by_group[column].transform(statistic).to_numpy()
        for column, statistic in (
            ("fitness", "mean"),
            ("fitness", "var"),
            ("squared", "mean"),
            ("squared", "count"),
        )
    )
    spread = np.where(count < FEWEST, np.inf, np.maximum(0.0, variance - noise))
    with np.errstate(invalid="ignore", divide="ignore"):
        reliability = np.where(np.isinf(spread), 1.0, spread / (spread + error**2))
    expected = mean + reliability * (fitness - mean)
    expected[~known] = np.nan
    return expected, np.where(known, reliability * error**2, np.nan)


def fitter_probability(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Probability that a normal variable of this mean and variance is above 0, same shape.

    0.5 where both are 0; NaN where either is.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.asarray(difference / np.sqrt(variance))
    ratio[(np.asarray(difference) == 0) & (np.asarray(variance) == 0)] = 0.0
    return ndtr(ratio)
