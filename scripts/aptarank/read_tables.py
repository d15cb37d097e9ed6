"""Readers of tables: by the columns that the user names, or by what the field's tools write."""

import itertools
import re
from collections.abc import Iterator
from math import nan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aptarank.columns import (
    NAME_NAMES,
    SCORE_NAMES,
    SEQUENCE_NAMES,
    direction,
    known,
    place,
    plain,
    shown,
    unit_of,
)
from aptarank.enrichment import log2_enrichment
from aptarank.errors import InputError
from aptarank.measured import has_unit, tidied
from aptarank.rows import GROUPINGS, LabelRow, Options, Row
from aptarank.scores import PERCENT, PKD, PLAIN_NUMBERS, to_count, with_point
from aptarank.sequences import shortened
from aptarank.table_files import Table, is_number, is_sequence

PEEKED = 200  # rows looked at to tell what a column holds


class Places(NamedTuple):
    """The index of each column that is read; the score's direction and scale."""

    sequence: int
    score: int | None
    better: str = ""
    scale: str = PLAIN_NUMBERS
    name: int | None = None
    reads: int | None = None


def peek(table: Table) -> tuple[Table, list[list[str]]]:
    """The table as it was, and its first rows."""
    lines = iter(table.lines)
    first = list(itertools.islice(lines, PEEKED))
    return table._replace(lines=itertools.chain(first, lines)), [fields for _, fields in first]


def sequence_place(table: Table, rows: list[list[str]], source: Path, options: Options) -> int:
    """The column of the sequence: named, known by its name, or without a header by its content."""
    if options.sequence:
        return place(table.header, options.sequence, "sequence", source)
    found = known(table.header, SEQUENCE_NAMES, "sequence", source)
    if found is None and rows and table.header == numbers(table.header):
        found = next((i for i, field in enumerate(rows[0]) if is_sequence(field)), None)
    if found is None:
        raise InputError(
            f"{source}: no column 'sequence'; the columns are {shown(table.header)}.\n"
            f"Name it as sequence (in the config: datasets.<name>.sequence).{title(table.header)}"
        )
    return found


def title(header: list[str]) -> str:
    """A hint where the header looks like a title above the table."""
    alone = len(header) > 1 and sum(map(bool, header)) == 1
    return " Is the first row a title? Delete what is above the header." if alone else ""


def numbers(header: list[str]) -> list[str]:
    """The names of the columns of a table without a header."""
    return [str(number) for number in range(1, len(header) + 1)]


def read_scored(table: Table, source: Path, options: Options) -> Iterator[Row]:
    """Any table with a column of sequences and, unless that is not wanted, one of scores."""
    table, rows = peek(table)
    header = table.header
    sequence = sequence_place(table, rows, source, options)
    name = name_place(header, sequence, options, source)
    if not options.scored:
        return rows_of(table, Places(sequence, None, name=name), source, options)
    if options.score:
        score = place(header, options.score, "score", source)
    elif options.before and options.after:  # the score is made of these two
        score = place(header, options.after, "after", source)
    elif rows and header == numbers(header):
        score = headerless_score(rows[0], sequence, source)
    else:
        score = known(header, SCORE_NAMES, "score", source)
    if score is None:
        raise InputError(
            f"{source}: no column 'score'; the columns are {shown(header)}.\n"
            "Name it as score (in the config: datasets.<name>.score)."
        )
    better = direction(header[score])
    if not better and is_tea(header):
        better = "higher"  # EFBA's entropies
    scale = scale_of(header[score], [row[score] for row in rows if len(row) > score])
    return rows_of(table, Places(sequence, score, better, scale, name), source, options)


def headerless_score(fields: list[str], sequence: int, source: Path) -> int:
    """The one other field of a row that is a number."""
    found = [i for i, field in enumerate(fields) if i != sequence and is_number(field)]
    if len(found) != 1:
        which = ", ".join(str(index + 1) for index in found) or "none"
        raise InputError(
            f"{source}, line 1: no header, and the fields that are numbers are: {which}; "
            "name the score by its number (in the config: datasets.<name>.score)"
        )
    return found[0]


def is_tea(header: list[str]) -> bool:
    """Whether this is a table of Transformed_GA: an index without a name, Sequence, Entropy."""
    return header[1:] == ["Sequence", "Entropy"] and header[0] in ("", "Unnamed: 0")


def scale_of(name: str, fields: list[str]) -> str:
    """How a column is to be read: a Kd with units, a pKd, per cent, or plain numbers."""
    if re.match(r"p ?kd\b|p ?ic50\b", plain(name)):
        return PKD
    units = unit_of(name) or any(has_unit(tidied(field).replace(",", ".")) for field in fields)
    if units and re.match(r"(kd|ic50|ec50)\b", plain(name)):
        return unit_of(name)
    scored = [field.strip() for field in fields if field.strip()]
    most = sum(field.endswith("%") for field in scored) > len(scored) / 2
    return PERCENT if most else PLAIN_NUMBERS


def name_place(header: list[str], sequence: int, options: Options, source: Path) -> int | None:
    """The column of names, if there is one."""
    if options.name:
        return place(header, options.name, "name", source)
    found = [i for i, name in enumerate(header) if plain(name) in NAME_NAMES and i != sequence]
    return found[0] if len(found) == 1 else None


def read_kd(table: Table, source: Path, options: Options) -> Iterator[Row]:
    """A table of dissociation constants with units, as free text: lower is better."""
    table, rows = peek(table)
    sequence = sequence_place(table, rows, source, options)
    if options.score:
        score = place(table.header, options.score, "score", source)
    else:
        found = [i for i, name in enumerate(table.header) if re.match(r"kd\b", plain(name))]
        if len(found) != 1:
            raise InputError(
                f"{source}: no column 'Kd', or several; the columns are {shown(table.header)}.\n"
                "Name it as score (in the config: datasets.<name>.score)."
            )
        score = found[0]
    name = name_place(table.header, sequence, options, source)
    unit = unit_of(table.header[score])
    return rows_of(table, Places(sequence, score, "lower", unit, name), source, options)


def read_enrichment(table: Table, source: Path, options: Options) -> Iterator[Row]:
    """FASTAptamer-Enrich and FASTAptameR's enrichment: the last round over the first, or `score`.

    With `before` and `after` (columns of reads), log2 enrichment with a pseudocount instead.
    """
    table, rows = peek(table)
    sequence = sequence_place(table, rows, source, options)
    columns = [i for i, name in enumerate(table.header) if is_enrichment(name)]
    if options.score or not columns:
        score = place(table.header, options.score or "enrichment", "score", source)
    else:
        whole = [i for i in columns if plain(table.header[i]) == "enrichment (z/x)"]
        score = (whole or columns)[-1]
    reads = [i for i, name in enumerate(table.header) if re.match(r"reads?\b", plain(name))]
    better = direction(table.header[score]) or "higher"
    places = Places(sequence, score, better, reads=reads[-1] if reads else None)
    return rows_of(table, places, source, options)


def is_enrichment(name: str) -> bool:
    return re.match(r"(enrichment|log2e)\b", plain(name)) is not None


def read_aptasuite(table: Table, source: Path, options: Options) -> Iterator[Row]:
    """AptaSUITE's export of a pool, reads by round: those of the last round, or `score`'s."""
    table, rows = peek(table)
    sequence = sequence_place(table, rows, source, options)
    last = options.score or next(filter(None, reversed(table.header)), "")
    score = place(table.header, last, "score", source)
    return rows_of(table, Places(sequence, score, "higher", name=0, reads=score), source, options)


def is_aptasuite(header: list[str], rows: list[list[str]]) -> bool:
    """`Aptamer Id`, `Sequence` and a column of whole numbers a round, none a known score."""
    rounds = header[2:]
    if list(map(plain, header[:2])) != ["aptamer id", "sequence"] or not rounds:
        return False
    if any(plain(name) in SCORE_NAMES or direction(name) == "lower" for name in rounds):
        return False
    return all(field.strip().isdecimal() for row in rows for field in row[2:])


def read_raptgen(table: Table, source: Path, options: Options) -> Iterator[Row]:
    """RaptGen's tables: random regions and how often each was read."""
    sequence = place(table.header, options.sequence or "random_region", "sequence", source)
    score = place(table.header, options.score or "duplicate", "score", source)
    better = direction(table.header[score])
    return rows_of(table, Places(sequence, score, better, reads=score), source, options)


def rows_of(table: Table, places: Places, source: Path, options: Options) -> Iterator[Row]:
    """The rows of a table, or with `before` and `after` those of its enrichment."""
    if options.before or options.after:
        yield from enriched_rows(table, places, source, options)
        return
    for row, _ in plain_rows(table, places, source, options):
        yield row


def plain_rows(
    table: Table, places: Places, source: Path, options: Options
) -> Iterator[tuple[Row, list[str]]]:
    """Each row with its fields; one with another number of them than the header has a problem."""
    header = table.header
    group, family = (
        place(header, name, role, source) if name else None
        for name, role in ((group_column(options), "group"), (options.family, "split.column"))
    )
    for line, fields in table.lines:
        fields = evened(fields, header)
        row = Row(str(source), line, "", "", better=places.better, scale=places.scale)
        if problem := table.problem(fields):
            text = fields[places.sequence] if places.sequence < len(fields) else ""
            yield row._replace(sequence=text, problem=problem), fields
            continue

        def at(index: int | None, fields: list[str] = fields) -> str:
            return "" if index is None else " ".join(fields[index].split())

        score, problem = "" if places.score is None else fields[places.score].strip(), ""
        try:
            score = with_point(score, options.decimal)
        except ValueError as reason:
            problem = str(reason)
        if group is not None and not at(group):
            problem = f"missing group: {shortened(header[group])!r}"
        row = row._replace(sequence=fields[places.sequence], score=score, problem=problem)
        row = row._replace(group=at(group), family=at(family), name=at(places.name))
        yield row._replace(reads=at(places.reads)), fields


def group_column(options: Options) -> str | None:
    """The column of the group, where the user named one."""
    return None if options.group in GROUPINGS else options.group


def evened(fields: list[str], header: list[str]) -> list[str]:
    """A row without the empty fields that spreadsheets write behind the last column, and with those
    that they leave out at its end where the header's are empty too."""
    size = len(fields)
    while size > len(header) and not fields[size - 1].strip():
        size -= 1
    missing = header[size:]
    return fields[:size] + ([] if any(missing) else missing)


def enriched_rows(table: Table, places: Places, source: Path, options: Options) -> Iterator[Row]:
    """Rows whose score is the log2 enrichment from `before` to `after`, two columns of reads."""
    if not (options.before and options.after):
        raise InputError(f"{source}: give both before and after, the columns of two rounds' reads")
    columns = [
        place(table.header, name, role, source)
        for name, role in ((options.before, "before"), (options.after, "after"))
    ]
    places = places._replace(better="higher", scale=PLAIN_NUMBERS)
    rows = list(plain_rows(table, places, source, options))
    counts = np.array(
        [
            [nan if row.problem else count_of(fields[index]) for index in columns]
            for row, fields in rows
        ]
    ).reshape(-1, 2)
    usable = ~np.isnan(counts).any(axis=1)
    scores = iter(log2_enrichment(*counts[usable].T, options.pseudocount).tolist())
    for (row, _), fine, reads in zip(rows, usable, counts, strict=True):
        if fine:
            most = str(int(reads.max()))
            yield row._replace(score=repr(next(scores)), reads=most)
        else:
            yield row._replace(problem=row.problem or "not a count: reads are whole numbers")


def count_of(text: str) -> float:
    """A cell of reads as a number, 0 where it is blank, NaN where it is none."""
    text = text.strip()
    if text in ("", "NA"):
        return 0.0
    try:
        return float(to_count(text))
    except ValueError:
        return nan


def is_raptgen(header: list[str]) -> bool:
    return {"random region", "duplicate"} <= set(map(plain, header))


def is_pair_table(header: list[str]) -> bool:
    return {"sequence1", "sequence2", "label"} <= set(map(plain, header))


def read_labels(table: Table, source: Path, options: Options) -> Iterator[LabelRow]:
    """A table of labelled pairs, `Sequence1,Sequence2,Label`; 1 where the first is fitter."""
    header = table.header
    places = [place(header, name, name, source) for name in ("Sequence1", "Sequence2", "Label")]
    for line, fields in table.lines:
        fields = evened(fields, header)
        if problem := table.problem(fields):
            yield LabelRow(str(source), line, ",".join(fields), "", "", problem)
        else:
            yield LabelRow(str(source), line, *(fields[index] for index in places))


def refuse_binary(header: list[str], source: Path, options: Options) -> None:
    """Raise InputError for a table of aptamer, protein and a yes or no: it has no fitness."""
    names = set(map(plain, header))
    partner = names & {"protein", "target", "protein sequence", "proteinsequence", "uniprot"}
    label = names & {"label", "binding", "interaction", "class", "y", "bind"}
    scored = names & set(SCORE_NAMES) or options.score
    if partner and label and not scored:
        raise InputError(
            f"{source}: a table of ({', '.join(sorted(partner))}, {', '.join(sorted(label))}) says "
            "whether an aptamer binds, not how well: there is no order of fitness to learn.\n"
            "Give a table with a score (Kd, counts, energy), or name its column as score."
        )
