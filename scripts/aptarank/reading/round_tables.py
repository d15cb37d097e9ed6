"""Readers of tables of rounds: reads or shares, and their enrichments."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from math import nan
from pathlib import Path

import numpy as np

from aptarank.columns.column_names import is_share, meaning_of, round_number
from aptarank.columns.lookup import column_index, plain_name
from aptarank.columns.read_as import column_in_words
from aptarank.columns.rounds import find_enrichment, is_counter_round, last_round
from aptarank.columns.rows import Options, Row
from aptarank.columns.score_columns import find_score
from aptarank.core.errors import InputError
from aptarank.reading.enrichment import enrichment_error, log2_enrichment, log2_share_ratio
from aptarank.reading.input_format import ReadRows
from aptarank.reading.scored_tables import (
    Columns,
    columns_read_as,
    name_column,
    read_columns,
    rows_of_columns,
    sequence_column,
)
from aptarank.reading.tabular_files import Table
from aptarank.values.measurements import PLAIN_NUMBERS, to_count, to_number

COUNTER_ROUND = "it is a counter selection, a control or a start"
MORE = "what is read more often is fitter"


def read_enrichment(table: Table, source: Path, options: Options) -> ReadRows:
    """Read the enrichment of FASTAptamer-Enrich and FASTAptameR: last round over first, or `score`.

    For three or more rounds, FASTAptameR only writes the enrichment from each round to the next;
    that of the last over the first is then computed from their shares (or reads).
    """
    header = table.header
    sequence = sequence_column(table, source, options)
    meanings = [meaning_of(name) for name in header]
    reads = [
        i for i, each in enumerate(meanings)
        if each.quantity and each.quantity.name == "reads" and each.better
    ]  # fmt: skip
    columns = Columns(sequence, None, reads=reads[-1] if reads else None)
    if options.score or not is_enrichment_table(table, options):
        score = column_index(header, options.score or "enrichment", "score", source)
    else:
        enrichment = find_enrichment(header, source)
        if isinstance(enrichment, tuple):
            return read_enriched(table, columns, enrichment, source, options)
        score = enrichment
    better, because = meanings[score].better, meanings[score].because
    if not because:
        better, because = "higher", "the option format says that it is an enrichment"
    columns = columns._replace(score=score, better=better, because=because)
    return read_columns(table, columns, source, options)


def is_enrichment_table(table: Table, options: Options) -> bool:
    """Whether a column of a table is an enrichment."""
    meanings = map(meaning_of, table.header)
    return any(each.kind == "enrichment" and each.role != "other" for each in meanings)


def read_aptasuite(table: Table, source: Path, options: Options) -> ReadRows:
    """Read AptaSUITE's export of a pool, reads or frequencies by round: the last, or `score`.

    Counter selections and controls, which may come last, are not a fitness and are left out.
    """
    header, rows = table.header, table.first_rows
    sequence = sequence_column(table, source, options)
    if options.score:
        score = column_index(header, options.score, "score", source)
    else:
        score = last_round(header, [i for i in range(2, len(header)) if header[i]], source)
    counts = not are_shares([row[score] for row in rows if len(row) > score])
    reads = score if counts else None
    better, because = ("", COUNTER_ROUND) if is_counter_round(header[score]) else ("higher", MORE)
    columns = Columns(sequence, score, better, because, name=0, reads=reads)
    read_rows = read_columns(table, columns, source, options)
    others = [name for name in header[2:] if name and is_counter_round(name)]
    if options.score or not others:
        return read_rows
    passed_over = ", ".join(f"{column_in_words(name)} ({COUNTER_ROUND})" for name in others)
    return read_rows._replace(
        read_as=dataclasses.replace(read_rows.read_as, passed_over=passed_over)
    )


def is_aptasuite(table: Table, options: Options) -> bool:
    """`Aptamer Id`, `Sequence` and a column of whole numbers or frequencies a round, none a score.

    Frequencies differ from measured values in the names of the rounds and in their sums.
    """
    header, rows = table.header, table.first_rows
    rounds = header[2:]
    if list(map(plain_name, header[:2])) != ["aptamer id", "sequence"] or not rounds or not rows:
        return False
    if any(is_measure(name) for name in rounds):
        return False
    if all(field.strip().isdecimal() for row in rows for field in row[2:]):
        return True
    named = all(round_number(name) is not None or is_counter_round(name) for name in rounds if name)
    shares = [[share_of(field) for field in row[2:]] for row in rows if len(row) > 2]
    sums = [sum(column) for column in itertools.zip_longest(*shares, fillvalue=0.0)]
    return named and sums != [] and all(total <= 1.001 for total in sums)


def is_measure(name: str) -> bool:
    """Whether a column's name is that of a score, not of a round."""
    meaning = meaning_of(name)
    return meaning.kind not in ("", "seen") or meaning.role == "score"


def read_raptgen(table: Table, source: Path, options: Options) -> ReadRows:
    """Read RaptGen's tables: random regions and how often each was read."""
    sequence = column_index(table.header, options.sequence or "random_region", "sequence", source)
    if options.score:
        score = column_index(table.header, options.score, "score", source)
    else:
        score = find_score(table.header, source, but=[sequence])
    meaning = meaning_of(table.header[score])
    reads = column_index(table.header, "duplicate", "reads", source)
    columns = Columns(sequence, score, meaning.better, meaning.because, reads=reads)
    return read_columns(table, columns, source, options)


def is_raptgen(table: Table, options: Options) -> bool:
    """Whether a table has the columns of RaptGen's."""
    return {"random region", "duplicate"} <= set(map(plain_name, table.header))


def read_two_rounds(table: Table, source: Path, options: Options) -> ReadRows:
    """Read any table in which `before` and `after` name the columns of two rounds.

    Raises:
        InputError: only one of them is given, or there is no such column.
    """
    if not (options.before and options.after):
        raise InputError(
            f"{source}: give both before and after, the columns of two rounds' reads or shares"
        )
    sequence = sequence_column(table, source, options)
    before = column_index(table.header, options.before, "before", source)
    after = column_index(table.header, options.after, "after", source)
    name = name_column(table.header, sequence, options, source)
    return read_enriched(
        table, Columns(sequence, None, name=name), (before, after), source, options
    )


def read_enriched(
    table: Table, columns: Columns, rounds: tuple[int, int], source: Path, options: Options
) -> ReadRows:
    """Make rows whose score is the log2 enrichment between two columns of reads or of shares.

    Raises:
        InputError: `min_count` is asked for, but there are no reads.
    """
    header = table.header
    because = "it is an enrichment"
    columns = columns._replace(score=None, better="higher", because=because, scale=PLAIN_NUMBERS)
    rows = list(rows_of_columns(table, columns, source, options))
    cells = [fields[i] for row, fields in rows if not row.problem for i in rounds]
    shares = any(is_share(header[index]) for index in rounds) or are_shares(cells)
    if shares and options.min_count and columns.reads is None:
        raise InputError(
            f"{source}: min_count needs reads, and {column_in_words(header[rounds[1]])} has shares"
        )
    before, after = (column_in_words(header[index]) for index in rounds)
    floor = "shares" if shares else "reads"
    read_as = dataclasses.replace(
        columns_read_as(header, columns, source, options),
        score=f"log2 enrichment ({floor})",
        better="higher",
        because=because,
        rounds=f"from {before} to {after}",
        reads="" if columns.reads is None else column_in_words(header[columns.reads]),
    )
    if shares:
        return ReadRows(read_as, rows_of_shares(rows, rounds, options))
    if columns.reads is None:
        read_as = dataclasses.replace(read_as, reads="the more of the two rounds")
    return ReadRows(read_as, rows_of_counts(rows, rounds, options))


def rows_of_counts(
    rows: list[tuple[Row, list[str]]], rounds: tuple[int, int], options: Options
) -> Iterator[Row]:
    """Yield rows with the enrichment of two columns of reads."""
    counts = numbers_of_rounds(rows, rounds, count_of)
    usable = ~np.isnan(counts).any(axis=1)
    both = counts[usable, 0], counts[usable, 1], options.pseudocount
    scores, errors = iter(log2_enrichment(*both).tolist()), iter(enrichment_error(*both).tolist())
    for (row, _), fine, reads in zip(rows, usable, counts, strict=True):
        if fine:
            score, error = repr(next(scores)), repr(next(errors))
            yield row._replace(score=score, reads=str(int(reads.max())), error=error)
        else:
            yield row._replace(problem=row.problem or "not a count: reads are whole numbers")


def rows_of_shares(
    rows: list[tuple[Row, list[str]]], rounds: tuple[int, int], options: Options
) -> Iterator[Row]:
    """Yield rows with the enrichment of two columns of shares of the reads."""
    shares = numbers_of_rounds(rows, rounds, share_of)
    usable = ~np.isnan(shares).any(axis=1)
    scores = iter(
        log2_share_ratio(shares[usable, 0], shares[usable, 1], options.pseudocount).tolist()
    )
    for (row, _), fine, both in zip(rows, usable, shares, strict=True):
        if fine:
            score = repr(next(scores))
            problem = "" if both.any() else "missing score: in neither of the two rounds"
            yield row._replace(score=score, problem=problem)
        else:
            yield row._replace(problem=row.problem or "not a share: expected a number from 0 up")


def numbers_of_rounds(
    rows: list[tuple[Row, list[str]]], rounds: tuple[int, int], read: Callable[[str], float]
) -> np.ndarray:
    """The numbers of two rounds, shape (n, 2); NaN if a row has a problem or `read` gives NaN."""
    return np.array(
        [[nan if row.problem else read(fields[i]) for i in rounds] for row, fields in rows]
    ).reshape(-1, 2)


def are_shares(cells: list[str]) -> bool:
    """Whether most of the numbers above 0 are not whole."""
    values = [value for value in map(share_of, cells) if value > 0]
    return sum(not value.is_integer() for value in values) * 2 > len(values)


def count_of(text: str) -> float:
    """A cell of reads as a number, 0 if it is blank, NaN if it is not a count."""
    if is_blank(text):
        return 0.0
    try:
        return float(to_count(text))
    except ValueError:
        return nan


def share_of(text: str) -> float:
    """A cell of shares as a number, 0 if it is blank, NaN if it is not a number from 0 up."""
    if is_blank(text):
        return 0.0
    try:
        value = to_number(text.strip().removesuffix("%"))
    except ValueError:
        return nan
    return value if value >= 0 and math.isfinite(value) else nan


def is_blank(text: str) -> bool:
    """Whether a cell is empty: its round did not see the sequence."""
    return text.strip() in ("", "NA")
