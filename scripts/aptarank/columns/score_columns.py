"""Find the column of the score by the whole names of all columns, or ask which one it is."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from aptarank.columns.column_names import (
    Meaning,
    Quantity,
    are_in_order,
    label_of,
    meaning_of,
    round_number,
)
from aptarank.columns.lookup import header_in_words
from aptarank.columns.read_as import column_in_words
from aptarank.core.errors import InputError
from aptarank.values.sequences import shortened

SHOWN = 4  # columns that a message names


def find_score(header: Sequence[str], source: Path, but: Sequence[int] = ()) -> int:
    """Return the index of the one column whose name is that of a score, if no other can be meant.

    Args:
        but: columns that have another role.

    Raises:
        InputError: none, or several; names the options that decide.
    """
    meanings = {i: meaning_of(name) for i, name in enumerate(header) if i not in but}
    candidates = without_logarithms(
        {i: each for i, each in meanings.items() if each.role == "score"}
    )
    likely = [i for i, each in meanings.items() if each.role == "likely"]
    if len(candidates) == 1:
        rivals = [i for i in likely if is_rival(meanings[i], meanings[candidates[0]])]
        candidates = sorted(candidates + rivals)
    if len(candidates) > 1:
        raise ask_which_score(header, candidates, source)
    if not candidates:
        hint = deciding_options(header, likely) if likely else ""
        rounds = [i for i in likely if meanings[i].kind == "seen"] or [
            i for i, name in enumerate(header) if i not in but and round_number(name) is not None
        ]
        if len(rounds) > 1:
            hint += f"{hint and '; '}for an enrichment, {enrichment_options(header, rounds)}"
        raise InputError(
            f"{source}: no column 'score'; the columns are {header_in_words(list(header))}.\n"
            f"Name it as score (in the config: datasets.<name>.score){hint and f': {hint}'}."
        )
    return candidates[0]


def enrichment_options(header: Sequence[str], rounds: Sequence[int]) -> str:
    """Return the options for an enrichment, with columns if their names say which round is last."""
    numbers = [round_number(" ".join(label_of(header[i]))) for i in rounds]
    meanings = {meaning_of(header[i]).quantity for i in rounds}
    if len(meanings) == 1 and are_in_order(numbers):
        first, last = shell_word_of(header, rounds[0]), shell_word_of(header, rounds[-1])
        return f"--before {first} --after {last}"
    return "--before and --after with the columns of an earlier and a later round"


def without_logarithms(meanings: dict[int, Meaning]) -> list[int]:
    """Return the columns without the logarithms of a quantity that also has a column of its own."""
    plain = {meaning.quantity for meaning in meanings.values() if not meaning.logarithm}
    return [
        i
        for i, meaning in meanings.items()
        if not meaning.logarithm or stands_for_itself(meaning, plain)
    ]


def stands_for_itself(each: Meaning, plain: set[Quantity | None]) -> bool:
    """Whether a logarithm counts on its own: a pKd, or one whose plain quantity has no column."""
    return each.flipped or each.quantity not in plain


def is_rival(likely: Meaning, chosen: Meaning) -> bool:
    """Whether a column whose name is not fully understood may be meant instead.

    A column `score` is what it says; next to counts, any measure may be the score; next to a Kd,
    another Kd may be.
    """
    if chosen.quantity is not None and chosen.quantity.name == "score":
        return False
    if chosen.kind == "seen" and likely.kind != "seen":
        return True
    return likely.quantity == chosen.quantity and not likely.logarithm


def ask_which_score(header: Sequence[str], indices: Sequence[int], source: Path) -> InputError:
    """The error that asks which of several columns is the score."""
    names = ", ".join(repr(shortened(header[i])) for i in indices[:SHOWN])
    more = f" and {len(indices) - SHOWN} more" if len(indices) > SHOWN else ""
    question = f"{names}{more} may each be the score; name one"
    if len(indices) == 1:
        question = f"{names} may be the score, but its name says more; if it is, name it"
    return InputError(
        f"{source}, line 1: {question} (in the config: datasets.<name>.score): "
        f"{deciding_options(header, indices)}."
    )


def deciding_options(header: Sequence[str], indices: Sequence[int]) -> str:
    """Return the options that choose one of these columns."""
    return ", or ".join(f"--score {shell_word_of(header, i)}" for i in indices[:SHOWN])


def shell_word_of(header: Sequence[str], at: int) -> str:
    """Return a column as a shell word: its name, or its number if the name is not plain text."""
    name = header[at]
    plain = name.isprintable() and len(name) <= 40 and list(header).count(name) == 1
    return shlex.quote(name) if plain and not name.isdecimal() else str(at + 1)


def passed_over_columns(header: Sequence[str], but: Sequence[int | None] = ()) -> str:
    """Return the columns that look like a score but are not one, each with the reason."""
    meanings = [(i, meaning_of(name)) for i, name in enumerate(header) if i not in but]
    columns = [
        f"{column_in_words(header[i])} ({each.because})"
        for i, each in meanings
        if each.role == "other" and each.because and each.quantity
    ]
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    return ", ".join(columns[:SHOWN]) + more
