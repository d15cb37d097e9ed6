"""All small changes of a sequence: a base changed, lost or added, two changed, cut to a window."""

from itertools import combinations, product
from typing import NamedTuple

BASES = "ACGT"
SUBSTITUTION, DELETION, INSERTION = "substitution", "deletion", "insertion"


class Edit(NamedTuple):
    """A sequence with one base changed.

    Attributes:
        kind: substitution, deletion or insertion.
        position: of the base, from 1; an insertion is before it, the last behind the end.
        base: that is there instead, or is inserted; "" for a deletion.
        name: such as A12G, A12del or ins12G.
        sequence: with the change.
    """

    kind: str
    position: int
    base: str
    name: str
    sequence: str


def single_edits(sequence: str) -> list[Edit]:
    """All substitutions (3 L), deletions (L) and insertions (4 (L + 1)) of one base.

    Args:
        sequence: letters A, C, G, T. Of a single base, there is no deletion.
    """
    edits = []
    for at, old in enumerate(sequence):
        before, after = sequence[:at], sequence[at + 1 :]
        for base in BASES.replace(old, ""):
            name = f"{old}{at + 1}{base}"
            edits.append(Edit(SUBSTITUTION, at + 1, base, name, before + base + after))
        if before + after:
            edits.append(Edit(DELETION, at + 1, "", f"{old}{at + 1}del", before + after))
    for at in range(len(sequence) + 1):
        for base in BASES:
            inserted = sequence[:at] + base + sequence[at:]
            edits.append(Edit(INSERTION, at + 1, base, f"ins{at + 1}{base}", inserted))
    return edits


class Window(NamedTuple):
    """Part of a sequence, from base `start` to base `end`, both from 1 and included."""

    start: int
    end: int
    sequence: str


def windows(sequence: str, shortest: int) -> list[Window]:
    """All windows of at least `shortest` bases, the longest first, then from the left."""
    length = len(sequence)
    return [
        Window(start + 1, start + size, sequence[start : start + size])
        for size in range(length, max(1, shortest) - 1, -1)
        for start in range(length - size + 1)
    ]


class Double(NamedTuple):
    """A sequence with two bases changed, at the positions `first` < `second`, from 1."""

    first: int
    base_first: str
    second: int
    base_second: str
    sequence: str


def doubles(sequence: str, start: int, end: int) -> list[Double]:
    """All double substitutions within a region, 9 for each pair of positions.

    Args:
        start, end: first and last position of the region, from 1, both included.
    """
    found = []
    for first, second in combinations(range(start - 1, end), 2):
        others = (BASES.replace(sequence[at], "") for at in (first, second))
        for one, two in product(*others):
            letters = list(sequence)
            letters[first], letters[second] = one, two
            found.append(Double(first + 1, one, second + 1, two, "".join(letters)))
    return found
