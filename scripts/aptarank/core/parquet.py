"""Write the pipeline's own tables of pairs as Parquet."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aptarank.core.tables import PAIR_COLUMNS


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table of pairs, with a dictionary of sequences, since each is in many pairs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coded = table.astype({column: "category" for column in PAIR_COLUMNS[:2]})
    stored = pa.Table.from_pandas(coded, preserve_index=False)
    pq.write_table(stored, path, compression="zstd", store_schema=False)


def write_labels(labels: pd.DataFrame, path: Path) -> None:
    """Write the labelled pairs of an input (`PAIR_COLUMNS`); an empty table if it had scores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    types = [pa.string(), pa.string(), pa.int8()]
    schema = pa.schema(list(zip(PAIR_COLUMNS, types, strict=True)))
    table = pa.Table.from_pandas(labels, schema=schema, preserve_index=False)
    pq.write_table(table, path, compression="zstd")
