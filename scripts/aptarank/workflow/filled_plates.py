"""Keep a plate that was filled in within the results from being written over."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from aptarank.core.errors import InputError
from aptarank.core.files import expand


def check_plates(config: Mapping[str, Any]) -> None:
    """Raise InputError where a filled plate lies where the next one will be written.

    Args:
        config: resolved; its files are there.
    """
    run = config["run"]
    plate = Path("results", run, "next", "plate.csv")
    if not config["next"]["size"] or not plate.is_file():
        return
    paths = (dataset["path"] for dataset in config["datasets"].values())
    given = [path for each in paths for path in expand([each] if isinstance(each, str) else each)]
    advice = (
        f"the next plate will be written there. Copy it, such as to plates/{run}-1.csv, and give "
        "that file to the dataset as one more path"
    )
    if any(path.samefile(plate) for path in given):
        raise InputError(f"config: {plate} is a file of a dataset, but {advice}")
    values = measured_in(plate)
    if any(values.values()) and values not in [measured_in(path) for path in given]:
        raise InputError(f"{plate} is filled in, but {advice}, then leave its column empty here")


def measured_in(path: Path) -> dict[str, str]:
    """What is measured in each well of a plate, by its `check`; empty for any other file."""
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            import openpyxl  # rarely needed, and the Snakefile imports nothing heavy

            sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
            lines = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
        else:
            with path.open(newline="", encoding="utf-8-sig") as file:
                head = file.readline()
                if "measured" not in head or "check" not in head:
                    return {}
                file.seek(0)
                lines = list(csv.reader(file, delimiter=max(",;\t", key=head.count)))
        at = [lines[0].index(name) for name in ("check", "measured")]
        return {
            line[at[0]]: line[at[1]].strip().replace(",", ".")
            for line in lines[1:]
            if len(line) > max(at)
        }
    except (OSError, ValueError, IndexError, KeyError, csv.Error, BadZipFile):
        return {}
