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


def ranking_metrics(fitness: np.ndarray, predicted: np.ndarray) -> dict:
    """Kendall's tau-b and Spearman's rho of predicted scores against fitness, shapes (n,).

    A predicted ranking that puts all aptamers at one place says nothing: both are 0.
    """
    if np.ptp(predicted) == 0:
        return {"n_aptamers": len(fitness), "kendall_tau": 0.0, "spearman": 0.0}
    return {
        "n_aptamers": len(fitness),
        "kendall_tau": float(stats.kendalltau(fitness, predicted).statistic),
        "spearman": float(stats.spearmanr(fitness, predicted).statistic),
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
