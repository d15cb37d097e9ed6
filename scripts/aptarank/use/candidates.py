"""Candidates to rank: sequences from any format that ingestion reads, with or without scores."""

import dataclasses
import sys
from collections.abc import Sequence

import pandas as pd

from aptarank.columns.rows import Options
from aptarank.core.errors import InputError
from aptarank.core.files import expand
from aptarank.core.log import Track
from aptarank.ingestion.aptamers import (
    make_ids,
    read_sequences,
    unify_chemistry,
)
from aptarank.ingestion.rejections import REJECTED_COLUMNS, Rejected, rejected_table
from aptarank.reading.input_format import Kind
from aptarank.reading.read_file import read_file
from aptarank.values.sequences import chemistry, named_chemistry


@dataclasses.dataclass(frozen=True)
class Candidates:
    """What became of each row of the input: rows = candidates + rejected + merged.

    `table` has the columns id, sequence (U written as T), chemistry, source and line, in the
    input's order; `rejected` those of ingestion's table.
    """

    table: pd.DataFrame
    rejected: pd.DataFrame
    rows: int

    @property
    def merged(self) -> int:
        """Rows whose sequence is an earlier one's."""
        return self.rows - len(self.table) - len(self.rejected)

    def without(self, reasons: pd.Series) -> "Candidates":
        """Reject those of the table that have a reason, and keep those that have "" for one."""
        out = reasons != ""
        lost = self.table[out].assign(score="", reason=reasons[out])
        rejected = pd.concat([self.rejected, lost[REJECTED_COLUMNS]], ignore_index=True)
        return Candidates(self.table[~out].reset_index(drop=True), rejected, self.rows)


def read_candidates(
    paths: Sequence[str], options: Options, track: Track = iter, use: str = "rank"
) -> Candidates:
    """Read files of candidates; the first row of a sequence names it.

    Args:
        paths: files or patterns.
        track: wraps the rows, for progress.
        use: the part of the config that names them, for messages.

    Raises:
        InputError: a file that cannot be read, or labelled pairs.
    """
    # How long a candidate may be is the model's to say.
    options = dataclasses.replace(options, scored=False, max_length=sys.maxsize)
    try:
        readings = [read_file(path, options) for path in expand(list(paths))]
    except InputError as error:  # the reader names the key of a dataset
        raise InputError(str(error).replace("datasets.<name>.", f"{use}.")) from None
    for reading in readings:
        if reading.format.kind is Kind.PAIRS:
            raise InputError(
                f"{reading.source}: is a table of labelled pairs; expected one candidate a row"
            )
    rows = [row for reading in readings for row in reading.rows]
    rejected: Rejected = []
    accepted = [
        (row, sequence, chemistry(sequence) or named_chemistry(row.sequence))
        for row, sequence in read_sequences(rows, options, rejected, track)
    ]
    table = pd.DataFrame(accepted, columns=["row", "sequence", "chemistry"])
    table = unify_chemistry(table, rejected).drop_duplicates("sequence", ignore_index=True)
    table["id"] = make_ids([row.name for row in table["row"]])
    table["source"] = [row.source for row in table["row"]]
    table["line"] = [row.line for row in table["row"]]
    return Candidates(table.drop(columns="row"), rejected_table(rejected), len(rows))
