"""Fine-tuning: one loop for both kinds of model, which goes on where it was stopped."""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel
from transformers import PreTrainedModel

from aptarank.core.errors import InputError
from aptarank.core.log import PROGRESS_SECONDS, logger, time_left
from aptarank.models.calibration import fit_temperature
from aptarank.models.depth import depth_of_step, depths_of, set_depth
from aptarank.models.encoder import freeze_backbone, kind_of
from aptarank.models.fused import fused
from aptarank.models.model_inputs import TokenizedAptamers
from aptarank.models.predictor import Predictor
from aptarank.models.scorer import Scorer
from aptarank.models.torch_inference import torch_scorer
from aptarank.pairing.pairs import Pairs
from aptarank.training.batch_sampler import sample_pairs
from aptarank.training.checkpoints import (
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    with_prefix,
)
from aptarank.training.losses import LOSSES
from aptarank.training.objectives import OBJECTIVES, Batch, Part
from aptarank.training.optimisation import (
    Schedule,
    TrainingSettings,
    count_steps,
    ema_update,
    make_optimizer,
)
from aptarank.training.processes import World
from aptarank.training.resuming import CheckpointPolicy, checkpointing, resume

SHOWN = 5  # aptamers in a message


def validate(scorer: Scorer, encoded: TokenizedAptamers, pairs: Pairs) -> tuple[float, float]:
    """Cross-entropy and accuracy on labelled pairs."""
    logits = torch.from_numpy(scorer.pair_logits(encoded, pairs.first, pairs.second))
    label = torch.from_numpy(pairs.label.astype(np.float32))
    loss = functional.binary_cross_entropy_with_logits(logits, label).item()
    return loss, ((logits > 0) == (label == 1)).float().mean().item()


class Training:
    """The state of a training: all that a checkpoint needs to resume it as if never stopped.

    Attributes:
        model: the one that learns, on the world's device.
        ema_model: its exponential moving average, which is evaluated and kept.
        objective: gives batches, and their loss.
        step: optimiser steps taken.
        history: a row an evaluation, as `finetune` returns them.
        best_weights: of `ema_model` at `best_step`, the best evaluation yet.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        train: Part,
        validation: Part,
        settings: TrainingSettings,
        seed: int,
        world: World,
    ):
        torch.manual_seed(seed + world.process_index)  # dropout differs between processes
        self.model, self.settings, self.world = model.to(world.device), settings, world
        self.train, self.validation = train, validation
        if settings.freeze:
            freeze_backbone(model)
        make_objective = OBJECTIVES[kind_of(model).name]
        self.objective = make_objective(
            train, settings.batch_size, seed, settings.soft_labels, LOSSES[settings.loss]
        )
        if self.objective.batches.size % world.size:
            raise InputError(
                f"a batch of {self.objective.batches.size} {self.objective.unit} cannot be divided "
                f"equally among {world.size} processes; choose another batch_size"
            )
        steps = count_steps(settings, self.objective.examples)
        self.schedule = Schedule.of(steps, settings.warmup, settings.decay)
        self.optimizer = make_optimizer(model, settings)
        self.ema_model = AveragedModel(model, multi_avg_fn=ema_update(settings.average))
        self.scorer = torch_scorer(self.ema_model.module, validation.tokenizer, world.device)
        module = fused(self.model)
        compiled = cast(nn.Module, torch.compile(module)) if settings.compile else module
        self.forward = world.wrap(compiled)
        self.validation_pairs = sample_pairs(validation.pairs, settings.validation_pairs, seed)
        self.depths, self.seed = depths_of(model, settings.depths), seed
        self.step = 0
        self.loss = torch.zeros((), device=world.device)  # summed since the last evaluation
        self.history: list[dict[str, float]] = []
        self.best: tuple[float, float] = (-1.0, -math.inf)  # accuracy, −loss on validation
        self.best_step = 0
        self.best_weights: dict[str, torch.Tensor] = {}

    def train_step(self) -> int:
        """Take one optimiser step, of `accumulate` batches; return how many pairs it learnt from.

        Raises:
            InputError: the loss or the gradient is not finite.
        """
        settings, world = self.settings, self.world
        learning_rate = settings.learning_rate * self.schedule.factor(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.forward.train()
        if self.depths:
            set_depth(self.model, depth_of_step(self.depths, self.seed, self.step))
        n_pairs, batches = 0, []
        for micro_step in range(settings.accumulate):
            batch = self.objective.batch(self.step * settings.accumulate + micro_step, world)
            inputs = {name: tensor.to(world.device) for name, tensor in batch.inputs.items()}
            with torch.autocast(world.device.type, torch.bfloat16, settings.precision == "bf16"):
                logits = self.forward(**inputs)[:, 0].float()
            if self.objective.joint:
                logits = world.gather(logits)
            loss, pairs = self.objective.loss(logits, batch.target.to(world.device))
            # Processes average their gradients; those of a joint loss have to be added up.
            scale = world.size if self.objective.joint else 1
            (loss * scale / settings.accumulate).backward()
            self.loss += loss.detach()
            n_pairs += pairs
            batches.append(batch)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        self.step += 1
        if not torch.isfinite(loss.detach() + norm):
            raise InputError(
                self.not_finite_message(loss.item(), norm.item(), learning_rate, batches)
            )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema_model.update_parameters(self.model)
        return n_pairs

    def not_finite_message(
        self, loss: float, norm: float, learning_rate: float, batches: list[Batch]
    ) -> str:
        """The error message for a loss or gradient that is not finite; logs the aptamers."""
        aptamers = np.unique(np.concatenate([batch.aptamers for batch in batches]))
        sequences = [self.train.sequences[index] for index in aptamers]
        logger.error("the batch's aptamers: %s", ", ".join(sequences))
        return (
            f"step {self.step} of {self.schedule.steps}: the loss is {loss:g}, its gradient's norm "
            f"{norm:g}, at learning rate {learning_rate:.3g}, on a batch of {len(sequences)} "
            f"aptamers (all are listed above): {', '.join(sequences[:SHOWN])}, …\n"
            "Training cannot go on from there. Lower learning_rate or clip, or raise warmup; with "
            "precision bf16, try fp32."
        )

    def evaluate(self) -> None:
        """Evaluate on validation, add a row to the history, keep the weights if they are better."""
        since = self.step - (int(self.history[-1]["step"]) if self.history else 0)
        train_loss = self.world.mean(self.loss / (since * self.settings.accumulate)).item()
        self.loss.zero_()
        loss, accuracy = 0.0, 0.0
        if self.world.is_main_process:
            loss, accuracy = validate(self.scorer, self.validation.encoded, self.validation_pairs)
        loss, accuracy = self.world.broadcast(loss, accuracy)
        self.history.append(
            {
                "step": self.step,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "train_loss": train_loss,
                "validation_loss": loss,
                "validation_accuracy": accuracy,
            }
        )
        if (accuracy, -loss) > self.best:
            self.best, self.best_step = (accuracy, -loss), self.step
            weights = self.ema_model.module.state_dict()
            self.best_weights = {name: tensor.clone() for name, tensor in weights.items()}

    def end_soon(self) -> None:
        """Let the learning rate fall, and end then, if there was no better evaluation within the
        patience. The fall is what still improves such a model.
        """
        patience, schedule = self.settings.patience, self.schedule
        if not patience or self.step - self.best_step < patience * self.settings.evaluate_every:
            return
        before = schedule.steps
        schedule.fall_from(self.step)
        if schedule.steps < before:
            logger.info(
                "no better on validation since step %d: the learning rate falls from here, and "
                "training ends at step %d",
                self.best_step,
                schedule.steps,
            )

    def save(self, policy: CheckpointPolicy) -> None:
        """Write a checkpoint (all processes take part, the main one writes)."""
        random = self.world.random_states()
        if not self.world.is_main_process:
            return
        tensors = {
            **{f"model.{name}": tensor for name, tensor in self.model.state_dict().items()},
            **{f"averaged.{name}": t for name, t in self.ema_model.state_dict().items()},
            **{f"best.{name}": tensor for name, tensor in self.best_weights.items()},
            **optimizer_tensors(self.optimizer),
            **{f"random.{name}": tensor for name, tensor in random.items()},
            "loss": self.loss,
        }
        values = {
            "training": policy.training,
            "step": self.step,
            "steps": self.schedule.steps,
            "history": self.history,
            "best": self.best if self.best_step else None,
            "best_step": self.best_step,
        }
        save_checkpoint(policy.folder, self.step, tensors, values)

    def restore(self, tensors: dict[str, torch.Tensor], values: dict) -> None:
        """Resume from a checkpoint."""
        part = partial(with_prefix, tensors)
        self.model.load_state_dict(part("model."))
        self.ema_model.load_state_dict(part("averaged."))
        self.best_weights = {n: t.to(self.world.device) for n, t in part("best.").items()}
        restore_optimizer(self.optimizer, tensors)
        self.world.set_random_states(part("random."))
        self.loss = tensors["loss"].to(self.world.device)
        self.step, self.history = values["step"], values["history"]
        self.schedule.steps = values["steps"]
        self.best_step = values["best_step"]
        if values["best"]:
            self.best = tuple(values["best"])


def calibrate(model: PreTrainedModel, part: Part, pairs: Pairs, device: torch.device) -> float:
    """Divide the logits by the temperature that makes these pairs most likely; return it.

    The last layer (of a predictor: the members' weights) takes the division, so that every form of
    the model has it. A pair counts in both
    orders.

    Args:
        part: whose aptamers `pairs` has indices of.
    """
    scorer = torch_scorer(model, part.tokenizer, device)
    logits = scorer.pair_logits(part.encoded, pairs.first, pairs.second)
    swapped = scorer.pair_logits(part.encoded, pairs.second, pairs.first)
    temperature = fit_temperature((logits - swapped) / 2, pairs.label)
    if isinstance(model, Predictor):
        model.rescale(1 / temperature)
        return temperature
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.div_(temperature)
    return temperature


def finetune(
    model: PreTrainedModel,
    train: Part,
    validation: Part,
    settings: TrainingSettings,
    seed: int,
    world: World,
    policy: CheckpointPolicy | None = None,
) -> pd.DataFrame:
    """Train `model` in place and leave the weights that were best on validation in it.

    With `policy`, it resumes from the last checkpoint of its folder, and writes one before it stops
    by SIGTERM, SIGINT, SIGUSR1 or SIGURG. On the CPU, stopped or not, the weights are the same to
    the bit.

    Returns:
        The history, a row an evaluation: step, learning_rate, train_loss (mean since the row
        before), validation_loss, validation_accuracy.

    Raises:
        InputError: the loss is not finite, or a checkpoint cannot be written.
        SystemExit: with 128 + the signal's number, once stopped by it.
    """
    training = Training(model, train, validation, settings, seed, world)
    world.main_process_first(lambda: resume(training, policy))
    with checkpointing(policy, training.save, world.any) as after_step:
        run(training, after_step)
    model.load_state_dict(training.best_weights)
    if training.depths:
        set_depth(model, training.depths[-1])
    model.eval()
    return pd.DataFrame(training.history)


def run(training: Training, after_step: Callable[[int, int], None]) -> None:
    """Take the remaining steps, with evaluations, and log a line every few seconds."""
    objective, settings = training.objective, training.settings
    start = last_line = time.monotonic()
    first, n_pairs = training.step, 0
    examples = objective.batches.size * settings.accumulate

    schedule = training.schedule
    while training.step < schedule.steps:
        n_pairs += training.train_step()
        if training.step % settings.evaluate_every == 0 or training.step == schedule.steps:
            training.evaluate()
            training.end_soon()
        after_step(training.step, schedule.steps)
        now = time.monotonic()
        if now - last_line >= PROGRESS_SECONDS:
            last_line = now
            done = training.step - first
            accuracy = training.history[-1]["validation_accuracy"] if training.history else None
            logger.info(
                "step %d of %d%s, %.0f %s/s, at most %s left",
                training.step,
                schedule.steps,
                "" if accuracy is None else f", validation accuracy {accuracy:.3f}",
                done * examples / (now - start),
                objective.unit,
                time_left((now - start) / done * (schedule.steps - training.step)),
            )
    seconds, done = max(time.monotonic() - start, 1e-9), training.step - first
    logger.info(
        "%d steps in %s: %.0f %s/s, learnt from %.0f pairs/s; best on validation at step %d "
        "(accuracy %.4f)",
        done,
        time_left(seconds),
        done * examples / seconds,
        objective.unit,
        n_pairs / seconds,
        training.best_step,
        training.best[0],
    )
