"""Naive predictors of fitness; those of aptarank.predictors are the strong ones.

Each takes training sequences (letters A, C, G, T) with their fitness and the sequences to predict,
and returns a score for each, higher is fitter.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit
from sklearn.linear_model import LinearRegression

AFTER = "~"  # sorts behind every base


def shared_prefix(
    train: Sequence[str], fitness: np.ndarray, others: Sequence[str], seed: int
) -> np.ndarray:
    """Mean fitness of the training aptamers that share the longest 5' prefix with each."""
    # In order of their letters, those that share a prefix stand together, and the one that shares
    # the longest is next to where a sequence would stand.
    order = np.argsort(np.array(train, dtype=object), kind="stable")
    known, values = [train[position] for position in order], np.asarray(fitness, dtype=float)[order]

    def longest(sequence: str) -> float:
        position = bisect_left(known, sequence)
        near = known[max(0, position - 1) : position + 1]
        shared = max((common_start(sequence, other) for other in near), key=len)
        ends = bisect_left(known, shared), bisect_left(known, shared + AFTER)
        return float(values[slice(*ends)].mean())

    return np.array([longest(sequence) for sequence in others])


def common_start(one: str, other: str) -> str:
    """The letters that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))]


def length(
    train: Sequence[str], fitness: np.ndarray, others: Sequence[str], seed: int
) -> np.ndarray:
    """The number of bases alone, its direction from the training aptamers."""
    return by_one_number(lambda sequence: len(sequence), train, fitness, others)


def gc_content(
    train: Sequence[str], fitness: np.ndarray, others: Sequence[str], seed: int
) -> np.ndarray:
    """The share of G and C alone, its direction from the training aptamers."""

    def share(sequence: str) -> float:
        return (sequence.count("G") + sequence.count("C")) / len(sequence)

    return by_one_number(share, train, fitness, others)


def by_one_number(
    number: Callable[[str], float],
    train: Sequence[str],
    fitness: np.ndarray,
    others: Sequence[str],
) -> np.ndarray:
    """Least squares on one number of each sequence."""
    known, wanted = (np.array([[number(s)] for s in part], dtype=float) for part in (train, others))
    return LinearRegression().fit(known, fitness).predict(wanted)


BASELINES = {
    "shared_prefix": shared_prefix,
    "length": length,
    "gc_content": gc_content,
}


def fit_scale(difference: np.ndarray, label: np.ndarray) -> float:
    """The s for which sigmoid(s × difference) gives labelled pairs their greatest likelihood.

    Turns differences of scores into probabilities (Bradley–Terry with one free scale). Fit it on
    validation pairs; 0 where the differences say nothing.
    """
    spread = float(np.std(difference)) or float(np.abs(difference).max(initial=0))  # of one pair
    if spread == 0:
        return 0.0
    sign = np.where(label == 1, 1.0, -1.0)

    def loss(log_scale: float) -> float:
        return float(np.mean(np.logaddexp(0, -sign * np.exp(log_scale) * difference / spread)))

    best = minimize_scalar(loss, bounds=(-6, 6), method="bounded")
    return float(np.exp(best.x)) / spread


def pair_probability(
    scores: np.ndarray, first: np.ndarray, second: np.ndarray, scale: float
) -> np.ndarray:
    """P(first fitter than second) of each pair, float64, shape (n_pairs,)."""
    return expit(scale * (scores[first] - scores[second]))
