"""How good a model is: on labelled pairs, and as a ranking of aptamers."""

import numpy as np
from scipy import stats
from sklearn import metrics

THRESHOLD = 0.5


def pair_metrics(label: np.ndarray, probability: np.ndarray) -> dict:
    """Metrics of the probabilities that the first of each pair is fitter.

    Args:
        label: 0 or 1, shape (n_pairs,).
        probability: in [0, 1], shape (n_pairs,).

    Returns:
        n_pairs, accuracy, roc_auc, average_precision, brier, and the confusion matrix as
        true_positive, false_positive, true_negative, false_negative.
    """
    predicted = probability > THRESHOLD
    (tn, fp), (fn, tp) = metrics.confusion_matrix(label == 1, predicted, labels=[False, True])
    return {
        "n_pairs": len(label),
        "accuracy": float((tp + tn) / len(label)),
        "roc_auc": float(metrics.roc_auc_score(label, probability)),
        "average_precision": float(metrics.average_precision_score(label, probability)),
        "brier": float(np.mean((probability - label) ** 2)),
        "true_positive": int(tp),
        "false_positive": int(fp),
        "true_negative": int(tn),
        "false_negative": int(fn),
    }


def ranking_metrics(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray | None = None
) -> dict:
    """Kendall's tau-b and Spearman's rho of predicted scores against fitness, shapes (n,).

    With several groups, only aptamers of one are ranked against each other: the mean over the
    groups, each weighted by its number of pairs. A predicted ranking that puts all aptamers at one
    place says nothing: both are 0 there. So are they where no group has two scores.
    """
    group = np.zeros(len(fitness), dtype=np.int64) if group is None else group
    tau, rho, weights = [], [], []
    for code in np.unique(group):
        true, found = fitness[group == code], predicted[group == code]
        if np.ptp(true) == 0:
            continue
        flat = np.ptp(found) == 0
        tau.append(0.0 if flat else stats.kendalltau(true, found).statistic)
        rho.append(0.0 if flat else stats.spearmanr(true, found).statistic)
        weights.append(len(true) * (len(true) - 1) / 2)
    return {
        "n_aptamers": len(fitness),
        "kendall_tau": float(np.average(tau, weights=weights)) if tau else 0.0,
        "spearman": float(np.average(rho, weights=weights)) if rho else 0.0,
    }


def win_rate(
    first: np.ndarray, second: np.ndarray, probability: np.ndarray, count: int
) -> np.ndarray:
    """Mean probability of winning of each of `count` aptamers over its pairs; 0.5 without any.

    The old name is Borda's count. `probability[k]` is that `first[k]` is fitter than `second[k]`.
    """
    wins = np.bincount(first, probability, count) + np.bincount(second, 1 - probability, count)
    played = np.bincount(first, minlength=count) + np.bincount(second, minlength=count)
    return np.divide(wins, played, out=np.full(count, 0.5), where=played > 0)
