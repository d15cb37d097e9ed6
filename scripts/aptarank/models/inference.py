"""Logits of batches of model inputs, whatever runs the model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit
from torch import nn

from aptarank.core.errors import InputError, first_line
from aptarank.core.log import Track
from aptarank.models.model_inputs import TokenizedAptamers, build_inputs

Inputs = dict[str, torch.Tensor]  # of a model, as model_inputs.build_inputs makes them
# Model inputs of one batch in, its logits out, float32 of shape (batch,).
Forward = Callable[[Inputs], np.ndarray]

BATCH = 256  # model inputs


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
    lengths = encoded.lengths.numpy()
    total = lengths[first] if second is None else lengths[first] + lengths[second]
    order = np.argsort(total, kind="stable")
    logits = np.empty(len(first), dtype=np.float32)
    starts = range(0, len(first), batch_size)
    for start in track(starts):
        rows = order[start : start + batch_size]
        a = torch.from_numpy(first[rows])
        b = None if second is None else torch.from_numpy(second[rows])
        logits[rows] = forward(build_inputs(encoded, a, b))
    return logits


def probability(logits: np.ndarray) -> np.ndarray:
    """Sigmoid of logits, in double precision."""
    return expit(logits.astype(np.float64))
