"""From a file to its rows: find the format by content, unless the user names it, and read.

What is accepted is decided in `aptarank.ingestion.aptamers`.
"""

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from aptarank.columns.rows import GROUPINGS, Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.formats import (
    AUTO,
    CSV,
    EXCEL,
    PARQUET,
    PLATE,
    TABLE_FORMATS,
    TEXT_FORMATS,
    TSV,
)
from aptarank.reading.input_format import (
    Content,
    InputFormat,
    Kind,
    Reading,
    ReadRows,
    TableFormat,
    TextFormat,
)
from aptarank.reading.plates import is_plate, may_be_plate, read_plate, without_dialect
from aptarank.reading.round_tables import read_two_rounds
from aptarank.reading.scored_tables import read_kd, read_scored, refuse_binary
from aptarank.reading.tabular_files import Table, excel_table, is_excel, parquet_table, text_table
from aptarank.reading.text_files import decode_text, decompress, is_parquet, read_bytes
from aptarank.values.sequences import read_notation

GROUPED_BY = {"length": "the length", "file": "the file"}


class BinaryTable(NamedTuple):
    """A table that is not text: how it is recognised, and cut into cells."""

    format: TableFormat
    is_file: Callable[[bytes], bool]
    open: Callable[[bytes, Path, Options], Table]


BINARY_TABLES = (
    BinaryTable(PARQUET, is_parquet, parquet_table),
    BinaryTable(EXCEL, is_excel, excel_table),
)


def read_file(path: Path, options: Options) -> Reading:
    """Read all rows of a file.

    Raises:
        InputError: unreadable, not of the format, or without a single row.
    """
    raw = read_bytes(path)
    data = decompress(raw, path)
    input_format, read_rows = read_content(data, path, options)
    read_rows = with_format_defaults(read_rows, input_format, options)
    read_as, rows, label_rows = read_rows.read_as, list(read_rows.rows), list(read_rows.label_rows)
    if not rows and not label_rows:
        raise InputError(
            f"{path}: no aptamer in it; expected at least one {input_format.name} record"
        )
    sha256 = hashlib.sha256(raw).hexdigest()
    return Reading(path, input_format, read_as.better, read_as, sha256, rows, label_rows)


def read_content(
    data: bytes, path: Path, options: Options
) -> tuple[TextFormat | TableFormat, ReadRows]:
    """Find the format of a file's bytes, and start to read its rows."""
    if (plate := find_plate(data, path, options)) is not None:
        return PLATE, read_plate(plate, path, options)
    text_format = format_named(TEXT_FORMATS, options.format)
    if text_format is None:
        for container in BINARY_TABLES:
            if options.format == container.format.name or container.is_file(data):
                return read_table(
                    container.open(data, path, options), container.format, path, options
                )
    text = decode_text(data, path, options.encoding)
    if options.format == AUTO:
        text_format = recognise(TEXT_FORMATS, text, options)
    if text_format is not None:
        return text_format, read_text(text_format, text, path, options)
    delimiter = "\t" if options.format == TSV.name else None
    table = text_table(text, path, options, delimiter)
    return read_table(table, TSV if has_more_tabs(text) else CSV, path, options)


def find_plate(data: bytes, path: Path, options: Options) -> Table | None:
    """The table of a filled plate where the options say how the dataset's other files are written,
    which is not about the plate; None for any other file.
    """
    plain = without_dialect(options)
    if plain == options:
        return None  # it is recognised as any other format
    for each in (replace(plain, sheet=options.sheet), plain):
        try:
            if is_excel(data):
                table = excel_table(data, path, each)
            else:
                text = decode_text(data, path, each.encoding)
                if not may_be_plate(text):
                    return None
                table = text_table(text, path, each, None)
        except InputError:
            continue  # whatever reads the file says what is wrong
        return table if is_plate(table, each) else None
    return None


def recognise(
    formats: Iterable[InputFormat[Content]], content: Content, options: Options
) -> InputFormat[Content] | None:
    """Return the first format that a content is of, None if it is of none."""
    matching = (each for each in formats if each.recognise and each.recognise(content, options))
    return next(matching, None)


def format_named(formats: Iterable[InputFormat[Content]], name: str) -> InputFormat[Content] | None:
    """Return the format of a name, None if there is none."""
    return next((each for each in formats if each.name == name), None)


def read_text(input_format: TextFormat, text: str, path: Path, options: Options) -> ReadRows:
    """Read a text that is not a table.

    Raises:
        InputError: the user asks for columns, which it does not have.
    """
    if options.group not in GROUPINGS:
        raise InputError(
            f"{path}: format {input_format.name} has no column {options.group!r} (group)"
        )
    for role, names in (("replicates", options.replicates), ("error", [options.error])):
        if any(names) and options.scored:
            named = ", ".join(map(repr, names))
            raise InputError(f"{path}: format {input_format.name} has no column {named} ({role})")
    if (options.before or options.after) and input_format.kind is not Kind.COUNTS:
        raise InputError(f"{path}: format {input_format.name} has no rounds (before, after)")
    return input_format.read(text, path, options)


def read_table(
    table: Table, container: TableFormat, path: Path, options: Options
) -> tuple[TableFormat, ReadRows]:
    """Read a table in the format that is named, or else recognised by its columns.

    Args:
        container: the format to return if no other is recognised.
    """
    input_format = format_named(TABLE_FORMATS, options.format)
    if input_format is None:
        refuse_binary(table, path, options)
        input_format = recognise(TABLE_FORMATS, table, options) or container
    read = input_format.read
    if input_format is PLATE:  # the columns that the options name are those of other files
        return input_format, read(table, path, options)
    if (options.before or options.after) and options.scored and input_format.kind is not Kind.PAIRS:
        read = read_two_rounds
    elif options.replicates and options.scored and input_format.kind is not Kind.PAIRS:
        read = read_kd if read is read_kd else read_scored
    return input_format, read(table, path, options)


def has_more_tabs(text: str) -> bool:
    """Whether the first line of a text has more tabs than commas."""
    header = next(filter(str.strip, io.StringIO(text)), "")
    return header.count("\t") > header.count(",")


def with_format_defaults(
    read_rows: ReadRows, input_format: TextFormat | TableFormat, options: Options
) -> ReadRows:
    """Fill in the direction and the group that a format declares, if its reader gave none."""
    if input_format.kind is Kind.PAIRS:
        return read_rows
    read_as, rows = read_rows.read_as, read_rows.rows
    grouped_by = options.group or input_format.group
    because = f"the format {input_format.name} says so" if input_format.better else ""
    read_as = replace(
        read_as,
        better=read_as.better or input_format.better,
        because=read_as.because or because,
        group=read_as.group or GROUPED_BY.get(grouped_by, ""),
    )
    if input_format.group == "length":
        rows = map(grouped_by_length, rows)
    return read_rows._replace(read_as=read_as, rows=rows)


def grouped_by_length(row: Row) -> Row:
    """Return a row with the number of its bases as the group, unless it has a group already."""
    if row.group:
        return row
    try:
        return row._replace(group=str(len(read_notation(row.sequence))))
    except ValueError:
        return row
