"""A column beside the score that says the unit of each row: `Kd` and `Kd unit`."""

import re

from aptarank.columns.column_names import meaning_of, unit_of
from aptarank.columns.lookup import plain_name
from aptarank.columns.rows import Row
from aptarank.values.measured import UNIT

NAMES = ("unit", "units")
IS_UNIT = re.compile(UNIT)


def unit_column(header: list[str], score: int | None, rows: list[list[str]]) -> int | None:
    """The column of the units of a concentration; None if there is none, or the name has a unit.

    Args:
        rows: the first ones, in which that column has units alone.
    """
    if score is None or unit_of(header[score]):
        return None
    meaning = meaning_of(header[score])
    if meaning.kind != "concentration" or meaning.logarithm:
        return None
    own = plain_name(header[score])
    names = {*NAMES, *(f"{own} {name}" for name in NAMES)}
    for index, name in enumerate(header):
        cells = [row[index].strip() for row in rows if index < len(row)]
        if plain_name(name) in names and any(cells) and all(map(is_unit, filter(None, cells))):
            return index
    return None


def is_unit(text: str) -> bool:
    """Whether a text is a unit of concentration, such as `nM` or `mol/L`."""
    return IS_UNIT.fullmatch(" ".join(text.split())) is not None


def with_unit(row: Row, unit: str) -> Row:
    """A row whose score, replicates and error have this unit; as it is if the unit is empty."""
    if not unit:
        return row
    score, *replicates = (f"{text} {unit}" if text else "" for text in (row.score, *row.replicates))
    return row._replace(
        score=score, replicates=tuple(replicates), error_unit=row.error_unit or unit
    )
