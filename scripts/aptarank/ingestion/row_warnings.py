"""What a person should look at, though it is read: letter case, versions, missing values."""

import math
from collections.abc import Sequence

from aptarank.columns.rows import Options, Row
from aptarank.values.measured import parse_value, tidy_text
from aptarank.values.measurements import is_concentration, parse_measurement
from aptarank.values.missing_values import find_placeholders
from aptarank.values.sequences import as_tokens, has_mixed_case, normalise, shortened


def collect_warnings(rows: Sequence[Row], options: Options) -> list[str]:
    """Return the warnings about all rows of a dataset, one or two sentences each."""
    mixed = [row for row in rows if has_mixed_case(row.sequence) and is_readable(row)]
    if options.case == "reject":  # and so they are among the rejected rows
        case = warn_of_case_apart([row for row in rows if not has_mixed_case(row.sequence)])
    else:
        case = [*warn_of_mixed_case(mixed, len(rows)), *warn_of_case_apart(rows)]
    return [*case, *warn_of_versions(rows), *warn_of_placeholders(rows)]


def warn_of_shared_names(rows: Sequence[Row]) -> list[str]:
    """Warn of names that several aptamers have: they are called by a made name instead."""
    named: dict[str, set[str]] = {}
    for row in rows:
        if row.name and is_readable(row):
            named.setdefault(row.name, set()).add(as_tokens(normalise(row.sequence)))
    shared = sorted(name for name, sequences in named.items() if len(sequences) > 1)
    if not shared:
        return []
    return [
        f"{len(shared)} names stand for several sequences, such as {shortened(shared[0])!r}; these "
        "aptamers have an id made of their sequence instead (apt-…)"
    ]


def is_readable(row: Row) -> bool:
    """Whether a row has a sequence of bases."""
    try:
        return not row.problem and bool(normalise(row.sequence))
    except ValueError:
        return False


def warn_of_mixed_case(mixed: Sequence[Row], rows: int) -> list[str]:
    """Warn of sequences with both small letters and capitals.

    Args:
        rows: the number of all rows.
    """
    if not mixed:
        return []
    return [
        f"{row_location(mixed[0])}: capitals and small letters in one sequence "
        f"({shortened(mixed[0].sequence)!r}; {len(mixed)} of {rows} rows).\n"
        "  They are read as one. Where small letters mark modified bases, these are other "
        "molecules: case: reject leaves such rows out."
    ]


def warn_of_case_apart(rows: Sequence[Row]) -> list[str]:
    """Warn of sequences that are equal except for their case and have different scores."""
    if all(row.sequence.isupper() for row in rows):
        return []
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
        f"{row_location(other)}: {shortened(other.sequence)!r} has the score "
        f"{shortened(other.score)!r}; line {one.line} has {shortened(one.score)!r} for the same "
        f"but for case ({len(apart)} such rows).\n"
        "  They are read as one aptamer, with the median score."
    ]


def warn_of_versions(rows: Sequence[Row]) -> list[str]:
    """Warn of logs of different versions of MAWS in one dataset."""
    first: dict[str, Row] = {}
    for row in rows:
        if row.version:
            first.setdefault(row.version, row)
    if len(first) < 2:
        return []
    versions = "; ".join(f"{row_location(row)}: {version}" for version, row in first.items())
    return [
        f"logs of different versions of MAWS are one dataset: {versions}.\n"
        "  Their energies and entropies cannot be compared (since 2025 salt is 0.15 M unless told "
        "otherwise): make a dataset of each."
    ]


def warn_of_placeholders(rows: Sequence[Row]) -> list[str]:
    """Warn of each number that looks like a missing value."""
    written = [(row, written_number(row)) for row in rows if not row.problem]
    placeholders = find_placeholders([value for _, value in written])
    firsts = [next(row for row, value in written if value == each.value) for each in placeholders]
    return [
        f"{row_location(row)}: is the score {shortened(row.score)!r} a missing value? It is there "
        f"{each.occurrences} time{'s' if each.occurrences > 1 else ''}, and {each.why}.\n"
        "  It is read as a score; if it is none, leave these cells empty."
        for row, each in zip(firsts, placeholders, strict=True)
    ]


def written_number(row: Row) -> float:
    """The score as it is written, of a Kd in its own unit; NaN for a bound or a range."""
    try:
        value = (
            parse_value(tidy_text(row.score))
            if is_concentration(row.scale)
            else parse_measurement(row.score)
        )
    except ValueError:
        return math.nan
    return value.low if value and value.low == value.high else math.nan


def row_location(row: Row) -> str:
    """Return the file and line of a row."""
    return f"{row.source}, line {row.line}"
