"""Logits of batches of model inputs, whatever runs the model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from aptarank.core.errors import InputError, first_line
from aptarank.core.log import Track
from aptarank.models.model_inputs import Inputs, TokenizedAptamers, build_inputs

# Model inputs of one batch in, its logits out, float32 of shape (batch,).
Forward = Callable[[Inputs], np.ndarray]

BATCH = 256  # model inputs


def run_safely(forward: Forward, inputs: Inputs, source: Path) -> np.ndarray:
    """The logits of a batch, shape (batch,).

    Raises:
        InputError: the model fails, or does not give a finite number for each input.
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


def run_batches(
    forward: Forward,
    encoded: TokenizedAptamers,
    first: np.ndarray,
    second: np.ndarray | None,
    batch_size: int = BATCH,
    track: Track = iter,
) -> np.ndarray:
    """Logits of single aptamers, or of pairs, in batches of similar length.

    Args:
        first, second: indices into `encoded`, shape (n,).
        track: wraps the batches, for progress.

    Returns:
        float32, shape (n,).
    """
    lengths = encoded.lengths
    total = lengths[first] if second is None else lengths[first] + lengths[second]
    order = np.argsort(total, kind="stable")
    logits = np.empty(len(first), dtype=np.float32)
    starts = range(0, len(first), batch_size)
    for start in track(starts):
        rows = order[start : start + batch_size]
        sides = [first[rows]] if second is None else [first[rows], second[rows]]
        logits[rows] = forward(build_inputs(encoded, *sides))
    return logits


def probability(logits: np.ndarray) -> np.ndarray:
    """Sigmoid of logits, in double precision; as a tanh, which never overflows."""
    return (1 + np.tanh(logits.astype(np.float64) / 2)) / 2
