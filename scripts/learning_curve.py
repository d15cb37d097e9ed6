"""Accuracy of models that were trained on ever more of the training aptamers."""

from pathlib import Path

import click
import numpy as np
import pandas as pd
from scipy.special import expit

from aptarank.core.log import logger
from aptarank.core.tables import PAIR_COLUMNS, read_table, write_csv
from aptarank.evaluation import bootstrap
from aptarank.evaluation.consistency import average_of_orders
from aptarank.evaluation.metrics import correct
from aptarank.pairing.pair_store import distinct_sequences, read_logits
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    OfResults,
    resamples_option,
    resampling_seed_option,
)
from aptarank.programs.schema_options import FiniteNumber
from aptarank.report.plots_models import plot_learning_curve

SHARE = FiniteNumber(0, 1, min_open=True)


@click.command(cls=OfResults)
@click.option(
    "--point",
    "points",
    type=(str, SHARE, PATH),
    multiple=True,
    required=True,
    metavar="MODEL SHARE LOGITS",
    help="A model, the share of the training aptamers that it had, and its predict.py --logits.",
)
@click.option(
    "--train",
    type=PATH,
    required=True,
    help="Labelled training pairs, whose aptamers are counted.",
)
@resamples_option
@resampling_seed_option
@click.option("-o", "--output", type=WRITTEN, default="learning_curve.csv")
@click.option("--plot", type=WRITTEN, default="learning_curve.svg")
def main(
    points: tuple[tuple[str, float, Path], ...],
    train: Path,
    resamples: int,
    resampling_seed: int,
    output: Path,
    plot: Path,
) -> None:
    """Put the accuracies of models, by the share of the aptamers they had, into a table and plot.

    Example: python scripts/learning_curve.py --train pairs/train.parquet
    --point rank 0.5 half/logits.parquet --point rank 1 logits.parquet
    """
    total = len(distinct_sequences(read_table(train, PAIR_COLUMNS)))
    rows = []
    for model, share, path in points:
        accuracy, values = resampled_accuracy(path, resamples, resampling_seed)
        low, high = bootstrap.interval(values) or (np.nan, np.nan)
        # As many as finetune.py --share takes.
        rows.append((model, share, round(share * total), accuracy, low, high))
    table = pd.DataFrame(rows, columns=["model", "share", "n_train", "accuracy", "low", "high"])
    write_csv(table, output)
    plot_learning_curve(table, plot)
    logger.info("%s:\n%s", output, table.to_string(index=False, float_format="{:.4f}".format))


def resampled_accuracy(path: Path, resamples: int, seed: int) -> tuple[float, np.ndarray]:
    """Accuracy of what predict.py --logits wrote, and that in resamples of the test aptamers."""
    sequences = distinct_sequences(read_table(path, PAIR_COLUMNS))
    pairs, *orders = read_logits(path, sequences)
    right = correct(pairs.label, expit(average_of_orders(*orders)))
    measures = {"accuracy": bootstrap.accuracy(pairs, right, len(sequences))}
    values = bootstrap.bootstrap(measures, len(sequences), resamples, seed)["accuracy"]
    return float(right.mean()), values


if __name__ == "__main__":
    main()
