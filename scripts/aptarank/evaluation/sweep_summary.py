"""What the settings of a sweep gave, on validation."""

from collections.abc import Mapping, Sequence

import pandas as pd

from aptarank.config.resolution import as_text

REPEATED = ["seed", "fold"]  # what the trainings of one combination differ in
HISTORY = ["validation_accuracy", "step", "validation_loss"]
MEASURED = ["n_runs", "mean", "sd", "min", "max", "validation_loss"]


def best_evaluation(history: pd.DataFrame) -> dict:
    """The evaluation whose weights a training kept: the most accurate, then that of least loss.

    Args:
        history: what finetune.py writes, a row an evaluation: `HISTORY` and others.

    Returns:
        Its `HISTORY`; the loss is in nats a pair.
    """
    order = history.sort_values(
        ["validation_accuracy", "validation_loss"], ascending=[False, True], kind="stable"
    )
    return order[HISTORY].iloc[0].to_dict()


def sweep_table(runs: Sequence[tuple[Mapping, pd.DataFrame]]) -> pd.DataFrame:
    """A row a training: what it was trained with, and its best evaluation.

    Args:
        runs: of each training what it was trained with, the settings that are swept and `REPEATED`,
            and its history.

    Returns:
        The settings as texts (`null`, `true`, `0.001`), categories in the order of the runs;
        `REPEATED`, as far as given; `HISTORY`.
    """
    settings = pd.DataFrame([settings for settings, _ in runs])
    for name in settings.columns.difference(REPEATED):
        texts = [as_text(settings[name]) for settings, _ in runs]
        settings[name] = pd.Categorical(texts, categories=list(dict.fromkeys(texts)), ordered=True)
    best = pd.DataFrame([best_evaluation(history) for _, history in runs])
    return pd.concat([settings, best.astype({"step": int})], axis=1)


def summarise_sweep(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and spread over the seeds and folds of each combination of settings, best first.

    Args:
        table: what `sweep_table` gives.

    Returns:
        The settings, then `MEASURED`: how many trainings; mean, sample standard deviation (NaN for
        one training), least and greatest of the best validation accuracy; the mean validation loss
        at it, which decides between equal means.
    """
    settings = [column for column in table if column not in [*REPEATED, *HISTORY]]
    groups = table.groupby(settings, observed=True)
    accuracy = groups["validation_accuracy"].agg(["size", "mean", "std", "min", "max"])
    summary = accuracy.join(groups["validation_loss"].mean()).set_axis(MEASURED, axis=1)
    return summary.reset_index().sort_values(
        ["mean", "validation_loss"], ascending=[False, True], kind="stable", ignore_index=True
    )
