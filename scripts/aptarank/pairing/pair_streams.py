"""The labelled pairs of each part, as a stream of chunks that never is in memory as a whole."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import PAIR_COLUMNS
from aptarank.pairing.pair_store import PairWriter
from aptarank.pairing.pairs import (
    Pairs,
    comparable_count,
    decided_pairs,
    label_pairs,
    oriented,
    sample_without_replacement,
    split_stream,
)
from aptarank.pairing.splits import ALL_PARTS, PARTS, whole_sizes

Stream = Iterator[tuple[str, Pairs]]  # the name of a part, and some of its pairs


def pairs_of_scores(
    aptamers: pd.DataFrame,
    part: np.ndarray,
    fractions: Sequence[float],
    margin: float,
    max_pairs: int | None,
    rng: np.random.Generator,
    *,
    by_difference: bool,
) -> Stream:
    """Pairs of aptamers of one part and group, labelled by their fitness.

    Args:
        aptamers: as ingest.py writes them.
        part: of each row, one of `PARTS`, or `ALL_PARTS` where pairs are split; shape (n_rows,).
        fractions: of the pairs, for each of `PARTS`, where pairs are split.
        margin: in units of the fitness; pairs that do not differ by more are dropped.
        max_pairs: of each part, at most; None for all.
        by_difference: see `pairs.label_pairs`.
    """
    low, high = aptamers["low"].to_numpy(), aptamers["high"].to_numpy()
    groups = pd.factorize(aptamers["group"], sort=True)[0]
    for name, own_rng in generators(rng):
        rows = np.flatnonzero(part == name)
        if not len(rows):
            continue
        bounds = low[rows], high[rows], pd.factorize(groups[rows])[0]
        log_dropped(name, *bounds, margin)
        limit = limit_of(name, max_pairs, fractions)
        chunks = label_pairs(*bounds, margin, limit, own_rng, by_difference=by_difference)
        pairs = (Pairs(rows[c.first], rows[c.second], c.label) for c in chunks)
        if name == ALL_PARTS:
            total = decided_pairs(*bounds, margin).total
            sizes = whole_sizes(min(total, limit or total), fractions)
            yield from split_stream(pairs, sizes, own_rng)
        else:
            yield from ((name, chunk) for chunk in pairs)


def pairs_of_labels(
    aptamers: pd.DataFrame,
    labelled: pd.DataFrame,
    part: np.ndarray,
    fractions: Sequence[float],
    max_pairs: int | None,
    rng: np.random.Generator,
) -> Stream:
    """Ready-made labelled pairs whose two aptamers are in one part; the others are dropped.

    Args:
        labelled: Sequence1, Sequence2, Label.
        aptamers, part, fractions, max_pairs: as for `pairs_of_scores`.
    """
    sequences = pd.Index(aptamers["sequence"])
    first, second = (sequences.get_indexer(labelled[name]) for name in PAIR_COLUMNS[:2])
    won = labelled["Label"].to_numpy() == 1
    fitter, other = np.where(won, first, second), np.where(won, second, first)
    across = int((part[first] != part[second]).sum())
    logger.info("%d labelled pairs; dropped: %d across parts", len(labelled), across)
    for name, own_rng in generators(rng):
        rows = np.flatnonzero((part[first] == name) & (part[second] == name))
        if not len(rows):
            continue
        limit = limit_of(name, max_pairs, fractions) or len(rows)
        rows = rows[sample_without_replacement(len(rows), min(limit, len(rows)), own_rng)]
        pairs = oriented(fitter[rows], other[rows], 0, own_rng)
        if name == ALL_PARTS:
            yield from split_stream(iter([pairs]), whole_sizes(len(rows), fractions), own_rng)
        else:
            yield name, pairs


def generators(rng: np.random.Generator) -> Iterator[tuple[str, np.random.Generator]]:
    """A generator for each part, so that the pairs of one do not depend on those of another."""
    names = [*PARTS, ALL_PARTS]
    return zip(names, rng.spawn(len(names)), strict=True)


def limit_of(part: str, max_pairs: int | None, fractions: Sequence[float]) -> int | None:
    """Most pairs to draw for a part; where pairs are split, for all parts together."""
    if part == ALL_PARTS and max_pairs:
        return int(max_pairs / max(fractions))
    return max_pairs


def log_dropped(
    name: str, low: np.ndarray, high: np.ndarray, group: np.ndarray, margin: float
) -> None:
    """Log how many pairs of a part are not labelled, and why."""
    comparable = comparable_count(group)
    apart = decided_pairs(low, high, group).total
    near = apart - decided_pairs(low, high, group, margin).total
    logger.info(
        "%s: %d pairs of one group; dropped: %d ties%s, %d within the margin",
        name,
        comparable,
        comparable - apart,
        " or overlapping bounds" if (low != high).any() else "",
        near,
    )


def write_pairs(
    stream: Stream, writers: dict[str, PairWriter], source: Path, margin: float
) -> None:
    """Write each part's pairs as they come.

    Args:
        writers: of each part.
        source: of the aptamers, for messages.

    Raises:
        InputError: a part without a pair.
    """
    for part, pairs in stream:
        if len(pairs.label):
            writers[part].add(pairs)
    for part, writer in writers.items():
        if not writer.count:
            raise InputError(
                f"{source}: no two {part} aptamers of one group differ in fitness by more than the "
                f"margin {margin:g}; lower the margin, give more aptamers, or another group"
            )
