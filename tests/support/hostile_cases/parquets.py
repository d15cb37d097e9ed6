"""Parquet files."""

import datetime
import io

import pyarrow as pa
import pyarrow.parquet as pq

from hostile_cases import reads, refused

READ = {"ACGT": 1, "ACGG": 2.5}
WHEN = datetime.datetime(2024, 5, 6)


def parquet(**columns) -> bytes:
    """A Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def parquet_of_one_name() -> bytes:
    """A Parquet file with two columns of one name."""
    buffer = io.BytesIO()
    columns = [pa.array(["ACGT"]), pa.array([1.0]), pa.array([2.0])]
    pq.write_table(pa.Table.from_arrays(columns, names=["sequence", "score", "score"]), buffer)
    return buffer.getvalue()


PARQUET = parquet(sequence=["ACGT", "ACGG"], score=[1.0, 2.5])

CASES = [
    reads("table.parquet", "a good Parquet file", PARQUET, READ),
    reads("parquet.csv", "a Parquet file named .csv", PARQUET, READ),
    refused(
        "cut.parquet",
        "a Parquet file cut short",
        PARQUET[:-10],
        "cut.parquet: a damaged Parquet file",
    ),
    refused(
        "damaged.parquet",
        "a Parquet file with wrong bytes at its end",
        PARQUET[:-60] + bytes(52) + PARQUET[-8:],
        "damaged.parquet: a damaged Parquet file",
    ),
    reads(
        "integers.parquet",
        "whole numbers, and a Kd in the header",
        parquet(sequence=["ACGT", "ACGG"], **{"Kd (nM)": [1, 2]}),
        {"ACGT": 1, "ACGG": 2},
        better=None,
    ),
    reads(
        "nulls.parquet",
        "missing values",
        parquet(
            sequence=["ACGT", "ACGG", None, "AAAA", "AAAC", "AAAG"],
            score=[1.0, 2.5, 3.0, None, float("nan"), float("inf")],
        ),
        READ,
        {3: "empty sequence", 4: "missing score", 5: "missing score", 6: "not finite: 'inf'"},
    ),
    reads(
        "typed.parquet",
        "bytes, and decimals of another type",
        parquet(
            sequence=pa.array([b"ACGT", b"ACGG", b"AC\xff"]),
            score=pa.array([1, 2.5, 3]).cast(pa.decimal128(9, 2)),
        ),
        READ,
        {3: "not a base: '\\\\'"},
        "--decimal ,",
    ),
    reads(
        "lists.parquet",
        "lists, dates, yes or no instead of numbers",
        parquet(
            sequence=["ACGT", "ACGG", "AAAA"],
            score=["1", "2.5", "[1, 2]"],
            also=[[1], [2], [3]],
            when=[WHEN] * 3,
        ),
        READ,
        {3: "not a number: '[1, 2]'"},
    ),
    refused(
        "no-rows.parquet",
        "no rows",
        parquet(sequence=pa.array([], pa.string()), score=pa.array([], pa.float64())),
        "no-rows.parquet: no aptamer in it",
    ),
    refused(
        "no-names.parquet",
        "columns 1 and 2, without rows",
        parquet(**{"1": pa.array([], pa.string()), "2": pa.array([], pa.float64())}),
        "no-names.parquet: no column 'sequence'",
    ),
    refused(
        "no-columns.parquet", "no columns", parquet(), "no-columns.parquet: no column 'sequence'"
    ),
    refused(
        "one-name.parquet",
        "two columns with the same name",
        parquet_of_one_name(),
        "'score', 'score' may each be the score",
    ),
    refused(
        "not.parquet",
        "a text table declared to be Parquet",
        "sequence,score\nACGT,1\n",
        "not.parquet: a damaged Parquet file",
        "--format parquet",
    ),
    refused(
        "not.xlsx",
        "a text table declared to be Excel",
        "sequence,score\nACGT,1\n",
        "not.xlsx: a damaged Excel file",
        "--format excel",
    ),
]
