"""Settings of a split that contradict each other. Imports nothing heavy."""

from collections.abc import Mapping
from typing import Any

from aptarank.config.schema import brief, default
from aptarank.core.errors import InputError
from aptarank.values.sequences import normalise

# The one `split.by` that uses a setting.
USED_BY = {
    **{"k": "prefix", "identity": "cluster", "column": "column"},
    **{"distance": "distance", "positions": "position"},
}

NOT_FOLDED = ("distance", "pair")  # what `split.by` has no folds of


def check_split(split: Mapping[str, Any]) -> None:
    """Raise InputError if keys of the split contradict each other."""
    total = sum(split["fractions"].values())
    if abs(total - 1) > 1e-9:
        raise InputError(f"config: split.fractions add up to {total:g}; expected 1")
    by = split["by"]
    if by == "column" and not split["column"]:
        raise InputError("config: split.by is column; name it as split.column")
    if by == "distance" and not split["distance"]:
        raise InputError(
            "config: split.by is distance; give the most differences from the reference that an "
            "aptamer outside of the test may have, as split.distance"
        )
    try:
        check_used(split)
        if split["reference"]:
            check_reference(split["reference"])
    except InputError as error:
        raise InputError(f"config: {error}") from None
    if split["folds"] and (split["file"] or by in NOT_FOLDED):
        other = "split.file" if split["file"] else f"split.by: {by}"
        raise InputError(f"config: split.folds and {other} exclude each other")


def check_used(split: Mapping[str, Any]) -> None:
    """Raise InputError if a setting is given, other than its default, that `by` does not use.

    Args:
        split: `by`, and some or all of the other settings.
    """
    for key, by in USED_BY.items():
        value = split.get(key, default(f"split.{key}"))
        if by != split["by"] and value != default(f"split.{key}"):
            raise InputError(
                f"split.{key} is {brief(value)}, but split.by is {split['by']}, which does not use "
                f"it; leave it out, or set split.by to {by}"
            )


def check_reference(given: str) -> str:
    """Return the bases of a reference.

    Raises:
        InputError: it is not a sequence of bases.
    """
    try:
        return normalise(given)
    except ValueError as reason:
        raise InputError(
            f"split.reference: {reason}; expected the bases of one aptamer (A, C, G and T or U)"
        ) from None
