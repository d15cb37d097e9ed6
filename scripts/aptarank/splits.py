"""Splits of aptamers (never of pairs) into parts that share none."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aptarank.errors import InputError
from aptarank.sequences import as_tokens, normalise

PARTS = ("train", "validation", "test")
MIN_PART = 2  # a part needs at least one pair


def split_by_aptamer(count: int, fractions: Mapping[str, float], seed: int) -> np.ndarray:
    """Draw a part for each of `count` aptamers.

    Args:
        fractions: the share of each of `PARTS`; they add up to 1.

    Returns:
        Array of part names, shape (count,).

    Raises:
        InputError: fractions that do not add up, or too few aptamers for one pair in every part.
    """
    total = sum(fractions[part] for part in PARTS)
    if abs(total - 1) > 1e-9:
        shares = ", ".join(f"{part} {fractions[part]:g}" for part in PARTS)
        raise InputError(f"split fractions add up to {total:g}, not 1: {shares}")
    # Cumulative rounding: sizes add up to count, each within one of its share.
    ends = [round(count * sum(fractions[p] for p in PARTS[: i + 1])) for i in range(len(PARTS))]
    sizes = np.diff([0, *ends])
    for part, size in zip(PARTS, sizes, strict=True):
        if size < MIN_PART:
            raise InputError(
                f"{count} aptamers leave {size} for {part}, which needs at least {MIN_PART}; "
                f"give more aptamers or a larger fraction than {fractions[part]:g}"
            )
    order = np.random.default_rng(seed).permutation(count)
    parts = np.empty(count, dtype=object)
    parts[order] = np.repeat(PARTS, sizes)
    return parts


def split_by_table(sequences: pd.Series, table: pd.DataFrame, source: str) -> np.ndarray:
    """Look up the part of each aptamer in a user's table with the columns `sequence,part`.

    Raises:
        InputError: a missing column, an unknown part, a sequence in two parts, an aptamer without
            a part, or a part with fewer than two aptamers.
    """
    for column in ("sequence", "part"):
        if column not in table.columns:
            found = ", ".join(repr(name) for name in table.columns)
            raise InputError(f"{source}: no column {column!r}; the columns are {found}")
    chosen: dict[str, str] = {}
    rows = zip(table["sequence"], table["part"], strict=True)
    for line, (text, part) in enumerate(rows, start=2):
        if part not in PARTS:
            raise InputError(
                f"{source}, line {line}: part {part!r}; expected one of {', '.join(PARTS)}"
            )
        try:
            sequence = as_tokens(normalise(text))
        except ValueError as reason:
            raise InputError(f"{source}, line {line}: {reason}") from None
        if chosen.setdefault(sequence, part) != part:
            raise InputError(
                f"{source}, line {line}: {text} is in {part} and in {chosen[sequence]}; "
                "an aptamer belongs to one part"
            )
    missing = sequences[~sequences.isin(chosen)]
    if len(missing):
        raise InputError(
            f"{source}: {len(missing)} of {len(sequences)} aptamers have no part, the first is "
            f"{missing.iloc[0]}; give each a line"
        )
    parts = sequences.map(chosen).to_numpy(dtype=object)
    for part in PARTS:
        if (size := int((parts == part).sum())) < MIN_PART:
            raise InputError(
                f"{source}: {size} aptamers for {part}, which needs at least {MIN_PART}"
            )
    return parts
