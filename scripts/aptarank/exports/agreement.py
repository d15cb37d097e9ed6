"""Whether a variant of a model is the same model, and what it costs in accuracy."""

import numpy as np
from scipy.special import expit

from aptarank.evaluation import bootstrap
from aptarank.evaluation.metric_registry import pair_metrics
from aptarank.evaluation.metrics import correct
from aptarank.pairing.pairs import Pairs


def agreement(logits: np.ndarray, reference: np.ndarray) -> dict:
    """How far the probabilities of a variant are from those of the same layers in eager fp32.

    Args:
        logits, reference: of the same pairs, shape (n_pairs,).

    Returns:
        largest_difference and mean_difference (of the probability), and changed_predictions, the
        share of the pairs where the other aptamer wins.
    """
    ours, theirs = expit(logits.astype(np.float64)), expit(reference.astype(np.float64))
    apart = np.abs(ours - theirs)
    return {
        "largest_difference": float(apart.max()),
        "mean_difference": float(apart.mean()),
        "changed_predictions": float(np.mean((logits > 0) != (reference > 0))),
    }


def change(
    pairs: Pairs, logits: np.ndarray, baseline: np.ndarray, count: int, resamples: int, seed: int
) -> dict[str, float | None]:
    """Accuracy and ROC AUC on labelled pairs, and their change from the baseline's.

    The intervals (95 %) are of the change: both are measured on the same resamples of the aptamers.

    Args:
        logits, baseline: of the variant and of the model that it is a form of, shape (n_pairs,).
        count: number of aptamers that `pairs` has indices into.
    """
    probabilities = [expit(values.astype(np.float64)) for values in (logits, baseline)]
    measured = [pair_metrics(pairs.label, probability) for probability in probabilities]
    right = np.stack([correct(pairs.label, probability) for probability in probabilities], axis=1)
    resampled = bootstrap.bootstrap(
        {
            "accuracy": bootstrap.accuracy(pairs, right, count),
            "ours": bootstrap.roc_auc(pairs, probabilities[0]),
            "theirs": bootstrap.roc_auc(pairs, probabilities[1]),
        },
        count,
        resamples,
        seed,
    )
    changes = {
        "accuracy": resampled["accuracy"][:, 0] - resampled["accuracy"][:, 1],
        "roc_auc": resampled["ours"] - resampled["theirs"],
    }
    record: dict[str, float | None] = {}
    for name, values in changes.items():
        low, high = bootstrap.interval(values) or (None, None)
        record[name] = measured[0][name]
        record[f"{name}_change"] = measured[0][name] - measured[1][name]
        record |= {f"{name}_change_low": low, f"{name}_change_high": high}
    return record
