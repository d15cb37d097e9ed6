"""The sequence that the aptamers of a library are mutants of, and how each differs from it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from aptarank.config.split_settings import check_reference
from aptarank.values.sequences import as_tokens

LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
ALIGNED = 0.5  # least share of the aptamers that have the length of the reference
# Largest mean distance from the consensus of the others, relative to that between two aptamers. It
# is 1/2 for mutants of one sequence with few mutations each, 5/6 where 60 % of the bases are
# mutated, and 1 for random sequences, also if they have constant flanks.
NEAR = 0.85


class Reference(NamedTuple):
    """The sequence (letters A, C, G, T) that differences are counted from; guessed: a consensus."""

    sequence: str
    guessed: bool

    @property
    def text(self) -> str:
        """What it is, for the log and for messages."""
        origin = "the consensus, guessed as split.reference is not set" if self.guessed else "given"
        return f"the reference {self.sequence} ({origin})"


class Distances(NamedTuple):
    """A reference, and the differences of each aptamer from it, by sequence."""

    reference: Reference
    differences: pd.Series


def find_reference(sequences: Sequence[str], given: str | None) -> Reference:
    """The reference as it was given, or else the consensus of the distinct `sequences`.

    Raises:
        InputError: what was given is no sequence of bases.
    """
    if given is None:
        return Reference(consensus(sequences), guessed=True)
    return Reference(as_tokens(check_reference(given)), guessed=False)


def consensus(sequences: Sequence[str]) -> str:
    """The most common base at each position of the sequences of the most common length.

    Of equally common ones, the shortest length and the first base of A, C, G, T.
    """
    length = int(np.bincount([len(sequence) for sequence in sequences]).argmax())
    letters = as_letters([s for s in sequences if len(s) == length], length)
    counts = (letters[:, :, None] == LETTERS).sum(axis=0)
    return LETTERS[counts.argmax(axis=1)].tobytes().decode()


def as_letters(sequences: Sequence[str], length: int) -> np.ndarray:
    """The letters of sequences of one length, uint8, shape (n_sequences, length)."""
    letters = np.frombuffer("".join(sequences).encode(), dtype=np.uint8)
    return letters.reshape(len(sequences), length)


def mutations(sequences: Sequence[str], reference: str) -> np.ndarray:
    """Where each differs from the reference, of the same length; bool, shape (n, length)."""
    return as_letters(sequences, len(reference)) != as_letters([reference], len(reference))


def differences(sequences: Sequence[str], reference: str) -> np.ndarray:
    """How many bases of each differ from the reference; int64, shape (n_sequences,).

    The Hamming distance; where the length is another one, Levenshtein's (insertions, deletions and
    substitutions).
    """
    aligned = np.array([len(sequence) == len(reference) for sequence in sequences], dtype=bool)
    found = np.zeros(len(sequences), dtype=np.int64)
    found[aligned] = mutations(select(sequences, aligned), reference).sum(axis=1)
    found[~aligned] = [Levenshtein.distance(s, reference) for s in select(sequences, ~aligned)]
    return found


def select(sequences: Sequence[str], chosen: np.ndarray) -> list[str]:
    """The sequences where a mask is true."""
    return [sequence for sequence, kept in zip(sequences, chosen, strict=True) if kept]


def why_unrelated(sequences: Sequence[str], reference: Reference) -> str:
    """Why distances from the reference have no meaning for these aptamers; "" where they have one.

    Most have another length; or the reference is their consensus, and they differ from it nearly as
    much as from each other.
    """
    aligned = [s for s in sequences if len(s) == len(reference.sequence)]
    if len(aligned) < ALIGNED * len(sequences):
        return (
            f"only {len(aligned)} of {len(sequences)} aptamers have the "
            f"{len(reference.sequence)} bases of {reference.text}"
        )
    if not reference.guessed or len(aligned) < 2:
        return ""
    letters, count = as_letters(aligned, len(reference.sequence)), len(aligned)
    counts = np.sort([(letters == letter).sum(axis=0) for letter in LETTERS], axis=0)
    between = (1 - ((counts / count) ** 2).sum(axis=0)).sum() * count / (count - 1)
    # Without itself, an aptamer that has the most common base may be outvoted.
    agreeing = np.where(counts[-1] - 1 > counts[-2], counts[-1], 0)
    away = (1 - agreeing / count).sum()
    if away <= NEAR * between:
        return ""
    return (
        f"the aptamers differ from the consensus of the others in {away:.1f} of "
        f"{letters.shape[1]} positions on average, nearly as much as from each other "
        f"({between:.1f})"
    )


def known_distances(sequences: Sequence[str], given: str | None) -> Distances | None:
    """The reference of all aptamers and the distance of each; None where these have no meaning.

    Args:
        sequences: the distinct aptamers of a dataset, of all parts, in any order.
        given: `split.reference`.

    Raises:
        InputError: what was given is no sequence of bases.
    """
    reference = find_reference(sequences, given)
    if why_unrelated(sequences, reference):
        return None
    found = differences(sequences, reference.sequence)
    return Distances(reference, pd.Series(found, index=pd.Index(sequences)))
