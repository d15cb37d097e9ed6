"""Label pairs of aptamers within each part."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from aptarank.columns.rows import make_options
from aptarank.config.schema import default
from aptarank.core.log import logger, progress
from aptarank.core.tables import PAIR_COLUMNS, read_aptamers, read_table
from aptarank.ingestion.ingest import check_accepted, ingest_files
from aptarank.pairing.clusters import find_families
from aptarank.pairing.pair_store import PairWriter
from aptarank.pairing.pair_streams import pairs_of_labels, pairs_of_scores, write_pairs
from aptarank.pairing.pairs import absolute_margin
from aptarank.pairing.split_table import read_split
from aptarank.pairing.splits import PARTS, draw_parts
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.programs.schema_options import setting


def load(path: Path, **reading: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Aptamers and labelled pairs: of what ingest.py writes, or read from any other file."""
    if path.suffix == ".csv" and path.is_file():
        table = read_table(path, [])
        if {"sequence", "fitness"} <= set(table.columns):
            return read_aptamers(path), pd.DataFrame(columns=PAIR_COLUMNS)
    chosen = make_options(**reading)
    ingested = ingest_files([str(path)], chosen)
    check_accepted(ingested, str(path), chosen)
    if len(ingested.rejected):
        logger.warning("%s: %d rows rejected; ingest.py lists them", path, len(ingested.rejected))
    return ingested.aptamers, ingested.labels


def share_option(part: str) -> Callable:
    """An option for the share of a part."""
    about = "Share of the pairs, where pairs are split instead of aptamers."
    return setting(f"split.fractions.{part}", help=about)


@click.command(cls=OfResults)
@click.option("-d", "--data", type=PATH, required=True, help="Scored aptamers or labelled pairs.")
@click.option("--labels", type=PATH, help="Labelled pairs that ingest.py writes, if DATA has none.")
@click.option("--split", "split_file", type=PATH, help="What split.py writes; drawn if not given.")
@setting("$defs.dataset.sequence")
@setting("$defs.dataset.score")
@setting("$defs.dataset.group")
@setting("$defs.dataset.better")
@setting("pairs.margin")
@setting("pairs.margin_unit")
@setting("pairs.max_pairs", zero_for_null=True)
@setting("pairs.sample")
@setting("pairs.seed")
@share_option("train")
@share_option("validation")
@share_option("test")
@click.option("-o", "--output", type=WRITTEN, help="Folder; 'pairs' next to DATA if not given.")
def main(
    data: Path,
    labels: Path | None,
    split_file: Path | None,
    margin: float,
    margin_unit: str,
    max_pairs: int | None,
    sample: str,
    seed: int,
    train: float,
    validation: float,
    test: float,
    output: Path | None,
    **reading: Any,
) -> None:
    """Write labelled pairs (Sequence1,Sequence2,Label; 1 = the first is fitter) of each part.

    Example: python scripts/pairing.py -d aptamers.csv
    """
    aptamers, labelled = load(data, **reading)
    if labels is not None:
        labelled = read_table(labels, PAIR_COLUMNS)
    part = parts_of(aptamers, split_file)
    fractions = [train, validation, test]
    folder = output or data.parent / "pairs"
    rng, most = np.random.default_rng(seed), max_pairs or None
    if len(labelled):
        margin = 0.0
        stream = pairs_of_labels(aptamers, labelled, part, fractions, most, rng)
    else:
        spread, count = aptamers["spread"].to_numpy(), aptamers["count"].to_numpy()
        margin = absolute_margin(margin, margin_unit, spread, count)
        if margin_unit == "spread":
            logger.info("margin: %.4g in units of the fitness", margin)
        by_difference = sample == "difference"
        stream = pairs_of_scores(
            aptamers, part, fractions, margin, most, rng, by_difference=by_difference
        )
    start = time.perf_counter()
    files = {name: folder / f"{name}.parquet" for name in PARTS}
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(PairWriter(file, aptamers["sequence"], margin))
            for name, file in files.items()
        }
        write_pairs(progress(stream, "pairing", "chunks"), writers, data, margin)
    for name, writer in writers.items():
        share = 100 * writer.ones / writer.count
        logger.info("%s: %d pairs, %.1f %% labelled 1", files[name], writer.count, share)
    total = sum(writer.count for writer in writers.values())
    logger.info("%d pairs in %.2f s", total, time.perf_counter() - start)


def parts_of(aptamers: pd.DataFrame, split_file: Path | None) -> np.ndarray:
    """The part of each row: by split.py's table, or drawn with the default fractions."""
    if split_file is None:
        fractions = {part: default(f"split.fractions.{part}") for part in PARTS}
        family = find_families(aptamers, "aptamer")
        part = draw_parts(aptamers, family, fractions, default("split.seed"))
    else:
        part = read_split(split_file)
    return aptamers["sequence"].map(part).to_numpy(dtype=object)


if __name__ == "__main__":
    main()
