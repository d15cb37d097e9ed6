"""Labelled pairs of aptamers, as arrays of indices: no Python loop over pairs."""

from typing import NamedTuple

import numpy as np

PAIR_COLUMNS = ["Sequence1", "Sequence2", "Label"]


class Pairs(NamedTuple):
    """`label[k]` is 1 where aptamer `first[k]` is fitter than `second[k]`; shapes (n_pairs,)."""

    first: np.ndarray
    second: np.ndarray
    label: np.ndarray


class Decided(NamedTuple):
    """The pairs whose fitness differs by more than a margin, by rank instead of one by one.

    `order` sorts the aptamers by fitness; the one at place p is decidedly less fit than those at
    `start[p]` and above, and `ends[p]` counts the pairs of places 0…p.
    """

    order: np.ndarray
    start: np.ndarray
    ends: np.ndarray

    @property
    def count(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def pairs(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The (fitter, less fit) aptamers of the pairs with these numbers, 0 … count − 1."""
        place = np.searchsorted(self.ends, numbers, side="right")
        before = np.where(place > 0, self.ends[place - 1], 0)
        fitter = self.start[place] + (numbers - before)
        return self.order[fitter], self.order[place]


def decided_pairs(fitness: np.ndarray, margin: float = 0.0) -> Decided:
    """Find all pairs whose fitness differs by more than `margin` (ties never do), in N log N.

    Args:
        fitness: shape (n_aptamers,), higher is better.
        margin: in units of the fitness, at least 0.
    """
    order = np.argsort(fitness, kind="stable")
    ranked = fitness[order]
    start = np.searchsorted(ranked, ranked + margin, side="right")
    return Decided(order, start, np.cumsum(len(ranked) - start))


def label_pairs(
    fitness: np.ndarray, margin: float, max_pairs: int | None, rng: np.random.Generator
) -> Pairs:
    """Label all decided pairs, or `max_pairs` of them drawn uniformly without replacement.

    Which of the two comes first is drawn at random and the label follows it; exactly half of the
    labels are 1 (to within one pair).
    """
    decided = decided_pairs(fitness, margin)
    if max_pairs is None or decided.count <= max_pairs:
        numbers = np.arange(decided.count)
    else:
        numbers = sample_without_replacement(decided.count, max_pairs, rng)
    fitter, other = decided.pairs(numbers)
    label = np.arange(len(numbers), dtype=np.int8) % 2
    rng.shuffle(label)
    first = np.where(label == 1, fitter, other)
    second = np.where(label == 1, other, fitter)
    return Pairs(first, second, label)


def sample_without_replacement(total: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """`size` different numbers below `total`, sorted, in memory that grows with `size` alone."""
    if size > total // 2:
        return np.sort(rng.permutation(total)[:size])
    numbers = np.empty(0, dtype=np.int64)
    while len(numbers) < size:
        more = rng.integers(total, size=size - len(numbers))
        numbers = np.union1d(numbers, more)
    return numbers
