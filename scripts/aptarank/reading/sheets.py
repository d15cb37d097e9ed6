"""Sheets of Excel files as a person sees them: units in number formats, values of merged cells."""

import io
import itertools
import operator
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.cell.rich_text import CellRichText
from openpyxl.utils import range_boundaries

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.sizes import MOST_CELLS, memory, too_large

MOST_ROWS = 1_048_576  # of a sheet
XML_SHARE = 8  # bytes of memory for each byte of a sheet's XML
LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^]-]*)[^]]*\]')  # the last: [$µM], as a currency
CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=) *(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)\]")
COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
NUMBER = re.compile(r"General|[0#?]+([.,][0#?]+)*([eE][-+][0#?]+)?")
PRIVATE = 0xF0000  # the code point that stands for the first literal, the next for the second
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


def check_size(data: bytes, path: Path) -> None:
    """Raise InputError if the parts of an Excel file unpack to more than memory allows.

    Raises:
        zipfile.BadZipFile: a damaged file.
    """
    parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    most = memory() // XML_SHARE
    for part in parts:
        if part.file_size > most:
            raise too_large(path, f"{part.filename} in it is {part.file_size / 1e9:.1f} GB")


def rows_of_sheet(data: bytes, name: str, path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Return the number (from 1) and the values of each row of a sheet that is not empty.

    A number whose format adds a text, such as a unit, becomes a text with it; a formula that was
    never computed stays a formula; cells merged over several rows have their value in each.

    Raises:
        InputError: a cell far from all others, which would make the table too large.
    """
    book = partial(openpyxl.load_workbook, read_only=True, rich_text=True)
    values, formulas = (book(io.BytesIO(data), data_only=only)[name] for only in (True, False))
    values.reset_dimensions()
    formulas.reset_dimensions()
    merged = merged_rows(data, values)
    if merged:
        few = ", ".join(merged)
        logger.warning("%s: cells merged over rows (%s): each row has their value", path, few[:200])
    numbered_rows = []
    cells = itertools.zip_longest(values.iter_rows(), formulas.iter_rows(), fillvalue=())
    for number, (computed, written) in enumerate(cells, start=1):
        if number > MOST_ROWS:
            raise InputError(f"{path}: a row beyond {MOST_ROWS:,}, the last of a sheet; delete it")
        row = [
            displayed_value(cell if cell is not None and cell.value is not None else other)
            for cell, other in itertools.zip_longest(computed, written)
        ]
        while row and not has_content(row[-1]):
            row.pop()
        if row:
            numbered_rows.append((number, row))
    fill_down(numbered_rows, merged)
    width = max((len(row) for _, row in numbered_rows), default=0)
    if len(numbered_rows) * width > MOST_CELLS:
        column = openpyxl.utils.get_column_letter(width)
        raise InputError(
            f"{path}: {len(numbered_rows):,} rows of {width:,} columns; column {column} has "
            "something, far from the table: delete it"
        )
    return iter([(number, row + [None] * (width - len(row))) for number, row in numbered_rows])


def has_content(value: Any) -> bool:
    """Whether there is something in a cell."""
    return value is not None and str(value).strip() != ""


def displayed_value(cell: Any) -> Any:
    """The value of a cell; a number as its format shows it, if that has texts or a scale."""
    value = None if cell is None else cell.value
    if isinstance(value, CellRichText):
        return "".join(map(run_text, value))
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, float) and isnan(value):
        return value
    return displayed_number(value, getattr(cell, "number_format", None) or "")


def displayed_number(value: float | Decimal, number_format: str) -> float | Decimal | str:
    """A number as its format shows it: a text if the format has texts, else a number."""
    display = formatted(number_format, value)
    if not display.digits:
        return display.before
    if display.thousands:
        value = float(f"{value / 1000**display.thousands:.15g}")  # as exact as Excel is
    if not display.before and not display.after:
        return value
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return f"{display.before}{int(value) if whole else value}{display.after}"


def run_text(run: Any) -> str:
    """A run of a cell's rich text, with raised digits as superscripts (10⁻⁹, or a footnote's
    number, which is not a digit of the value) and struck letters as struck ones."""
    font = getattr(run, "font", None)
    text = str(run)
    if font is not None and font.vertAlign == "superscript":
        text = text.translate(RAISED)
    if font is not None and font.strike:
        text = "".join(f"{char}\u0336" for char in text)
    return text


class Display(NamedTuple):
    """What a number format makes of a number.

    `before` and `after` are texts around it; it is divided by 1000 to the power of `thousands`;
    `digits` is False if the format shows a text in place of the number.
    """

    before: str = ""
    after: str = ""
    thousands: int = 0
    digits: bool = True


def formatted(number_format: str, value: float | Decimal) -> Display:
    """What a number format makes of a number: `0.0" nM"` adds " nM", `0,` shows thousands.

    Texts without a meaning of their own (blanks, signs, brackets) are left out.
    """
    literals: list[str] = []

    def keep(literal: re.Match) -> str:
        literals.append(next(text for text in literal.groups() if text is not None))
        return chr(PRIVATE + len(literals) - 1)

    coded = LITERAL.sub(keep, re.sub(r"[_*].", "", number_format))
    section = re.sub(r"\[[^\]]*\]", "", section_of(coded.split(";"), float(value)))
    number = NUMBER.search(section)
    if not number:
        text = texts_in(section, literals)
        return Display(text, digits=False) if text else Display()
    before, after = section[: number.start()], section[number.end() :]
    thousands = len(after) - len(after.lstrip(","))
    return Display(texts_in(before, literals), texts_in(after, literals), thousands)


def texts_in(side: str, literals: list[str]) -> str:
    """The literals of a part of a format, "" if they have no meaning of their own."""
    text = "".join(
        literals[ord(char) - PRIVATE] for char in side if 0 <= ord(char) - PRIVATE < len(literals)
    )
    return text if text.strip(" -+()\xa0") else ""


def section_of(sections: list[str], value: float) -> str:
    """The section of a number format that a number is shown by: the first whose condition holds,
    or those of positive numbers, negative ones and zero."""
    conditions = [CONDITION.search(section) for section in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None or COMPARED[condition[1]](value, float(condition[2])):
                return section
        return "General"
    if value < 0 and len(sections) > 1 and sections[1]:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 and sections[2] else sections[0]


def merged_rows(data: bytes, sheet: Any) -> list[str]:
    """The ranges of a sheet's cells that are merged over several rows, such as `B2:B4`."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        text = book.read(sheet._worksheet_path)
    ranges = [cells.decode() for cells in MERGED.findall(text)]
    return [each for each in ranges if range_boundaries(each)[1] < range_boundaries(each)[3]]


def fill_down(rows: list[tuple[int, list[Any]]], merged: list[str]) -> None:
    """Put the value of cells merged over several rows into each of these rows that is there."""
    numbered = dict(rows)
    for each in merged:
        column, top, _, bottom = range_boundaries(each)
        first = numbered.get(top, [])
        if column > len(first):
            continue
        for number in range(top + 1, min(bottom, MOST_ROWS) + 1):
            row = numbered.get(number)
            if row is not None:
                row += [None] * (column - len(row))
                row[column - 1] = first[column - 1]
