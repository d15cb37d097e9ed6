"""Tables of labelled pairs on disk: written in batches, and taken one by one."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aptarank.core.errors import InputError
from aptarank.core.tables import PAIR_COLUMNS, read_table, readable
from aptarank.pairing.pairs import CHUNK, Pairs

MARGIN = "aptarank margin"  # key of a Parquet file's metadata


class PairWriter:
    """Writes labelled pairs as a Parquet table of sequences, chunk by chunk.

    The margin that they were made with goes into the file's metadata.

    Args:
        sequences: what the indices of the pairs mean.
    """

    def __init__(self, path: Path, sequences: Sequence[str], margin: float = 0.0):
        self.names = pa.array(sequences, pa.string())
        self.count = self.ones = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written from a dictionary, since each sequence is in many pairs; read back as plain text.
        text = pa.dictionary(pa.int32(), pa.string())
        fields = zip(PAIR_COLUMNS, [text, text, pa.int8()], strict=True)
        self.schema = pa.schema(fields)
        self.file = pq.ParquetWriter(path, self.schema, compression="zstd", store_schema=False)
        self.file.add_key_value_metadata({MARGIN: repr(float(margin))})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def add(self, pairs: Pairs) -> None:
        """Write some more pairs."""
        columns = [
            pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), self.names)
            for index in (pairs.first, pairs.second)
        ]
        table = pa.Table.from_arrays([*columns, pa.array(pairs.label)], schema=self.schema)
        self.file.write_table(table)
        self.count += len(pairs.label)
        self.ones += int(pairs.label.sum())


def read_margin(path: Path) -> float:
    """The margin that a table of pairs was made with, in units of the fitness."""
    with readable(path):
        return float((pq.read_metadata(path).metadata or {}).get(MARGIN.encode(), 0.0))


def read_pairs(path: Path, sequences: pd.Index) -> Pairs:
    """Read labelled pairs as indices into `sequences`.

    Raises:
        InputError: a sequence that is not among them.
    """
    table = read_table(path, PAIR_COLUMNS)
    return index_pairs(table, sequences, path)


def read_logits(path: Path, sequences: pd.Index) -> tuple[Pairs, np.ndarray, np.ndarray]:
    """Read what predict.py --logits writes: pairs, and the log-odds of both orders, float32.

    Raises:
        InputError: a missing column, or a sequence that is not among `sequences`.
    """
    table = read_table(path, [*PAIR_COLUMNS, "logit", "swapped"])
    pairs = index_pairs(table, sequences, path)
    return pairs, table["logit"].to_numpy(), table["swapped"].to_numpy()


def index_pairs(table: pd.DataFrame, sequences: pd.Index, path: Path) -> Pairs:
    """A table of labelled pairs, its sequences as indices into `sequences`."""
    first, second = (
        find_all(sequences, table[column], path, column) for column in PAIR_COLUMNS[:2]
    )
    return Pairs(first, second, table["Label"].to_numpy(dtype=np.int8))


def distinct_sequences(*tables: pd.DataFrame) -> pd.Index:
    """The distinct sequences of tables of pairs, sorted."""
    columns = [table[column] for table in tables for column in PAIR_COLUMNS[:2]]
    return pd.Index(np.unique(np.concatenate(columns)))


def find_all(sequences: pd.Index, wanted: Sequence[str], path: Path, column: str) -> np.ndarray:
    """Index of each wanted sequence, int64.

    Raises:
        InputError: one is not among them.
    """
    indices = sequences.get_indexer(wanted)
    if (indices < 0).any():
        unknown = wanted[int(np.argmax(indices < 0))]
        raise InputError(
            f"{path}: {column} {unknown} is not among the aptamers; make the pairs again"
        )
    return indices


class StoredPairs:
    """Labelled pairs in a temporary file, so that memory does not grow with their number.

    Args:
        path: a Parquet table of pairs.
        sequences: what the indices of the pairs will mean.
        keep: which of the sequences may occur, bool, shape (n_sequences,); pairs with another are
            left out.

    Raises:
        InputError: a sequence that is not among them.
    """

    RECORD = np.dtype([("first", "<i4"), ("second", "<i4"), ("label", "i1")])

    def __init__(self, path: Path, sequences: pd.Index, keep: np.ndarray | None = None):
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as this)
        self.total = 0
        self.used = np.zeros(len(sequences), dtype=bool)  # which occur
        for batch in self.batches(path):
            records = np.empty(len(batch), dtype=self.RECORD)
            for field, column in zip(("first", "second"), PAIR_COLUMNS[:2], strict=True):
                coded = batch[column]
                indices = find_all(sequences, coded.dictionary.to_pylist(), path, column)
                records[field] = indices[coded.indices.to_numpy()]
            records["label"] = batch[PAIR_COLUMNS[2]].to_numpy()
            if keep is not None:
                records = records[keep[records["first"]] & keep[records["second"]]]
            self.used[records["first"]] = self.used[records["second"]] = True
            self.total += len(records)
            self.file.write(records.data)
        self.file.flush()
        self.renumber = np.arange(len(sequences))

    @staticmethod
    def batches(path: Path) -> Iterator[pa.RecordBatch]:
        """The table in parts, its sequences as dictionaries."""
        with readable(path):
            table = pq.ParquetFile(path, read_dictionary=PAIR_COLUMNS[:2])
            yield from table.iter_batches(CHUNK, columns=PAIR_COLUMNS)

    def only_used(self) -> np.ndarray:
        """From now on, indices are into the sequences that occur; their old indices."""
        self.renumber = np.cumsum(self.used) - 1
        return np.flatnonzero(self.used)

    def take(self, numbers: np.ndarray) -> Pairs:
        """The pairs with these numbers."""
        size, file = self.RECORD.itemsize, self.file.fileno()
        content = b"".join(os.pread(file, size, size * number) for number in numbers.tolist())
        records = np.frombuffer(content, dtype=self.RECORD)
        first, second = self.renumber[records["first"]], self.renumber[records["second"]]
        return Pairs(first, second, records["label"])
