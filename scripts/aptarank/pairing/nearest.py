"""Edit distances from aptamers to the nearest of others, by rapidfuzz."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from aptarank.core.log import Track

CELLS = 4_000_000  # distances in memory at a time


def nearest(
    sequences: Sequence[str],
    others: Sequence[str],
    threads: int = -1,
    track: Track = iter,
    *,
    itself: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The least distance from each sequence to any of `others`, which are not empty.

    Args:
        itself: False if `others` are the same sequences, and each is to find another than itself.

    Returns:
        The least number of edits (int32); the least of edits / length of the longer; and the index
        of the first of `others` that has it. Shapes (n_sequences,).
    """
    lengths, theirs = (np.array([len(s) for s in texts]) for texts in (sequences, others))
    edits = np.empty(len(sequences), dtype=np.int32)
    share = np.empty(len(sequences))
    closest = np.empty(len(sequences), dtype=np.int64)
    step = max(1, CELLS // len(others))
    for start in track(range(0, len(sequences), step)):
        rows = slice(start, start + step)
        block = cdist(
            sequences[rows], others, scorer=Levenshtein.distance, dtype=np.int32, workers=threads
        )
        shares = block / np.maximum(lengths[rows, None], theirs)
        if not itself:
            diagonal = np.arange(len(block))
            block[diagonal, start + diagonal] = np.iinfo(np.int32).max
            shares[diagonal, start + diagonal] = np.inf
        edits[rows], closest[rows] = block.min(axis=1), shares.argmin(axis=1)
        share[rows] = shares.min(axis=1)
    return edits, share, closest
