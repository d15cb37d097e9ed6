"""Whether rows of one sequence are repeated measurements, or of different targets."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.input_format import Reading
from aptarank.values.sequences import shortened

FEWEST = 10  # sequences with several rows, from which on their spread says something
MUCH = 0.5  # of the standard deviation of all aptamers


def check_targets(readings: Sequence[Reading], options: Options) -> list[str]:
    """Look at the column of targets of each file where the user has not said what a group is.

    Returns:
        Warnings of targets across which aptamers are compared.

    Raises:
        InputError: a sequence has scores for several targets.
    """
    if options.group is not None:
        return []
    return [warning for reading in readings for warning in check_file(reading, options)]


def check_file(reading: Reading, options: Options) -> list[str]:
    """`check_targets` for one file."""
    first: dict[str, Row] = {}
    several: dict[str, tuple[Row, Row]] = {}
    scored = [row for row in reading.rows if row.target and row.score.strip() and not row.problem]
    for row in scored:
        key = row.sequence.strip().upper()
        before = first.setdefault(key, row)
        if before.target != row.target:
            several.setdefault(key, (before, row))
    column, kinds = reading.read_as.target, len({row.target for row in scored})
    if several:
        examples = next(iter(several.values()))
        lines = ", ".join(f"line {row.line}: {shortened(row.target)!r}" for row in examples)
        number = len(several)
        raise InputError(
            f"{reading.source}: {number} sequence{'s have' if number > 1 else ' has'} scores for "
            f"several values of {column} ({lines}). Are these different targets, or repeated "
            "measurements?\nName that column as --group to compare aptamers for one of its values "
            "only, or say --group none to merge the rows of a sequence (in the config: "
            "datasets.<name>.group)."
        )
    if kinds < 2 or options.family:
        return []
    return [
        f"{reading.source}: {column} has {kinds} values, and aptamers are compared whatever theirs "
        "is.\n  If fitness for one cannot be compared with fitness for another, name it as group."
    ]


def warn_of_scatter(aptamers: pd.DataFrame) -> list[str]:
    """Warn where rows of one sequence differ nearly as much as those of different ones."""
    repeated = aptamers[(aptamers["count"] > 1) & (aptamers["replicates"] == "")]
    spread = repeated["spread"].dropna()
    if len(spread) < FEWEST:
        return []
    within = float(np.sqrt(np.mean(spread**2)))
    apart = aptamers["fitness"] - aptamers.groupby("group")["fitness"].transform("mean")
    degrees = len(aptamers) - aptamers["group"].nunique()
    between = float(np.sqrt(np.sum(apart**2) / max(1, degrees)))
    if within <= MUCH * between:
        return []
    return [
        f"rows of one sequence differ by {within:.3g} (standard deviation, {len(spread)} "
        f"sequences), all aptamers by {between:.3g}.\n  If such rows are of different targets or "
        "conditions, name the column that says so as group; else the measurements are noisy."
    ]
