"""Which of the measurements in a batch are decidedly fitter than which others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from aptarank.pairs import Pairs


class Comparison(Protocol):
    """What can be compared within one part.

    `aptamers` is the aptamer of each measurement, `groups` the code of its group; both have the
    shape (n_measurements,).
    """

    aptamers: np.ndarray
    groups: np.ndarray

    def decided(self, numbers: np.ndarray) -> np.ndarray:
        """True at [i, j] where measurement `numbers[i]` is decidedly fitter than `numbers[j]`.

        Returns:
            bool, shape (batch, batch).
        """


@dataclass(frozen=True)
class ByFitness:
    """By bounds of the fitness, `low` and `high` (shape (n_measurements,)), and a margin."""

    aptamers: np.ndarray
    groups: np.ndarray
    low: np.ndarray
    high: np.ndarray
    margin: float

    def decided(self, numbers: np.ndarray) -> np.ndarray:
        apart = self.low[numbers][:, None] - self.high[numbers][None, :] > self.margin
        return apart & (self.groups[numbers][:, None] == self.groups[numbers][None, :])


class ByLabels:
    """By ready-made labels: a pair that has none says nothing."""

    def __init__(self, pairs: Pairs, count: int):
        self.aptamers = np.arange(count)
        self.groups = np.zeros(count, dtype=np.int64)
        fitter = np.where(pairs.label == 1, pairs.first, pairs.second)
        other = np.where(pairs.label == 1, pairs.second, pairs.first)
        known = np.ones(len(fitter), dtype=bool)
        self.wins = csr_array((known, (fitter, other)), shape=(count, count))

    def decided(self, numbers: np.ndarray) -> np.ndarray:
        return self.wins[numbers][:, numbers].toarray()


def comparison(
    aptamers: pd.DataFrame, used: Sequence[str], pairs: Pairs, margin: float
) -> Comparison:
    """What compares the aptamers `used`: their fitness, or the labels where they have none.

    Args:
        aptamers: what ingest.py writes.
        used: the sequences that `pairs` has indices into.
    """
    if aptamers["fitness"].isna().any():
        return ByLabels(pairs, len(used))
    rows = aptamers[aptamers["sequence"].isin(used)]
    rows = rows[rows.groupby("group")["sequence"].transform("size") > 1]
    return ByFitness(
        aptamers=pd.Index(used).get_indexer(rows["sequence"]),
        groups=pd.factorize(rows["group"], sort=True)[0],
        low=rows["low"].to_numpy(),
        high=rows["high"].to_numpy(),
        margin=margin,
    )
