"""The plate: which well holds which aptamer, and what is written of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.expected.quantity import KD, Quantity
from aptarank.pairing.nearest import nearest
from aptarank.reading.plates import PLATE_COLUMNS, check_of

ROW_LETTERS = "ABCDEFGHIJKLMNOP"
DIGITS = 5  # of expected values
LAYOUTS = {96: (8, 12), 384: (16, 24)}  # wells: rows and columns


def well_names(count: int) -> list[str]:
    """Names of the first wells of a plate, column by column: A1, B1, …

    Raises:
        InputError: there is no plate with so many.
    """
    rows, _ = layout(count)
    return [f"{ROW_LETTERS[at % rows]}{at // rows + 1}" for at in range(count)]


def layout(count: int) -> tuple[int, int]:
    """Rows and columns of the smallest plate with so many wells."""
    for wells, shape in LAYOUTS.items():
        if count <= wells:
            return shape
    raise InputError(f"next.size is {count}; expected at most {max(LAYOUTS)} wells")


def ordered(sequence: str, five: str, three: str, *, rna: bool) -> str:
    """The molecule as it is ordered, with its primers."""
    whole = five + sequence + three
    return whole.replace("T", "U") if rna else whole


def distances(
    sequences: Sequence[str], known: Sequence[str], names: Sequence[str], threads: int
) -> pd.DataFrame:
    """How far each of a plate is from what was measured, and from the others of the plate.

    Args:
        known: measured aptamers, with their names; may be none.

    Returns:
        `nearest` (a name, "" if nothing was measured), `distance` and `on_plate`, numbers of edits.
    """
    count = len(sequences)
    table = pd.DataFrame({"nearest": [""] * count, "distance": np.nan, "on_plate": np.nan})
    if len(known):
        edits, _, closest = nearest(sequences, known, threads)
        table["nearest"], table["distance"] = [names[at] for at in closest], edits
    if count > 1:
        table["on_plate"] = nearest(sequences, sequences, threads, itself=False)[0]
    return table


@dataclass(frozen=True)
class Terms:
    """What holds for all wells of a plate.

    Attributes:
        dataset: run and dataset that it is for, as `run/dataset`.
        number: of the round.
        quantity: that is to be measured.
        group: of the measurements.
        five, three: primers.
        rna: whether RNA is ordered.
    """

    dataset: str
    number: int
    quantity: Quantity
    group: str
    five: str
    three: str
    rna: bool


def plate_of(chosen: pd.DataFrame, terms: Terms, known: pd.DataFrame, threads: int) -> pd.DataFrame:
    """The plate, with an empty column `measured`.

    Args:
        chosen: in the order of the wells: `sequence` (letters A, C, G, T), `name` ("" for a new
            aptamer), `role`, `why` and what is expected.
        known: measured aptamers, `sequence` and `id`.

    Returns:
        `PLATE_COLUMNS`; what is expected to `DIGITS` digits, as no measurement has more.
    """
    near = (known["sequence"].tolist(), known["id"].tolist())
    apart = distances(chosen["sequence"].tolist(), *near, threads)
    table = pd.concat([chosen.reset_index(drop=True), apart], axis=1)
    table["well"] = well_names(len(table))
    named = f"R{terms.number}-" + table["well"]
    table["name"] = table["name"].where(table["name"] != "", named)
    for column in ("expected", "expected_low", "expected_high"):
        table[column] = table[column].map(lambda value: float(f"{value:.{DIGITS}g}"))
    table["aptamer"] = table["sequence"]
    table["sequence"] = [
        ordered(text, terms.five, terms.three, rna=terms.rna) for text in table["sequence"]
    ]
    table = table.assign(
        unit=terms.quantity.unit if terms.quantity.scale == KD else "",
        group=terms.group,
        better=terms.quantity.better,
        dataset=terms.dataset,
        round=terms.number,
        measured="",
    )
    table["check"] = [check_of(row) for row in table.to_dict("records")]
    return table[PLATE_COLUMNS]
