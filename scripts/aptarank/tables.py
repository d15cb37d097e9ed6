"""Reading and writing the pipeline's own tables."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aptarank.errors import InputError
from aptarank.pairs import CHUNK, PAIR_COLUMNS, Pairs

APTAMER_COLUMNS = [
    *("id", "sequence", "score", "fitness", "chemistry", "count", "spread"),
    *("group", "low", "high", "family"),
]


MARGIN = "aptarank margin"  # key of a Parquet file's metadata
ANEW = (
    "\nRemove it and run Snakemake again, which makes it anew; or fetch it again, if it is yours."
)
MISSING = (
    "\nCheck the path; what aptarank makes itself comes with snakemake and that path, or by the "
    "script that --help names."
)
# Columns of our own tables that hold a number in each row; of "value" and "mean" some have none.
NUMBERS = ("predicted", "accuracy", "step", "n_pairs", "threads", "batch_size", "p50_ms", "speedup")
OR_NONE = ("value", "mean", "difference")
MAKES = {  # which program makes the table that has such a column
    "fitness": "ingest.py",
    "part": "split.py",
    "Label": "pairing.py",
    "validation_accuracy": "finetune.py --history",
    "predicted": "predict.py --scores",
}


def read_table(path: Path, columns: Sequence[str], text: bool = False) -> pd.DataFrame:
    """Read a CSV, TSV or Parquet table that has at least these columns.

    Args:
        text: read every field of a CSV or TSV as text.

    Raises:
        InputError: no such file, empty, unreadable, or a missing column (says which exist).
    """
    with readable(path):
        try:
            if path.suffix == ".parquet":
                table = pd.read_parquet(path)
            else:
                options = {"dtype": str, "keep_default_na": False} if text else {}
                separator = "\t" if path.suffix in (".tsv", ".tab") else ","
                table = pd.read_csv(path, sep=separator, encoding="utf-8-sig", **options)
        except pd.errors.EmptyDataError:
            raise InputError(
                f"{path}: the file is empty; expected the columns {','.join(columns)}"
            ) from None
    for column in columns:
        if column not in table.columns:
            found = ", ".join(repr(name) for name in table.columns)
            hint = (
                f"\npython scripts/{MAKES[column]} makes such a table." if column in MAKES else ""
            )
            raise InputError(
                f"{path}: no column {column!r}; expected {','.join(columns)}, found {found}{hint}"
            )
    for column in columns:
        if column in NUMBERS or column in OR_NONE:
            check_numbers(table[column], path)
    return table


def check_numbers(column: pd.Series, path: Path) -> None:
    """Raise InputError, naming the row, where a column of numbers of ours holds something else."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers)
    if column.name in OR_NONE:
        wrong &= column.notna() & ~np.isinf(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{path}, line {row + 2}: {column.name} is {column.iloc[row]!r}; expected a number"
            f"{ANEW}"
        )


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Within it, a file that is missing, cut short or damaged raises InputError."""
    if not path.is_file():
        raise InputError(f"{path}: no such file{MISSING}")
    try:
        yield
    except MemoryError:
        raise
    except (pd.errors.ParserError, ValueError, pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk, not the content
            raise
        what = str(error).splitlines()[0]
        raise InputError(
            f"{path}: not readable, it is damaged or cut short: {what}{ANEW}"
        ) from None


def read_json(path: Path) -> dict:
    """Read an object of JSON.

    Raises:
        InputError: no such file, or damaged.
    """
    with readable(path):
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("expected an object of JSON")
    return found


def read_aptamers(path: Path) -> pd.DataFrame:
    """Read what ingest.py writes (`APTAMER_COLUMNS`): a row an aptamer of a group.

    Texts stay texts ("NA" is a name, "007" keeps its zeros) and an empty one is "".

    Raises:
        InputError: no such file, unreadable, or a missing column.
    """
    table = read_table(path, APTAMER_COLUMNS, text=True)
    with readable(path):
        for column in ("score", "fitness", "spread", "low", "high"):
            table[column] = table[column].replace("", "nan").astype(float)
        return table.astype({"count": int})


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table, with every digit that a float needs to be read back as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n")


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table of pairs, its sequences from a dictionary, since each is in many pairs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coded = table.astype({column: "category" for column in PAIR_COLUMNS[:2]})
    stored = pa.Table.from_pandas(coded, preserve_index=False)
    pq.write_table(stored, path, compression="zstd", store_schema=False)


def write_labels(labels: pd.DataFrame, path: Path) -> None:
    """Write the labelled pairs of an input (`PAIR_COLUMNS`), none where it had scores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    types = [pa.string(), pa.string(), pa.int8()]
    schema = pa.schema(list(zip(PAIR_COLUMNS, types, strict=True)))
    table = pa.Table.from_pandas(labels, schema=schema, preserve_index=False)
    pq.write_table(table, path, compression="zstd")


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

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def add(self, pairs: Pairs) -> None:
        """Write some more pairs."""
        columns = [
            pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), self.names)
            for place in (pairs.first, pairs.second)
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
    places = [find_all(sequences, table[column], path, column) for column in PAIR_COLUMNS[:2]]
    return Pairs(*places, table["Label"].to_numpy(dtype=np.int8))


def read_logits(path: Path, sequences: pd.Index) -> tuple[Pairs, np.ndarray, np.ndarray]:
    """Read what predict.py --logits writes: pairs, and the log-odds of both orders, float32.

    Raises:
        InputError: a missing column, or a sequence that is not among `sequences`.
    """
    table = read_table(path, [*PAIR_COLUMNS, "logit", "swapped"])
    places = [find_all(sequences, table[column], path, column) for column in PAIR_COLUMNS[:2]]
    pairs = Pairs(*places, table["Label"].to_numpy(dtype=np.int8))
    return pairs, table["logit"].to_numpy(), table["swapped"].to_numpy()


def find_all(sequences: pd.Index, wanted: Sequence[str], path: Path, column: str) -> np.ndarray:
    """Index of each wanted sequence, int64.

    Raises:
        InputError: one is not among them.
    """
    places = sequences.get_indexer(wanted)
    if (places < 0).any():
        unknown = wanted[int(np.argmax(places < 0))]
        raise InputError(
            f"{path}: {column} {unknown} is not among the aptamers; make the pairs anew"
        )
    return places


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
                places = find_all(sequences, coded.dictionary.to_pylist(), path, column)
                records[field] = places[coded.indices.to_numpy()]
            records["label"] = batch[PAIR_COLUMNS[2]].to_numpy()
            if keep is not None:
                records = records[keep[records["first"]] & keep[records["second"]]]
            self.used[records["first"]] = self.used[records["second"]] = True
            self.total += len(records)
            self.file.write(records)
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
