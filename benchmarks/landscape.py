"""A simulated fitness landscape that is known completely, for benchmarks/designing.py."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from aptarank.use.constraints import to_codes

MOTIFS, WORD = 2, 4


class Landscape:
    """The true fitness of every aptamer of a length; mean 0, standard deviation 1.

    Args:
        shares: fractions of the variance from bases, pairs and motifs.
    """

    def __init__(self, length: int, seed: int, shares: tuple[float, ...] = (1, 1, 1)):
        rng = np.random.default_rng([seed, length])
        self.length = length
        shape = (4,) * length

        def along(values: np.ndarray, *axes: int) -> np.ndarray:
            return values.reshape([4 if axis in axes else 1 for axis in range(length)])

        parts = [np.zeros(shape, dtype=np.float32) for _ in range(3)]
        for position in range(length):
            parts[0] += along(rng.normal(size=4).astype(np.float32), position)
            two = sorted(rng.choice(length, 2, replace=False))
            parts[1] += along(rng.normal(size=(4, 4)).astype(np.float32), *two)
        for _ in range(MOTIFS):
            motif = rng.integers(4, size=WORD)
            words = np.indices((4,) * WORD)
            shared = (words == motif.reshape(-1, *[1] * WORD)).mean(axis=0, dtype=np.float32)
            best = np.zeros(shape, dtype=np.float32)
            for start in range(length - WORD + 1):
                here = along(shared**3, *range(start, start + WORD))
                np.maximum(best, here, out=best)
            parts[2] += best
        total = sum(
            np.float32(share**0.5) * (part - part.mean()) / part.std()
            for share, part in zip(shares, parts, strict=True)
        )
        self.fitness = ((total - total.mean()) / total.std()).ravel()
        self.sorted = np.sort(self.fitness)

    def true(self, sequences: list[str]) -> np.ndarray:
        """Fitness, shape (n,)."""
        codes = to_codes(sequences, self.length).astype(np.int64)
        return self.fitness[codes @ 4 ** np.arange(self.length)[::-1]]

    def share_above(self, fitness: np.ndarray) -> np.ndarray:
        """Fraction of all aptamers that are fitter."""
        above = len(self.sorted) - np.searchsorted(self.sorted, fitness, side="right")
        return above / len(self.sorted)
