"""What every reader yields, and what a user may say about the input."""

import dataclasses
from typing import Any, NamedTuple

from aptarank.config.schema import default

# What `group` may say instead of a column's name.
GROUPINGS = (None, "none", "length", "file")


class Row(NamedTuple):
    """One record as it stands in a file.

    `line` counts from 1 (in Parquet: the row); `scale` says how the score is to be read (see
    `measurements.parse_measurement`); `reads` is a count of a sequencer; `family` the value of the
    column that a split keeps together; `target` that of a column of targets, where the user does
    not say what a group is; `version` that of the program that wrote the record, if versions
    differ; `replicates` are several measurements of the score; `error` is the standard error of the
    score, or a standard deviation of `error_n` measurements, with the unit of its column; `plate`
    is the round of a plate that next.py proposed (0: of none), and `shift` what is subtracted from
    its fitness; `problem` says why the record cannot be read at all.
    """

    source: str
    line: int
    sequence: str
    score: str
    group: str = ""
    name: str = ""
    scale: str = "number"
    reads: str = ""
    family: str = ""
    target: str = ""
    version: str = ""
    replicates: tuple[str, ...] = ()
    error: str = ""
    error_unit: str = ""
    error_n: int = 1
    plate: int = 0
    shift: float = 0.0
    problem: str = ""


class LabelRow(NamedTuple):
    """One labelled pair as it stands in a file."""

    source: str
    line: int
    first: str
    second: str
    label: str
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class Options:
    """What a dataset's part of the config says; meanings and defaults are in config.schema.yaml."""

    format: str
    sequence: str | None
    score: str | None
    replicates: tuple[str, ...]
    error: str | None
    error_kind: str | None
    error_n: int | None
    name: str | None
    group: str | None
    better: str | None
    header: bool | None
    delimiter: str | None
    decimal: str
    encoding: str
    sheet: str | None
    steps: str
    before: str | None
    after: str | None
    pseudocount: float
    min_count: int
    max_length: int
    bounds: str
    case: str
    five_primer: str | None
    three_primer: str | None
    primer_share: float
    on_reject: str
    max_rejected: float
    plate_shift: str
    plates_of: tuple[str, ...]
    dataset: str | None = None  # run/dataset, which a plate was proposed for; None: not checked
    family: str | None = None  # split.column
    scored: bool = True  # False: scores are not read, and need not be there


OURS = ("dataset", "family", "scored")  # what no dataset of the config says


def make_options(**given: Any) -> Options:
    """Return options with the defaults of the config, except for those given."""
    names = [field.name for field in dataclasses.fields(Options) if field.name not in OURS]
    options = {name: default(f"$defs.dataset.{name}") for name in names} | given
    lists = {key: tuple(options[key]) for key in ("replicates", "plates_of")}
    return Options(**options | lists)
