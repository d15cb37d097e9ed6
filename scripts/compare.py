"""Tables and plots of all models, seeds and baselines side by side."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd
from scipy.special import expit

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import PAIR_COLUMNS, read_json, read_table, write_csv
from aptarank.evaluation import bootstrap
from aptarank.evaluation.consistency import average_of_orders
from aptarank.evaluation.metric_registry import METRICS
from aptarank.evaluation.metrics import correct
from aptarank.evaluation.model_summary import paired_differences, summarise, wide
from aptarank.pairing.pair_store import distinct_sequences, index_pairs, read_logits
from aptarank.pairing.pairs import Pairs
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    OfResults,
    resamples_option,
    resampling_seed_option,
)
from aptarank.report import plots_models
from aptarank.report.html_table import write_page

FIRST = ["model", "seed", "kind", "parameters"]


@click.command(cls=OfResults)
@click.argument("metrics", type=PATH, nargs=-1, required=True)
@click.option(
    "--logits",
    type=PATH,
    required=True,
    multiple=True,
    help="What predict.py --logits writes; one for each of METRICS, in their order.",
)
@click.option(
    "--baselines",
    type=PATH,
    required=True,
    multiple=True,
    help="What baselines.py writes; one a fold.",
)
@click.option(
    "--probabilities",
    type=PATH,
    required=True,
    multiple=True,
    help="What baselines.py --probabilities writes; one for each of --baselines, in their order.",
)
@resamples_option
@resampling_seed_option
@click.option("-o", "--output", type=WRITTEN, default="comparison.csv")
@click.option(
    "--folder",
    type=WRITTEN,
    default="comparison",
    help="Folder of summary.csv, paired.csv, their plots and a page.",
)
def main(
    metrics: tuple[Path, ...],
    logits: tuple[Path, ...],
    baselines: tuple[Path, ...],
    probabilities: tuple[Path, ...],
    resamples: int,
    resampling_seed: int,
    output: Path,
    folder: Path,
) -> None:
    """Put METRICS (what evaluate.py writes) and the baselines into one table, and sum it up.

    Example: python scripts/compare.py rank/seed-1/metrics.json --logits rank/seed-1/logits.parquet
    --baselines baselines.csv --probabilities baselines.parquet
    """
    if len(logits) != len(metrics) or len(probabilities) != len(baselines):
        raise InputError(
            f"{len(metrics)} METRICS, {len(logits)} --logits, {len(baselines)} --baselines and "
            f"{len(probabilities)} --probabilities; expected one --logits for each of METRICS, and "
            "one --probabilities for each of --baselines"
        )
    models = pd.DataFrame(map(read_json, metrics))
    by_fold = [read_table(path, ["model", "accuracy"]) for path in baselines]
    others = pd.concat(by_fold)
    table = pd.concat([models, others.assign(kind="baseline")], ignore_index=True)
    table = table[[*FIRST, *(column for column in others if column not in FIRST)]]
    table["ceiling"] = ceilings(models, table)
    table = table.astype({"seed": "Int64", "parameters": "Int64"})
    write_csv(table, output)

    folds = models["fold"] if "fold" in models else [0] * len(models)
    runs = list(zip(models["model"], folds, logits, strict=True))
    numbers = [fold["fold"].iloc[0] if "fold" in fold else 0 for fold in by_fold]
    pairs, right, count = correct_by_model(runs, dict(zip(numbers, probabilities, strict=True)))
    measures = {"accuracy": bootstrap.accuracy(pairs, right.to_numpy(), count)}
    resampled = bootstrap.bootstrap(measures, count, resamples, resampling_seed)["accuracy"]
    summary = summarise(table, [bootstrap.interval(values) for values in resampled.T])
    write_csv(summary, folder / "summary.csv")
    trained = models["model"].nunique()
    paired = paired_differences(list(right), trained, right.mean().to_numpy(), resampled)
    write_csv(paired, folder / "paired.csv")
    write_page(wide(summary), "Models and baselines on test aptamers", folder / "summary.html")
    plots_models.plot_models(table, summary, folder / "models.svg")
    plots_models.plot_paired(paired, folder / "paired.svg")
    logger.info("test aptamers, measured against what is known of them:\n%s", summary_text(summary))
    logger.info("%s", output)


def ceilings(models: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """The accuracy of a perfect model on the test pairs of each row, by its fold; NaN: not known.

    Args:
        models: metrics.json of each model, a row each.
        table: of models and baselines.
    """
    found = models["ceiling"] if "ceiling" in models else pd.Series(index=models.index)
    accuracy = [each["perfect_model"] if isinstance(each, dict) else np.nan for each in found]
    folds = models["fold"] if "fold" in models else pd.Series(0, index=models.index)
    by_fold = dict(zip(folds, accuracy, strict=True))
    places = table["fold"] if "fold" in table else pd.Series(0, index=table.index)
    return places.map(by_fold).to_numpy(dtype=float)


def correct_by_model(
    runs: Sequence[tuple[str, int, Path]], baselines: Mapping[int, Path]
) -> tuple[Pairs, pd.DataFrame, int]:
    """Which test pairs each model and baseline gets right, those of all folds together.

    Args:
        runs: model, fold and logits of each.
        baselines: the probabilities of each fold.

    Returns:
        The pairs; a column a model (the mean over its seeds), then a column a baseline; the number
        of aptamers that the pairs have indices into.

    Raises:
        InputError: a model's pairs are not those of the baselines.
    """
    tables = {fold: read_table(path, PAIR_COLUMNS) for fold, path in baselines.items()}
    sequences = distinct_sequences(*tables.values())
    pooled, right = [], []
    for fold, table in tables.items():
        pairs = index_pairs(table, sequences, baselines[fold])
        by_seed: dict[str, list[np.ndarray]] = {}
        for model, _, path in (run for run in runs if run[1] == fold):
            same, *orders = read_logits(path, sequences)
            if not all(map(np.array_equal, pairs, same)):
                raise InputError(f"{path}: its pairs are not those of {baselines[fold]}")
            probability = expit(average_of_orders(*orders))
            by_seed.setdefault(model, []).append(correct(pairs.label, probability))
        models = pd.DataFrame({model: np.mean(seeds, axis=0) for model, seeds in by_seed.items()})
        others = table.drop(columns=PAIR_COLUMNS)
        right.append(pd.concat([models, others.apply(partial(correct, pairs.label))], axis=1))
        pooled.append(pairs)
    pairs = Pairs(*(np.concatenate(column) for column in zip(*pooled, strict=True)))
    return pairs, pd.concat(right, ignore_index=True).astype(float), len(sequences)


def summary_text(summary: pd.DataFrame) -> str:
    """The summary for the terminal: the mean of each metric, and its spread over several runs."""
    text = summary["mean"].map("{:.4f}".format)
    spread = summary["sd"].map(" ± {:.4f}".format).where(summary["sd"].notna(), "")
    summary = summary.assign(text=(text + spread).where(summary["mean"].notna(), ""))
    about = ["model", "kind", "n_runs"]
    shown_metrics = [metric.key for metric in METRICS.values() if metric.in_terminal]
    wide = summary.pivot(index=about, columns="metric", values="text")
    order = pd.MultiIndex.from_frame(summary[about].drop_duplicates())
    return wide.loc[order, shown_metrics].reset_index().to_string(index=False)


if __name__ == "__main__":
    main()
