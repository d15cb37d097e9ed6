"""How far the values of a plate are shifted against what was measured before, by its controls."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from aptarank.columns.rows import Options, Row
from aptarank.ingestion.aptamers import fitness_of, group_of, read_sequences
from aptarank.values.sequences import as_tokens

FEWEST = 2  # aptamers measured on a plate and before, from which a shift can be corrected
CLEAR = 2.0  # standard errors from which a shift is worth a warning


def plate_shifts(
    rows: Sequence[Row], better: str, options: Options
) -> tuple[list[Row], list[dict[str, Any]]]:
    """Compare each plate with what was measured before it, in the order of the rounds.

    The shift is the mean, over the aptamers that are on the plate and were measured before, of the
    difference of their fitness, and its error the standard error of that mean. Where
    `options.plate_shift` is `correct` it is subtracted, and later plates are compared with that.

    Args:
        better: `higher` or `lower`.

    Returns:
        The rows, of plates with the shift to subtract; and for each plate its file, round, number
        of measurements and of aptamers in common, shift, error (None where they are too few), and
        whether it was corrected.
    """
    plates = sorted({(row.plate, row.source) for row in rows if row.plate})
    if not plates:
        return list(rows), []
    table = measured_rows(rows, better, options)
    shifts: dict[str, float] = {}
    found = []
    for number, source in plates:
        here = table[table["source"] == source]
        before = table[table["round"] < number].groupby(["group", "sequence"])["fitness"].median()
        own = here.groupby(["group", "sequence"])["fitness"].mean()
        apart = (own - before).dropna()
        count = len(apart)
        shift = float(apart.mean()) if count else None
        error = float(apart.std(ddof=1) / math.sqrt(count)) if count > 1 else None
        corrected = options.plate_shift == "correct" and count >= FEWEST
        if corrected and shift is not None:
            shifts[source] = shift
            table.loc[table["source"] == source, "fitness"] -= shift
        found.append(
            {
                "file": source,
                "round": number,
                "measured": len(here),
                "in_common": count,
                "shift": shift,
                "shift_error": error,
                "corrected": corrected,
            }
        )
    return [row._replace(shift=shifts.get(row.source, 0.0)) for row in rows], found


def measured_rows(rows: Sequence[Row], better: str, options: Options) -> pd.DataFrame:
    """`source`, `round`, `group`, `sequence` and `fitness` of the rows that have a value."""
    found = []
    for row, sequence in read_sequences(rows, options, [], iter):
        try:
            fitness = fitness_of(row, better, options)
        except ValueError:
            continue
        if fitness.low == fitness.high and np.isfinite(fitness.low):
            group = group_of(row, sequence, options)
            found.append((row.source, row.plate, group, as_tokens(sequence), fitness.low))
    return pd.DataFrame(found, columns=["source", "round", "group", "sequence", "fitness"])


def shifts_in_words(plates: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each plate that is shifted, or that nothing tells of."""
    lines = []
    for plate in plates:
        where = f"{plate['file']} (round {plate['round']})"
        shift, error = plate["shift"], plate["shift_error"]
        if shift is None:
            lines.append(
                f"{where}: no aptamer of this plate was measured before, so nothing tells whether "
                "its values can be compared with the others; keep controls on each plate"
            )
        elif error is not None and abs(shift) > CLEAR * error:
            what = (
                "which was subtracted"
                if plate["corrected"]
                else "which was not subtracted; datasets.<name>.plate_shift: correct does it"
            )
            lines.append(
                f"{where}: the {plate['in_common']} aptamers that were measured before have a "
                f"fitness that is {shift:+.3g} ± {error:.2g} different here, {what}"
            )
    return lines
