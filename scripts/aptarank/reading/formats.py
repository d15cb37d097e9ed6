"""All input formats, each with its reader. A new format is one entry here.

Within a list, the first format that recognises a content reads it.
"""

from aptarank.reading.counts import is_counts, read_counts
from aptarank.reading.fasta import is_efba_fasta, is_fasta, read_efba_fasta, read_fasta
from aptarank.reading.input_format import InputFormat, Kind, TableFormat, TextFormat
from aptarank.reading.logs import is_efba, is_maws, read_efba, read_maws
from aptarank.reading.plates import is_plate, read_plate
from aptarank.reading.round_tables import (
    is_aptasuite,
    is_enrichment_table,
    is_raptgen,
    read_aptasuite,
    read_enrichment,
    read_raptgen,
)
from aptarank.reading.scored_tables import is_pair_table, read_kd, read_labels, read_scored

AUTO = "auto"  # what `format` says for: recognised by content

# Tables by the kind of file, for those that are not recognised as anything more specific.
CSV = InputFormat("csv", Kind.TABLE, read_scored)
TSV = InputFormat("tsv", Kind.TABLE, read_scored)
PARQUET = InputFormat("parquet", Kind.TABLE, read_scored)
EXCEL = InputFormat("excel", Kind.TABLE, read_scored)
PLATE = InputFormat("plate", Kind.TABLE, read_plate, is_plate)

TEXT_FORMATS: tuple[TextFormat, ...] = (
    InputFormat("maws", Kind.LOG, read_maws, is_maws, better="lower", group="length"),
    InputFormat("efba", Kind.LOG, read_efba, is_efba, better="higher", group="length"),
    InputFormat("fastaptamer", Kind.COUNTS, read_counts, is_counts, better="higher"),
    InputFormat(
        "efbascore", Kind.FASTA, read_efba_fasta, is_efba_fasta, better="higher", group="length"
    ),
    InputFormat("fasta", Kind.FASTA, read_fasta, is_fasta),
)
TABLE_FORMATS: tuple[TableFormat, ...] = (
    InputFormat("pairs", Kind.PAIRS, read_labels, is_pair_table),
    PLATE,
    InputFormat("aptasuite", Kind.TABLE, read_aptasuite, is_aptasuite),
    InputFormat("raptgen", Kind.TABLE, read_raptgen, is_raptgen),
    InputFormat("enrichment", Kind.TABLE, read_enrichment, is_enrichment_table),
    InputFormat("kd", Kind.TABLE, read_kd, better="lower"),
    *(CSV, TSV, PARQUET, EXCEL),
)
FORMAT_NAMES = (
    AUTO,
    *(text_format.name for text_format in TEXT_FORMATS),
    *(table_format.name for table_format in TABLE_FORMATS),
)
