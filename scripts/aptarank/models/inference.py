"""Probabilities from a trained model, whatever runs it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit
from torch import nn
from transformers import PreTrainedTokenizerBase

from aptarank.core.errors import InputError, first_line
from aptarank.models.encoder import kind_of
from aptarank.models.model_inputs import PROBE, Encoded, compose, encode
from aptarank.pairing.bradley_terry import win_rate

Inputs = dict[str, torch.Tensor]  # of a model, as model_inputs.compose makes them
# Model inputs of one batch in, its logits out, float32 of shape (batch,).
Forward = Callable[[Inputs], np.ndarray]
Track = Callable[[Iterable], Iterable]

BATCH = 256


def torch_forward(model: nn.Module, device: torch.device, precision: str = "fp32") -> Forward:
    """Run batches through a PyTorch model."""
    model.eval()

    def forward(inputs: Inputs) -> np.ndarray:
        with (
            torch.inference_mode(),
            torch.autocast(device.type, torch.bfloat16, precision == "bf16"),
        ):
            logits = model(**{k: v.to(device) for k, v in inputs.items()}).logits[:, 0]
        return logits.float().cpu().numpy()

    return forward


def run_safely(forward: Forward, inputs: Inputs, source: Path) -> np.ndarray:
    """The logits of a batch, shape (batch,).

    Raises:
        InputError: the model fails, or what it gives is not a finite number for each input.
    """
    try:
        logits = forward(inputs)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # each runtime has exceptions of its own
        raise InputError(f"{source}: the model cannot be run: {first_line(error)}") from None
    if logits.shape != (len(inputs["input_ids"]),) or not np.isfinite(logits).all():
        raise InputError(
            f"{source}: a damaged model: it does not give a finite number for each input"
        )
    return logits


def check_answers(
    forward: Forward,
    tokenizer: PreTrainedTokenizerBase,
    kind: str,
    limit: int,
    rows: int,
    source: Path,
) -> None:
    """Run a first short input, so that a damaged model is found before any work.

    Args:
        limit: most tokens of one input.
        rows: of the model's table of word embeddings.

    Raises:
        InputError: the model and its tokenizer do not belong together, or do not answer.
    """
    try:
        if max(tokenizer.get_vocab().values()) >= rows:
            raise InputError(
                f"{source}: its tokenizer has ids beyond the {rows} tokens of the model; the two "
                "do not belong together"
            )
        sides = [torch.tensor([0, 1])] * (2 if kind == "pair" else 1)
        inputs = compose(encode(tokenizer, [PROBE, PROBE[::-1]]), *sides)
        if inputs["input_ids"].shape[1] > limit:
            raise InputError(f"{source}: a model of {limit} tokens reads no aptamer")
    except (InputError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # tokenizers panic with a class of their own, below that
        raise InputError(f"{source}: a damaged tokenizer: {first_line(error)}") from None
    run_safely(forward, inputs, source)


def run_batches(
    forward: Forward,
    encoded: Encoded,
    first: np.ndarray,
    second: np.ndarray | None,
    batch_size: int = BATCH,
    track: Track = iter,
) -> np.ndarray:
    """Logits of single aptamers, or of pairs, in batches of like length.

    Args:
        first, second: indices into `encoded`, shape (n,).
        track: wraps the batches, for progress.

    Returns:
        float32, shape (n,).
    """
    lengths = encoded.lengths.numpy()
    total = lengths[first] if second is None else lengths[first] + lengths[second]
    order = np.argsort(total, kind="stable")
    logits = np.empty(len(first), dtype=np.float32)
    starts = range(0, len(first), batch_size)
    for start in track(starts):
        rows = order[start : start + batch_size]
        a = torch.from_numpy(first[rows])
        b = None if second is None else torch.from_numpy(second[rows])
        logits[rows] = forward(compose(encoded, a, b))
    return logits


def logits_of_pairs(
    forward: Forward,
    kind: str,
    encoded: Encoded,
    first: np.ndarray,
    second: np.ndarray,
    batch_size: int = BATCH,
    track: Track = iter,
) -> np.ndarray:
    """Log-odds that the first of each pair is fitter, float32, shape (n_pairs,).

    A `rank` model reads each aptamer that occurs once: f(a) − f(b). A `pair` model reads each pair.
    """
    if kind == "pair":
        return run_batches(forward, encoded, first, second, batch_size, track)
    used = np.unique(np.concatenate([first, second]))
    scores = np.zeros(len(encoded), dtype=np.float32)
    scores[used] = run_batches(forward, encoded, used, None, batch_size, track)
    return scores[first] - scores[second]


def pair_logits(
    model: nn.Module,
    encoded: Encoded,
    first: np.ndarray,
    second: np.ndarray,
    device: torch.device,
) -> np.ndarray:
    """`logits_of_pairs` with a PyTorch model in fp32."""
    return logits_of_pairs(torch_forward(model, device), kind_of(model), encoded, first, second)


def probability(logits: np.ndarray) -> np.ndarray:
    """Sigmoid of logits, in double precision."""
    return expit(logits.astype(np.float64))


def scores_of_aptamers(
    forward: Forward,
    kind: str,
    encoded: Encoded,
    first: np.ndarray,
    second: np.ndarray,
    orders: Sequence[np.ndarray],
    batch_size: int = BATCH,
    track: Track = iter,
) -> np.ndarray:
    """A score for each aptamer, higher is fitter, float64, shape (n_aptamers,).

    A `rank` model gives its own. A `pair` model: the mean probability of winning over the pairs and
    their orders.

    Args:
        orders: what `logits_of_pairs` gave for the pairs (first, second), and for (second, first)
            if that is known.
    """
    if kind == "rank":
        every = np.arange(len(encoded))
        return run_batches(forward, encoded, every, None, batch_size, track).astype(np.float64)
    chances = [probability(sign * logits) for sign, logits in zip((1, -1), orders, strict=False)]
    return win_rate(first, second, np.mean(chances, axis=0), len(encoded))
