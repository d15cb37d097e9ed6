"""What an input format is, and what reading a file of one gives."""

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from aptarank.columns.read_as import ReadAs
from aptarank.columns.rows import LabelRow, Options, Row
from aptarank.reading.tabular_files import Table

Content = TypeVar("Content")  # what a reader is given: a text, or a Table


class Kind(enum.StrEnum):
    """What a file of a format consists of."""

    LOG = "log"  # what a program prints: records among lines of other kinds
    FASTA = "FASTA"  # with the score in each header
    COUNTS = "counts"  # FASTA with the reads of each sequence; two files can be two rounds
    TABLE = "table"  # one row for each measured aptamer
    PAIRS = "pairs"  # a table of labelled pairs, without scores


class ReadRows(NamedTuple):
    """What a reader returns: what was read as what, and the rows in the file's order.

    Only a table of labelled pairs has `label_rows`.
    """

    read_as: ReadAs
    rows: Iterable[Row] = ()
    label_rows: Iterable[LabelRow] = ()


@dataclass(frozen=True)
class InputFormat(Generic[Content]):
    """A format that input files may have.

    Attributes:
        name: what `format` says in the config.
        read: makes rows of a file's content. Raises InputError for what is not of the format.
        recognise: whether a content is of this format; None for a format that is read only when it
            is named, or when no other is recognised.
        better: `higher` or `lower`, for all scores of the format; "" if it depends on the column,
            or only the user can say.
        group: `length` if only aptamers of one length can be compared, else "". It holds unless the
            user sets `group`.
    """

    name: str
    kind: Kind
    read: Callable[[Content, Path, Options], ReadRows]
    recognise: Callable[[Content, Options], bool] | None = None
    better: str = ""
    group: str = ""


TextFormat = InputFormat[str]
TableFormat = InputFormat[Table]


@dataclass(frozen=True)
class Reading:
    """The rows of one file, in its order, and what they were read as.

    `better` is the direction by the format or the score's column, "" if neither says. `sha256`
    is that of the file's bytes as they are on disk (compressed or not).
    """

    source: Path
    format: TextFormat | TableFormat
    better: str
    read_as: ReadAs
    sha256: str
    rows: list[Row]
    label_rows: list[LabelRow]

    @property
    def row_count(self) -> int:
        """The number of rows, scored or labelled."""
        return len(self.rows) + len(self.label_rows)
