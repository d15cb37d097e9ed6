"""Reader of a plate that next.py proposed and a laboratory has filled in."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aptarank.columns.lookup import plain_name
from aptarank.columns.read_as import ReadAs
from aptarank.columns.rows import Options, Row
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
# What all wells of a plate share, and what it may be.
SHARED = {
    "unit": "|pM|nM|uM|mM|M",
    "group": ".*",
    "better": "|higher|lower",
    "dataset": ".*",
    "round": "[1-9][0-9]{0,5}",
}
NEEDED = {*CHECKED, "measured", "check"}


def check_of(row: Mapping[str, Any]) -> str:
    """A short checksum of the cells of a row that must not be changed by hand.

    It begins with a letter, so that no spreadsheet takes it for a number.
    """
    text = "\x1f".join(str(row[column]).strip() for column in CHECKED)
    return f"c{hashlib.sha256(text.encode()).hexdigest()[:CHECK_DIGITS]}"


def is_plate(table: Table, options: Options) -> bool:
    """Whether a table is a plate of next.py."""
    return set(map(plain_name, table.header)) >= NEEDED


def read_plate(table: Table, source: Path, options: Options) -> ReadRows:
    """Read the wells that were measured; the others are left out.

    The columns that the dataset names are those of its other files, and do not count here.

    Raises:
        InputError: no well is measured, one is there twice, a measurement is no number, a row was
            changed by hand, or the plate is of another dataset.
    """
    wells = read_wells(table, source)
    for line, cells in wells:
        check_unchanged(cells, f"{source}, line {line}")
    check_alike(wells, source)
    if not options.scored:
        return ReadRows(ReadAs("column 'aptamer'", name="column 'name'"), as_rows(wells, source))
    measured = [(line, cells) for line, cells in wells if cells["measured"]]
    if not measured:
        raise InputError(
            f"{source}: a plate of which no well is measured; write the values into the column "
            "measured, or leave the file out"
        )
    for line, cells in measured:
        cells["measured"] = measurement(cells, f"{source}, line {line}", options.decimal)
    first = measured[0][1]
    check_dataset(first["dataset"], source, options)
    read_as = ReadAs(
        "column 'aptamer'",
        score="column 'measured'",
        better=first["better"],
        because="the plate says so",
        unit=first["unit"],
        unit_from="column 'unit'" if first["unit"] else "",
        name="column 'name'",
        group="column 'group'" if first["group"] else "",
        plate=f"round {first['round']}, {len(measured)} of {len(wells)} wells measured",
    )
    return ReadRows(read_as, as_rows(measured, source))


def read_wells(table: Table, source: Path) -> list[tuple[int, dict[str, str]]]:
    """The cells of each row by the name of their column, with its line.

    Raises:
        InputError: a row has too few or too many cells, or a well is there twice.
    """
    names = [plain_name(name) for name in table.header]
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


def check_unchanged(cells: Mapping[str, str], where: str) -> None:
    """Raise InputError where something else than `measured` was changed."""
    if check_of(cells) != cells["check"]:
        raise InputError(
            f"{where}: well {shortened(cells['well'])!r} is not as it was proposed: its sequence "
            f"or another of {', '.join(CHECKED)} was changed, by hand or by a spreadsheet. Fill in "
            "the column measured alone; give an aptamer that is not of the plate in a table of "
            "your own"
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


def measurement(cells: Mapping[str, str], where: str, decimal: str) -> str:
    """The measured value of a well, with a decimal point.

    Raises:
        InputError: it is not a number, a bound or a range.
    """
    text = cells["measured"]
    try:
        text = with_point(text, decimal)
        parse_measurement(text, cells["unit"] or PLAIN_NUMBERS)
    except ValueError as reason:
        raise InputError(
            f"{where}: well {cells['well']}: measured is {shortened(text)!r}: {reason}; expected a "
            "number, or nothing where the well was not measured"
        ) from None
    return text


def check_dataset(dataset: str, source: Path, options: Options) -> None:
    """Raise InputError if a plate was proposed for another run or dataset."""
    if options.dataset and dataset and dataset not in (options.dataset, *options.plates_of):
        raise InputError(
            f"{source}: a plate of {dataset}, but this is {options.dataset} (run/dataset). If what "
            "was measured is the same, say so in the config: datasets.<name>.plates_of: "
            f"[{dataset}]"
        )


def as_rows(wells: Sequence[tuple[int, Mapping[str, str]]], source: Path) -> Iterator[Row]:
    """The rows of wells; RNA where RNA was ordered."""
    for line, cells in wells:
        is_rna = "U" in cells["sequence"]
        yield Row(
            source=str(source),
            line=line,
            sequence=cells["aptamer"].replace("T", "U") if is_rna else cells["aptamer"],
            score=cells["measured"],
            group=cells["group"],
            name=cells["name"],
            scale=cells["unit"] or PLAIN_NUMBERS,
            plate=int(cells["round"]),
        )
