"""Candidates read one by one, from files of any size: FASTA or a table, compressed or not."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from aptarank.columns.lookup import (
    NAME_NAMES,
    SEQUENCE_NAMES,
    column_index,
    find_column,
    header_in_words,
)
from aptarank.core.errors import InputError
from aptarank.reading.fasta_records import stream_records
from aptarank.reading.tabular_files import is_sequence
from aptarank.reading.text_files import FASTQ, GZIP_ERRORS, damaged_gzip
from aptarank.use.screening import Candidate

if TYPE_CHECKING:
    import _csv  # the type of csv.reader, which has no other name


class Stream:
    """The candidates of files, one after the other, and how much of the files has been read.

    Args:
        sequence, name: columns of a table, by name or number; None: by the usual names.
    """

    def __init__(self, paths: Sequence[Path], sequence: str | None = None, name: str | None = None):
        self.paths, self.columns = paths, (sequence, name)
        self.size = sum(path.stat().st_size for path in paths)
        self.before = 0  # bytes of the files that were read
        self.raw: io.BufferedReader | None = None  # the file that is being read

    @property
    def share(self) -> float:
        """The fraction of the bytes that have been read."""
        return (self.before + (self.raw.tell() if self.raw else 0)) / max(1, self.size)

    def __iter__(self) -> Iterator[Candidate]:
        """Read on.

        Raises:
            InputError: a file that is not FASTA nor a table, damaged, or without the column.
        """
        for path in self.paths:
            with path.open("rb") as file:
                self.raw = file
                yield from self.of_file(path, file)
                self.before += file.tell()
            self.raw = None

    def of_file(self, path: Path, file: io.BufferedReader) -> Iterator[Candidate]:
        """The candidates of one file."""
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        unpacked: IO[bytes] = file
        if packed:
            unpacked = cast(IO[bytes], gzip.GzipFile(fileobj=file))
        text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
        lines = Lines(path, text)
        if lines.first.startswith(">"):
            yield from of_fasta(path, lines)
        else:
            yield from of_table(path, lines, *self.columns)
        lines.text.detach()  # the file is closed by who opened it


class Lines:
    """The lines of a text from the first that is not empty, and the number of the last one read."""

    def __init__(self, path: Path, text: io.TextIOWrapper):
        self.path, self.text, self.number = path, text, 0
        self.first = ""
        while not self.first.strip():
            self.first = self.read()
            if not self.first:
                raise InputError(f"{path}: the file is empty; expected candidates")

    def read(self) -> str:
        """The next line, "" at the end."""
        self.number += 1
        try:
            return self.text.readline()
        except GZIP_ERRORS as error:
            raise damaged_gzip(self.path, error) from None
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.path}, near line {self.number}: not UTF-8 text ({error.reason}); expected "
                "FASTA or a table, as it is or compressed with gzip"
            ) from None

    def __iter__(self) -> Iterator[str]:
        line = self.first
        while line:
            yield line
            line = self.read()


def of_fasta(path: Path, lines: Lines) -> Iterator[Candidate]:
    """The records of FASTA; the name is the header's first word."""
    for line, title, sequence in stream_records(lines, first_line=lines.number):
        name = title.split(maxsplit=1)[0] if title.strip() else ""
        yield Candidate(str(path), line, name, sequence)


def of_table(
    path: Path, lines: Lines, sequence: str | None, name: str | None
) -> Iterator[Candidate]:
    """The rows of a table with commas or tabs, or of a list of sequences without a header."""
    delimiter = "\t" if lines.first.count("\t") > lines.first.count(",") else ","
    rows = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    header = [field.strip() for field in next_row(path, rows) or []]
    at: int | None
    named: int | None
    if sequence is None and any(map(is_sequence, header)):
        at = next(index for index, field in enumerate(header) if is_sequence(field))
        named = None
        yield Candidate(str(path), 1, "", header[at])
    else:
        at = (
            find_column(header, SEQUENCE_NAMES, "sequence", path)
            if sequence is None
            else column_index(header, sequence, "sequence", path)
        )
        if at is None and lines.first.startswith("@"):
            raise InputError(f"{path}: not candidates but {FASTQ}")
        if at is None:
            raise InputError(
                f"{path}: no column 'sequence'; the columns are {header_in_words(header)}.\n"
                "Name it: --sequence, or screen.sequence in the config"
            )
        named = (
            find_column(header, NAME_NAMES, "name", path)
            if name is None
            else column_index(header, name, "name", path)
        )
    while (row := next_row(path, rows)) is not None:
        if not row:
            continue
        line = rows.line_num
        if len(row) != len(header):
            problem = f"broken row: {len(row)} fields, the first row has {len(header)}"
            text = row[at] if at < len(row) else ""
            yield Candidate(str(path), line, "", text, problem)
            continue
        yield Candidate(str(path), line, "" if named is None else row[named], row[at])


def next_row(path: Path, rows: "_csv.Reader") -> list[str] | None:
    """The next row of a table, None at the end."""
    try:
        return next(rows, None)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {rows.line_num}: {error}: is a quote not closed in the line, or before?"
        ) from None
