"""Batches of training examples. Each can be made by itself, so that a run resumes at any step."""

from collections.abc import Callable

import numpy as np

from aptarank.pairing.pairs import ManyPairs, Pairs

BUCKET = 50  # batches that are sorted by length together
ROUNDS = 4


def permute(positions: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Where a random permutation of 0 … `count` − 1 sends `positions`, without making it.

    A Feistel network over just enough bits, again and again for what lies outside (Black and
    Rogaway 2002, doi:10.1007/3-540-45760-7_9). The memory is that of `positions`, for any `count`.

    Args:
        positions: distinct integers below `count`, shape (n,).

    Returns:
        Distinct integers below `count`, int64, shape (n,).
    """
    half = np.uint64(max(1, (int(count - 1).bit_length() + 1) // 2))
    mask = (np.uint64(1) << half) - np.uint64(1)
    keys = np.random.default_rng(seed).integers(2**63, size=ROUNDS, dtype=np.uint64)
    result = positions.astype(np.uint64)
    outside = np.ones(len(result), dtype=bool)
    while outside.any():
        value = result[outside]
        left, right = value >> half, value & mask
        for key in keys:
            left, right = right, left ^ (mix_bits(right ^ key) & mask)
        result[outside] = (left << half) | right
        outside[outside] = result[outside] >= count
    return result.astype(np.int64)


def sample_pairs(pairs: ManyPairs, most: int, seed: int) -> Pairs:
    """At most `most` of the pairs, drawn uniformly: tables of pairs are in order of the fitter."""
    if pairs.total <= most:
        return pairs.take(np.arange(pairs.total))
    return pairs.take(permute(np.arange(most), pairs.total, seed))


def mix_bits(value: np.ndarray) -> np.ndarray:
    """Mix the bits of unsigned 64-bit integers (the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


class Batches:
    """Numbers of examples, in a new random order each epoch; a short last batch is left out.

    Batch n is a function of n and the seed alone.

    Args:
        count: number of examples.
        length: gives the lengths of examples by number. Those of similar length share batches,
            within buckets of `BUCKET` batches, since a batch is padded to its longest. None: all
            have the same length.
        groups: code of each example's group, shape (count,); those of one group stand together,
            since only they can be compared. None: there are none.
        size: examples in a batch; at most `count`.
    """

    def __init__(
        self,
        count: int,
        size: int,
        seed: int,
        length: Callable[[np.ndarray], np.ndarray] | None = None,
        groups: np.ndarray | None = None,
    ):
        self.count, self.size, self.seed = count, min(size, count), seed
        self.length, self.groups = length, groups
        self.batches_per_epoch = count // self.size
        self.ready: tuple[int, int] | None = None  # epoch and number of the bucket below
        self.bucket: list[np.ndarray] = []

    def batch(self, number: int) -> np.ndarray:
        """Batch `number` (from 0) of an endless run, int64, shape (size,)."""
        epoch, position = divmod(number, self.batches_per_epoch)
        bucket_index = (epoch, position // BUCKET)
        if bucket_index != self.ready:
            self.bucket, self.ready = self.make_bucket(*bucket_index), bucket_index
        return self.bucket[position % BUCKET]

    def make_bucket(self, epoch: int, bucket: int) -> list[np.ndarray]:
        """The batches of one bucket, those of unlike length in random order."""
        first = bucket * BUCKET * self.size
        last = min(first + BUCKET * self.size, self.batches_per_epoch * self.size)
        some = self.examples_at(epoch, np.arange(first, last))
        rng = np.random.default_rng([self.seed, epoch, bucket])
        if self.length is not None:
            some = some[np.argsort(self.length(some), kind="stable")]
        batches = np.split(some, len(some) // self.size)
        if self.length is not None:
            rng.shuffle(batches)
        return batches

    def examples_at(self, epoch: int, positions: np.ndarray) -> np.ndarray:
        """The examples at `positions` of an epoch's order."""
        rng = np.random.default_rng([self.seed, epoch])
        if self.groups is None:
            return permute(positions, self.count, int(rng.integers(2**63)))
        order = rng.permutation(self.count)
        rank = rng.permutation(int(self.groups.max()) + 1)
        return order[np.argsort(rank[self.groups[order]], kind="stable")][positions]
