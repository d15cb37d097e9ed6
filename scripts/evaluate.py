"""Evaluate a fine-tuned model on pairs of test aptamers."""

import math
from pathlib import Path

import click
from safetensors import SafetensorError, safe_open

from aptarank.config.model_kinds import KINDS
from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.tables import RECREATE, read_table
from aptarank.evaluation.evaluate import Evaluation, Predictions, evaluate, load_predictions
from aptarank.evaluation.metrics import top_recall
from aptarank.models.model_files import about_of, read_config
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    OfResults,
    fold_option,
    resamples_option,
    resampling_seed_option,
)
from aptarank.programs.schema_options import setting
from aptarank.report import plots, plots_distance


@click.command(cls=OfResults)
@click.option(
    "--logits",
    type=PATH,
    required=True,
    help="What predict.py --logits writes for the test pairs.",
)
@click.option(
    "--scores",
    type=PATH,
    required=True,
    help="What predict.py --scores writes.",
)
@click.option(
    "--aptamers",
    type=PATH,
    required=True,
    help="What ingest.py writes: the truth.",
)
@click.option(
    "--model",
    "folder",
    type=PATH,
    required=True,
    help="Folder that finetune.py writes.",
)
@click.option(
    "--history",
    type=PATH,
    required=True,
    help="What finetune.py --history writes.",
)
@click.option("--dataset", help="Its name, for the metrics.")
@click.option("--name", help="The model's name, for the metrics.")
@setting("seeds.items", "--seed", help="The model's seed, for the metrics.")
@fold_option
@setting("split.reference")
@resamples_option
@resampling_seed_option
@click.option("-o", "--output", type=WRITTEN, default="metrics.json")
@click.option(
    "--plots",
    "folder_of_plots",
    type=WRITTEN,
    default="plots",
    help="Folder of the plots (SVG).",
)
def main(
    logits: Path,
    scores: Path,
    aptamers: Path,
    folder: Path,
    history: Path,
    dataset: str | None,
    name: str | None,
    seed: int,
    fold: int | None,
    reference: str | None,
    resamples: int,
    resampling_seed: int,
    output: Path,
    folder_of_plots: Path,
) -> None:
    """Compare predictions with the scores that were measured; docs/evaluation.md explains them.

    Example: python scripts/evaluate.py --logits logits.parquet --scores scores.csv
    --aptamers aptamers.csv --model model --history history.csv
    """
    predictions = load_predictions(logits, scores, aptamers, reference)
    about = about_of(read_config(folder), folder)
    temperature = about.get("temperature", 1.0)
    evaluation = evaluate(predictions, temperature, resamples, resampling_seed)
    model = {
        "dataset": dataset,
        "model": name,
        "seed": seed,
        **({} if fold is None else {"fold": fold}),
        "kind": about["kind"],
        "parameters": count_parameters(folder / "model.safetensors"),
    }
    metrics = model | evaluation.metrics
    output.parent.mkdir(parents=True, exist_ok=True)
    write_json(metrics, output, allow_nan=False)
    draw(predictions, evaluation, folder_of_plots)
    plots.plot_history(read_table(history, ["step"]), folder_of_plots / "history.svg")
    # A model that scores each aptamer cannot contradict itself.
    if not KINDS[about["kind"]].scores_aptamers:
        plots.plot_consistency(metrics["consistency"], folder_of_plots / "consistency.svg")
    if "labels_against_ranking" in metrics:
        logger.info(
            "%.1f %% of the test labels contradict the ranking estimated from them",
            100 * metrics["labels_against_ranking"],
        )
    low, high = metrics["ci"]["accuracy"] or (math.nan, math.nan)
    logger.info(
        "%s: accuracy %.4f (95 %% interval %.4f to %.4f), ROC AUC %.4f on %d pairs; Kendall's tau "
        "%.3f on %d unseen aptamers",
        output,
        metrics["accuracy"],
        low,
        high,
        math.nan if metrics["roc_auc"] is None else metrics["roc_auc"],
        metrics["n_pairs"],
        math.nan if metrics["kendall_tau"] is None else metrics["kendall_tau"],
        metrics["n_aptamers"],
    )


def draw(predictions: Predictions, evaluation: Evaluation, folder: Path) -> None:
    """Draw the plots of an evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics, label, probability = (
        evaluation.metrics,
        predictions.pairs.label,
        predictions.probability,
    )
    ranking = predictions.fitness, predictions.predicted, predictions.group
    plots.plot_roc(label, probability, metrics["roc_auc"], folder / "roc.svg")
    precision = metrics["average_precision"]
    plots.plot_precision_recall(label, probability, precision, folder / "precision_recall.svg")
    plots.plot_reliability(*evaluation.reliability, folder / "reliability.svg")
    plots.plot_confusion(metrics, folder / "confusion.svg")
    plots.plot_ranking(*ranking, metrics["kendall_tau"], folder / "ranking.svg")
    curve = [top_recall(*ranking, f"{percent}%") for percent in range(1, 100)]
    plots.plot_top(curve, metrics["top"], folder / "top.svg")
    if metrics["accuracy_by_margin"]:
        plots.plot_margin(metrics["accuracy_by_margin"], folder / "margin.svg")
    if predictions.distances is not None:
        reference = predictions.distances.reference
        plots_distance.plot_by_distance(metrics["by_distance"], reference, folder / "distance.svg")


def count_parameters(weights: Path) -> int:
    """Number of weights in a safetensors file."""
    try:
        with safe_open(weights, framework="numpy") as file:
            return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 (no dict)
    except (SafetensorError, FileNotFoundError) as error:
        raise InputError(f"{weights}: its weights cannot be read: {error}{RECREATE}") from None


if __name__ == "__main__":
    main()
