"""PyTorch as one way to run a model."""

from collections.abc import Callable

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aptarank.models.encoder import kind_of, position_limit
from aptarank.models.fused import LogitsAlone, fused
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs
from aptarank.models.scorer import Scorer

CPU = torch.device("cpu")


def as_tensors(inputs: Inputs, device: torch.device = CPU) -> dict[str, torch.Tensor]:
    """Model inputs as tensors."""
    return {name: torch.from_numpy(array).to(device) for name, array in inputs.items()}


def run(
    module: Callable[..., torch.Tensor], device: torch.device, precision: str = "fp32"
) -> Forward:
    """Run batches through what gives logits as a tensor, shape (batch, 1)."""

    def forward(inputs: Inputs) -> np.ndarray:
        with (
            torch.inference_mode(),
            torch.autocast(device.type, torch.bfloat16, precision == "bf16"),
        ):
            logits = module(**as_tensors(inputs, device))
        return logits[:, 0].float().cpu().numpy()

    return forward


def torch_forward(model: PreTrainedModel, device: torch.device) -> Forward:
    """Run batches through a model as transformers runs it."""
    return run(LogitsAlone(model).eval(), device)


def torch_scorer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    device: torch.device,
    precision: str = "fp32",
) -> Scorer:
    """The scorer of a PyTorch model that is on `device`, and is fused."""
    limit = position_limit(model.config)
    return Scorer(kind_of(model), run(fused(model), device, precision), tokenizer, limit)
