"""Labelled pairs of aptamers, as arrays of indices in a stream: no Python loop over pairs."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from aptarank.core.errors import InputError
from aptarank.pairing.splits import PARTS

CHUNK = 1 << 20  # pairs in memory at a time
BANDS = 10  # of score difference, for a stratified draw
NUMPY_LIMIT = 10**9  # of numpy's hypergeometric draw


class Pairs(NamedTuple):
    """`label[k]` is 1 where aptamer `first[k]` is fitter than `second[k]`; shapes (n_pairs,)."""

    first: np.ndarray
    second: np.ndarray
    label: np.ndarray

    @property
    def total(self) -> int:
        return len(self.label)

    def take(self, numbers: np.ndarray) -> "Pairs":
        """The pairs with these numbers (or where a mask of shape (n_pairs,) is true)."""
        return Pairs(self.first[numbers], self.second[numbers], self.label[numbers])


class ManyPairs(Protocol):
    """Labelled pairs, in memory or not."""

    @property
    def total(self) -> int: ...

    def take(self, numbers: np.ndarray) -> Pairs:
        """The pairs with these numbers, 0 … total − 1."""


class DecidedPairs(NamedTuple):
    """The pairs whose order is certain, as ranges of positions instead of one by one.

    Aptamer i is fitter than those at positions `start[i]` and following of `order`: `ends[i]` −
    `ends[i − 1]` of them. Pair number k is found by bisection. Shapes (n_aptamers,).
    """

    order: np.ndarray
    start: np.ndarray
    ends: np.ndarray

    @property
    def total(self) -> int:
        """Number of pairs."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def pairs(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The (fitter, less fit) aptamers of the pairs with these numbers, 0 … total − 1."""
        fitter = np.searchsorted(self.ends, numbers, side="right")
        before = np.where(fitter > 0, self.ends[fitter - 1], 0)
        return fitter, self.order[self.start[fitter] + (numbers - before)]


def decided_pairs(
    low: np.ndarray,
    high: np.ndarray,
    group: np.ndarray,
    margin: float = 0.0,
    widest: float = np.inf,
) -> DecidedPairs:
    """Find all pairs of one group whose fitness differs for certain, in N log N.

    Args:
        low, high: bounds of each fitness, shape (n_aptamers,); equal where it is exact.
        group: codes 0, 1, …; only aptamers of one group are compared.
        margin: the lower bound of one must exceed the upper bound of the other by more than this
            (in units of the fitness, at least 0; ties never do).
        widest: and by no more than this.
    """
    order = np.lexsort((high, group))
    start, stop = np.empty((2, len(low)), dtype=np.int64)
    edges = np.flatnonzero(np.diff(group[order], prepend=-1, append=-1))
    for begin, end in pairwise(edges if len(low) else []):
        members = order[begin:end]
        ranked = high[members]
        start[members] = begin + np.searchsorted(ranked, low[members] - widest)
        stop[members] = begin + np.searchsorted(ranked, low[members] - margin)
    return DecidedPairs(order, start, np.cumsum(stop - start))


def comparable_count(group: np.ndarray) -> int:
    """Number of pairs of aptamers that share a group, decided or not."""
    sizes = np.bincount(group)
    return int((sizes * (sizes - 1) // 2).sum())


def label_pairs(
    low: np.ndarray,
    high: np.ndarray,
    group: np.ndarray,
    margin: float,
    max_pairs: int | None,
    rng: np.random.Generator,
    *,
    by_difference: bool = False,
    chunk: int = CHUNK,
) -> Iterator[Pairs]:
    """Label all decided pairs, or `max_pairs` of them, in a stream of chunks.

    Which of the two comes first is drawn at random and the label follows it; exactly half of the
    labels are 1 (to within one pair).

    Args:
        by_difference: draw equally from ten bands of the difference instead of uniformly, so that
            pairs that are far apart, which are few, weigh as much as those that are close.
    """
    decided = decided_pairs(low, high, group, margin)
    if not by_difference or max_pairs is None or decided.total <= max_pairs:
        bands = [decided]
        quotas = np.array([decided.total if max_pairs is None else max_pairs])
    else:
        bands = difference_bands(low, high, group, margin)
        quotas = equal_quotas(np.array([band.total for band in bands]), max_pairs)
    done = 0
    for band, quota in zip(bands, quotas, strict=True):
        for numbers in draw_numbers(band.total, int(quota), rng, chunk):
            fitter, other = band.pairs(numbers)
            yield oriented(fitter, other, done, rng)
            done += len(numbers)


def oriented(fitter: np.ndarray, other: np.ndarray, done: int, rng: np.random.Generator) -> Pairs:
    """Put either of each pair first at random; `done` pairs came before, so that labels balance."""
    label = ((done + np.arange(len(fitter))) % 2).astype(np.int8)
    rng.shuffle(label)
    return Pairs(np.where(label == 1, fitter, other), np.where(label == 1, other, fitter), label)


def difference_bands(
    low: np.ndarray, high: np.ndarray, group: np.ndarray, margin: float
) -> list[DecidedPairs]:
    """The decided pairs by difference, in `BANDS` bands of equal width."""
    highest, lowest = np.full((2, group.max() + 1), -np.inf)
    np.maximum.at(highest, group, low)
    np.maximum.at(lowest, group, -high)
    widest = float((highest + lowest).max())
    edges = np.linspace(margin, widest, BANDS + 1)
    edges[-1] = np.inf
    return [decided_pairs(low, high, group, near, far) for near, far in pairwise(edges)]


def split_stream(
    chunks: Iterator[Pairs], sizes: Sequence[int], rng: np.random.Generator
) -> Iterator[tuple[str, Pairs]]:
    """Divide a stream of pairs among `PARTS` at random.

    Args:
        sizes: number of pairs of each part; they add up to those of all chunks.

    Yields:
        For each chunk and part: the part's name and its pairs.
    """
    left = np.array(sizes)
    for chunk in chunks:
        counts = rng.multivariate_hypergeometric(left, len(chunk.label))
        left -= counts
        part = rng.permutation(np.repeat(np.arange(len(sizes)), counts))
        for code, name in enumerate(PARTS):
            yield name, chunk.take(part == code)


def equal_quotas(counts: np.ndarray, total: int) -> np.ndarray:
    """`total` divided as equally as `counts` allow; shape (n,), none above its count."""
    quotas = np.zeros_like(counts)
    left = total
    for done, index in enumerate(np.argsort(counts, kind="stable")):
        quotas[index] = min(int(counts[index]), left // (len(counts) - done))
        left -= int(quotas[index])
    return quotas


def draw_numbers(
    total: int, size: int, rng: np.random.Generator, chunk: int = CHUNK
) -> Iterator[np.ndarray]:
    """`size` different numbers below `total` (all if there are fewer), in rising chunks.

    Every number is as likely as any other. Memory grows with `chunk` alone: first is drawn how many
    fall in each block (hypergeometric, so that all subsets are equally likely; binomial for totals
    that numpy's draw does not reach), then which.
    """
    size = min(size, total)
    block = max(chunk, chunk * total // max(1, size))
    left = size
    for begin in range(0, total, block):
        here, after = min(block, total - begin), max(0, total - begin - block)
        if after == 0 or left == 0:
            count = left
        elif here + after < NUMPY_LIMIT:
            count = rng.hypergeometric(here, after, left)
        else:
            count = rng.binomial(left, here / (here + after))
        count = min(int(count), here)
        left -= count
        picked = begin + sample_without_replacement(here, count, rng)
        for first in range(0, count, chunk):
            yield picked[first : first + chunk]


def sample_without_replacement(total: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """`size` different numbers below `total`, sorted, in memory that grows with `size` alone."""
    if size == total:
        return np.arange(total)
    if size > total // 2:
        return np.sort(rng.permutation(total)[:size])
    numbers = np.empty(0, dtype=np.int64)
    while len(numbers) < size:
        more = rng.integers(total, size=size - len(numbers))
        numbers = np.sort(np.concatenate([numbers, more]))  # numpy's unique hashes: 20 times slower
        numbers = numbers[np.diff(numbers, prepend=-1) > 0]
    return numbers


def absolute_margin(margin: float, unit: str, spread: np.ndarray, count: np.ndarray) -> float:
    """A margin in units of the fitness.

    Args:
        unit: `fitness`, or `spread` for multiples of the replicates' pooled standard deviation.
        spread, count: standard deviation and number of each aptamer's replicates, shape (n,).

    Raises:
        InputError: unit `spread`, but no aptamer has replicates.
    """
    if unit == "fitness":
        return margin
    known = np.isfinite(spread) & (count > 1)
    if not known.any():
        raise InputError(
            "pairs.margin_unit is spread, but no aptamer was measured twice; give the margin in "
            "units of the fitness"
        )
    degrees = count[known] - 1
    return margin * float(np.sqrt((degrees * spread[known] ** 2).sum() / degrees.sum()))
