"""A column beside the score that says the unit of each row: `Kd` and `Kd unit`."""

import re

from aptarank.columns.column_names import meaning_of, unit_of
from aptarank.columns.lookup import plain_name
from aptarank.columns.rows import Row
from aptarank.values.measured import UNIT, exponent_of

WORDS = {"unit", "units"}
# Words that the name of such a column may have besides these and those of the score's name.
OTHERS = {*("of", "the", "in", "for"), *("concentration", "conc", "measurement", "measured")}
OTHERS |= {*("value", "values", "kd", "ki", "ic50", "ec50"), *("m", "nm", "um", "µm", "μm", "pm")}
OTHERS |= {"mm", "fm"}
IS_UNIT = re.compile(UNIT)
ENDS_IN_UNIT = re.compile(rf"[0-9)] ?({UNIT})$")


def unit_column(header: list[str], score: int | None, *, is_kd: bool = False) -> int | None:
    """The column of the units of a concentration; None if there is none, or the name has a unit.

    Its name alone decides: a cell in it that is no unit is a fault of its row, which is rejected.

    Args:
        is_kd: whether the user says that the score is one, whatever its name.
    """
    if score is None or unit_of(header[score]):
        return None
    meaning = meaning_of(header[score])
    if not is_kd and (meaning.kind != "concentration" or meaning.logarithm):
        return None
    own = set(plain_name(header[score]).split())
    for index, name in enumerate(header):
        words = set(re.findall(r"[^\W_]+", name.replace("_", " ").lower()))
        if index != score and words & WORDS and words <= WORDS | own | OTHERS:
            return index
    return None


def is_unit(text: str) -> bool:
    """Whether a text is a unit of concentration, such as `nM` or `mol/L`."""
    return IS_UNIT.fullmatch(text) is not None


def with_unit(row: Row, unit: str) -> Row:
    """A row whose score, replicates and error have this unit; as it is if the unit is empty.

    It has a problem if the unit is none, or another one than its score has.
    """
    if not unit or row.problem:
        return row
    if not is_unit(unit):
        hint = " (is the M a capital?)" if is_unit(unit[:-1] + "M") else ""
        return row._replace(problem=f"not a unit of concentration: {unit!r}{hint}")
    for text in (row.score, *row.replicates):
        own = ENDS_IN_UNIT.search(text)
        if own and exponent_of(own[1]) != exponent_of(unit):
            return row._replace(problem=f"two units: {text!r}, and {unit!r} in the column of units")
    score, *replicates = (
        text if not text or ENDS_IN_UNIT.search(text) else f"{text} {unit}"
        for text in (row.score, *row.replicates)
    )
    return row._replace(
        score=score, replicates=tuple(replicates), error_unit=row.error_unit or unit
    )
