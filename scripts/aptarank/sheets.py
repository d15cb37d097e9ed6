"""Sheets of Excel files as a person sees them: units in number formats, values of merged cells."""

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from aptarank.errors import InputError
from aptarank.log import logger
from aptarank.sizes import MOST_CELLS, memory, too_large

MOST_ROWS = 1_048_576  # of a sheet
XML_SHARE = 8  # bytes of memory for each byte of a sheet's XML
LITERAL = re.compile(r'"([^"]*)"|\\(.)')
NUMBER = re.compile(r"General|[0#?]+([.,][0#?]+)*([eE][-+][0#?]+)?")
PRIVATE = 0xF0000  # a code point that stands for the first literal, the next for the second
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


def check_size(data: bytes, path: Path) -> None:
    """Raise InputError where the parts of an Excel file unpack to more than memory allows.

    Raises:
        zipfile.BadZipFile: a damaged file.
    """
    parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    most = memory() // XML_SHARE
    for part in parts:
        if part.file_size > most:
            raise too_large(path, f"{part.filename} in it is {part.file_size / 1e9:.1f} GB")


def rows_of_sheet(data: bytes, name: str, path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Number (from 1) and values of each row of a sheet in which there is something.

    A number whose format shows a text beside it, such as a unit, is a text with it; a cell that was
    never computed is its formula; a value of cells merged over several rows is in each of them.

    Raises:
        InputError: a cell so far from the others that no program could show the table.
    """
    values, formulas = (
        openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=only)[name]
        for only in (True, False)
    )
    values.reset_dimensions()
    formulas.reset_dimensions()
    merged = merged_rows(data, values)
    if merged:
        few = ", ".join(merged)
        logger.warning("%s: cells merged over rows (%s): each row has their value", path, few[:200])
    found = []
    cells = itertools.zip_longest(values.iter_rows(), formulas.iter_rows(), fillvalue=())
    for number, (computed, written) in enumerate(cells, start=1):
        if number > MOST_ROWS:
            raise InputError(f"{path}: a row beyond {MOST_ROWS:,}, the last of a sheet; delete it")
        row = [
            shown(cell if cell is not None and cell.value is not None else other)
            for cell, other in itertools.zip_longest(computed, written)
        ]
        while row and not has_content(row[-1]):
            row.pop()
        if row:
            found.append((number, row))
    fill_down(found, merged)
    width = max((len(row) for _, row in found), default=0)
    if len(found) * width > MOST_CELLS:
        column = openpyxl.utils.get_column_letter(width)
        raise InputError(
            f"{path}: {len(found):,} rows of {width:,} columns; column {column} has something, "
            "far from the table: delete it"
        )
    return iter([(number, row + [None] * (width - len(row))) for number, row in found])


def has_content(value: Any) -> bool:
    """Whether there is something in a cell."""
    return value is not None and str(value).strip() != ""


def shown(cell: Any) -> Any:
    """The value of a cell; a number with the texts that its format shows beside it."""
    value = None if cell is None else cell.value
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not number or (isinstance(value, float) and isnan(value)):
        return value
    before, after = texts_beside(getattr(cell, "number_format", None) or "", value < 0)
    if not before and not after:
        return value
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return f"{before}{int(value) if whole else value}{after}"


def texts_beside(number_format: str, negative: bool) -> tuple[str, str]:
    """The texts that a number format shows before and after a number: `0.0" nM"` has " nM".

    Texts that say no more than the number (blanks, signs, brackets) are left out.
    """
    literals: list[str] = []

    def keep(found: re.Match) -> str:
        literals.append(found[1] if found[1] is not None else found[2])
        return chr(PRIVATE + len(literals) - 1)

    coded = LITERAL.sub(keep, re.sub(r"\[[^\]]*\]|[_*].", "", number_format))
    sections = coded.split(";")
    section = sections[1] if negative and len(sections) > 1 and sections[1] else sections[0]
    number = NUMBER.search(section)
    if not number:
        return "", ""
    sides = []
    for side in (section[: number.start()], section[number.end() :]):
        text = "".join(
            literals[ord(char) - PRIVATE]
            for char in side
            if 0 <= ord(char) - PRIVATE < len(literals)
        )
        sides.append(text if text.strip(" -+()\xa0") else "")
    return sides[0], sides[1]


def merged_rows(data: bytes, sheet: Any) -> list[str]:
    """The ranges of a sheet's cells that are merged over several rows, such as `B2:B4`."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        text = book.read(sheet._worksheet_path)
    ranges = [found.decode() for found in MERGED.findall(text)]
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
