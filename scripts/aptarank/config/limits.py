"""Check what the config allows of designed and proposed aptamers. Imports nothing heavy."""

from collections.abc import Mapping, Sequence
from typing import Any

from aptarank.core.errors import InputError
from aptarank.values.sequences import as_tokens, normalise

NO_PRIMER = "none"  # of a plate, instead of the one that ingestion trimmed


def check_limits(settings: Mapping[str, Any], use: str) -> None:
    """Raise InputError where limits of a design or a plate contradict each other or are none.

    Args:
        settings: of the part `use` of the config, which messages name.
    """
    where = f"config: {use}"
    check_ranges(settings["length"] or (1, 1), settings["gc"], where)
    primers = {key: settings[key] or "" for key in ("five_primer", "three_primer")}
    for key, text in {**primers, "parent": settings.get("parent") or ""}.items():
        if (use, text) != ("next", NO_PRIMER):
            bases(text, key, where)
    for word in settings["forbidden"]:
        bases(word, "forbidden", where)


def check_ranges(length: Sequence[int], gc: Sequence[float], where: str) -> None:
    """Raise InputError where a range of lengths or of shares of G and C is empty."""
    shortest, longest = length
    if not 1 <= shortest <= longest:
        raise InputError(
            f"{where}: length is from {shortest} to {longest}; expected the fewest bases, at least "
            "1, and then the most"
        )
    low, high = gc
    if not 0 <= low <= high <= 1:
        raise InputError(
            f"{where}: gc is from {low:g} to {high:g}; expected two shares from 0 to 1, the lower "
            "first"
        )


def bases(text: str, key: str, where: str) -> str:
    """A word of A, C, G and T.

    Args:
        key: and part of the config that it stands in, for messages.

    Raises:
        InputError: it is not.
    """
    try:
        return as_tokens(normalise(text)) if text else ""
    except ValueError as reason:
        raise InputError(f"{where}: {key} has {text!r}: {reason}; expected A, C, G, T") from None
