"""What rows say that a person should look at, though it is read: letter case, versions of MAWS."""

from collections.abc import Sequence

from aptarank.rows import Row
from aptarank.sequences import has_mixed_case, shortened


def warnings_of(rows: Sequence[Row]) -> list[str]:
    """The warnings of all rows of a dataset, a sentence or two each."""
    return [*mixed_case(rows), *case_apart(rows), *versions_apart(rows)]


def mixed_case(rows: Sequence[Row]) -> list[str]:
    """A warning where small letters stand among capitals in one sequence."""
    found = [row for row in rows if has_mixed_case(row.sequence)]
    if not found:
        return []
    return [
        f"{place(found[0])}: capitals and small letters in one sequence "
        f"({shortened(found[0].sequence)!r}; {len(found)} of {len(rows)} rows).\n"
        "  They are read as one. Where small letters mark modified bases, these are other "
        "molecules: case: reject leaves such rows out."
    ]


def case_apart(rows: Sequence[Row]) -> list[str]:
    """A warning where sequences that are equal but for their case have different scores."""
    first: dict[tuple[str, str], Row] = {}
    apart = []
    for row in rows:
        before = first.setdefault((row.group, row.sequence.upper()), row)
        if before.sequence != row.sequence and before.score != row.score:
            apart.append((before, row))
    if not apart:
        return []
    one, other = apart[0]
    return [
        f"{place(other)}: {shortened(other.sequence)!r} has the score {shortened(other.score)!r}; "
        f"line {one.line} has {shortened(one.score)!r} for the same but for case "
        f"({len(apart)} such rows).\n  They are read as one aptamer, with the median score."
    ]


def versions_apart(rows: Sequence[Row]) -> list[str]:
    """A warning where logs of different versions of MAWS are one dataset."""
    first: dict[str, Row] = {}
    for row in rows:
        if row.version:
            first.setdefault(row.version, row)
    if len(first) < 2:
        return []
    told = "; ".join(f"{place(row)}: {version}" for version, row in first.items())
    return [
        f"logs of different versions of MAWS are one dataset: {told}.\n"
        "  Their energies and entropies cannot be compared (since 2025 salt is 0.15 M unless told "
        "otherwise): make a dataset of each."
    ]


def place(row: Row) -> str:
    """Where a row stands."""
    return f"{row.source}, line {row.line}"
