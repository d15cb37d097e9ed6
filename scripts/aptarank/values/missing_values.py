"""Numbers that stand for a missing value, such as -1 or 999, in a column of scores."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

# What programs and people write if nothing was measured. Any of them may also be a score, so it is
# only reported if it stands apart from the rest of its column.
PLACEHOLDERS = (
    *(-99999.0, -9999.0, -999.0, -99.0, -9.0, -1.0),
    *(99999.0, 9999.0, 999.9, 999.0, 99.9, 99.0),
    *(0.0, 0.001, 0.01),
)
FEWEST = 5  # other values that a column needs, three of them different, to say what is usual
LARGE = 99.0  # a number of this size is not an outlier of the measurement, even if it occurs once
FAR = 10  # times the range of the other values
FAR_IN_LOGS = 0.5  # of the range of the other values' logarithms
PILE = 5  # copies of one number at the edge of the other values
OFTEN = 3  # times as frequent as any other value
STEP = 5  # a small number in a pile is this many times below the next


class Placeholder(NamedTuple):
    """A number that looks like a missing value: how often it is there, and why it was noticed."""

    value: float
    occurrences: int
    why: str


def find_placeholders(values: Sequence[float]) -> list[Placeholder]:
    """Find the numbers of a column that look like missing values; usually there are none.

    Args:
        values: the scores as they are written (a Kd in its own unit), one a row; bounds left out.

    Returns:
        In the order of their size, the largest first.
    """
    counts = Counter(value for value in values if math.isfinite(value))
    placeholders = []
    edges = {edge(counts) for edge in (min, max) if counts}
    repeated = {value for value in edges if counts[value] >= OFTEN}
    for value in sorted({*PLACEHOLDERS, *repeated}, key=abs, reverse=True):
        if value in counts:
            count = counts.pop(value)
            why = why_missing(value, count, counts, is_known=value in PLACEHOLDERS)
            if why:
                placeholders.append(Placeholder(value, count, why))
            else:
                counts[value] = count
    return placeholders


def why_missing(value: float, count: int, others: Counter[float], *, is_known: bool) -> str:
    """Why a value looks like a missing one among the other values and their counts; "" if not.

    Args:
        is_known: it is one that people write; any other must be far from the rest.
    """
    if others.total() < FEWEST or len(others) < 3:
        return ""
    low, high = min(others), max(others)
    if low <= value <= high:
        return ""
    alone_negative = value < 0 <= low
    commonest = max(others.values())
    if alone_negative and (abs(value) >= LARGE or (count > 2 and count >= OFTEN * commonest)):
        return "no other score is below 0"
    apart = distance_to_range(value, low, high)
    if not is_known:
        return f"all others are from {low:g} to {high:g}" if apart >= FAR else ""
    if (apart >= FAR and abs(value) >= LARGE) or (apart >= 1 and count > 1):
        return f"all others are from {low:g} to {high:g}"
    pile = count >= PILE and count >= OFTEN * commonest
    if pile and (value > LARGE or 0 < value * STEP <= low):
        return f"no other score is there more than {commonest} times"
    return ""


def distance_to_range(value: float, low: float, high: float) -> float:
    """How far a value lies outside a range, in widths of the range.

    Values above 0 may spread over powers of ten, as Kd do; for these it is the shorter of the
    distances between the numbers and (scaled to what counts as far) between their logarithms.
    """
    near = low if value < low else high
    apart = abs(value - near) / (high - low)
    if min(value, low) > 0:
        in_logs = abs(math.log(value / near)) / math.log(high / low)
        return min(apart, in_logs * FAR / FAR_IN_LOGS)
    return apart
