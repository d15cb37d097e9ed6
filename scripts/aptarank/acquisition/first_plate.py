"""The first plate, when nothing has been measured: candidates as unlike as they can be, or the
single mutants of a parent.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aptarank.acquisition.features import Features, FeatureTable
from aptarank.acquisition.surrogate import blocks, squared_distances

BASES = "ACGT"


def spread_out(
    candidates: Sequence[str], measured: Sequence[str], count: int, seed: int
) -> np.ndarray:
    """Candidates each as far as can be from those before and from the measured ones (Gonzalez 1985,
    doi:10.1016/0304-3975(85)90224-5); where nothing is measured, the first is in the middle of all.

    Distances are Euclidean, of bases by position and words of bases.

    Returns:
        Indices in the order of the choice, shape (count,).
    """
    scaled = Features([*candidates, *measured], seed)
    features = joined(scaled.of(candidates))
    rows: list[int] = [] if measured else [int(np.argmin((features**2).sum(axis=1)))]
    taken = joined(scaled.of(measured)) if measured else features[rows]
    apart = np.concatenate(
        [
            squared_distances(part, taken, part @ taken.T).min(axis=1)
            for part in (features[rows] for rows in blocks(len(features)))
        ]
    )
    while len(rows) < count:
        apart[rows] = -1
        rows.append(int(np.argmax(apart)))
        apart = np.minimum(apart, ((features - features[rows[-1]]) ** 2).sum(axis=1))
    return np.array(rows)


def joined(features: FeatureTable) -> np.ndarray:
    """All features of each aptamer side by side."""
    return np.concatenate([features.bases, features.words], axis=1)


def single_mutants(parent: str, *, rna: bool) -> pd.DataFrame:
    """All single mutants of a sequence of A, C, G, T, in an order whose first ones are at positions
    that are spread evenly: one at each, before any has a second.

    Args:
        rna: whether bases are written as those of RNA in names.

    Returns:
        `sequence` and `name`, such as A12G.
    """
    mutants = []
    for turn in range(1, len(BASES)):
        for position in evenly(len(parent)):
            old = parent[position]
            new = BASES[(BASES.index(old) + turn) % len(BASES)]
            sequence = parent[:position] + new + parent[position + 1 :]
            name = f"{old}{position + 1}{new}"
            mutants.append((sequence, name.replace("T", "U") if rna else name))
    return pd.DataFrame(mutants, columns=["sequence", "name"])


def evenly(count: int) -> list[int]:
    """The positions 0 to count − 1 in an order whose first ones are always spread evenly (van der
    Corput 1935: their binary digits are reversed).
    """
    digits = max(1, (count - 1).bit_length())
    reverse = (int(format(number, f"0{digits}b")[::-1], 2) for number in range(2**digits))
    return [position for position in reverse if position < count]
