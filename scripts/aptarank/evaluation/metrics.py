"""Metrics of a model, on labelled pairs and as a ranking of aptamers, each a function.

metric_registry.py lists those that are reported.
"""

from collections.abc import Callable

import numpy as np
from scipy import stats
from sklearn import metrics

from aptarank.core.tables import THRESHOLD

# Labels (0 or 1) and the probabilities that the first is fitter, shapes (n_pairs,).
PairMetric = Callable[[np.ndarray, np.ndarray], float]
# Fitness and predicted scores of one group, shapes (n,).
GroupMetric = Callable[[np.ndarray, np.ndarray], float]
# Fitness, predicted scores and code of the group of measurements, shapes (n,).
RankingMetric = Callable[[np.ndarray, np.ndarray, np.ndarray], float | None]

CUTS = (10, "10%")  # how many a laboratory keeps, as a number or as a share of the group
BANDS = 10


def correct(label: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Whether each pair is predicted correctly, 0 or 1, shape (n_pairs,); 0.5 where neither of the
    two is predicted to be fitter.
    """
    return np.where(probability == THRESHOLD, 0.5, (probability > THRESHOLD) == (label == 1))


def accuracy(label: np.ndarray, probability: np.ndarray) -> float:
    """Share of the pairs whose fitter aptamer is predicted."""
    return float(np.mean(correct(label, probability)))


def brier(label: np.ndarray, probability: np.ndarray) -> float:
    """Mean squared difference of probability and label (Brier 1950)."""
    return float(np.mean((probability - label) ** 2))


def negative_log_likelihood(label: np.ndarray, probability: np.ndarray) -> float:
    """Mean negative log-likelihood of the labels, in nats."""
    return float(metrics.log_loss(label, probability, labels=[0, 1]))


def confusion(label: np.ndarray, probability: np.ndarray) -> dict[str, int]:
    """true_positive, false_positive, true_negative and false_negative: numbers of pairs."""
    predicted = probability > THRESHOLD
    (tn, fp), (fn, tp) = metrics.confusion_matrix(label == 1, predicted, labels=[False, True])
    return {
        "true_positive": int(tp),
        "false_positive": int(fp),
        "true_negative": int(tn),
        "false_negative": int(fn),
    }


def mean_over_groups(
    metric: GroupMetric,
) -> Callable[[np.ndarray, np.ndarray, np.ndarray], float]:
    """The mean of a metric over groups, each weighted by its number of pairs.

    Only aptamers of one group are ranked against each other. Groups without two different scores
    are left out; the mean is 0 if there is no other.
    """

    def mean(fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray) -> float:
        values, weights = [], []
        for code in np.unique(group):
            rows = group == code
            if np.ptp(fitness[rows]) > 0:
                values.append(metric(fitness[rows], predicted[rows]))
                weights.append(rows.sum() * (rows.sum() - 1) / 2)
        return float(np.average(values, weights=weights)) if values else 0.0

    return mean


def kendall_tau(fitness: np.ndarray, predicted: np.ndarray) -> float:
    """Kendall's tau-b of one group; 0 if all predictions are equal."""
    return 0.0 if np.ptp(predicted) == 0 else stats.kendalltau(fitness, predicted).statistic


def spearman(fitness: np.ndarray, predicted: np.ndarray) -> float:
    """Spearman's rho of one group; 0 if all predictions are equal."""
    return 0.0 if np.ptp(predicted) == 0 else stats.spearmanr(fitness, predicted).statistic


def ndcg(fitness: np.ndarray, predicted: np.ndarray) -> float:
    """Normalised discounted cumulative gain of one group, with `relevance`."""
    return metrics.ndcg_score([relevance(fitness)], [predicted])


def recall_at(cut: int | str) -> RankingMetric:
    """Recall of the best at a cut, see `top_recall`; None where no group is large enough."""

    def recall(fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray) -> float | None:
        return top_recall(fitness, predicted, group, cut)["recall"]

    return recall


def relevance(fitness: np.ndarray) -> np.ndarray:
    """Share of the others that each of a group beats, in [0, 1], shape (n,): NDCG's relevance.

    Unlike the fitness itself it has no unit, no outliers and is never negative.
    """
    return (stats.rankdata(fitness, "min") - 1) / (len(fitness) - 1)


def top_recall(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray, cut: int | str
) -> dict:
    """How many of the true top k are in the predicted top k.

    Where the cut falls among aptamers that tie, each counts by its probability of being drawn.

    Args:
        fitness, predicted, group: shape (n,); each group is cut by itself.
        cut: how many are kept, a number or a share such as `10%` (rounded up). Groups that are not
            larger are left out.

    Returns:
        cut, k (summed over the groups), lost (how many of the true top k are not kept), recall
        (1 − lost / k; None if all groups are left out), n_groups and n_aptamers (not left out).
    """
    best, kept, groups, aptamers = 0, 0.0, 0, 0
    for code in np.unique(group):
        here = group == code
        k = cut_at(cut, int(here.sum()))
        if k < here.sum():
            best += k
            kept += float(
                probability_in_top(fitness[here], k) @ probability_in_top(predicted[here], k)
            )
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


def probability_in_top(values: np.ndarray, k: int) -> np.ndarray:
    """Probability of being among the k highest, ties in random order; shape (n,), sum k."""
    above = len(values) - stats.rankdata(values, "max")
    ties = stats.rankdata(values, "max") - stats.rankdata(values, "min") + 1
    return np.clip((k - above) / ties, 0, 1)


def margin_bands(difference: np.ndarray, bands: int = BANDS) -> list[np.ndarray]:
    """Indices of pairs, in bands of equal size, from the closest to the farthest apart.

    Args:
        difference: |fitness difference| of each pair, shape (n_pairs,); pairs with NaN are left
            out.
    """
    finite = np.flatnonzero(np.isfinite(difference))
    order = finite[np.argsort(difference[finite], kind="stable")]
    return [band for band in np.array_split(order, bands) if len(band)]


def accuracy_by_margin(
    difference: np.ndarray, correct: np.ndarray, bands: list[np.ndarray]
) -> list[dict]:
    """For each of the `margin_bands`: low and high (of the difference), n_pairs, accuracy.

    Args:
        correct: whether each pair was predicted right, 0 to 1, shape (n_pairs,).
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
