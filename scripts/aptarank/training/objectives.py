"""What the two kinds of model learn from a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from aptarank.models.model_inputs import Encoded, compose
from aptarank.pairing.pairs import ManyPairs
from aptarank.pairing.soft_labels import Comparison
from aptarank.training.batch_sampler import Batches, scrambled
from aptarank.training.processes import World


@dataclass(frozen=True)
class Part:
    """The aptamers of one part, its labelled pairs (indices into them), and what compares them."""

    sequences: Sequence[str]
    encoded: Encoded
    pairs: ManyPairs
    comparison: Comparison


@dataclass(frozen=True)
class Batch:
    """One process's share of a batch.

    Attributes:
        inputs: of the model, for this process's examples.
        target: what `loss` takes.
        aptamers: numbers of all aptamers in the whole batch.
    """

    inputs: dict[str, torch.Tensor]
    target: torch.Tensor
    aptamers: np.ndarray


class PairTask:
    """Classify `[CLS] a [SEP] b [SEP]`: one forward pass a pair."""

    unit = "pairs"
    joint = False  # each process has a loss of its own

    def __init__(self, train: Part, size: int, seed: int, softness: float):
        self.train, self.seed, self.softness = train, seed, softness
        self.lengths = train.encoded.lengths.numpy()
        self.examples = train.pairs.total
        length = self.length if np.ptp(self.lengths) else None
        self.batches = Batches(self.examples, size, seed, length)

    def length(self, numbers: np.ndarray) -> np.ndarray:
        first, second, _ = self.train.pairs.take(numbers)
        return self.lengths[first] + self.lengths[second]

    def batch(self, number: int, world: World) -> Batch:
        """Pairs, each in either order, since both teach the same: another one in each epoch."""
        numbers = self.batches.batch(number)
        pairs = self.train.pairs.take(numbers)
        label = self.train.comparison.of_pairs(pairs, self.softness)
        epoch = number // self.batches.an_epoch
        key = np.random.default_rng([self.seed, epoch, 1]).integers(2**63, dtype=np.uint64)
        swap = scrambled(numbers.astype(np.uint64) ^ key) % 2 == 1
        first = np.where(swap, pairs.second, pairs.first)
        second = np.where(swap, pairs.first, pairs.second)
        label = np.where(swap, 1 - label, label)
        own = world.share(len(label))
        places = torch.from_numpy(first[own]), torch.from_numpy(second[own])
        return Batch(
            inputs=compose(self.train.encoded, *places),
            target=torch.from_numpy(label[own]),
            aptamers=np.unique([first, second]),
        )

    def loss(self, logits: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Mean binary cross-entropy, and the number of pairs learnt from."""
        return functional.binary_cross_entropy_with_logits(logits, label), len(label)


class RankTask:
    """Score single aptamers so that sigmoid(f(a) − f(b)) is P(a fitter than b).

    The loss is that of RankNet (Burges et al. 2005, doi:10.1145/1102351.1102363) over all pairs of
    a batch that have a label: B forward passes teach up to B(B−1)/2 pairs.
    """

    unit = "aptamers"
    joint = True  # the loss is of the whole batch, whoever scored it

    def __init__(self, train: Part, size: int, seed: int, softness: float):
        self.train, self.softness = train, softness
        self.aptamers = train.comparison.aptamers
        self.examples = len(self.aptamers)
        groups = train.comparison.groups
        several = bool(groups.max(initial=0))
        lengths = train.encoded.lengths.numpy()[self.aptamers]
        if several:  # a group stays together, by its longest
            longest = np.zeros(groups.max() + 1, dtype=lengths.dtype)
            np.maximum.at(longest, groups, lengths)
            lengths = longest[groups]
        # In a single group, all lengths must meet.
        length = lengths.__getitem__ if several and np.ptp(lengths) else None
        self.batches = Batches(self.examples, size, seed, length, groups if several else None)

    def batch(self, number: int, world: World) -> Batch:
        """Measurements: their aptamers, and the label of each two of them."""
        numbers = self.batches.batch(number)
        aptamers = self.aptamers[numbers]
        return Batch(
            inputs=compose(
                self.train.encoded, torch.from_numpy(aptamers[world.share(len(numbers))])
            ),
            target=torch.from_numpy(self.train.comparison.of_batch(numbers, self.softness)),
            aptamers=aptamers,
        )

    def loss(self, scores: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Mean cross-entropy over the pairs of a batch that have a label, and their number.

        Args:
            scores: shape (batch,).
            label: shape (batch, batch), NaN where there is none; each pair counts once.
        """
        known = torch.triu(~label.isnan(), 1)
        number = int(known.sum())
        if number == 0:  # nothing to learn, but keep the graph
            return scores.sum() * 0, 0
        apart = (scores[:, None] - scores[None, :])[known]
        return functional.binary_cross_entropy_with_logits(apart, label[known]), number


TASKS = {"pair": PairTask, "rank": RankTask}
