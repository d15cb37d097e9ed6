"""Tables as lines of texts, from CSV and its relatives, Parquet and Excel."""

import csv
import functools
import io
import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any

import openpyxl

from aptarank.columns.lookup import is_usual_name, plain_name
from aptarank.columns.rows import Options
from aptarank.core.errors import InputError, first_line
from aptarank.core.extras import require
from aptarank.core.log import logger
from aptarank.core.sizes import check_cells
from aptarank.reading.sheets import check_size, rows_of_sheet
from aptarank.values.measurements import to_number
from aptarank.values.sequences import normalise, shortened

DELIMITERS = "\t;,|"  # the first of equally good ones: 1,5 is a number in a table with ;
PLAIN = (
    ".\nA list of sequences alone has no score to learn from; rank.py and screen.py can rank it."
)
PEEKED = 200  # rows that tell what a column holds
SNIFFED = 20  # rows that tell the delimiter
SHORTEST = 4  # bases; a field with fewer may be a word of a header ("tag", "cat")

# Python's limit is 131,072 characters; a longer field is rejected with its row, not its file.
csv.field_size_limit(2**31 - 1)


class Table:
    """The header of a table, and its rows, which are read once.

    Attributes:
        header: the names of the columns; `1`, `2`, … if the file has none.
        lines: (line, fields) of each row that has not been read yet.
        delimiter: that of a text, else "".
    """

    def __init__(
        self, header: list[str], lines: Iterator[tuple[int, list[str]]], delimiter: str = ""
    ) -> None:
        self.header, self.lines, self.delimiter = header, lines, delimiter

    @functools.cached_property
    def first_rows(self) -> list[list[str]]:
        """The fields of the first rows, which stay among `lines`."""
        first = list(itertools.islice(self.lines, PEEKED))
        self.lines = itertools.chain(first, self.lines)
        return [fields for _, fields in first]

    def problem(self, fields: list[str]) -> str:
        """Say why a row cannot be used, "" if it can.

        It may have more or fewer fields than the header, or a quote that was left open and
        swallowed the rows below.
        """
        if len(fields) != len(self.header):
            more = len(fields) == len(self.header) + 1
            names = "; one more, as R's row names make?" if more else ""
            return (
                f"ragged row: {len(fields)} fields where the header has {len(self.header)}{names}"
            )
        wrapped = [field.split("\n") for field in fields if self.delimiter and "\n" in field]
        if any(self.is_row(line) for lines in wrapped for line in lines):
            below = sum(len(lines) - 1 for lines in wrapped)
            return f"open quote: a field holds rows of the table, {below + 1} lines long"
        return ""

    def is_row(self, line: str) -> bool:
        """Whether a line of a field looks like a row of this table."""
        fields = line.split(self.delimiter)
        return len(fields) == len(self.header) > 1 or looks_like_data(fields)


def is_excel(data: bytes) -> bool:
    """Whether this is an Excel file (.xlsx)."""
    return data.startswith(b"PK\x03\x04") and b"xl/" in data


def text_table(text: str, source: Path, options: Options, delimiter: str | None) -> Table:
    """A table of delimited text (RFC 4180, any of the usual delimiters).

    Python's csv module reads it, since it knows each row's line and stops at a broken quote, where
    pandas would shift or drop fields.

    Args:
        delimiter: that of the format; None to find it from the first rows.

    Raises:
        InputError: no delimiter in it; on iteration, a quote that is not closed.
    """
    said = re.match(r'"?sep=(.)"?\n', text)  # by Excel, on a line of its own
    if said:
        text = text[said.end() - 1 :]
    delimiter = options.delimiter or delimiter or (said[1] if said else find_delimiter(text))
    if delimiter is None and not options.scored:
        delimiter = ","  # one column, of sequences
    if delimiter is None:
        blank = len(text) - len(text.lstrip())
        first = text[blank : blank + 60].split("\n")[0]
        raise InputError(
            f"{source}, line {text.count(chr(10), 0, blank) + 1}: no delimiter (comma, tab, "
            f"semicolon or |) in {first!r}; expected a table, FASTA, or a log of MAWS or EFBA"
            f"{PLAIN if is_sequence(first) else ''}"
        )
    if len(delimiter) != 1 or delimiter in '"\n\r':
        raise InputError(f"{source}: delimiter {delimiter!r} is not one character, such as ';'")
    table = table_of_lines(delimited_rows(text, source, delimiter), source, options)
    table.delimiter = delimiter
    return table


def find_delimiter(text: str) -> str | None:
    """Find the delimiter by which most of the first rows have as many fields as the very first.

    Of several, the one that makes the most fields; None if none divides the first row.
    """

    def fit(delimiter: str) -> tuple[bool, float, int]:
        widths = list(itertools.islice(first_widths(text, delimiter), SNIFFED))
        most = widths[0] if widths else 1
        return most > 1, widths.count(most) / max(1, len(widths)), most

    best = max(DELIMITERS, key=fit)
    return best if fit(best)[0] else None


def first_widths(text: str, delimiter: str) -> Iterator[int]:
    """Yield the number of fields of each row that is not blank, up to the first broken quote."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for fields in reader:
            if any(map(str.strip, fields)):
                yield len(fields)
    except csv.Error:
        return


def delimited_rows(text: str, source: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of each row that is not blank; the line is where it begins.

    Raises:
        InputError: a quote that is not closed, or text after one.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            cause = str(error)
            if "unexpected end" in cause:
                cause = "a quote that is never closed"
            elif "expected after" in cause:
                cause = "text after a closing quote; was a quote left open in a line above?"
            raise InputError(
                f"{source}, line {line}: {cause}.\nFix that line, or save the file as CSV again."
            ) from None
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield line, fields


def cell_text(value: Any, decimal: str) -> str:
    """Return a typed cell as text; a number gets the decimal sign that the user gives for texts."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, float | Decimal):
        return str(value).replace(".", decimal)
    if isinstance(value, bytes):  # a text that its writer did not mark as one
        value = value.decode(errors="backslashreplace")
    return re.sub("\r\n?", "\n", str(value))


def parquet_table(data: bytes, path: Path, options: Options) -> Table:
    """Read a Parquet table; the `line` of a row is its number, from 1.

    Raises:
        InputError: damaged, or larger than memory allows.
    """
    require("pyarrow", f"{path}: a Parquet file")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        check_cells(file.metadata.num_rows, file.metadata.num_columns, path)
        table = file.read()
        columns = [column.to_pylist() for column in table.columns]
    except (InputError, MemoryError):
        raise
    except Exception as error:  # whatever Arrow raises for a damaged file
        raise InputError(
            f"{path}: a damaged Parquet file: {first_line(error)}; fetch it again"
        ) from None
    rows = zip(*columns, strict=True)
    texts = ([cell_text(value, options.decimal) for value in row] for row in rows)
    return Table(list(map(str, table.column_names)), enumerate(texts, start=1))


def excel_table(data: bytes, path: Path, options: Options) -> Table:
    """Read a sheet of an Excel file (.xlsx): the one named, or the first that is not hidden.

    Raises:
        InputError: damaged, larger than memory allows, or without that sheet.
    """
    try:
        check_size(data, path)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [sheet.title for sheet in book.worksheets]
        shown = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise ValueError("it has no sheet")
        sheet = options.sheet or (shown or sheets)[0]
        rows = rows_of_sheet(data, sheet, path) if sheet in sheets else iter([])
    except (InputError, MemoryError):
        raise
    except Exception as error:  # whatever openpyxl raises for a damaged file
        raise InputError(
            f"{path}: a damaged Excel file: {first_line(error)}; save it again in Excel"
        ) from None
    others = ", ".join(repr(shortened(name)) for name in sheets if name != sheet)
    if sheet not in sheets:
        raise InputError(f"{path}: no sheet {sheet!r}; there are {others or 'none'}")
    if others and not options.sheet:
        logger.warning("%s: sheet %r is read, not %s (to choose one: sheet)", path, sheet, others)
    texts = ((n, [cell_text(value, options.decimal) for value in row]) for n, row in rows)
    return table_of_lines(texts, path, options)


def table_of_lines(lines: Iterator[tuple[int, list[str]]], source: Path, options: Options) -> Table:
    """Make a table of lines, whose first is the header if it looks like one.

    Raises:
        InputError: no line at all, or it is not clear whether the first is a header.
    """
    line, first = next(lines, (0, []))
    if not first:
        raise InputError(f"{source}: no row in it; expected a header line and rows")
    is_header = options.header
    if is_header is None:
        is_header = looks_like_header(first, f"{source}, line {line}", options)
    if is_header:
        return Table([name.strip() for name in first], lines)
    numbers = [str(number) for number in range(1, len(first) + 1)]
    return Table(numbers, itertools.chain([(line, first)], lines))


def looks_like_header(fields: list[str], where: str, options: Options) -> bool:
    """Whether the first row names the columns.

    Raises:
        InputError: it could be either; a wrong guess would lose a row or the header.
    """
    given = (options.sequence, options.score, options.name, options.group, options.family)
    names = {plain_name(name) for name in given if name and not name.isdecimal()}
    has_names = any(is_usual_name(field) or plain_name(field) in names for field in fields)
    if has_names and not looks_like_data(fields):
        return True
    if looks_like_data(fields) and not has_names:
        return False
    if not options.scored and not has_names and any(map(is_sequence, fields)):
        return False  # nobody names a column so: the first of a list of sequences
    if has_names or any(is_number(field) or has_bases(field) for field in fields):
        shown = ", ".join(repr(shortened(field)) for field in fields[:5])
        raise InputError(
            f"{where}: is this a header or a row ({shown})? Say header: true or header: false "
            "(--header)."
        )
    return True


def looks_like_data(fields: list[str]) -> bool:
    """Whether fields hold both a sequence and a number."""
    return any(map(is_sequence, fields)) and any(map(is_number, fields))


def is_sequence(field: str) -> bool:
    """Whether a field is a sequence of DNA or RNA."""
    try:
        return len(normalise(field)) >= SHORTEST
    except ValueError:
        return False


def has_bases(field: str) -> bool:
    """Whether a field looks like a sequence, whether or not all of its bases are known."""
    return len(field.strip()) >= SHORTEST and set(field.strip().upper()) <= set("ACGTUN")


def is_number(field: str) -> bool:
    """Whether a field is a number, with a decimal point or comma."""
    try:
        to_number(field.replace(",", "."))
    except ValueError:
        return False
    return True
