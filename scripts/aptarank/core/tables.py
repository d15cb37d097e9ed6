"""Read and write the pipeline's own tables."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError, first_line
from aptarank.core.extras import require

PAIR_COLUMNS = ["Sequence1", "Sequence2", "Label"]
THRESHOLD = 0.5  # a higher probability predicts the label 1
APTAMER_COLUMNS = [
    *("id", "sequence", "score", "fitness", "chemistry", "count", "spread"),
    *("error", "replicates", "group", "low", "high", "family"),
]
LATER = ("error", "replicates")  # which tables of older versions lack


RECREATE = "\nDelete it and rerun Snakemake to recreate it, or fetch it again if it is yours."
MISSING = (
    "\nCheck the path. A file of a run is made by `snakemake PATH`, or by the script that --help "
    "names."
)
# Columns of our own tables that have a number in each row, and those that may lack some.
NUMBERS = ("predicted", "accuracy", "step", "n_pairs", "threads", "batch_size", "p50_ms", "speedup")
NUMBERS_OR_MISSING = ("value", "mean", "difference")
MADE_BY = {  # which program makes the table with this column
    "fitness": "ingest.py",
    "part": "split.py",
    "Label": "pairing.py",
    "validation_accuracy": "finetune.py --history",
    "predicted": "predict.py --scores",
}


def read_table(path: Path, columns: Sequence[str], *, text: bool = False) -> pd.DataFrame:
    """Read a CSV, TSV or Parquet table that has at least these columns.

    Args:
        text: read every field of a CSV or TSV as text.

    Raises:
        InputError: no such file, empty, unreadable, or a missing column (says which exist).
    """
    with readable(path):
        try:
            if path.suffix == ".parquet":
                require("pyarrow", "a Parquet file")
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
            names = ", ".join(repr(name) for name in table.columns)
            hint = (
                f"\npython scripts/{MADE_BY[column]} makes such a table."
                if column in MADE_BY
                else ""
            )
            raise InputError(
                f"{path}: no column {column!r}; expected {','.join(columns)}, found {names}{hint}"
            )
    for column in columns:
        if column in NUMBERS or column in NUMBERS_OR_MISSING:
            check_numbers(table[column], path)
        elif column == PAIR_COLUMNS[2]:
            check_labels(table[column], path)
    return table


def check_labels(labels: pd.Series, path: Path) -> None:
    """Raise InputError, naming the row, if a label of a pair is neither 0 nor 1."""
    numbers = labels
    if not pd.api.types.is_numeric_dtype(labels):
        numbers = pd.to_numeric(labels.astype(str), errors="coerce")
    wrong = ~numbers.isin([0, 1])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{path}, line {row + 2}: Label is {str(labels.iloc[row])!r}; expected 1 if the "
            f"first is fitter, else 0{RECREATE}"
        )


def check_numbers(column: pd.Series, path: Path) -> None:
    """Raise InputError, naming the row, if a column of numbers contains something else."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers)
    if column.name in NUMBERS_OR_MISSING:
        wrong &= column.notna() & ~np.isinf(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        value = column.iloc[row]
        value = repr(value) if isinstance(value, str) else value
        raise InputError(
            f"{path}, line {row + 2}: {column.name} is {value}; expected a number{RECREATE}"
        )


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """While it is open, a file that is missing, cut short or damaged raises InputError."""
    if not path.is_file():
        raise InputError(f"{path}: no such file{MISSING}")
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        of_content = isinstance(error, pd.errors.ParserError | ValueError | OSError)
        if not of_content and not type(error).__module__.startswith("pyarrow"):
            raise
        if isinstance(error, OSError) and error.errno is not None:  # of the disk, not the content
            raise
        raise InputError(
            f"{path}: not readable, it is damaged or cut short: {first_line(error)}{RECREATE}"
        ) from None


def read_json(path: Path) -> dict:
    """Read an object of JSON.

    Raises:
        InputError: no such file, or damaged.
    """
    with readable(path):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("expected an object of JSON")
    return content


def read_aptamers(path: Path) -> pd.DataFrame:
    """Read the aptamers that ingest.py writes (`APTAMER_COLUMNS`): a row per aptamer and group.

    Text stays text ("NA" is a name, "007" keeps its zeros), and an empty cell is "".

    Raises:
        InputError: no such file, unreadable, or a missing column.
    """
    required = [column for column in APTAMER_COLUMNS if column not in LATER]
    table = read_table(path, required, text=True)
    others = [column for column in table if column not in APTAMER_COLUMNS]
    table = table.reindex(columns=[*APTAMER_COLUMNS, *others], fill_value="")
    with readable(path):
        for column in ("score", "fitness", "spread", "error", "low", "high"):
            table[column] = table[column].replace("", "nan").astype(float)
        table = table.astype({"count": int})
    if table["fitness"].notna().any():  # labelled pairs have none
        check_numbers(table["fitness"], path)
    invalid = ~table["sequence"].str.fullmatch("[ACGTU]+")
    if invalid.any():
        row = int(np.argmax(invalid))
        raise InputError(
            f"{path}, line {row + 2}: sequence is {table['sequence'].iloc[row]!r}; expected bases"
            f"{RECREATE}"
        )
    return table


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table, with all digits that a float needs to be read back exactly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n")
