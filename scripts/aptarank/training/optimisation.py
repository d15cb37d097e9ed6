"""How a model is optimised: its settings, AdamW, the learning rate, the average of the weights."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import torch
from torch import nn
from transformers import PreTrainedModel

from aptarank.config.model_kinds import KINDS
from aptarank.models.predictor import encoder_in

WIDE = 512  # hidden size from which learning rates are lower
WIDE_RATE = 1e-4  # at four times as much for pair, ten for rank, base models learn nothing


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. The defaults and what each means are in config.schema.yaml, `$defs`."""

    steps: int
    epochs: float | None
    batch_size: int
    accumulate: int
    loss: str
    learning_rate: float
    warmup: float
    decay: float
    average: float
    soft_labels: float
    depths: list[int]
    weight_decay: float
    clip: float
    freeze: bool
    evaluate_every: int
    patience: int | None
    validation_pairs: int
    precision: str
    compile: bool

    @classmethod
    def of(cls, settings: Mapping[str, Any], model: PreTrainedModel) -> Self:
        """Those among the resolved settings of a model, with its learning rate."""
        values = {field.name: settings[field.name] for field in fields(cls)}
        return cls(**values | {"learning_rate": pick_learning_rate(settings, model)})


def pick_precision(wanted: str, device: torch.device) -> str:
    """fp32 or bf16; `auto` takes bf16 where it is faster.

    That is on a GPU or a processor that has it. Weights and their updates stay in fp32.
    """
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    has_bf16 = torch.cpu.get_capabilities().get("avx512_bf16", False)
    return "bf16" if has_bf16 else "fp32"


def pick_learning_rate(settings: Mapping[str, Any], model: PreTrainedModel) -> float:
    """The peak learning rate of a model's settings; where it is None, by the model's width."""
    if settings["learning_rate"] is not None:
        return settings["learning_rate"]
    whole = not settings["freeze"]  # a classifier alone is narrow
    return WIDE_RATE if whole and is_wide(model) else KINDS[settings["kind"]].learning_rate


def is_wide(model: PreTrainedModel) -> bool:
    """Whether the model's encoder has ALBERT-base's width or more."""
    encoder = encoder_in(model)
    return encoder is not None and encoder.config.hidden_size >= WIDE


def count_steps(settings: TrainingSettings, examples: int) -> int:
    """Optimiser steps: those of the settings, or of `epochs` where that is given."""
    if settings.epochs is None:
        return settings.steps
    batches = max(1, examples // min(settings.batch_size, examples))
    return max(1, math.ceil(settings.epochs * batches / settings.accumulate))


class OptimizerSettings(Protocol):
    """The settings that an optimiser takes."""

    @property
    def weight_decay(self) -> float: ...

    @property
    def learning_rate(self) -> float: ...


def make_optimizer(model: nn.Module, settings: OptimizerSettings) -> torch.optim.Optimizer:
    """AdamW, without weight decay on biases and norms (the parameters of one dimension)."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


@dataclass
class Schedule:
    """The learning rate of each step, as a factor: it rises, stays at 1, and falls to 0.

    The rise is linear, over the first `rising` steps, and so is the fall, over the last `decay` of
    all `steps` (warm-up, stable, decay: Hu et al. 2024, arXiv:2404.06395).
    """

    steps: int
    rising: int
    decay: float

    @classmethod
    def of(cls, steps: int, warmup: float, decay: float) -> Self:
        """That of a training whose rate rises in a share `warmup` of its steps."""
        return cls(steps, max(1, round(warmup * steps)), decay)

    @property
    def falling(self) -> int:
        """Number of steps in which the rate falls."""
        return max(1, round(self.decay * self.steps))

    def factor(self, step: int) -> float:
        """The factor of a step, counted from 0."""
        return max(0.0, min(1.0, (step + 1) / self.rising, (self.steps - step) / self.falling))

    def fall_from(self, step: int) -> None:
        """Let the rate fall from here on, if it does not yet: there are fewer steps then."""
        if step < self.steps - self.falling:
            self.steps = min(self.steps, round(step / (1 - self.decay)))


def ema_update(decay: float) -> Callable:
    """The update of an exponential moving average of weights; faster in the first steps."""

    def follow(
        averages: list[torch.Tensor], weights: list[torch.Tensor], number: torch.Tensor
    ) -> None:
        steps = float(number)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, steps / (steps + 10)))

    return follow
