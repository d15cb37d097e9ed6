"""Label pairs of aptamers within each part."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import numpy as np
import pandas as pd

from aptarank.columns.rows import make_options
from aptarank.config.resolution import default
from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import PAIR_COLUMNS, read_aptamers, read_table
from aptarank.ingestion.ingest import check_accepted, ingest_files
from aptarank.pairing.clusters import find_families
from aptarank.pairing.pair_store import PairWriter
from aptarank.pairing.pairs import (
    Pairs,
    absolute_margin,
    comparable_count,
    dealt,
    decided_pairs,
    label_pairs,
    oriented,
    sample_without_replacement,
)
from aptarank.pairing.splits import EVERY, PARTS, draw_parts, whole_sizes
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.programs.schema_options import setting


def load(path: Path, **given) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Aptamers and labelled pairs: of what ingest.py writes, or read from any other file."""
    if path.suffix == ".csv" and path.is_file():
        table = read_table(path, [])
        if {"sequence", "fitness"} <= set(table.columns):
            return read_aptamers(path), pd.DataFrame(columns=PAIR_COLUMNS)
    chosen = make_options(**given)
    found = ingest_files([str(path)], chosen)
    check_accepted(found, str(path), chosen)
    if len(found.rejected):
        logger.warning("%s: %d rows rejected; ingest.py lists them", path, len(found.rejected))
    return found.aptamers, found.labels


def share_option(part: str):
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
    data,
    labels,
    split_file,
    sequence,
    score,
    group,
    better,
    margin,
    margin_unit,
    max_pairs,
    sample,
    seed,
    train,
    validation,
    test,
    output,
):
    """Write labelled pairs (Sequence1,Sequence2,Label; 1 = the first is fitter) of each part.

    Example: python scripts/pairing.py -d aptamers.csv
    """
    aptamers, labelled = load(data, sequence=sequence, score=score, group=group, better=better)
    if labels is not None:
        labelled = read_table(labels, PAIR_COLUMNS)
    part = parts_of(aptamers, split_file)
    fractions = [train, validation, test]
    folder = output or data.parent / "pairs"
    rng = np.random.default_rng(seed)
    most = max_pairs or None
    if len(labelled):
        streams = of_labels(aptamers, labelled, part, fractions, most, rng)
        margin = 0.0
    else:
        spread, count = aptamers["spread"].to_numpy(), aptamers["count"].to_numpy()
        margin = absolute_margin(margin, margin_unit, spread, count)
        if margin_unit == "spread":
            logger.info("margin: %.4g in units of the fitness", margin)
        by_difference = sample == "difference"
        streams = of_scores(aptamers, part, fractions, margin, most, by_difference, rng)
    write(streams, aptamers, folder, data, margin)


def parts_of(aptamers: pd.DataFrame, split_file: Path | None) -> np.ndarray:
    """The part of each row: by split.py's table, or drawn with the default fractions."""
    if split_file is None:
        fractions = {part: default(f"split.fractions.{part}") for part in PARTS}
        family = find_families(aptamers, "aptamer")
        part = draw_parts(aptamers, family, fractions, default("split.seed"))
    else:
        part = read_table(split_file, ["sequence", "part"]).set_index("sequence")["part"]
    return aptamers["sequence"].map(part).to_numpy(dtype=object)


Stream = Iterator[list[Pairs | None]]  # for each of PARTS the next pairs, or None


def of_scores(
    aptamers: pd.DataFrame,
    part: np.ndarray,
    fractions: list[float],
    margin: float,
    most: int | None,
    by_difference: bool,
    rng: np.random.Generator,
) -> Stream:
    """Pairs of aptamers of one part and group, by their fitness."""
    low, high = aptamers["low"].to_numpy(), aptamers["high"].to_numpy()
    groups = pd.factorize(aptamers["group"], sort=True)[0]
    # A generator a part: the pairs of one do not depend on those of another.
    for code, (name, own) in enumerate(
        zip([*PARTS, EVERY], rng.spawn(len(PARTS) + 1), strict=True)
    ):
        rows = np.flatnonzero(part == name)
        if not len(rows):
            continue
        bounds = low[rows], high[rows], pd.factorize(groups[rows])[0]
        tell_dropped(name, *bounds, margin)
        every = name == EVERY
        limit = int(most / max(fractions)) if every and most else most
        chunks = label_pairs(*bounds, margin, limit, own, by_difference)
        placed = (Pairs(rows[c.first], rows[c.second], c.label) for c in chunks)
        if every:
            total = decided_pairs(*bounds, margin).count
            sizes = whole_sizes(min(total, limit or total), fractions)
            yield from dealt(placed, sizes, own)
        else:
            yield from ([c if i == code else None for i in range(len(PARTS))] for c in placed)


def tell_dropped(
    name: str, low: np.ndarray, high: np.ndarray, group: np.ndarray, margin: float
) -> None:
    """Log how many pairs say nothing."""
    comparable = comparable_count(group)
    apart = decided_pairs(low, high, group).count
    near = apart - decided_pairs(low, high, group, margin).count
    logger.info(
        "%s: %d pairs of one group; dropped: %d ties%s, %d within the margin",
        name,
        comparable,
        comparable - apart,
        " or overlapping bounds" if (low != high).any() else "",
        near,
    )


def of_labels(
    aptamers: pd.DataFrame,
    labelled: pd.DataFrame,
    part: np.ndarray,
    fractions: list[float],
    most: int | None,
    rng: np.random.Generator,
) -> Stream:
    """Ready-made labelled pairs whose two aptamers are in one part; the others are dropped."""
    places = pd.Index(aptamers["sequence"])
    first, second = (places.get_indexer(labelled[name]) for name in PAIR_COLUMNS[:2])
    won = labelled["Label"].to_numpy() == 1
    fitter, other = np.where(won, first, second), np.where(won, second, first)
    across = int((part[first] != part[second]).sum())
    logger.info("%d labelled pairs; dropped: %d across parts", len(labelled), across)
    for code, (name, own) in enumerate(
        zip([*PARTS, EVERY], rng.spawn(len(PARTS) + 1), strict=True)
    ):
        rows = np.flatnonzero((part[first] == name) & (part[second] == name))
        if not len(rows):
            continue
        limit = int(most / max(fractions)) if name == EVERY and most else most or len(rows)
        rows = rows[sample_without_replacement(len(rows), min(limit, len(rows)), own)]
        pairs = oriented(fitter[rows], other[rows], 0, own)
        if name == EVERY:
            yield from dealt(iter([pairs]), whole_sizes(len(rows), fractions), own)
        else:
            yield [pairs if i == code else None for i in range(len(PARTS))]


def write(streams: Stream, aptamers: pd.DataFrame, folder: Path, data: Path, margin: float) -> None:
    """Write each part's pairs as they come.

    Raises:
        InputError: a part without a pair.
    """
    start = time.perf_counter()
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                PairWriter(folder / f"{part}.parquet", aptamers["sequence"], margin)
            )
            for part in PARTS
        ]
        for chunks in progress(streams, "pairing", "chunks"):
            for writer, chunk in zip(writers, chunks, strict=True):
                if chunk is not None and len(chunk.label):
                    writer.add(chunk)
    for part, writer in zip(PARTS, writers, strict=True):
        if not writer.count:
            raise InputError(
                f"{data}: no two {part} aptamers of one group differ in fitness by more than the "
                f"margin {margin:g}; lower the margin, give more aptamers, or another group"
            )
        logger.info(
            "%s: %d pairs, %.1f %% labelled 1",
            folder / f"{part}.parquet",
            writer.count,
            100 * writer.ones / writer.count,
        )
    seconds = time.perf_counter() - start
    total = sum(writer.count for writer in writers)
    logger.info("%d pairs in %.2f s", total, seconds)


if __name__ == "__main__":
    main()
