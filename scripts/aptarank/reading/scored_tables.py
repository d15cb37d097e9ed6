"""Readers of tables with a score, a Kd, or labelled pairs in their columns."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aptarank.columns.column_names import is_count, is_p_form, meaning_of, unit_of
from aptarank.columns.lookup import (
    NAME_NAMES,
    SEQUENCE_NAMES,
    TARGET_NAMES,
    column_index,
    find_column,
    header_in_words,
    plain_name,
)
from aptarank.columns.read_as import HEADER, ReadAs, column_in_words
from aptarank.columns.rows import GROUPINGS, LabelRow, Options, Row
from aptarank.columns.score_columns import ask_which_score, find_score, passed_over_columns
from aptarank.columns.unit_column import unit_column, with_unit
from aptarank.core.errors import InputError
from aptarank.reading.input_format import ReadRows
from aptarank.reading.noise_columns import NoiseColumns, noise_columns, with_noise
from aptarank.reading.tabular_files import Table, is_number, is_sequence
from aptarank.values.measured import has_unit, tidy_text
from aptarank.values.measurements import (
    COUNTS,
    MINUS_LOG,
    PERCENT,
    PKD,
    PLAIN_NUMBERS,
    is_concentration,
    looks_whole,
    with_point,
)
from aptarank.values.sequences import BASES, shortened

LONGEST_NAME = 40  # letters of the name of a column of sequences

# Added to the reason of a direction.
NO_UNIT = " (no unit: its numbers are used as they are; with one, as in 'Kd (nM)', -log10 of them)"


class Columns(NamedTuple):
    """The index of each column that is read; the score's direction, its reason, and scale."""

    sequence: int
    score: int | None
    better: str = ""
    because: str = ""
    scale: str = PLAIN_NUMBERS
    name: int | None = None
    reads: int | None = None
    unit: int | None = None


def sequence_column(table: Table, source: Path, options: Options) -> int:
    """Find the column of the sequence: named by the user, by a usual name, or by its content.

    Raises:
        InputError: there is none.
    """
    rows = table.first_rows
    if options.sequence:
        return column_index(table.header, options.sequence, "sequence", source)
    index = find_column(table.header, SEQUENCE_NAMES, "sequence", source)
    if index is None and rows and not has_names(table.header):
        index = next((i for i, field in enumerate(rows[0]) if is_sequence(field)), None)
    if index is None:
        raise InputError(
            f"{source}: no column 'sequence'; the columns are {header_in_words(table.header)}.\n"
            "Name it as sequence (in the config: datasets.<name>.sequence)."
            f"{title_hint(table.header)}"
        )
    return index


def title_hint(header: list[str]) -> str:
    """A hint if the header looks like a title above the table, else ""."""
    alone = len(header) > 1 and sum(map(bool, header)) == 1
    return " Is the first row a title? Delete what is above the header." if alone else ""


def has_names(header: list[str]) -> bool:
    """Whether a table has a header: without one, its columns are named 1, 2, ..."""
    return header != [str(number) for number in range(1, len(header) + 1)]


def read_scored(table: Table, source: Path, options: Options) -> ReadRows:
    """Read any table with a column of sequences and, unless they are not needed, one of scores."""
    rows = table.first_rows
    header = table.header
    sequence = sequence_column(table, source, options)
    name = name_column(header, sequence, options, source)
    if not options.scored:
        return read_columns(table, Columns(sequence, None, name=name), source, options)
    if options.replicates:
        score = noise_columns(header, options, source).replicates[0]
    elif options.score:
        score = column_index(header, options.score, "score", source)
    elif rows and not has_names(header):
        score = score_without_header(rows[0], sequence, source)
    elif is_transformed_ga(header):
        score = 2
    else:
        score = find_score(header, source, but=[sequence])
    meaning = meaning_of(header[score])
    better, because = meaning.better, meaning.because
    if is_transformed_ga(header) and score == 2:
        better, because = "higher", "it is an entropy of EFBA in a table of Transformed_GA"
    unit = unit_column(header, score)
    scale = scale_of(header[score], fields_of(rows, score)) if unit is None else ""
    if options.replicates and unit is None:
        for other in noise_columns(header, options, source).replicates:
            if scale_of(header[other], fields_of(rows, other)) != scale:
                raise InputError(
                    f"{source}, line 1: the replicates {header[score]!r} and {header[other]!r} are "
                    "not in one unit; expected the same in all"
                )
    if scale == PLAIN_NUMBERS and meaning.kind == "concentration" and not meaning.logarithm:
        because += NO_UNIT
    columns = Columns(sequence, score, better, because, scale, name, unit=unit)
    return read_columns(table, columns, source, options)


def fields_of(rows: list[list[str]], column: int) -> list[str]:
    """The fields of a column, of those rows that have it."""
    return [row[column] for row in rows if len(row) > column]


def score_without_header(fields: list[str], sequence: int, source: Path) -> int:
    """Find the only other field of a row that is a number.

    Raises:
        InputError: none is, or several are.
    """
    numeric = [i for i, field in enumerate(fields) if i != sequence and is_number(field)]
    if len(numeric) != 1:
        which = ", ".join(str(index + 1) for index in numeric) or "none"
        raise InputError(
            f"{source}, line 1: no header, and the fields that are numbers are: {which}; "
            "name the score by its number (in the config: datasets.<name>.score)"
        )
    return numeric[0]


def is_transformed_ga(header: list[str]) -> bool:
    """Whether this is a table of Transformed_GA: an index without a name, Sequence, Entropy."""
    return header[1:] == ["Sequence", "Entropy"] and header[0] in ("", "Unnamed: 0")


def scale_of(name: str, fields: list[str]) -> str:
    """The scale to read a column in: a Kd with units, a pKd, per cent, counts or plain numbers."""
    meaning = meaning_of(name)
    if meaning.kind == "concentration":
        if meaning.logarithm:
            if not meaning.flipped:
                return PLAIN_NUMBERS
            return PKD if is_p_form(name) else MINUS_LOG
        units = unit_of(name) or any(
            has_unit(tidy_text(field).replace(",", ".")) for field in fields
        )
        if units and meaning.better == "lower":
            return unit_of(name)
    scored = [field.strip() for field in fields if field.strip()]
    if is_count(name) and 2 * sum(map(looks_whole, scored)) > len(scored):
        return COUNTS
    most = sum(field.endswith("%") for field in scored) > len(scored) / 2
    return PERCENT if most else PLAIN_NUMBERS


def name_column(header: list[str], sequence: int, options: Options, source: Path) -> int | None:
    """Find the column of names; None if there is none, or not just one."""
    if options.name:
        return column_index(header, options.name, "name", source)
    indices = [
        i for i, name in enumerate(header) if plain_name(name) in NAME_NAMES and i != sequence
    ]
    return indices[0] if len(indices) == 1 else None


def read_kd(table: Table, source: Path, options: Options) -> ReadRows:
    """Read a table of dissociation constants with units, as free text.

    Raises:
        InputError: no column of them, or several.
    """
    sequence = sequence_column(table, source, options)
    if options.replicates:
        score = noise_columns(table.header, options, source).replicates[0]
    elif options.score:
        score = column_index(table.header, options.score, "score", source)
    else:
        meanings = [meaning_of(name) for name in table.header]
        concentrations = [
            i for i, each in enumerate(meanings) if each.better == "lower" and not each.logarithm
        ]
        candidates = [i for i in concentrations if meanings[i].role == "score"] or concentrations
        if not candidates:
            raise InputError(
                f"{source}: no column 'Kd'; the columns are {header_in_words(table.header)}.\n"
                "Name it as score (in the config: datasets.<name>.score)."
            )
        if len(candidates) > 1:
            raise ask_which_score(table.header, candidates, source)
        score = candidates[0]
    name = name_column(table.header, sequence, options, source)
    because = "the option format says that it is a Kd"
    scale, unit = unit_of(table.header[score]), unit_column(table.header, score, is_kd=True)
    columns = Columns(sequence, score, because=because, scale=scale, name=name, unit=unit)
    return read_columns(table, columns, source, options)


def read_columns(table: Table, columns: Columns, source: Path, options: Options) -> ReadRows:
    """Read these columns of a table."""
    rows = (row for row, _ in rows_of_columns(table, columns, source, options))
    return ReadRows(columns_read_as(table.header, columns, source, options), rows)


def columns_read_as(header: list[str], columns: Columns, source: Path, options: Options) -> ReadAs:
    """Say what these columns were read as."""

    def named(index: int | None) -> str:
        return "" if index is None else column_in_words(header[index])

    group, family = (named(index) for index in grouping_columns(header, options, source))
    target = named(target_column(header, columns, options))
    read_as = ReadAs(
        named(columns.sequence), name=named(columns.name), group=group, family=family, target=target
    )
    if columns.score is None:
        return read_as
    unit = unit_from = ""
    if is_concentration(columns.scale):
        unit = columns.scale or "the unit of each cell"
        unit_from = HEADER
        if columns.unit is not None:
            unit, unit_from = "the unit of each row", named(columns.unit)
    noise = noise_columns(header, options, source)
    return dataclasses.replace(
        read_as,
        score=noise.in_words if noise.replicates else named(columns.score),
        error="" if noise.replicates else noise.in_words,
        better=columns.better,
        because=columns.because,
        unit=unit,
        unit_from=unit_from,
        reads=named(columns.reads),
        passed_over=""
        if options.score or options.replicates
        else passed_over_columns(header, [columns.sequence, columns.score, columns.unit]),
    )


def rows_of_columns(
    table: Table, columns: Columns, source: Path, options: Options
) -> Iterator[tuple[Row, list[str]]]:
    """Yield each row with its fields; one with more or fewer fields than the header has a problem.

    Raises:
        InputError: a second table begins within the file.
    """
    header = table.header
    group, family = grouping_columns(header, options, source)
    target = target_column(header, columns, options)
    noise = NoiseColumns() if columns.score is None else noise_columns(header, options, source)
    for line, fields in table.lines:
        fields = trim_to_header(fields, header)
        row = Row(source=str(source), line=line, sequence="", score="", scale=columns.scale)
        if problem := table.problem(fields):
            sequence = fields[columns.sequence] if columns.sequence < len(fields) else ""
            yield row._replace(sequence=sequence, problem=problem), fields
            continue
        sequence = fields[columns.sequence]
        score = "" if columns.score is None else fields[columns.score].strip()
        if is_header(sequence, header[columns.sequence]):
            if columns.score is not None and score and score != header[columns.score]:
                raise InputError(
                    f"{source}, line {line}: another header, {header_in_words(fields)}: a second "
                    "table begins there; put each into a file or sheet of its own"
                )
            yield row._replace(sequence=sequence, problem="the header again"), fields
            continue
        try:
            score = with_point(score, options.decimal)
        except ValueError as reason:
            problem = str(reason)
        if group is not None and not cell(fields, group):
            problem = f"missing group: {shortened(header[group])!r}"
        row = row._replace(
            sequence=sequence,
            score=score,
            group=cell(fields, group),
            name=cell(fields, columns.name),
            reads=cell(fields, columns.reads),
            family=cell(fields, family),
            target=cell(fields, target),
            problem=problem,
        )
        row = with_noise(row, fields, noise, options.decimal)
        yield with_unit(row, cell(fields, columns.unit)), fields


def cell(fields: list[str], index: int | None) -> str:
    """The text of a field with single blanks, "" if there is no such column."""
    return "" if index is None else " ".join(fields[index].split())


def is_header(field: str, name: str) -> bool:
    """Whether a field of the column of sequences is the name of such a column."""
    letters = field.strip()
    if len(letters) > LONGEST_NAME or BASES.issuperset(letters):
        return False
    return plain_name(letters) == plain_name(name) or plain_name(letters) in SEQUENCE_NAMES


def grouping_columns(
    header: list[str], options: Options, source: Path
) -> tuple[int | None, int | None]:
    """The columns of the group and of what a split keeps together, if the user named them."""
    group, family = (
        column_index(header, name, role, source) if name else None
        for name, role in (
            (None if options.group in GROUPINGS else options.group, "group"),
            (options.family, "split.column"),
        )
    )
    return group, family


def target_column(header: list[str], columns: Columns, options: Options) -> int | None:
    """The column of what aptamers were measured for, where the user has not named the group."""
    if options.group is not None or not options.scored:
        return None
    used = (columns.sequence, columns.score, columns.name, columns.reads)
    names = ((i, plain_name(name)) for i, name in enumerate(header) if i not in used)
    return next((i for i, name in names if name in TARGET_NAMES), None)


def trim_to_header(fields: list[str], header: list[str]) -> list[str]:
    """A row with as many fields as the header, as far as empty ones are concerned.

    Spreadsheets write empty fields after the last column, and leave out those at the end of a row;
    the latter are added if the header's are empty too.
    """
    size = len(fields)
    while size > len(header) and not fields[size - 1].strip():
        size -= 1
    missing = header[size:]
    return fields[:size] + ([] if any(missing) else missing)


def is_pair_table(table: Table, options: Options) -> bool:
    """Whether a table is one of labelled pairs."""
    return {"sequence1", "sequence2", "label"} <= set(map(plain_name, table.header))


def read_labels(table: Table, source: Path, options: Options) -> ReadRows:
    """Read a table of labelled pairs, `Sequence1,Sequence2,Label`; 1 where the first is fitter."""
    names = ("Sequence1", "Sequence2", "Label")
    indices = [column_index(table.header, name, name, source) for name in names]
    first, second, label = (column_in_words(table.header[index]) for index in indices)
    read_as = ReadAs(f"{first} and {second}", f"{label}, 1 where the first is fitter")
    return ReadRows(read_as, label_rows=label_rows(table, indices, source))


def label_rows(table: Table, indices: list[int], source: Path) -> Iterator[LabelRow]:
    """Yield the rows of a table of labelled pairs.

    Args:
        indices: of the columns of the first sequence, the second, and the label.
    """
    for line, fields in table.lines:
        fields = trim_to_header(fields, table.header)
        if problem := table.problem(fields):
            whole = ",".join(fields)
            yield LabelRow(str(source), line, first=whole, second="", label="", problem=problem)
        else:
            first, second, label = (fields[index] for index in indices)
            yield LabelRow(str(source), line, first=first, second=second, label=label)


def refuse_binary(table: Table, source: Path, options: Options) -> None:
    """Raise InputError for a table of aptamer, protein and a yes or no: it has no fitness."""
    names = set(map(plain_name, table.header))
    partner = names & {"protein", "target", "protein sequence", "proteinsequence", "uniprot"}
    label = names & {"label", "binding", "interaction", "class", "y", "bind"}
    scored = options.score or any(meaning_of(name).role == "score" for name in table.header)
    if partner and label and not scored:
        raise InputError(
            f"{source}: a table of ({', '.join(sorted(partner))}, {', '.join(sorted(label))}) says "
            "whether an aptamer binds, not how well: there is no order of fitness to learn.\n"
            "Give a table with a score (Kd, counts, energy), or name its column as score."
        )
