"""Which aptamers are explained: named by a word, by their name, or by their sequence."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import read_table
from aptarank.pairing.reference import known_distances
from aptarank.values.sequences import as_tokens, chemistry, normalise, shortened

BEST, RANKED, PARENT = "best", "ranked", "parent"
GIVEN = "a sequence that was given"
WORDS = (BEST, RANKED, PARENT)
LETTERS = re.compile("[ACGTUacgtu]+")
LONGEST_NAME = 60  # characters of a folder's name


class Chosen(NamedTuple):
    """An aptamer to explain.

    Attributes:
        name: of its folder.
        what: it is, in words.
        sequence: letters A, C, G, T.
        rna: whether it is RNA.
    """

    name: str
    what: str
    sequence: str
    rna: bool


def choose(
    wanted: Sequence[str], known: pd.DataFrame | None, ranking: Path | None, source: str
) -> list[Chosen]:
    """Find the aptamers that are asked for; one that is asked for twice is explained once.

    Args:
        wanted: words of `WORDS`, names of measured or ranked aptamers, or sequences.
        known: the measured aptamers of one group: `id`, `sequence`, `fitness`, `low`, `high` and
            `chemistry`; None if there are none.
        ranking: what rank.py wrote, if it did.
        source: of the measured aptamers, for messages.

    Raises:
        InputError: there is no such aptamer, or it is of another chemistry than the measured ones.
    """
    ranked = None if ranking is None else read_table(ranking, ["id", "sequence"], text=True)
    kinds = set() if known is None else set(known["chemistry"]) - {""}
    found: list[Chosen] = []
    for text in wanted:
        what, sequence = one(text, known, ranked, source)
        if sequence is None:
            continue
        # Tables have T for U, and say the chemistry beside it.
        own = chemistry(sequence) if what == GIVEN else None
        if own and kinds and own not in kinds:
            raise InputError(
                f"{shortened(text)}: {own}, but the model was trained on "
                f"{' and '.join(sorted(kinds))} ({source}); write it in that chemistry"
            )
        tokens = as_tokens(sequence)
        before = next((each for each in found if each.sequence == tokens), None)
        if before is not None:
            logger.info("%s is the same aptamer as %s", shortened(text), before.name)
            continue
        name = folder_name(text, {each.name for each in found})
        rna = own == "RNA" or kinds == {"RNA"}
        found.append(Chosen(name, what, tokens, rna))
    if not found:
        raise InputError(f"none of {', '.join(map(shortened, wanted))} is there to explain")
    return found


def one(
    text: str, known: pd.DataFrame | None, ranked: pd.DataFrame | None, source: str
) -> tuple[str, str | None]:
    """What an aptamer is, in words, and its sequence; None for a word that means none here.

    Raises:
        InputError: it is no word, name or sequence, or the word means nothing without a file.
    """
    if text == BEST:
        if known is None:
            raise InputError("best: give the measured aptamers (--aptamers), to find the best of")
        exact = known[known["low"] == known["high"]]
        if exact.empty:
            raise InputError(f"{source}: no aptamer with a value, of which one is the best")
        row = exact.sort_values(["fitness", "sequence"], ascending=[False, True]).iloc[0]
        return f"the best measured aptamer, {row['id']}", row["sequence"]
    if text == RANKED:
        if ranked is None:
            logger.info("ranked: nothing was ranked, so no candidate is the best of it")
            return "", None
        if ranked.empty:
            raise InputError("ranked: the ranking is empty")
        return f"the candidate ranked first, {ranked['id'].iloc[0]}", ranked["sequence"].iloc[0]
    if text == PARENT:
        sequences = [] if known is None else known["sequence"].map(as_tokens).unique().tolist()
        distances = known_distances(sequences, None) if len(sequences) > 1 else None
        if distances is None:
            logger.info("parent: the aptamers are not mutants of one sequence, so there is none")
            return "", None
        return "the parent of the measured aptamers (their consensus)", distances.reference.sequence
    return by_name(text, known, ranked, source)


def by_name(
    text: str, known: pd.DataFrame | None, ranked: pd.DataFrame | None, source: str
) -> tuple[str, str]:
    """An aptamer by its name, or else by its sequence.

    Raises:
        InputError: it is neither.
    """
    for table, what in ((known, "measured"), (ranked, "ranked")):
        rows = None if table is None else table[table["id"] == text]
        if rows is not None and len(rows):
            return f"the {what} aptamer {text}", rows["sequence"].iloc[0]
    if not LETTERS.fullmatch(text):
        names = "no" if known is None and ranked is None else "no measured or ranked"
        raise InputError(
            f"{shortened(text)}: {names} aptamer has this name, and it is no sequence of A, C, G "
            f"and T or U; expected a name, a sequence, or one of {', '.join(WORDS)}"
        )
    try:
        return GIVEN, normalise(text)
    except ValueError as reason:
        raise InputError(f"{shortened(text)}: {reason}") from None


def folder_name(text: str, taken: set[str]) -> str:
    """A name of a folder for an aptamer, like none before."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:LONGEST_NAME].strip(".") or "aptamer"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name
