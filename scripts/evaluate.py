"""Measure a model on aptamers that it has never seen."""

import json
import math
from pathlib import Path

import click
import pandas as pd
from safetensors import safe_open

from aptarank import plots
from aptarank.cli import PATH, Program, logger
from aptarank.errors import InputError
from aptarank.metrics import pair_metrics, ranking_metrics
from aptarank.pairs import PAIR_COLUMNS, Pairs
from aptarank.tables import read_aptamers, read_table
from aptarank.truth import contradicting, known_fitness


@click.command(cls=Program)
@click.option(
    "--predictions",
    type=PATH,
    required=True,
    help="What predict.py writes for the test pairs.",
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
@click.option("--seed", type=int, help="The model's seed, for the metrics.")
@click.option("--fold", type=int, help="The fold of a cross-validation, for the metrics.")
@click.option("-o", "--output", type=PATH, default="metrics.json")
@click.option(
    "--plots",
    "folder_of_plots",
    type=PATH,
    default="plots",
    help="Folder of the plots (SVG).",
)
def main(
    predictions,
    scores,
    aptamers,
    folder,
    history,
    dataset,
    name,
    seed,
    fold,
    output,
    folder_of_plots,
):
    """Compare predictions with the scores that were measured.

    Example: python scripts/evaluate.py --predictions predictions.csv --scores scores.csv
    --aptamers aptamers.csv --model model --history history.csv
    """
    known = read_aptamers(aptamers)
    table = read_table(predictions, [*PAIR_COLUMNS, "Probability"])
    ranked = read_table(scores, ["sequence", "predicted"]).set_index("sequence")["predicted"]
    sequences = pd.Index(known["sequence"].unique())
    for column in (table["Sequence1"], table["Sequence2"], ranked.index.to_series()):
        if not column.isin(sequences).all():
            unknown = column[~column.isin(sequences)].iloc[0]
            raise InputError(f"{aptamers}: no aptamer {unknown}, which {predictions} has")
    label, chance = table["Label"].to_numpy(), table["Probability"].to_numpy()
    places = [sequences.get_indexer(table[name]) for name in PAIR_COLUMNS[:2]]
    pairs = Pairs(*places, label)
    truth = known_fitness(known, sequences, pairs)
    noise = {}
    if known["fitness"].isna().any():
        strength = truth.set_index("sequence")["fitness"].reindex(sequences).to_numpy()
        noise["labels_against_ranking"] = contradicting(strength, pairs)
        logger.info(
            "%.1f %% of the test labels contradict the ranking estimated from them",
            100 * noise["labels_against_ranking"],
        )
    truth = truth[truth["sequence"].isin(ranked.index)]
    true, group = truth["fitness"].to_numpy(), truth["group"].to_numpy()
    predicted = truth["sequence"].map(ranked).to_numpy()

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    measured = {
        "dataset": dataset,
        "model": name,
        "seed": seed,
        **({} if fold is None else {"fold": fold}),
        "kind": config["aptarank"]["kind"],
        "parameters": count_parameters(folder / "model.safetensors"),
        **pair_metrics(label, chance),
        **ranking_metrics(true, predicted, group),
        **noise,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")

    to = folder_of_plots
    to.mkdir(parents=True, exist_ok=True)
    plots.plot_roc(label, chance, measured["roc_auc"], to / "roc.svg")
    average = measured["average_precision"]
    plots.plot_precision_recall(label, chance, average, to / "precision_recall.svg")
    plots.plot_calibration(label, chance, to / "calibration.svg")
    plots.plot_confusion(measured, to / "confusion.svg")
    plots.plot_ranking(true, predicted, group, measured["kendall_tau"], to / "ranking.svg")
    plots.plot_history(pd.read_csv(history), to / "history.svg")
    logger.info(
        "%s: accuracy %.4f, ROC AUC %.4f on %d pairs; Kendall's tau %.3f on %d unseen aptamers",
        output,
        measured["accuracy"],
        measured["roc_auc"],
        measured["n_pairs"],
        measured["kendall_tau"],
        measured["n_aptamers"],
    )


def count_parameters(weights: Path) -> int:
    """Number of weights in a safetensors file."""
    with safe_open(weights, framework="numpy") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 (no dict)


if __name__ == "__main__":
    main()
