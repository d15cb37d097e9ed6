"""Measure a model on aptamers that it has never seen."""

import math
from pathlib import Path

import click
import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from scipy.special import expit

from aptarank.config.model_kinds import KINDS
from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.tables import ANEW, read_aptamers, read_table
from aptarank.evaluation import bootstrap
from aptarank.evaluation.consistency import average_of_orders, circular_triads, order_disagreement
from aptarank.evaluation.metrics import (
    CUTS,
    accuracy_by_margin,
    correct,
    margin_bands,
    pair_metrics,
    ranking_metrics,
    top_recall,
)
from aptarank.models.calibration import expected_calibration_error, reliability
from aptarank.models.model_files import about_of, read_config
from aptarank.pairing.pair_store import read_logits
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference_fitness import contradicting, fitness_difference, known_fitness
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    OfResults,
    fold_option,
    resamples_option,
    resampling_seed_option,
)
from aptarank.programs.schema_options import setting
from aptarank.report import plots


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
    logits,
    scores,
    aptamers,
    folder,
    history,
    dataset,
    name,
    seed,
    fold,
    resamples,
    resampling_seed,
    output,
    folder_of_plots,
):
    """Compare predictions with the scores that were measured; docs/evaluation.md explains them.

    Example: python scripts/evaluate.py --logits logits.parquet --scores scores.csv
    --aptamers aptamers.csv --model model --history history.csv
    """
    known = read_aptamers(aptamers)
    ranked = read_table(scores, ["sequence", "predicted"]).set_index("sequence")["predicted"]
    sequences = pd.Index(known["sequence"].unique())
    if not ranked.index.isin(sequences).all():
        unknown = ranked.index[~ranked.index.isin(sequences)][0]
        raise InputError(f"{aptamers}: no aptamer {unknown}, which {scores} has")
    sequences = sequences[sequences.isin(ranked.index)]
    pairs, *orders = read_logits(logits, sequences)
    average = average_of_orders(*orders)
    label, chance = pairs.label, expit(average)
    right = correct(label, chance)

    labelled = bool(known["fitness"].isna().any())
    truth = known_fitness(known, sequences, pairs)
    noise = {}
    if labelled:
        strength = truth.set_index("sequence")["fitness"].reindex(sequences).to_numpy()
        noise["labels_against_ranking"] = contradicting(strength, pairs)
        logger.info(
            "%.1f %% of the test labels contradict the ranking estimated from them",
            100 * noise["labels_against_ranking"],
        )
    true, group = truth["fitness"].to_numpy(), truth["group"].to_numpy()
    aptamer = sequences.get_indexer(truth["sequence"])
    predicted = ranked.reindex(sequences).to_numpy()[aptamer]
    difference = fitness_difference(truth, sequences, pairs)
    bands = [] if labelled else margin_bands(difference)

    measures = {
        "accuracy": bootstrap.accuracy(pairs, right, len(sequences)),
        "roc_auc": bootstrap.roc_auc(pairs, chance),
        "ranking": bootstrap.ranking(true, predicted, group, aptamer),
    }
    for number, band in enumerate(bands):
        measures[number] = bootstrap.accuracy(pairs.take(band), right[band], len(sequences))
    values = bootstrap.bootstrap(measures, len(sequences), resamples, resampling_seed)
    values |= dict(zip(bootstrap.RANKING, values.pop("ranking").T, strict=True))
    ci = {key: bootstrap.interval(found) for key, found in values.items()}
    by_margin = [
        band | {"ci": ci.pop(number)}
        for number, band in enumerate(accuracy_by_margin(difference, right, bands))
    ]

    about = about_of(read_config(folder), folder)
    temperature = about.get("temperature", 1.0)
    unscaled = expit(average * temperature)
    tables = [reliability(label, probability) for probability in (unscaled, chance)]
    measured = {
        "dataset": dataset,
        "model": name,
        "seed": seed,
        **({} if fold is None else {"fold": fold}),
        "kind": about["kind"],
        "parameters": count_parameters(folder / "model.safetensors"),
        **pair_metrics(label, chance),
        "ece_uncalibrated": expected_calibration_error(label, unscaled),
        "temperature": temperature,
        **ranking_metrics(true, predicted, group),
        **noise,
        "ci": ci,
        "accuracy_by_margin": by_margin or None,
        "top": [top_recall(true, predicted, group, cut) for cut in CUTS],
        "reliability": tables[1].to_dict("records"),
        "consistency": contradictions(pairs, *orders, len(sequences), resampling_seed),
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    # JSON has no NaN, which an area under a curve is where all labels are alike.
    numbers = {key: None if value != value else value for key, value in measured.items()}
    write_json(numbers, output, allow_nan=False)

    to = folder_of_plots
    to.mkdir(parents=True, exist_ok=True)
    plots.plot_roc(label, chance, measured["roc_auc"], to / "roc.svg")
    precision = measured["average_precision"]
    plots.plot_precision_recall(label, chance, precision, to / "precision_recall.svg")
    plots.plot_reliability(*tables, to / "reliability.svg")
    plots.plot_confusion(measured, to / "confusion.svg")
    plots.plot_ranking(true, predicted, group, measured["kendall_tau"], to / "ranking.svg")
    plots.plot_history(read_table(history, ["step"]), to / "history.svg")
    curve = [top_recall(true, predicted, group, f"{percent}%") for percent in range(1, 100)]
    plots.plot_top(curve, measured["top"], to / "top.svg")
    if by_margin:
        plots.plot_margin(by_margin, to / "margin.svg")
    if not KINDS[
        about["kind"]
    ].scores_aptamers:  # a score for each aptamer cannot contradict itself
        plots.plot_consistency(measured["consistency"], to / "consistency.svg")
    logger.info(
        "%s: accuracy %.4f (95 %% interval %.4f to %.4f), ROC AUC %.4f on %d pairs; Kendall's tau "
        "%.3f on %d unseen aptamers",
        output,
        measured["accuracy"],
        *(ci["accuracy"] or [math.nan] * 2),
        measured["roc_auc"],
        measured["n_pairs"],
        measured["kendall_tau"],
        measured["n_aptamers"],
    )


def contradictions(
    pairs: Pairs, logit: np.ndarray, swapped: np.ndarray, count: int, seed: int
) -> dict:
    """How often answers contradict each other, for one order of each pair and for both averaged."""
    logits = {"before": logit, "after": average_of_orders(logit, swapped)}
    return {
        "order_disagreement": order_disagreement(logit, swapped),
        "cycles": {
            when: circular_triads(pairs.first, pairs.second, values, count, seed)
            for when, values in logits.items()
        },
    }


def count_parameters(weights: Path) -> int:
    """Number of weights in a safetensors file."""
    try:
        with safe_open(weights, framework="numpy") as file:
            return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 (no dict)
    except (SafetensorError, FileNotFoundError) as error:
        raise InputError(f"{weights}: its weights cannot be read: {error}{ANEW}") from None


if __name__ == "__main__":
    main()
