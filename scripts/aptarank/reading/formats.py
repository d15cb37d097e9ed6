"""From files to rows: each format is one small function, found by the file's content or its name.

What is accepted is decided in `aptarank.ingestion.aptamers`.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aptarank.columns.read_as import HEADER, ReadAs, read_as_of_text
from aptarank.columns.rows import GROUPINGS, LabelRow, Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.counts import is_counts, read_counts
from aptarank.reading.fasta import IS_EFBA_FASTA, read_efba_fasta, read_fasta
from aptarank.reading.logs import IS_EFBA, IS_MAWS, read_efba, read_maws
from aptarank.reading.round_tables import (
    is_aptasuite,
    is_enrichment_table,
    is_raptgen,
    read_aptasuite,
    read_enrichment,
    read_raptgen,
    read_two_rounds,
)
from aptarank.reading.scored_tables import (
    TableReading,
    is_pair_table,
    peek,
    read_kd,
    read_labels,
    read_scored,
    refuse_binary,
)
from aptarank.reading.tabular_files import Table, excel_table, is_excel, parquet_table, text_table
from aptarank.reading.text_files import decode, is_parquet, read_bytes, unpacked
from aptarank.values.measurements import is_concentration

TextReader = Callable[[str, Path, Options], Iterator[Row]]
TableReader = Callable[[Table, Path, Options], TableReading]

TEXT_FORMATS: dict[str, TextReader] = {
    "maws": read_maws,
    "efba": read_efba,
    "efbascore": read_efba_fasta,
    "fastaptamer": read_counts,
    "fasta": read_fasta,
}
TABLE_FORMATS: dict[str, TableReader] = {
    "csv": read_scored,
    "tsv": read_scored,
    "parquet": read_scored,
    "excel": read_scored,
    "kd": read_kd,
    "enrichment": read_enrichment,
    "aptasuite": read_aptasuite,
    "raptgen": read_raptgen,
    "pairs": read_labels,
}
FORMATS = ("auto", *TEXT_FORMATS, *TABLE_FORMATS)


@dataclass(frozen=True)
class Reading:
    """The rows of one file, in its order, and the format that they were read in.

    `sha256` is that of the bytes that were read, as they are in the file (compressed or not).
    """

    source: Path
    format: str
    rows: list[Row] | list[LabelRow]
    read_as: ReadAs
    sha256: str


def read(path: Path, options: Options) -> Reading:
    """All rows of a file.

    Raises:
        InputError: unreadable, not of the format, or without a single row.
    """
    raw = read_bytes(path)
    data = unpacked(raw, path)
    chosen = options.format
    if chosen == "parquet" or (is_parquet(data) and chosen not in TEXT_FORMATS):
        table = parquet_table(data, path, options)
        chosen, read_as, rows = read_table(table, "parquet", path, options)
    elif chosen == "excel" or (is_excel(data) and chosen not in TEXT_FORMATS):
        table = excel_table(data, path, options)
        chosen, read_as, rows = read_table(table, "excel", path, options)
    else:
        text = decode(data, path, options.encoding)
        chosen = recognise(text, options.score) if chosen == "auto" else chosen
        if chosen in TEXT_FORMATS:
            if options.group not in GROUPINGS:
                raise InputError(f"{path}: format {chosen} has no column {options.group!r} (group)")
            if (options.before or options.after) and chosen != "fastaptamer":
                raise InputError(f"{path}: format {chosen} has no rounds (before, after)")
            rows = list(TEXT_FORMATS[chosen](text, path, options))
            read_as = read_as_of_text(chosen, options)
            if rows and is_concentration(rows[0].scale):
                read_as = replace(
                    read_as,
                    better=rows[0].better,
                    because="the pattern names a Kd",
                    unit="the unit of each header",
                    unit_from=HEADER,
                )
        else:
            delimiter = {"tsv": "\t"}.get(options.format)
            table = text_table(text, path, options, delimiter)
            chosen, read_as, rows = read_table(table, chosen, path, options)
    if not rows:
        raise InputError(f"{path}: no aptamer in it; expected at least one {chosen} record")
    return Reading(path, chosen, rows, read_as, hashlib.sha256(raw).hexdigest())


def recognise(text: str, score: str | None = None) -> str:
    """The format of a text by its content: what its lines say, else a table.

    A `score` that is a pattern says that a FASTA's headers are to be searched for it.
    """
    if IS_MAWS.search(text):
        return "maws"
    if IS_EFBA.search(text):
        return "efba"
    if text.lstrip().startswith(">"):
        if is_counts(text) and "(" not in (score or ""):
            return "fastaptamer"
        return "efbascore" if IS_EFBA_FASTA.search(text) else "fasta"
    header = next(filter(str.strip, io.StringIO(text)), "")
    return "tsv" if header.count("\t") > header.count(",") else "csv"


def read_table(
    table: Table, container: str, path: Path, options: Options
) -> tuple[str, ReadAs, list[Row] | list[LabelRow]]:
    """The rows of a table, what was read as what, and its format: that named, or the one that its
    columns say."""
    chosen = container
    if options.format == "auto":
        table, rows = peek(table)
        refuse_binary(table.header, path, options)
        if is_pair_table(table.header):
            chosen = "pairs"
        elif is_aptasuite(table.header, rows):
            chosen = "aptasuite"
        elif is_raptgen(table.header):
            chosen = "raptgen"
        elif is_enrichment_table(table.header):
            chosen = "enrichment"
    elif options.format in TABLE_FORMATS:
        chosen = options.format
    reader = TABLE_FORMATS[chosen]
    if (options.before or options.after) and options.scored and chosen != "pairs":
        reader = read_two_rounds
    read_as, found = reader(table, path, options)
    return chosen, read_as, list(found)
