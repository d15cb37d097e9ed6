"""How good a model is: on labelled pairs, and as a ranking of aptamers."""

import numpy as np
from scipy import stats
from sklearn import metrics

from aptarank.models.calibration import expected_calibration_error

THRESHOLD = 0.5
CUTS = (10, "10%")  # how many a laboratory keeps, as a number or as a share of the group
BANDS = 10


def correct(label: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Whether each pair is predicted right, bool, shape (n_pairs,)."""
    return (probability > THRESHOLD) == (label == 1)


def pair_metrics(label: np.ndarray, probability: np.ndarray) -> dict:
    """Metrics of the probabilities that the first of each pair is fitter.

    Args:
        label: 0 or 1, shape (n_pairs,).
        probability: in [0, 1], shape (n_pairs,).

    Returns:
        n_pairs, accuracy, roc_auc, average_precision, brier, nll (mean negative log-likelihood, in
        nats), ece (expected calibration error), and the confusion matrix as true_positive,
        false_positive, true_negative, false_negative.
    """
    predicted = probability > THRESHOLD
    (tn, fp), (fn, tp) = metrics.confusion_matrix(label == 1, predicted, labels=[False, True])
    return {
        "n_pairs": len(label),
        "accuracy": float((tp + tn) / len(label)),
        "roc_auc": float(metrics.roc_auc_score(label, probability)),
        "average_precision": float(metrics.average_precision_score(label, probability)),
        "brier": float(np.mean((probability - label) ** 2)),
        "nll": float(metrics.log_loss(label, probability, labels=[0, 1])),
        "ece": expected_calibration_error(label, probability),
        "true_positive": int(tp),
        "false_positive": int(fp),
        "true_negative": int(tn),
        "false_negative": int(fn),
    }


def ranking_metrics(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray | None = None
) -> dict:
    """Agreement of predicted scores with fitness, shapes (n,).

    With several groups, only aptamers of one are ranked against each other: the mean over the
    groups, each weighted by its number of pairs. A predicted ranking that puts all aptamers at one
    place says nothing: tau and rho are 0 there. All are 0 where no group has two scores.

    Returns:
        n_aptamers, kendall_tau (tau-b), spearman (rho), ndcg (with `relevance`), and
        recall_at_10 and recall_at_10% (see `top_recall`; None where no group is large enough).
    """
    group = np.zeros(len(fitness), dtype=np.int64) if group is None else group
    tau, rho, gain, weights = [], [], [], []
    for code in np.unique(group):
        true, found = fitness[group == code], predicted[group == code]
        if np.ptp(true) == 0:
            continue
        flat = np.ptp(found) == 0
        tau.append(0.0 if flat else stats.kendalltau(true, found).statistic)
        rho.append(0.0 if flat else stats.spearmanr(true, found).statistic)
        gain.append(metrics.ndcg_score([relevance(true)], [found]))
        weights.append(len(true) * (len(true) - 1) / 2)
    found = {"kendall_tau": tau, "spearman": rho, "ndcg": gain}
    means = {
        name: float(np.average(values, weights=weights)) if values else 0.0
        for name, values in found.items()
    }
    recalls = {f"recall_at_{cut}": top_recall(fitness, predicted, group, cut) for cut in CUTS}
    return {
        "n_aptamers": len(fitness),
        **means,
        **{name: top["recall"] for name, top in recalls.items()},
    }


def relevance(fitness: np.ndarray) -> np.ndarray:
    """Share of the others that each of a group beats, in [0, 1], shape (n,): NDCG's relevance.

    Unlike the fitness itself it has no unit, no outliers and is never negative.
    """
    return (stats.rankdata(fitness, "min") - 1) / (len(fitness) - 1)


def top_recall(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray, cut: int | str
) -> dict:
    """How many of the truly best are among as many predicted best.

    Where the cut falls among aptamers that tie, each of these counts by its chance to be drawn.

    Args:
        fitness, predicted, group: shape (n,); each group is cut by itself.
        cut: how many are kept, a number or a share such as `10%` (rounded up). Groups that are no
            larger say nothing and are left out.

    Returns:
        cut, k (the truly best, of all groups that count), lost (how many of them are not kept),
        recall (1 − lost / k; None where no group counts), n_groups and n_aptamers (that count).
    """
    best, kept, groups, aptamers = 0, 0.0, 0, 0
    for code in np.unique(group):
        here = group == code
        k = cut_at(cut, int(here.sum()))
        if k < here.sum():
            best += k
            kept += float(chance_in_top(fitness[here], k) @ chance_in_top(predicted[here], k))
            groups += 1
            aptamers += int(here.sum())
    recall = kept / best if groups else None
    return {
        "cut": cut,
        "k": best,
        "recall": recall,
        "lost": best - kept,
        "n_groups": groups,
        "n_aptamers": aptamers,
    }


def cut_at(cut: int | str, size: int) -> int:
    """How many of `size` a cut keeps: the number itself, or the percentage, rounded up."""
    return cut if isinstance(cut, int) else -(-size * int(cut.rstrip("%")) // 100)


def chance_in_top(values: np.ndarray, k: int) -> np.ndarray:
    """Chance of each to be among the k highest, ties in random order; shape (n,), sum k."""
    above = len(values) - stats.rankdata(values, "max")
    ties = stats.rankdata(values, "max") - stats.rankdata(values, "min") + 1
    return np.clip((k - above) / ties, 0, 1)


def margin_bands(difference: np.ndarray, bands: int = BANDS) -> list[np.ndarray]:
    """Numbers of the pairs in bands of as many pairs each, from the closest to the farthest apart.

    Args:
        difference: |fitness difference| of each pair, shape (n_pairs,); pairs with NaN are in none.
    """
    known = np.flatnonzero(np.isfinite(difference))
    order = known[np.argsort(difference[known], kind="stable")]
    return [band for band in np.array_split(order, bands) if len(band)]


def accuracy_by_margin(
    difference: np.ndarray, correct: np.ndarray, bands: list[np.ndarray]
) -> list[dict]:
    """For each of the `margin_bands`: low and high (of the difference), n_pairs, accuracy.

    Args:
        correct: whether each pair was predicted right, shape (n_pairs,).
    """
    return [
        {
            "low": float(difference[band[0]]),
            "high": float(difference[band[-1]]),
            "n_pairs": len(band),
            "accuracy": float(correct[band].mean()),
        }
        for band in bands
    ]
