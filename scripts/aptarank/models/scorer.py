"""A trained model, in whatever form, that answers which aptamers are fitter."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from aptarank.config.model_kinds import ModelKind
from aptarank.core.errors import InputError, first_line
from aptarank.core.log import Track
from aptarank.models.file_tokenizer import AptamerTokenizer
from aptarank.models.inference import (
    BATCH,
    Forward,
    probability,
    run_batches,
    run_safely,
)
from aptarank.models.model_inputs import (
    PROBE,
    TokenizedAptamers,
    build_inputs,
    check_fits,
    encode,
    find_special_tokens,
    unknown_in,
)
from aptarank.pairing.win_rate import win_rate
from aptarank.values.sequences import as_tokens, shortened


@dataclass(frozen=True)
class Scorer:
    """A model in one of its forms, with its tokenizer. All inference goes through it.

    Attributes:
        kind: what the model reads and what its logit means.
        forward: runs a batch.
        tokenizer: makes its inputs.
        limit: most tokens of one input.
    """

    kind: ModelKind
    forward: Forward
    tokenizer: AptamerTokenizer
    limit: int

    def encode(self, sequences: Sequence[str]) -> TokenizedAptamers:
        """Tokens of normalised sequences.

        Raises:
            InputError: the tokenizer does not know a letter.
        """
        encoded = encode(self.tokenizer, [as_tokens(sequence) for sequence in sequences])
        unknown = unknown_in(self.tokenizer, encoded)
        if unknown.any():
            sequence = sequences[int(np.argmax(unknown))]
            raise InputError(
                f"the model's tokenizer does not know all letters of {shortened(sequence)}: it is "
                "a model of another alphabet"
            )
        return encoded

    @property
    def max_bases(self) -> int:
        """Length of aptamers that always fits: no tokenizer of ours makes more tokens than bases.

        Half of an input's tokens for a model that reads two aptamers.
        """
        special = find_special_tokens(self.tokenizer, [PROBE] * self.kind.aptamers).size
        return (self.limit - special) // self.kind.aptamers

    def pair_logits(
        self,
        encoded: TokenizedAptamers,
        first: np.ndarray,
        second: np.ndarray,
        batch_size: int = BATCH,
        track: Track = iter,
    ) -> np.ndarray:
        """Log-odds that the first of each pair is fitter, float32, shape (n_pairs,).

        A model that scores aptamers reads each of them once: f(a) − f(b). Others read each pair.

        Args:
            first, second: indices into `encoded`, shape (n_pairs,).
            track: wraps the batches, for progress.
        """
        if not self.kind.scores_aptamers:
            return run_batches(self.forward, encoded, first, second, batch_size, track)
        used = np.unique(np.concatenate([first, second]))
        scores = np.zeros(len(encoded), dtype=np.float32)
        scores[used] = run_batches(self.forward, encoded, used, None, batch_size, track)
        return scores[first] - scores[second]

    def aptamer_scores(
        self, encoded: TokenizedAptamers, batch_size: int = BATCH, track: Track = iter
    ) -> np.ndarray:
        """The score of each aptamer by a model that scores aptamers, higher is fitter.

        Returns:
            float64, shape (n_aptamers,). Sigmoid of a difference of two scores is the probability
            that the first is fitter.
        """
        every = np.arange(len(encoded))
        return run_batches(self.forward, encoded, every, None, batch_size, track).astype(np.float64)

    def scores_from_pairs(
        self,
        encoded: TokenizedAptamers,
        first: np.ndarray,
        second: np.ndarray,
        orders: Sequence[np.ndarray],
        batch_size: int = BATCH,
        track: Track = iter,
    ) -> np.ndarray:
        """A score for each aptamer by a model of any kind, float64, shape (n_aptamers,).

        A model that scores aptamers gives its own scores. Otherwise: the mean probability of
        winning, over an aptamer's pairs and their orders.

        Args:
            orders: what `pair_logits` gave for (first, second), and maybe for (second, first).
        """
        if self.kind.scores_aptamers:
            return self.aptamer_scores(encoded, batch_size, track)
        probabilities = [
            probability(sign * logits) for sign, logits in zip((1, -1), orders, strict=False)
        ]
        return win_rate(first, second, np.mean(probabilities, axis=0), len(encoded))

    def scores(
        self, sequences: Sequence[str], batch_size: int = BATCH, track: Track = iter
    ) -> np.ndarray:
        """`aptamer_scores` of sequences, float64, shape (n_sequences,).

        Raises:
            InputError: an aptamer is longer than the model reads, or of another alphabet.
        """
        encoded = self.encode(sequences)
        if len(encoded):
            check_fits(encoded, sequences, sequences, self.kind, self.limit)
        return self.aptamer_scores(encoded, batch_size, track)


def checked(scorer: Scorer, rows: int, source: Path) -> Scorer:
    """Run a short input, to find a damaged model before any work, and guard each later batch.

    Args:
        rows: of the model's table of word embeddings.
        source: of the model, for messages.

    Raises:
        InputError: the model and its tokenizer do not belong together, or the model fails.
    """
    try:
        if max(scorer.tokenizer.get_vocab().values()) >= rows:
            raise InputError(
                f"{source}: its tokenizer has ids beyond the {rows} tokens of the model; the two "
                "do not belong together"
            )
        sides = [np.array([0, 1])] * scorer.kind.aptamers
        inputs = build_inputs(encode(scorer.tokenizer, [PROBE, PROBE[::-1]]), *sides)
        if inputs["input_ids"].shape[1] > scorer.limit:
            raise InputError(f"{source}: a model of {scorer.limit} tokens cannot read any aptamer")
    except (InputError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # tokenizers panic with a class of their own, below that
        raise InputError(f"{source}: a damaged tokenizer: {first_line(error)}") from None
    run_safely(scorer.forward, inputs, source)
    forward = partial(run_safely, scorer.forward, source=source)
    return Scorer(scorer.kind, forward, scorer.tokenizer, scorer.limit)
