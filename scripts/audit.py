"""Measure what a split lets a model know of its test aptamers."""

from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import read_aptamers, read_table, write_csv
from aptarank.evaluation import audit
from aptarank.pairing.clusters import find_families
from aptarank.pairing.nearest import nearest
from aptarank.pairing.pair_store import read_pairs
from aptarank.pairing.reference import known_distances
from aptarank.pairing.splits import ALL_PARTS
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.programs.schema_options import setting
from aptarank.report import plots, plots_distance
from aptarank.report.html_table import write_page


@click.command(cls=OfResults)
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--split", type=PATH, required=True, help="What split.py writes.")
@click.option("--test", type=PATH, required=True, help="Labelled test pairs.")
@setting("split.by")
@setting("split.k")
@setting("split.identity")
@setting("split.reference")
@setting("threads", help="CPU threads.")
@click.option("-o", "--output", type=WRITTEN, default="audit.csv")
@click.option(
    "--plots",
    "folder_of_plots",
    type=WRITTEN,
    default="audit-plots",
    help="Folder of the plots (SVG).",
)
def main(
    aptamers: Path,
    split: Path,
    test: Path,
    by: str,
    k: int,
    identity: float,
    reference: str | None,
    threads: int,
    output: Path,
    folder_of_plots: Path,
) -> None:
    """Count what training and test share, and how near and how alike they are.

    Example: python scripts/audit.py --aptamers aptamers.csv --split split.csv
    --test pairs/test.parquet
    """
    rows = read_aptamers(aptamers)
    sequences = pd.Index(np.unique(rows["sequence"].to_numpy(dtype=object)))
    part = audit.check_split(sequences, read_table(split, ["sequence", "part"], text=True), split)
    pairs = read_pairs(test, sequences)
    check_tested(part.iloc[np.union1d(pairs.first, pairs.second)], test, split)
    track = partial(progress, unit="blocks")
    family = find_families(rows, by, k, identity, threads, partial(track, task="clusters"))
    leaks = (part == ALL_PARTS).any()
    if not leaks:
        audit.check_families(part, family, split)
    train, unseen = (audit.members(part, name) for name in ("train", "test"))
    edits, share, _ = nearest(unseen, train, threads, partial(track, task="nearest neighbours"))
    quantity, values = audit.known_scores(rows)
    scores = audit.by_part(values, part)
    accuracy = audit.prefix_accuracy(rows, part, pairs, sequences)
    table = [
        *audit.count_parts(part, family),
        *audit.prefix_rows(unseen, train),
        *audit.distance_rows(edits, share),
        *(row for name in scores for row in audit.quantile_rows(quantity, name, scores[name])),
        ("pairs", None, "test", len(pairs.label)),
    ]
    folder_of_plots.mkdir(parents=True, exist_ok=True)
    table += by_distance(part, reference, folder_of_plots)
    if accuracy is None:
        logger.info("no fitness to learn from: the prefix baseline is left out")
    else:
        table.append(("shared_prefix_accuracy", None, "test", accuracy))
    # As objects, so that counts stay whole numbers.
    account = pd.DataFrame(table, columns=audit.COLUMNS, dtype=object)
    write_csv(account, output)
    write_page(account, "What training and test share", output.with_suffix(".html"))
    plots.plot_nearest(edits, folder_of_plots / "nearest.svg")
    if scores:
        plots.plot_scores(scores, quantity, folder_of_plots / "scores.svg")

    if leaks:
        logger.warning("every test aptamer is in training too: this is a split of pairs")
    shared = len(set(unseen).intersection(train))
    logger.info(
        "%d aptamers in %d families; %d of %d test aptamers are in training",
        *(len(part), family.nunique(), shared, len(unseen)),
    )
    log_distances(edits)
    known = "" if accuracy is None else f", {100 * accuracy:.1f} % of them right by shared_prefix"
    logger.info("%s: %d test pairs%s", output, len(pairs.label), known)


def by_distance(part: pd.Series, reference: str | None, folder: Path) -> audit.Rows:
    """Rows and a plot by distance from the reference; none where distances have no meaning."""
    distances = known_distances(part.index.tolist(), reference)
    if distances is None:
        return []
    logger.info("distances are from %s", distances.reference.text)
    counts = audit.counts_at_distance(distances.differences, part)
    plots_distance.plot_counts(counts, distances.reference, folder / "distance.svg")
    untrained = audit.untrained_rows(part, distances.reference.sequence)
    return [*audit.rows_at_distance(counts), *untrained]


def check_tested(tested: pd.Series, test: Path, split: Path) -> None:
    """Raise InputError where a test pair has an aptamer of another part (`tested`: parts)."""
    if len(others := tested[~tested.isin(["test", ALL_PARTS])]):
        raise InputError(
            f"{test}: {others.index[0]} is in {others.iloc[0]} by {split}, not in test; make the "
            "pairs again"
        )


def log_distances(edits: np.ndarray) -> None:
    """Log how far test aptamers are from training."""
    logger.info(
        "edits from a test aptamer to the nearest in training: median %g, least %d; "
        "%.1f %% within 2",
        np.median(edits),
        edits.min(),
        100 * np.mean(edits <= 2),
    )


if __name__ == "__main__":
    main()
