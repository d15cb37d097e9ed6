"""PyTorch as one way to run a model."""

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aptarank.models.encoder import kind_of, position_limit
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs
from aptarank.models.scorer import Scorer

CPU = torch.device("cpu")


def as_tensors(inputs: Inputs, device: torch.device = CPU) -> dict[str, torch.Tensor]:
    """Model inputs as tensors."""
    return {name: torch.from_numpy(array).to(device) for name, array in inputs.items()}


def torch_forward(model: nn.Module, device: torch.device, precision: str = "fp32") -> Forward:
    """Run batches through a PyTorch model."""
    model.eval()

    def forward(inputs: Inputs) -> np.ndarray:
        with (
            torch.inference_mode(),
            torch.autocast(device.type, torch.bfloat16, precision == "bf16"),
        ):
            logits = model(**as_tensors(inputs, device)).logits[:, 0]
        return logits.float().cpu().numpy()

    return forward


def torch_scorer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    device: torch.device,
    precision: str = "fp32",
) -> Scorer:
    """The scorer of a PyTorch model that is on `device`."""
    limit = position_limit(model.config)
    return Scorer(kind_of(model), torch_forward(model, device, precision), tokenizer, limit)
