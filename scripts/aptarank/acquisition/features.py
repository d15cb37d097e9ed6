"""Aptamers as numbers, for a kernel: bases by position, words of bases, mutations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aptarank.pairing.reference import as_letters, consensus
from aptarank.predictors.features import base_codes, one_hot, varying, word_counts

SAMPLE = 5000  # most aptamers by which features are scaled
BLOCK = 4096  # aptamers at a time
RARE = 0.3  # added to the standard deviation of a word's count, so that rare words count less


@dataclass(frozen=True)
class FeatureTable:
    """Features of aptamers, a row for each; each block has a mean squared length of about 1.

    Attributes:
        bases: one column for each base at each position that varies.
        words: one for each word of one to four bases.
        mutations: one column, the number of differences from the consensus; none of aptamers of
            several lengths.
    """

    bases: np.ndarray
    words: np.ndarray
    mutations: np.ndarray

    def __len__(self) -> int:
        return len(self.bases)

    def take(self, rows: np.ndarray) -> "FeatureTable":
        """Those of some of the aptamers."""
        return FeatureTable(self.bases[rows], self.words[rows], self.mutations[rows])


class Features:
    """Makes features, on the scale of the aptamers that are to be compared.

    Args:
        sequences: measured ones and candidates, letters A, C, G, T.
        seed: of the draw, where there are more than `SAMPLE`.
    """

    def __init__(self, sequences: Sequence[str], seed: int):
        rows = np.sort(np.random.default_rng(seed).permutation(len(sequences))[:SAMPLE])
        some = [sequences[row] for row in rows]
        lengths = set(map(len, sequences))
        self.positions = max(lengths)
        self.reference = consensus(some) if len(lengths) == 1 else None
        self.varying = varying(base_codes(sequences, self.positions))
        bases, words, mutations = self.raw(some)
        spread = words.std(axis=0)
        self.used = spread > 0
        self.bases = Scale(bases, np.ones(bases.shape[1]))
        self.words = Scale(words[:, self.used], spread[self.used] + RARE)
        self.mutations = Scale(mutations, mutations.std(axis=0))

    def raw(self, sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bases, words and mutations as they are counted."""
        codes = base_codes(sequences, self.positions)
        mutations = np.zeros((len(sequences), 0))
        if self.reference is not None:
            reference = as_letters([self.reference], self.positions)
            differs = as_letters(sequences, self.positions) != reference
            mutations = differs.sum(axis=1, keepdims=True).astype(np.float32)
        bases = np.zeros((len(codes), 0), dtype=np.float32)
        if self.varying.any():
            bases = one_hot(codes[:, self.varying])
        return bases, word_counts(codes), mutations

    def of(self, sequences: Sequence[str]) -> FeatureTable:
        """The features of aptamers, none longer than the longest of those that scale them."""
        parts = []
        for start in range(0, len(sequences), BLOCK) or [0]:
            bases, words, mutations = self.raw(sequences[start : start + BLOCK])
            words = words[:, self.used]
            parts.append((self.bases.of(bases), self.words.of(words), self.mutations.of(mutations)))
        return FeatureTable(*map(np.concatenate, zip(*parts, strict=True)))


class Scale:
    """Centres a block of features, divides each by its scale, and all by their common length."""

    def __init__(self, block: np.ndarray, scale: np.ndarray):
        self.mean, self.scale, self.length = block.mean(axis=0), np.where(scale > 0, scale, 1), 1.0
        squared = float((self.of(block) ** 2).sum(axis=1).mean())
        self.length = np.sqrt(squared) if squared > 0 else 1.0

    def of(self, block: np.ndarray) -> np.ndarray:
        """The block on this scale, fp32."""
        return ((block - self.mean) / (self.scale * self.length)).astype(np.float32)
