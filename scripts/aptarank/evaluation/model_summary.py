"""Models and baselines side by side: over seeds and folds, and on the same test pairs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aptarank.evaluation.bootstrap import interval, p_value
from aptarank.evaluation.metric_registry import METRICS


def summarise(runs: pd.DataFrame, intervals: Sequence[list[float] | None]) -> pd.DataFrame:
    """Mean and spread of each metric over the runs of a model, its seeds and folds.

    Args:
        runs: a row a run: `model`, `kind` and `METRICS`.
        intervals: of each model's accuracy, over test aptamers, in the order of the runs.

    Returns:
        A row a model and metric: `model`, `kind`, `n_runs`, `metric`, `mean`, `sd` (sample standard
        deviation, NaN for one run), `min`, `max`, and of the accuracy `low` and `high` (95 %).
    """
    rows = []
    models = runs.groupby(["model", "kind"], sort=False)
    for ((model, kind), repeats), ends in zip(models, intervals, strict=True):
        for metric in METRICS:
            spread = repeats[metric].astype(float).agg(["mean", "std", "min", "max"])
            low, high = ends if ends and metric == "accuracy" else (np.nan, np.nan)
            rows.append((model, kind, len(repeats), metric, *spread, low, high))
    columns = ["model", "kind", "n_runs", "metric", "mean", "sd", "min", "max", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def wide(summary: pd.DataFrame) -> pd.DataFrame:
    """What `summarise` gives with a row a model, most accurate first: the accuracy with its spread
    over runs and its interval, and the mean of each other metric."""
    index = ["model", "kind", "n_runs"]
    means = summary.pivot(index=index, columns="metric", values="mean")[list(METRICS)]
    accuracy = summary[summary["metric"] == "accuracy"].set_index(index)[["sd", "low", "high"]]
    for position, name in enumerate(accuracy, start=1):
        means.insert(position, f"accuracy_{name}", accuracy[name])
    return means.sort_values("accuracy", ascending=False, kind="stable").reset_index()


def paired_differences(
    names: Sequence[str], models: int, accuracy: np.ndarray, resampled: np.ndarray
) -> pd.DataFrame:
    """How much more accurate each model is than each other one and than each baseline.

    Args:
        names: of the models, then of the baselines.
        models: how many of them are models.
        accuracy: of each, shape (n_names,).
        resampled: accuracy of each in the same resamples of the test aptamers, shape (n_resamples,
            n_names).

    Returns:
        `model_a`, `model_b`, `difference` (of a from b), `low`, `high` (95 %) and `p` (two-sided).
    """
    rows = []
    for a in range(models):
        for b in range(a + 1, len(names)):
            differences = resampled[:, a] - resampled[:, b]
            differences = differences[np.isfinite(differences)]
            low, high = interval(differences) or (np.nan, np.nan)
            p = p_value(differences)
            rows.append((names[a], names[b], accuracy[a] - accuracy[b], low, high, p))
    return pd.DataFrame(rows, columns=["model_a", "model_b", "difference", "low", "high", "p"])
