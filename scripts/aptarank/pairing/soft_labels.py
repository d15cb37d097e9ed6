"""Which of two measurements is fitter, and how certain that is, as training labels."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import expit

from aptarank.pairing.pairs import ManyPairs, Pairs
from aptarank.pairing.true_fitness import fitter_probability, true_fitness


class Comparison(Protocol):
    """What can be compared within one part.

    `aptamers` is the aptamer of each measurement, `groups` the code of its group; both have the
    shape (n_measurements,).

    A label is the probability that the first is fitter. A hard one is 0 or 1. A soft one follows
    from the errors of both where these are known: Φ(difference / its standard deviation), of the
    true fitness given what was measured (`true_fitness`). Elsewhere it is sigmoid((percentile of
    the first − percentile of the second) / `softness`), where the percentile of a measurement is
    the share of its group with a lower fitness: two of nearly the same fitness are nearly a draw.
    Pairs whose order is not certain, by bounds and margin, have no label.
    """

    aptamers: np.ndarray
    groups: np.ndarray

    def of_batch(self, numbers: np.ndarray, softness: float) -> np.ndarray:
        """The label of each two of these measurements; NaN where there is none.

        Returns:
            float32, shape (batch, batch).
        """

    def of_pairs(self, pairs: Pairs, softness: float) -> np.ndarray:
        """The label of each of these pairs of aptamers, float32, shape (n_pairs,)."""


class ByFitness:
    """By bounds of the fitness, `low` and `high` (shape (n_measurements,)), and a margin.

    Args:
        error: standard errors of the fitness, NaN where not known, shape (n_measurements,); None:
            of none it is known.
    """

    def __init__(
        self,
        aptamers: np.ndarray,
        groups: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        margin: float,
        error: np.ndarray | None = None,
    ):
        self.aptamers, self.groups, self.low, self.high = aptamers, groups, low, high
        self.margin = margin
        middle = pd.Series(np.where(low == high, low, np.nan))  # a bound has no percentile
        self.percentile = middle.groupby(groups).rank(pct=True).to_numpy()
        unknown = np.full(len(low), np.nan)
        self.truth = true_fitness(middle.to_numpy(), unknown if error is None else error, groups)
        # An aptamer of several groups has no single percentile, and no single truth.
        several = np.bincount(aptamers, minlength=aptamers.max(initial=0) + 1) > 1
        of_aptamer = np.full((3, len(several)), np.nan)
        of_aptamer[:, aptamers] = self.percentile, *self.truth
        of_aptamer[:, several] = np.nan
        self.percentile_of_aptamer = of_aptamer[0]
        self.truth_of_aptamer = of_aptamer[1], of_aptamer[2]

    def of_batch(self, numbers: np.ndarray, softness: float) -> np.ndarray:
        low, high, group = self.low[numbers], self.high[numbers], self.groups[numbers]
        won = low[:, None] - high[None, :] > self.margin
        label = np.where(won, 1.0, np.where(won.T, 0.0, np.nan))
        if softness:
            percentile = self.percentile[numbers]
            soft = expit((percentile[:, None] - percentile[None, :]) / softness)
            mean, variance = (values[numbers] for values in self.truth)
            apart, variance = (mean[:, None] - mean[None, :]), (variance[:, None] + variance)
            soft = first_known(fitter_probability(apart, variance), soft)
            tied = (low[:, None] == high[None, :]) & (high[:, None] == low[None, :])
            label = np.where(np.isnan(soft) | (np.isnan(label) & ~tied), label, soft)
        label[group[:, None] != group[None, :]] = np.nan
        return label.astype(np.float32)

    def of_pairs(self, pairs: Pairs, softness: float) -> np.ndarray:
        if not softness:
            return pairs.label.astype(np.float32)
        apart = self.percentile_of_aptamer[pairs.first] - self.percentile_of_aptamer[pairs.second]
        mean, variance = self.truth_of_aptamer
        by_errors = fitter_probability(
            mean[pairs.first] - mean[pairs.second], variance[pairs.first] + variance[pairs.second]
        )
        soft = first_known(by_errors, expit(apart / softness))
        return first_known(soft, pairs.label).astype(np.float32)


def first_known(value: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A value, or the other where it is NaN, same shape."""
    return np.where(np.isnan(value), other, value)


class ByLabels:
    """By ready-made labels, which are hard: a pair that has none says nothing."""

    def __init__(self, pairs: Pairs, count: int):
        self.aptamers = np.arange(count)
        self.groups = np.zeros(count, dtype=np.int64)
        fitter = np.where(pairs.label == 1, pairs.first, pairs.second)
        other = np.where(pairs.label == 1, pairs.second, pairs.first)
        known = np.ones(len(fitter), dtype=bool)
        self.wins = csr_array((known, (fitter, other)), shape=(count, count))

    def of_batch(self, numbers: np.ndarray, softness: float) -> np.ndarray:
        won = self.wins[numbers][:, numbers].toarray()
        return np.where(won, 1.0, np.where(won.T, 0.0, np.nan)).astype(np.float32)

    def of_pairs(self, pairs: Pairs, softness: float) -> np.ndarray:
        return pairs.label.astype(np.float32)


def comparison(
    aptamers: pd.DataFrame,
    used: Sequence[str],
    pairs: ManyPairs,
    margin: float,
    *,
    use_errors: bool = True,
) -> Comparison:
    """What compares the aptamers `used`: their fitness, or the labels where they have none.

    Args:
        aptamers: what ingest.py writes.
        used: the sequences that `pairs` has indices into.
        use_errors: whether soft labels follow from the errors of the fitness where known.
    """
    if aptamers["fitness"].isna().any():
        return ByLabels(pairs.take(np.arange(pairs.total)), len(used))
    rows = aptamers[aptamers["sequence"].isin(used)]
    rows = rows[rows.groupby("group")["sequence"].transform("size") > 1]
    return ByFitness(
        aptamers=pd.Index(used).get_indexer(rows["sequence"]),
        groups=pd.factorize(rows["group"], sort=True)[0],
        low=rows["low"].to_numpy(),
        high=rows["high"].to_numpy(),
        margin=margin,
        error=rows["error"].to_numpy() if use_errors else None,
    )
