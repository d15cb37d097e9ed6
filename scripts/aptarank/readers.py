"""Readers of aptamer files: each format is one small function and one entry of `FORMATS`.

A reader takes a path and the user's `Columns` and yields one `Row` a record, its text untouched;
what is accepted is decided in `aptarank.aptamers`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from Bio.SeqIO.FastaIO import SimpleFastaParser

from aptarank.errors import InputError

# The number after "score" and ':' or '=' in a FASTA header: EFBAScore's, and most hand-made ones.
SCORE_IN_HEADER = r"(?i)score[^:=|;]*[:=]\s*([^\s;|,]+)"


class Row(NamedTuple):
    """One record as it stands in a file; `line` counts from 1."""

    source: str
    line: int
    sequence: str
    score: str
    name: str | None = None


@dataclass(frozen=True)
class Columns:
    """Where a file keeps what we read: column names, or for FASTA a pattern with one group."""

    sequence: str = "sequence"
    score: str = "score"
    name: str = "id"


def read_delimited(path: Path, columns: Columns, delimiter: str) -> Iterator[Row]:
    """Rows of a table with a header line.

    Raises:
        InputError: empty file, missing column, or a row with too many fields.
    """
    try:
        # Strings throughout: a number is judged later, with its line. Blank lines are kept so that
        # line numbers are those of the file.
        table = pd.read_csv(
            path,
            sep=delimiter,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty; expected a header line and rows") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable table: {error}") from None
    for column in (columns.sequence, columns.score):
        if column not in table.columns:
            found = ", ".join(repr(name) for name in table.columns)
            raise InputError(
                f"{path}: no column {column!r}; the columns are {found}.\n"
                "Name the right ones as sequence and score (in the config: datasets.<name>)."
            )
    names = table[columns.name] if columns.name in table.columns else [None] * len(table)
    fields = zip(table[columns.sequence], table[columns.score], names, strict=True)
    for line, (sequence, score, name) in enumerate(fields, start=2):
        if sequence or score:
            yield Row(str(path), line, sequence, score, name)


def read_csv(path: Path, columns: Columns) -> Iterator[Row]:
    """Comma-separated values."""
    return read_delimited(path, columns, ",")


def read_tsv(path: Path, columns: Columns) -> Iterator[Row]:
    """Tab-separated values."""
    return read_delimited(path, columns, "\t")


def read_fasta(path: Path, columns: Columns) -> Iterator[Row]:
    """FASTA with the score in each header, where the pattern `columns.score` finds it."""
    pattern = columns.score if columns.score != Columns.score else SCORE_IN_HEADER
    try:
        score = re.compile(pattern)
    except re.error as error:
        raise InputError(f"score pattern {pattern!r}: {error}") from None
    if score.groups != 1:
        raise InputError(f"score pattern {pattern!r} has {score.groups} groups; expected one")
    with open(path, encoding="utf-8-sig") as file:
        headers = [line for line, text in enumerate(file, start=1) if text.startswith(">")]
        file.seek(0)
        for line, (title, sequence) in zip(headers, SimpleFastaParser(file), strict=True):
            found = score.search(title)
            name = title.split(maxsplit=1)[0].rstrip(";") if title.strip() else None
            yield Row(str(path), line, sequence, found[1] if found else "", name)


Reader = Callable[[Path, Columns], Iterator[Row]]

FORMATS: dict[str, Reader] = {"csv": read_csv, "tsv": read_tsv, "fasta": read_fasta}

EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".fasta": "fasta",
    ".fa": "fasta",
    ".fas": "fasta",
    ".fna": "fasta",
}


def read(path: Path, columns: Columns, file_format: str = "auto") -> list[Row]:
    """All rows of `path`, in the file's order.

    Raises:
        InputError: no such file, no row, or an extension that says no format where it is `auto`.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if file_format == "auto":
        file_format = EXTENSIONS.get(path.suffix.lower(), "")
        if not file_format:
            raise InputError(
                f"{path}: the extension {path.suffix!r} says no format; expected one of "
                f"{', '.join(EXTENSIONS)}, or name the format: {', '.join(FORMATS)}"
            )
    try:
        rows = list(FORMATS[file_format](path, columns))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8: {error}") from None
    if not rows:
        raise InputError(f"{path}: no aptamer in it; expected at least one {file_format} record")
    return rows
