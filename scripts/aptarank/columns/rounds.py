"""Rounds of a selection in the columns of a table: which is last, and which enrichment is last
over first."""

import re
from collections.abc import Sequence
from pathlib import Path

from aptarank.columns.column_names import (
    COUNTER,
    are_in_order,
    is_share,
    label_of,
    meaning_of,
    round_number,
    words_of,
)
from aptarank.columns.score_columns import ask_which_score, deciding_options
from aptarank.core.errors import InputError
from aptarank.values.sequences import shortened


def is_counter_round(name: str) -> bool:
    """Whether a round is a counter selection, a control, or what the selection began with."""
    return bool(COUNTER & set(words_of(name)))


def last_round(header: Sequence[str], columns: Sequence[int], source: Path) -> int:
    """Return the column of the last round that is not a counter selection or a control.

    Raises:
        InputError: it is not clear which that is.
    """
    rounds = [i for i in columns if not is_counter_round(header[i])]
    numbers = [round_number(header[i]) for i in rounds]
    if not rounds:
        names = ", ".join(repr(shortened(header[i])) for i in columns[:5])
        raise InputError(
            f"{source}, line 1: {names}: only counter selections, controls or starts; say which "
            f"column is the score: {deciding_options(header, columns)}."
        )
    if len(rounds) > 1 and not are_in_order(numbers):
        raise ask_which_score(header, rounds, source)
    return rounds[-1]


def find_enrichment(header: Sequence[str], source: Path) -> int | tuple[int, int]:
    """Find the enrichment of the last round over the first.

    Returns:
        Its column; or, if the table only has that of each step, the columns of the first and the
        last round, to compute it from.

    Raises:
        InputError: it is not clear which column it is, and it cannot be computed.
    """
    meanings = [meaning_of(name) for name in header]
    columns = [
        i
        for i, each in enumerate(meanings)
        if each.kind == "enrichment" and each.better and each.role != "other"
    ]
    others = [
        i
        for i, each in enumerate(meanings)
        if each.role == "score" and each.kind not in ("enrichment", "seen")
    ]
    if others or not columns:
        raise ask_which_score(header, sorted(columns + others), source)
    unclear = [i for i in columns if meanings[i].role == "likely" and not is_step(header[i])]
    if unclear:
        raise ask_which_score(header, columns, source)
    steps = {i: step_of(header[i]) for i in columns}
    if len(set(steps.values())) == 1:
        return columns[-1]
    for rounds in (rounds_of(header, shares=True), rounds_of(header, shares=False)):
        if len(rounds) < 2:
            continue
        (first, before), (last, after) = rounds[0], rounds[-1]
        whole = [i for i in columns if steps[i] == (last, first)]
        return whole[-1] if whole else (before, after)
    whole = [i for i in columns if steps[i] == ends_of(set(steps.values()))]
    if whole:
        return whole[-1]
    raise ask_which_score(header, columns, source)


def step_of(name: str) -> tuple[str, ...]:
    """The later and the earlier round of an enrichment: `(y/x)` and `_yx` are y over x."""
    label = label_of(name)
    if len(label) == 1 and len(label[0]) == 2 and label[0].isalpha():
        return tuple(label[0])
    return tuple(word for word in label if word not in ("vs", "versus", "over"))


def is_step(name: str) -> bool:
    """Whether the words next to an enrichment are a later and an earlier round, or one round."""
    step = step_of(name)
    if len(step) == 1:
        return round_number(step[0]) is not None
    if len(step) != 2:
        return False
    later, earlier = map(round_number, step)
    if later is not None and earlier is not None:
        return later > earlier
    return all(len(each) == 1 for each in step) and step[0] > step[1]


def ends_of(steps: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The last round over the first of steps that follow each other, y/x and z/y; () if unclear."""
    if any(len(step) != 2 for step in steps):
        return ()
    later, earlier = ({step[side] for step in steps} for side in (0, 1))
    first, last = earlier - later, later - earlier
    return (*last, *first) if len(first) == len(last) == 1 else ()


def rounds_of(header: Sequence[str], *, shares: bool) -> list[tuple[str, int]]:
    """Return the label and column of each round's shares (or reads) in order; [] if unclear."""
    labelled = []
    for i, name in enumerate(header):
        meaning = meaning_of(name)
        seen = meaning.kind == "seen" and not meaning.logarithm
        if seen and meaning.role == "likely" and meaning.better and is_share(name) == shares:
            labelled.append((" ".join(label_of(name)), i))
    labels = [label for label, _ in labelled]
    return labelled if labels == sorted(set(labels), key=round_order) else []


def round_order(label: str) -> tuple[int, int, str]:
    """Return a key to sort rounds by: their number if they have one, else their letters."""
    digits = re.search("[0-9]+", label)
    return (1, int(digits[0]), label) if digits else (0, 0, label)
