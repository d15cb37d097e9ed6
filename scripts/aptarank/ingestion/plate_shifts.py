"""How far the values of a plate are shifted against what was measured before, by its controls."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from aptarank.columns.rows import Options, Row
from aptarank.ingestion.aptamers import fitness_of, group_of, is_kd, read_sequences
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
        of measurements, of those before it and of aptamers in common, shift, error (None where they
        are too few), whether it was corrected, and all that in words.
    """
    plates = sorted({(row.plate, row.source) for row in rows if row.plate})
    if not plates:
        return list(rows), []
    table = measured_rows(rows, better, options)
    in_molar = any(map(is_kd, rows))
    shifts: dict[str, float] = {}
    found = []
    for number, source in plates:
        here = table[table["source"] == source]
        earlier = table[table["round"] < number]
        before = earlier.groupby(["group", "sequence"])["fitness"].median()
        own = here.groupby(["group", "sequence"])["fitness"].mean()
        apart = (own - before).dropna()
        count = len(apart)
        shift = float(apart.mean()) if count else None
        error = float(apart.std(ddof=1) / math.sqrt(count)) if count > 1 else None
        corrected = options.plate_shift == "correct" and count >= FEWEST
        if corrected and shift is not None:
            shifts[source] = shift
            table.loc[table["source"] == source, "fitness"] -= shift
        plate: dict[str, Any] = {
            "file": source,
            "round": number,
            "measured": len(here),
            "measured_before": len(earlier),
            "in_common": count,
            "shift": shift,
            "shift_error": error,
            "corrected": corrected,
        }
        plate["in_words"] = shift_in_words(plate, options, in_molar=in_molar)
        found.append(plate)
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


def shift_in_words(plate: Mapping[str, Any], options: Options, *, in_molar: bool) -> str:
    """What a plate's controls say of its shift, and what was done about it."""
    shift, error, count = plate["shift"], plate["shift_error"], plate["in_common"]
    where = f"{plate['file']} (round {plate['round']})"
    if not plate["measured_before"]:
        return f"{where}: nothing was measured before it"
    if shift is None:
        return (
            f"{where}: no aptamer of this plate was measured before, so nothing tells whether its "
            "values can be compared with the others; keep controls on each plate"
        )
    times = 10 ** abs(shift)
    kd = f" (Kd {times:.3g} times {'lower' if shift > 0 else 'higher'})" if in_molar else ""
    size = f"{shift:+.3g}" + ("" if error is None else f" ± {error:.2g}")
    said = f"{where}: the fitness of what was measured before too ({count}) differs by {size}{kd}"
    if plate["corrected"]:
        return f"{said}, which was subtracted"
    if options.plate_shift == "correct":
        return f"{said}, which was not subtracted: {FEWEST} such aptamers are needed"
    if is_clear(plate):
        return f"{said}, which was not subtracted; datasets.<name>.plate_shift: correct does it"
    return f"{said}: no clear shift"


def is_clear(plate: Mapping[str, Any]) -> bool:
    """Whether a plate's shift is larger than chance makes it."""
    shift, error = plate["shift"], plate["shift_error"]
    return shift is not None and error is not None and abs(shift) > CLEAR * error


def warn_of_shifts(plates: Sequence[Mapping[str, Any]], options: Options) -> list[str]:
    """What is said of plates that a person should look at: their values may not be comparable."""
    return [
        plate["in_words"]
        for plate in plates
        if plate["measured_before"]
        and (
            plate["shift"] is None
            or (not plate["corrected"] and (is_clear(plate) or options.plate_shift == "correct"))
        )
    ]
