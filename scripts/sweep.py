"""Compare trainings that differ in their settings, by their accuracy on validation."""

from pathlib import Path

import click

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import read_table, write_csv
from aptarank.evaluation.sweep_summary import HISTORY, REPEATED, summarise_sweep, sweep_table
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.programs.json_options import json_object
from aptarank.report.plots_sweep import plot_sweep

SHOWN = 10  # rows


@click.command(cls=OfResults)
@click.option(
    "--run",
    "runs",
    type=(str, PATH),
    multiple=True,
    required=True,
    metavar="SETTINGS HISTORY",
    help="The settings that a training varied and its seed (and fold), JSON; its history.",
)
@click.option("-o", "--output", type=WRITTEN, default="sweep.csv", help="Table of the trainings.")
@click.option("--summary", type=WRITTEN, default="summary.csv", help="Their means, best first.")
@click.option("--plot", type=WRITTEN, default="heatmap.svg", help="Heat map of the means.")
def main(runs: tuple[tuple[str, Path], ...], output: Path, summary: Path, plot: Path) -> None:
    """Put what finetune.py --history noted of several trainings into tables and a heat map.

    Example: python scripts/sweep.py --run '{"batch_size": 32, "seed": 1}' small/history.csv
    --run '{"batch_size": 64, "seed": 1}' large/history.csv
    """
    trainings = []
    for text, path in runs:
        settings, history = json_object(text, "--run"), read_table(path, HISTORY)
        if history.empty:
            raise InputError(f"{path}: no evaluation in it")
        trainings.append((settings, history))
        if settings.keys() <= set(REPEATED) or settings.keys() != trainings[0][0].keys():
            raise InputError(f"--run {text}: expected settings, and the same ones for every run")
    table = sweep_table(trainings)
    means = summarise_sweep(table)
    write_csv(table, output)
    write_csv(means, summary)
    plot_sweep(means, plot)
    head = means.head(SHOWN).to_string(index=False, float_format="{:.4f}".format)
    more = f"\n… and {len(means) - SHOWN} more" if len(means) > SHOWN else ""
    logger.info("best accuracy on validation, mean over seeds and folds:\n%s%s", head, more)
    logger.info("%s", summary)


if __name__ == "__main__":
    main()
