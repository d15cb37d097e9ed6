"""The metrics that are reported: each is declared here once, and shown wherever metrics are.

A metric of `PAIR_METRICS` or `RANKING_METRICS` stands in metrics.json, comparison.csv,
baselines.csv and summary.csv, and wherever else its declaration says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from aptarank.evaluation import bootstrap, metrics
from aptarank.evaluation.metrics import CUTS, PairMetric, RankingMetric
from aptarank.models.calibration import expected_calibration_error
from aptarank.pairing.pairs import Pairs

Function = TypeVar("Function")
Resampled = TypeVar("Resampled")
# Makes a statistic of pairs, probabilities and the number of aptamers.
PairStatistic = Callable[[Pairs, np.ndarray, int], bootstrap.Statistic]


@dataclass(frozen=True)
class Metric(Generic[Function, Resampled]):
    """A metric, and where it is shown.

    Attributes:
        key: its name in tables and in metrics.json.
        function: computes it.
        label: what it is, for the model card.
        better: `higher` or `lower`.
        reference: a value to compare with, for the model card, such as that of chance.
        resampled: computes it in resamples of the test aptamers, for a confidence interval; None:
            it has no interval.
        on_card: whether the model card has it.
        in_terminal: whether the summary in the terminal has it.
        hub: its id and its name on the Hugging Face Hub, for the card's metadata.
    """

    key: str
    function: Function
    label: str
    better: str = "higher"
    reference: str = ""
    resampled: Resampled | None = None
    on_card: bool = True
    in_terminal: bool = False
    hub: tuple[str, str] | None = None

    @property
    def description(self) -> str:
        """The label, which way is better if that is not the usual one, and the reference."""
        notes = ["lower is better"] if self.better == "lower" else []
        notes += [self.reference] if self.reference else []
        return f"{self.label} ({'; '.join(notes)})" if notes else self.label


PAIR_METRICS: tuple[Metric[PairMetric, PairStatistic], ...] = (
    Metric(
        "accuracy",
        metrics.accuracy,
        "pairs put in the right order",
        reference="chance: 0.5",
        resampled=lambda pairs, probability, count: bootstrap.accuracy(
            pairs, metrics.correct(pairs.label, probability), count
        ),
        in_terminal=True,
        hub=("accuracy", "Accuracy on pairs"),
    ),
    Metric(
        "roc_auc",
        lambda label, probability: float(roc_auc_score(label, probability)),
        "ROC AUC of the pairs",
        reference="chance: 0.5",
        resampled=lambda pairs, probability, count: bootstrap.roc_auc(pairs, probability),
        in_terminal=True,
        hub=("roc_auc", "ROC AUC on pairs"),
    ),
    Metric(
        "average_precision",
        lambda label, probability: float(average_precision_score(label, probability)),
        "average precision of the pairs",
        hub=("average_precision", "Average precision on pairs"),
    ),
    Metric(
        "brier",
        metrics.brier,
        "Brier score of the probability",
        better="lower",
        reference="always 0.5: 0.25",
        in_terminal=True,
    ),
    Metric(
        "nll",
        metrics.negative_log_likelihood,
        "negative log-likelihood of the labels, nats a pair",
        better="lower",
        reference="always 0.5: 0.69",
        on_card=False,
    ),
    Metric(
        "ece",
        expected_calibration_error,
        "expected calibration error",
        better="lower",
        in_terminal=True,
    ),
)

RANKING_METRICS: tuple[Metric[RankingMetric, bootstrap.RankingTerm], ...] = (
    Metric(
        "kendall_tau",
        metrics.mean_over_groups(metrics.kendall_tau),
        "Kendall's tau of score and measurement",
        reference="chance: 0",
        resampled=bootstrap.mean_over_groups(bootstrap.kendall_tau),
        in_terminal=True,
        hub=("kendall_tau", "Kendall's tau"),
    ),
    Metric(
        "spearman",
        metrics.mean_over_groups(metrics.spearman),
        "Spearman's rho of score and measurement",
        reference="chance: 0",
        resampled=bootstrap.mean_over_groups(bootstrap.spearman),
        hub=("spearmanr", "Spearman's rho"),
    ),
    Metric(
        "ndcg",
        metrics.mean_over_groups(metrics.ndcg),
        "normalised discounted cumulative gain",
        resampled=bootstrap.mean_over_groups(bootstrap.ndcg),
        in_terminal=True,
    ),
    *(
        Metric(
            f"recall_at_{cut}",
            metrics.recall_at(cut),
            f"share of the best {cut} found among the first {cut}",
            resampled=bootstrap.recall_at(cut),
            on_card=cut == 10,
            in_terminal=cut == "10%",
        )
        for cut in CUTS
    ),
)

ALL: tuple[Metric[Any, Any], ...] = (*PAIR_METRICS, *RANKING_METRICS)
METRICS = {metric.key: metric for metric in ALL}


def pair_metrics(label: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """n_pairs, `PAIR_METRICS` and the confusion matrix.

    Args:
        label: 0 or 1, shape (n_pairs,).
        probability: that the first of each pair is fitter, in [0, 1], shape (n_pairs,).
    """
    return {
        "n_pairs": len(label),
        **{metric.key: metric.function(label, probability) for metric in PAIR_METRICS},
        **metrics.confusion(label, probability),
    }


def ranking_metrics(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray | None = None
) -> dict[str, float | None]:
    """n_aptamers and `RANKING_METRICS`.

    Args:
        fitness, predicted: of each measurement, shape (n,).
        group: code or name of its group; None: all are of one.
    """
    group = np.zeros(len(fitness), dtype=np.int64) if group is None else group
    return {
        "n_aptamers": len(fitness),
        **{metric.key: metric.function(fitness, predicted, group) for metric in RANKING_METRICS},
    }


def intervals_of_rankings(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray, aptamer: np.ndarray
) -> tuple[list[str], bootstrap.Statistic]:
    """The ranking metrics that have an interval, and the statistic that resamples them.

    Args:
        aptamer: of each measurement, its column of the multiplicities, shape (n,).
    """
    terms = {metric.key: metric.resampled for metric in RANKING_METRICS if metric.resampled}
    statistic = bootstrap.ranking(fitness, predicted, group, aptamer, list(terms.values()))
    return list(terms), statistic
