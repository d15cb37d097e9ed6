"""Reading and writing the pipeline's own tables."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aptarank.errors import InputError
from aptarank.pairs import PAIR_COLUMNS, Pairs


def read_table(path: Path, columns: Sequence[str], text: bool = False) -> pd.DataFrame:
    """Read a CSV, TSV or Parquet table that has at least these columns.

    Args:
        text: read every field of a CSV or TSV as text.

    Raises:
        InputError: no such file, empty, unreadable, or a missing column (says which exist).
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
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
    except (pd.errors.ParserError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise InputError(f"{path}: not a readable table: {error}") from None
    for column in columns:
        if column not in table.columns:
            found = ", ".join(repr(name) for name in table.columns)
            raise InputError(
                f"{path}: no column {column!r}; expected {','.join(columns)}, found {found}"
            )
    return table


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table, with every digit that a float needs to be read back as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n")


def write_pairs(pairs: Pairs, sequences: Sequence[str], path: Path) -> None:
    """Write labelled pairs as a Parquet table of sequences.

    Args:
        sequences: what the indices of `pairs` mean.
    """
    names = pa.array(sequences, pa.string())
    columns = [names.take(pa.array(pairs.first)), names.take(pa.array(pairs.second))]
    table = pa.table(dict(zip(PAIR_COLUMNS, [*columns, pa.array(pairs.label)], strict=True)))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")


def read_pairs(path: Path, sequences: pd.Index) -> Pairs:
    """Read labelled pairs as indices into `sequences`.

    Raises:
        InputError: a sequence that is not among them.
    """
    table = read_table(path, PAIR_COLUMNS)
    places = []
    for column in PAIR_COLUMNS[:2]:
        place = sequences.get_indexer(table[column])
        if (place < 0).any():
            unknown = table[column][place < 0].iloc[0]
            raise InputError(
                f"{path}: {column} {unknown} is not among the aptamers; make the pairs anew"
            )
        places.append(place)
    return Pairs(places[0], places[1], table["Label"].to_numpy(dtype=np.int8))
