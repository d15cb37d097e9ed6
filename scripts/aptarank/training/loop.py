"""Fine-tuning: one loop for both kinds of model, which goes on where it was stopped."""

import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from aptarank.core.errors import InputError
from aptarank.core.log import PROGRESS_SECONDS, logger, time_left
from aptarank.models.calibration import fit_temperature
from aptarank.models.depth import depth_of_step, depths_of, set_depth
from aptarank.models.encoder import freeze_backbone, kind_of
from aptarank.models.inference import pair_logits
from aptarank.models.model_inputs import Encoded
from aptarank.pairing.pairs import ManyPairs, Pairs
from aptarank.training.batch_sampler import sample_pairs
from aptarank.training.checkpoints import (
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    under,
)
from aptarank.training.objectives import TASKS, Batch, Part
from aptarank.training.optimisation import (
    Settings,
    averaging,
    count_steps,
    make_optimizer,
    trapezoid,
)
from aptarank.training.processes import World
from aptarank.training.resuming import Keep, kept, resume

SHOWN = 5  # aptamers in a message


def validate(
    model: nn.Module, encoded: Encoded, pairs: Pairs, device: torch.device
) -> tuple[float, float]:
    """Loss and accuracy on labelled pairs."""
    logits = torch.from_numpy(pair_logits(model, encoded, pairs.first, pairs.second, device))
    label = torch.from_numpy(pairs.label.astype(np.float32))
    loss = functional.binary_cross_entropy_with_logits(logits, label).item()
    return loss, ((logits > 0) == (label == 1)).float().mean().item()


class Training:
    """A model on its way: all that has to be kept for it to go on as if never stopped."""

    def __init__(
        self,
        model: nn.Module,
        train: Part,
        validation: Part,
        settings: Settings,
        seed: int,
        world: World,
    ):
        torch.manual_seed(seed + world.number)  # dropout differs between processes
        self.model, self.settings, self.world = model.to(world.device), settings, world
        self.train, self.validation = train, validation
        if settings.freeze:
            freeze_backbone(model)
        task = TASKS[kind_of(model)]
        self.task = task(train, settings.batch_size, seed, settings.soft_labels)
        if self.task.batches.size % world.size:
            raise InputError(
                f"a batch of {self.task.batches.size} {self.task.unit} cannot be shared alike by "
                f"{world.size} processes; choose another batch_size"
            )
        self.steps = count_steps(settings, self.task.examples)
        self.optimizer = make_optimizer(model, settings)
        self.schedule = trapezoid(self.steps, settings.warmup, settings.decay)
        # What is evaluated and kept.
        self.averaged = AveragedModel(model, multi_avg_fn=averaging(settings.average))
        self.forward = world.wrap(torch.compile(model) if settings.compile else model)
        self.held_out = sample_pairs(validation.pairs, settings.validation_pairs, seed)
        self.depths, self.seed = depths_of(model, settings.depths), seed
        self.step = 0
        self.loss = torch.zeros((), device=world.device)  # summed since the last evaluation
        self.history: list[dict[str, float]] = []
        self.best: tuple[float, float] = (-1.0, -math.inf)  # accuracy, −loss on validation
        self.best_step = 0
        self.best_weights: dict[str, torch.Tensor] = {}

    def learn(self) -> int:
        """One optimiser step; returns the number of pairs learnt from.

        Raises:
            InputError: the loss or the gradient is no finite number.
        """
        settings, world = self.settings, self.world
        rate = settings.learning_rate * self.schedule(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.model.train()
        if self.depths:
            set_depth(self.model, depth_of_step(self.depths, self.seed, self.step))
        learnt, seen = 0, []
        for place in range(settings.accumulate):
            batch = self.task.batch(self.step * settings.accumulate + place, world)
            inputs = {name: tensor.to(world.device) for name, tensor in batch.inputs.items()}
            with torch.autocast(world.device.type, torch.bfloat16, settings.precision == "bf16"):
                logits = self.forward(**inputs).logits[:, 0].float()
            if self.task.joint:
                logits = world.gather(logits)
            loss, pairs = self.task.loss(logits, batch.target.to(world.device))
            # Processes average their gradients; those of a joint loss have to be added up.
            (loss * (world.size if self.task.joint else 1) / settings.accumulate).backward()
            self.loss += loss.detach()
            learnt += pairs
            seen.append(batch)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        self.step += 1
        if not torch.isfinite(loss.detach() + norm):
            raise InputError(self.not_finite(loss.item(), norm.item(), rate, seen))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.averaged.update_parameters(self.model)
        return learnt

    def not_finite(self, loss: float, norm: float, rate: float, seen: list[Batch]) -> str:
        """What is said where training has run into numbers that are none."""
        numbers = np.unique(np.concatenate([batch.aptamers for batch in seen]))
        texts = [self.train.sequences[number] for number in numbers]
        logger.error("the batch's aptamers: %s", ", ".join(texts))
        return (
            f"step {self.step} of {self.steps}: the loss is {loss:g}, its gradient's norm "
            f"{norm:g}, at learning rate {rate:.3g}, on a batch of {len(texts)} aptamers (all are "
            f"listed above): {', '.join(texts[:SHOWN])}, …\n"
            "Training cannot go on from there. Lower learning_rate or clip, or raise warmup; with "
            "precision bf16, try fp32."
        )

    def evaluate(self) -> None:
        """Measure on validation, note it in the history, keep the weights if they are the best."""
        since = self.step - (int(self.history[-1]["step"]) if self.history else 0)
        train_loss = self.world.mean(self.loss / (since * self.settings.accumulate)).item()
        self.loss.zero_()
        found = (0.0, 0.0)
        if self.world.leads:
            found = validate(
                self.averaged.module, self.validation.encoded, self.held_out, self.world.device
            )
        loss, accuracy = self.world.from_leader(*found)
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
            weights = self.averaged.module.state_dict()
            self.best_weights = {name: tensor.clone() for name, tensor in weights.items()}

    @property
    def stale(self) -> bool:
        """Whether it is time to stop early."""
        patience = self.settings.patience
        return bool(patience) and self.step - self.best_step >= (
            patience * self.settings.evaluate_every
        )

    def save(self, keep: Keep) -> None:
        """Write a checkpoint (all processes take part, the leader writes)."""
        random = self.world.random_states()
        if not self.world.leads:
            return
        tensors = {
            **{f"model.{name}": tensor for name, tensor in self.model.state_dict().items()},
            **{f"averaged.{name}": t for name, t in self.averaged.state_dict().items()},
            **{f"best.{name}": tensor for name, tensor in self.best_weights.items()},
            **optimizer_tensors(self.optimizer),
            **{f"random.{name}": tensor for name, tensor in random.items()},
            "loss": self.loss,
        }
        values = {
            "training": keep.training,
            "step": self.step,
            "history": self.history,
            "best": self.best if self.best_step else None,
            "best_step": self.best_step,
        }
        save_checkpoint(keep.folder, self.step, tensors, values)

    def restore(self, tensors: dict[str, torch.Tensor], values: dict) -> None:
        """Go on from a checkpoint."""
        part = partial(under, tensors)
        self.model.load_state_dict(part("model."))
        self.averaged.load_state_dict(part("averaged."))
        self.best_weights = {n: t.to(self.world.device) for n, t in part("best.").items()}
        restore_optimizer(self.optimizer, tensors)
        self.world.set_random_states(part("random."))
        self.loss = tensors["loss"].to(self.world.device)
        self.step, self.history = values["step"], values["history"]
        self.best_step = values["best_step"]
        if values["best"]:
            self.best = tuple(values["best"])


def calibrate(model: nn.Module, encoded: Encoded, pairs: ManyPairs, device: torch.device) -> float:
    """Divide the logits by the temperature that makes validation pairs most likely; return it.

    The last layer takes the division, so that whatever runs the model has it. A pair counts in both
    orders.
    """
    some = pairs.take(np.arange(pairs.total))
    logits = pair_logits(model, encoded, some.first, some.second, device)
    swapped = pair_logits(model, encoded, some.second, some.first, device)
    temperature = fit_temperature((logits - swapped) / 2, some.label)
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        for parameter in last.parameters():
            parameter /= temperature
    return temperature


def finetune(
    model: nn.Module,
    train: Part,
    validation: Part,
    settings: Settings,
    seed: int,
    world: World,
    keep: Keep | None = None,
) -> pd.DataFrame:
    """Train `model` in place and leave the weights that were best on validation in it.

    With `keep`, it goes on from the last checkpoint there, and writes one before it stops by
    SIGTERM, SIGINT, SIGUSR1 or SIGURG. On the CPU, stopped or not, the weights are the same to the
    bit.

    Returns:
        The history, a row an evaluation: step, learning_rate, train_loss (mean since the row
        before), validation_loss, validation_accuracy.

    Raises:
        InputError: the loss is no finite number, or a checkpoint cannot be written.
        SystemExit: with 128 + the signal's number, once stopped by it.
    """
    training = Training(model, train, validation, settings, seed, world)
    world.leader_first(lambda: resume(training, keep))
    with kept(keep, lambda: training.save(keep), world.any) as after_step:
        run(training, after_step)
    model.load_state_dict(training.best_weights)
    if training.depths:
        set_depth(model, training.depths[-1])
    model.eval()
    return pd.DataFrame(training.history)


def run(training: Training, after_step: Callable[[int, int], None]) -> None:
    """Take the steps that are left, with evaluations and a line every few seconds."""
    task, settings = training.task, training.settings
    start = last_word = time.monotonic()
    first, learnt = training.step, 0
    examples = task.batches.size * settings.accumulate

    while training.step < training.steps and not training.stale:
        learnt += training.learn()
        if training.step % settings.evaluate_every == 0 or training.step == training.steps:
            training.evaluate()
        after_step(training.step, training.steps)
        now = time.monotonic()
        if now - last_word >= PROGRESS_SECONDS:
            last_word = now
            done = training.step - first
            accuracy = training.history[-1]["validation_accuracy"] if training.history else None
            logger.info(
                "step %d of %d%s, %.0f %s/s, at most %s left",
                training.step,
                training.steps,
                "" if accuracy is None else f", validation accuracy {accuracy:.3f}",
                done * examples / (now - start),
                task.unit,
                time_left((now - start) / done * (training.steps - training.step)),
            )
    if training.step < training.steps:
        logger.info("no better on validation since step %d: stopped early", training.best_step)
    seconds, done = max(time.monotonic() - start, 1e-9), training.step - first
    logger.info(
        "%d steps in %s: %.0f %s/s, learnt from %.0f pairs/s; best on validation at step %d "
        "(accuracy %.4f)",
        done,
        time_left(seconds),
        done * examples / seconds,
        task.unit,
        learnt / seconds,
        training.best_step,
        training.best[0],
    )
