"""Reader of a plate that next.py proposed and a laboratory has filled in."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aptarank.columns.column_names import unit_of
from aptarank.columns.lookup import plain_name
from aptarank.columns.read_as import HEADER, ReadAs, column_in_words
from aptarank.columns.rows import Options, Row
from aptarank.config.schema import default
from aptarank.core.errors import InputError
from aptarank.reading.input_format import ReadRows
from aptarank.reading.tabular_files import Table
from aptarank.values.measurements import PLAIN_NUMBERS, parse_measurement, with_point
from aptarank.values.sequences import shortened

PLATE_COLUMNS = [
    *("well", "name", "sequence", "role", "expected", "expected_low", "expected_high", "unit"),
    *("why", "nearest", "distance", "on_plate", "measured"),
    *("aptamer", "group", "better", "dataset", "round", "check"),
]
# What must be as it was written: what `check` is of.
CHECKED = ("well", "sequence", "aptamer", "unit", "group", "better", "dataset", "round")
CHECK_DIGITS = 7
LONGEST_HEADER = 2000  # characters in which the names of the columns are
# What all wells of a plate share, and what it may be.
SHARED = {
    "unit": "|pM|nM|uM|mM|M",
    "group": ".*",
    "better": "|higher|lower",
    "dataset": ".*",
    "round": "[1-9][0-9]{0,5}",
}
NEEDED = {*CHECKED, "name", "measured", "check"}
# A table with most of these is a plate, though it may have lost a column.
TYPICAL = {"well", "aptamer", "measured", "expected", "nearest", "distance", "better", "round"}
TYPICAL |= {"check"}
FEWEST_TYPICAL = 6
# What has one meaning: a comma before one, two or more than three digits, or after a single 0.
COMMA = re.compile(r"(?<![0-9,.])(0,[0-9]+|[0-9]+,([0-9]{1,2}|[0-9]{4,}))(?![0-9,.])")
# What has another meaning where commas are decimal signs.
THOUSANDS = re.compile(r"(?<![0-9,.])[1-9][0-9]{0,2}(\.[0-9]{3})+(?![0-9,.])")


def check_of(row: Mapping[str, Any]) -> str:
    """A short checksum of the cells of a row that must not be changed by hand.

    It begins with a letter, so that no spreadsheet takes it for a number.
    """
    text = "\x1f".join(str(row[column]).strip() for column in CHECKED)
    return f"c{hashlib.sha256(text.encode()).hexdigest()[:CHECK_DIGITS]}"


def is_plate(table: Table, options: Options) -> bool:
    """Whether a table is a plate of next.py."""
    return len(TYPICAL.intersection(map(plain_name, table.header))) >= FEWEST_TYPICAL


def may_be_plate(text: str) -> bool:
    """Whether the first lines of a text may be those of a plate."""
    start = text[:LONGEST_HEADER].lower()
    return sum(name in start for name in TYPICAL) >= FEWEST_TYPICAL


def without_dialect(options: Options) -> Options:
    """The options for a plate: how a dataset's own files are written does not count for it."""
    names = ("format", "header", "delimiter", "decimal", "sheet", "encoding")
    return replace(options, **{name: default(f"$defs.dataset.{name}") for name in names})


def read_plate(table: Table, source: Path, options: Options) -> ReadRows:
    """Read the wells that were measured; the others are left out.

    The columns that the dataset names are those of its other files, and do not count here.

    Raises:
        InputError: a column is missing, no well is measured, one is there twice, a row was changed
            by hand, a unit is given where the plate has none, or it is of another dataset.
    """
    check_columns(table, source)
    wells = read_wells(table, source)
    for line, cells in wells:
        check_unchanged(cells, f"{source}, line {line}")
    check_alike(wells, source)
    if not options.scored:
        return ReadRows(
            ReadAs("column 'aptamer'", name="column 'name'"), as_rows(wells, source, "")
        )
    measured = [(line, cells) for line, cells in wells if cells["measured"]]
    if not measured:
        raise InputError(
            f"{source}: a plate of which no well is measured; write the values into the column "
            "measured, or leave the file out"
        )
    has_commas = any(COMMA.search(cells["measured"]) for _, cells in measured)
    if has_commas:
        for line, cells in measured:
            cells["measured"] = with_decimal_point(cells["measured"], f"{source}, line {line}")
    first = measured[0][1]
    check_dataset(first["dataset"], source, options)
    unit, unit_from = first["unit"], "column 'unit'"
    if given := unit_of(table.header[names_of(table).index("measured")]):
        if not unit:
            raise InputError(
                f"{source}: the column of the measured values is in {given}, but this plate is for "
                "values without a unit; write them as in the table that the plate was proposed for"
            )
        unit, unit_from = given, HEADER
    others = [
        name
        for name, plain in zip(table.header, names_of(table), strict=True)
        if plain != "measured" and "measured" in plain.split()
    ]
    read_as = ReadAs(
        "column 'aptamer'",
        score="column 'measured'",
        better=first["better"],
        because="the plate says so",
        unit=unit,
        unit_from=unit_from if unit else "",
        name="column 'name'",
        group="column 'group'" if first["group"] else "",
        plate=f"round {first['round']}, {len(measured)} of {len(wells)} wells measured"
        f"{', with decimal commas' if has_commas else ''}",
        passed_over=", ".join(map(column_in_words, others)),
    )
    return ReadRows(read_as, as_rows(measured, source, unit))


def names_of(table: Table) -> list[str]:
    """The names of a table's columns as they are compared."""
    return list(map(plain_name, table.header))


def read_wells(table: Table, source: Path) -> list[tuple[int, dict[str, str]]]:
    """The cells of each row by the name of their column, with its line.

    Raises:
        InputError: a row has too few or too many cells, or a well is there twice.
    """
    names = names_of(table)
    wells: list[tuple[int, dict[str, str]]] = []
    seen: dict[str, int] = {}
    for line, fields in table.lines:
        if not any(map(str.strip, fields)):
            continue
        if problem := table.problem(fields):
            raise InputError(f"{source}, line {line}: {problem}")
        cells = {name: field.strip() for name, field in zip(names, fields, strict=True)}
        well = cells["well"]
        if well in seen:
            raise InputError(
                f"{source}, line {line}: well {well!r} is in line {seen[well]} too; expected each "
                "well once. Give a second measurement of the plate as a second file"
            )
        seen[well] = line
        wells.append((line, cells))
    return wells


def check_columns(table: Table, source: Path) -> None:
    """Raise InputError where a column is missing, or one that is read is there twice."""
    names = names_of(table)
    if missing := sorted(NEEDED - set(names)):
        raise InputError(
            f"{source}: a plate of next.py without its column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}; fill in the plate as it was proposed, and delete or rename no "
            "column"
        )
    if twice := sorted(name for name in NEEDED if names.count(name) > 1):
        raise InputError(
            f"{source}: a plate with two columns {twice[0]}; keep one of them. Give a second "
            "measurement of the plate as a second file"
        )


def check_unchanged(cells: Mapping[str, str], where: str) -> None:
    """Raise InputError where something else than `measured` was changed."""
    if check_of(cells) != cells["check"]:
        raise InputError(
            f"{where}: well {shortened(cells['well'])!r} is not as it was proposed: its sequence "
            f"or another of {', '.join(CHECKED)} was changed, by hand or by a spreadsheet (now "
            f"{', '.join(f'{key} {shortened(cells[key])!r}' for key in CHECKED)}). Fill in the "
            "column measured alone; give an aptamer that is not of the plate in a table of your own"
        )


def check_alike(wells: Sequence[tuple[int, Mapping[str, str]]], source: Path) -> None:
    """Raise InputError where wells differ in what all of a plate share, or that is not what next.py
    writes: anyone can write a checksum.
    """
    for line, cells in wells:
        for key, allowed in SHARED.items():
            text, first = cells[key], wells[0][1][key]
            if not re.fullmatch(allowed, text):
                raise InputError(
                    f"{source}, line {line}: {key} is {shortened(text)!r}, which next.py never "
                    "writes; take the plate as it was proposed"
                )
            if text != first:
                raise InputError(
                    f"{source}, line {line}: {key} is {shortened(text)!r}, but "
                    f"{shortened(first)!r} in line {wells[0][0]}; give each plate as a file of its "
                    "own"
                )


def with_decimal_point(text: str, where: str) -> str:
    """A measured value of a plate that has decimal commas.

    Raises:
        InputError: it has a point, which may then mean thousands.
    """
    if THOUSANDS.search(text):
        raise InputError(
            f"{where}: measured is {shortened(text)!r}, but other values of this plate have a "
            "decimal comma; write the same sign in all"
        )
    return with_point(text, ",") if "," in text else text


def check_measured(rows: Iterable[Row]) -> None:
    """Raise InputError where a well holds something that is no value on its scale.

    A plate has few values: one that cannot be read is worth a correction, not a rejection.
    """
    for row in rows:
        try:
            parse_measurement(row.score, row.scale)
        except ValueError as reason:
            why = str(reason).split(" (a decimal comma?")[0].split("; expected")[0]
            raise InputError(
                f"{row.source}, line {row.line}: measured is {shortened(row.score)!r}: {why}; "
                "expected a number, such as 12.5, a bound such as <5, or nothing where the well "
                "was not measured"
            ) from None


def check_dataset(dataset: str, source: Path, options: Options) -> None:
    """Raise InputError if a plate was proposed for another run or dataset."""
    if options.dataset and dataset and dataset not in (options.dataset, *options.plates_of):
        raise InputError(
            f"{source}: a plate of {dataset}, but this is {options.dataset} (run/dataset). If what "
            "was measured is the same, say so in the config: datasets.<name>.plates_of: "
            f"[{dataset}]"
        )


def as_rows(
    wells: Sequence[tuple[int, Mapping[str, str]]], source: Path, unit: str
) -> Iterator[Row]:
    """The rows of wells; RNA where RNA was ordered.

    Args:
        unit: of a Kd, "" for any other quantity.
    """
    for line, cells in wells:
        is_rna = "U" in cells["sequence"]
        yield Row(
            source=str(source),
            line=line,
            sequence=cells["aptamer"].replace("T", "U") if is_rna else cells["aptamer"],
            score=cells["measured"],
            group=cells["group"],
            name=cells["name"],
            scale=unit or PLAIN_NUMBERS,
            plate=int(cells["round"]),
        )
