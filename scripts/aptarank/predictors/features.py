"""Bases, and words of bases, as numbers for scikit-learn, as models/predictor.py has in torch."""

from collections.abc import Sequence

import numpy as np

from aptarank.models.spelling import BASES, LONGEST_WORD, NO_BASE

LETTERS = np.frombuffer("".join(BASES).encode(), dtype=np.uint8)
WORDS = sum(NO_BASE**size for size in range(1, LONGEST_WORD + 1))


def base_codes(sequences: Sequence[str], positions: int) -> np.ndarray:
    """The first bases of each aptamer as 0 to 3, 4 past the end; uint8, shape (n, positions)."""
    table = np.full(256, NO_BASE, dtype=np.uint8)
    table[LETTERS] = np.arange(NO_BASE, dtype=np.uint8)
    letters = "".join(sequence[:positions].ljust(positions) for sequence in sequences)
    return table[np.frombuffer(letters.encode("ascii", "replace"), np.uint8)].reshape(-1, positions)


def one_hot(codes: np.ndarray) -> np.ndarray:
    """One column a position and base, fp32, shape (n, 4 × positions)."""
    return (codes[:, :, None] == np.arange(NO_BASE)).reshape(len(codes), -1).astype(np.float32)


def word_counts(codes: np.ndarray) -> np.ndarray:
    """How often each word of 1 to 4 bases occurs, shorter words first, fp32, shape (n, WORDS)."""
    count, positions = codes.shape
    columns = []
    word = np.zeros((count, positions), dtype=np.int64)
    whole = np.ones((count, positions), dtype=bool)
    ahead = np.pad(codes, ((0, 0), (0, LONGEST_WORD)), constant_values=NO_BASE)
    for size in range(1, LONGEST_WORD + 1):
        base = ahead[:, size - 1 : size - 1 + positions]
        whole &= base < NO_BASE
        word = word * NO_BASE + base
        row = np.broadcast_to(np.arange(count)[:, None], word.shape)[whole]
        cell = row * NO_BASE**size + word[whole]
        counts = np.bincount(cell, minlength=count * NO_BASE**size)
        columns.append(counts.reshape(count, -1).astype(np.float32))
    return np.concatenate(columns, axis=1)


def varying(codes: np.ndarray) -> np.ndarray:
    """Whether a position has more than one base among the aptamers, shape (positions,)."""
    return (codes != codes[:1]).any(axis=0)
