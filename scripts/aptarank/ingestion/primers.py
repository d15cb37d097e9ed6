"""Constant regions (primer sites) at the ends of library sequences."""

from collections import Counter
from collections.abc import Sequence

from aptarank.core.errors import InputError
from aptarank.values.sequences import as_tokens, normalise

AUTO = "auto"
SHORTEST = 6  # bases; shorter common starts may be chance


def constant_start(sequences: Sequence[str], share: float) -> str:
    """Return the longest start that at least `share` of the sequences have (U read as T)."""
    region, remaining = "", list(map(as_tokens, sequences))
    least = share * len(remaining)
    while True:
        size = len(region) + 1
        starts = Counter(sequence[:size] for sequence in remaining if len(sequence) > size)
        best, count = min(starts.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
        if count == 0 or count < least:
            return region
        region = best
        remaining = [sequence for sequence in remaining if sequence.startswith(best)]


def find_primer(sequences: Sequence[str], given: str, end: str, share: float, source: str) -> str:
    """Find the constant region at the 5' or 3' `end`: as `given`, or estimated if that is `auto`.

    Raises:
        InputError: there is none, fewer than `share` of the sequences have it, or what is given is
            not a sequence.
    """
    ordered = sequences if end == "5'" else [sequence[::-1] for sequence in sequences]
    if given == AUTO:
        region = constant_start(ordered, share)
        if len(region) < SHORTEST:
            raise InputError(
                f"{source}: no constant region at the {end} end: at most {len(region)} bases are "
                f"shared by {share:.0%} of the sequences; give the primer or leave it out"
            )
        return region if end == "5'" else region[::-1]
    try:
        given = normalise(given)
    except ValueError as reason:
        raise InputError(
            f"{source}: the {end} primer {given!r} is not a sequence: {reason}"
        ) from None
    start = as_tokens(given if end == "5'" else given[::-1])
    matching = sum(as_tokens(sequence).startswith(start) for sequence in ordered)
    if matching < share * len(ordered):
        raise InputError(
            f"{source}: only {matching} of {len(ordered)} sequences have the {end} primer {given}; "
            f"expected at least {share:.0%} (primer_share).\n"
            "Is it the right primer, in the orientation of the sequences, or trimmed already?"
        )
    return given


def trim_primers(sequence: str, five: str, three: str) -> str:
    """Return the sequence between its primers.

    Raises:
        ValueError: it lacks one of them, or nothing is left.
    """
    letters = as_tokens(sequence)
    if not letters.startswith(as_tokens(five)):
        raise ValueError(f"no 5' primer: does not begin with {five}")
    if not letters.endswith(as_tokens(three)):
        raise ValueError(f"no 3' primer: does not end with {three}")
    if len(sequence) <= len(five) + len(three):
        raise ValueError("empty sequence: nothing between the primers")
    return sequence[len(five) : len(sequence) - len(three)]
