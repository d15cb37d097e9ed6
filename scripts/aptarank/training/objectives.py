"""What each kind of model learns from a batch: its examples, and the loss of its logits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from aptarank.core.errors import InputError
from aptarank.models.model_inputs import Inputs, TokenizedAptamers, build_inputs
from aptarank.models.torch_inference import as_tensors
from aptarank.pairing.pairs import ManyPairs
from aptarank.pairing.soft_labels import Comparison
from aptarank.training.batch_sampler import Batches, mix_bits
from aptarank.training.losses import Loss, labelled_pairs
from aptarank.training.processes import World


@dataclass(frozen=True)
class Part:
    """The aptamers of one part of the split, and its labelled pairs.

    Attributes:
        sequences, encoded: of the part's distinct aptamers, in one order.
        tokenizer: that made `encoded`.
        pairs: indices into these.
        comparison: labels pairs of measurements.
    """

    sequences: Sequence[str]
    encoded: TokenizedAptamers
    tokenizer: PreTrainedTokenizerBase
    pairs: ManyPairs
    comparison: Comparison


@dataclass(frozen=True)
class Batch:
    """One process's share of a batch.

    Attributes:
        inputs: of the model, for this process's examples.
        target: what the objective's `loss` takes.
        aptamers: indices of all aptamers in the whole batch.
    """

    inputs: dict[str, torch.Tensor]
    target: torch.Tensor
    aptamers: np.ndarray


class Objective(Protocol):
    """What a kind of model learns, made of a part, the batch size, a seed and softness of labels.

    Attributes:
        unit: what an example is, in the plural, for messages.
        joint: whether the loss is of the whole batch, whichever process scored it; else each
            process has a loss of its own, of its share.
        examples: number of examples.
        batches: the indices of the examples of each batch.
    """

    unit: str
    joint: bool
    examples: int
    batches: Batches

    def batch(self, number: int, world: World) -> Batch:
        """This process's share of batch `number`, counted from 0 over all epochs."""

    def loss(self, logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, int]:
        """The loss of a batch's logits, and the number of pairs learnt from."""


class PairObjective:
    """Classify `[CLS] a [SEP] b [SEP]`: one forward pass a pair."""

    unit = "pairs"
    joint = False

    def __init__(self, train: Part, size: int, seed: int, softness: float, loss: Loss):
        self.train, self.seed, self.softness = train, seed, softness
        if loss.of_pairs is None:
            raise InputError("this loss is of whole batches; a model that compares needs another")
        self.loss_of_pairs = loss.of_pairs
        self.lengths = train.encoded.lengths
        self.examples = train.pairs.total
        length = self.length if np.ptp(self.lengths) else None
        self.batches = Batches(self.examples, size, seed, length)

    def length(self, numbers: np.ndarray) -> np.ndarray:
        """Tokens of these pairs, without special ones, shape (n,)."""
        first, second, _ = self.train.pairs.take(numbers)
        return self.lengths[first] + self.lengths[second]

    def batch(self, number: int, world: World) -> Batch:
        """Pairs, each in one of its two orders, which is drawn again in each epoch."""
        numbers = self.batches.batch(number)
        pairs = self.train.pairs.take(numbers)
        label = self.train.comparison.of_pairs(pairs, self.softness)
        epoch = number // self.batches.batches_per_epoch
        key = np.random.default_rng([self.seed, epoch, 1]).integers(2**63, dtype=np.uint64)
        swap = mix_bits(numbers.astype(np.uint64) ^ key) % 2 == 1
        first = np.where(swap, pairs.second, pairs.first)
        second = np.where(swap, pairs.first, pairs.second)
        label = np.where(swap, 1 - label, label)
        local = world.local_slice(len(label))
        return Batch(
            inputs=as_tensors(self.inputs(first[local], second[local])),
            target=torch.from_numpy(label[local]),
            aptamers=np.unique([first, second]),
        )

    def inputs(self, first: np.ndarray, second: np.ndarray) -> Inputs:
        """Model inputs of pairs, from the indices of their aptamers, shapes (batch,)."""
        return build_inputs(self.train.encoded, first, second)

    def loss(self, logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, int]:
        """The mean loss of pairs, and their number.

        Args:
            logits: log-odds that the first is fitter, shape (batch,).
            target: the labels, shape (batch,).
        """
        return self.loss_of_pairs(logits, target), len(target)


class RankObjective:
    """Score single aptamers so that sigmoid(f(a) − f(b)) is P(a fitter than b).

    The loss is over all pairs of a batch that have a label: B forward passes teach up to B(B−1)/2
    pairs (Burges et al. 2005, doi:10.1145/1102351.1102363).
    """

    unit = "aptamers"
    joint = True

    def __init__(self, train: Part, size: int, seed: int, softness: float, loss: Loss):
        self.train, self.softness, self.loss_of_batch = train, softness, loss.of_batch
        self.aptamers = train.comparison.aptamers
        self.examples = len(self.aptamers)
        groups = train.comparison.groups
        several = bool(groups.max(initial=0))
        lengths = train.encoded.lengths[self.aptamers]
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
        local = aptamers[world.local_slice(len(numbers))]
        return Batch(
            inputs=as_tensors(build_inputs(self.train.encoded, local)),
            target=torch.from_numpy(self.train.comparison.of_batch(numbers, self.softness)),
            aptamers=aptamers,
        )

    def loss(self, logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, int]:
        """The loss of a batch, and the number of its pairs that have a label.

        Args:
            logits: the scores, shape (batch,).
            target: the labels, shape (batch, batch), NaN where there is none.
        """
        count = int(labelled_pairs(target).sum())
        if count == 0:  # nothing to learn, but keep the graph
            return logits.sum() * 0, 0
        return self.loss_of_batch(logits, target), count


# By kind of model (config/model_kinds.py).
OBJECTIVES: dict[str, Callable[[Part, int, int, float, Loss], Objective]] = {
    "pair": PairObjective,
    "rank": RankObjective,
}
