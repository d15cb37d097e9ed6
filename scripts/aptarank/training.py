"""Fine-tuning: one loop for both kinds of model."""

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from aptarank.cli import PROGRESS_SECONDS, logger, time_left
from aptarank.comparison import Comparison
from aptarank.encoding import Encoded, compose
from aptarank.inference import pair_logits
from aptarank.model import freeze_backbone, kind_of
from aptarank.pairs import Pairs


@dataclass(frozen=True)
class Settings:
    """How to train. The defaults and what each means are in config.schema.yaml, `$defs`."""

    steps: int
    epochs: float | None
    batch_size: int
    accumulate: int
    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float
    freeze: bool
    evaluate_every: int
    patience: int | None
    validation_pairs: int
    precision: str


@dataclass(frozen=True)
class Part:
    """The aptamers of one part, its labelled pairs (indices into them), and what compares them."""

    encoded: Encoded
    pairs: Pairs
    comparison: Comparison


class PairTask:
    """Classify `[CLS] a [SEP] b [SEP]`: one forward pass a pair."""

    unit = "pairs"

    def __init__(self, train: Part):
        self.train = train
        self.examples = len(train.pairs.label)
        self.groups = np.zeros(self.examples, dtype=np.int64)
        lengths = train.encoded.lengths.numpy()
        self.lengths = lengths[train.pairs.first] + lengths[train.pairs.second]

    def batch(self, numbers: np.ndarray, rng: np.random.Generator) -> tuple:
        """Pairs by number, each in either order, since both teach the same."""
        first, second, label = (column[numbers] for column in self.train.pairs)
        swap = rng.random(len(numbers)) < 0.5
        first, second = np.where(swap, second, first), np.where(swap, first, second)
        inputs = compose(self.train.encoded, torch.from_numpy(first), torch.from_numpy(second))
        return inputs, torch.from_numpy(np.where(swap, 1 - label, label).astype(np.float32))

    def loss(self, logits: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Mean binary cross-entropy, and the number of pairs learnt from."""
        return functional.binary_cross_entropy_with_logits(logits, label), len(label)


class RankTask:
    """Score single aptamers so that sigmoid(f(a) − f(b)) is P(a fitter than b).

    The loss is that of RankNet (Burges et al. 2005, doi:10.1145/1102351.1102363) over all decided
    pairs of a batch: B forward passes teach up to B(B−1)/2 pairs.
    """

    unit = "aptamers"

    def __init__(self, train: Part):
        self.train = train
        self.groups = train.comparison.groups
        self.examples = len(self.groups)
        # A group stays together, by its longest; in a single one, all lengths must meet.
        lengths = train.encoded.lengths.numpy()[train.comparison.aptamers]
        self.lengths = pd.Series(lengths).groupby(self.groups).transform("max").to_numpy()

    def batch(self, numbers: np.ndarray, rng: np.random.Generator) -> tuple:
        """Measurements by number: their aptamers, and which is decidedly fitter than which."""
        aptamers = torch.from_numpy(self.train.comparison.aptamers[numbers])
        decided = torch.from_numpy(self.train.comparison.decided(numbers))
        return compose(self.train.encoded, aptamers), decided

    def loss(self, scores: torch.Tensor, decided: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Mean −log P(fitter one wins) over the batch's decided pairs, and their number."""
        number = int(decided.sum())
        if number == 0:  # all of the batch tie: nothing to learn, but keep the graph
            return scores.sum() * 0, 0
        return functional.softplus(scores[None, :] - scores[:, None])[decided].mean(), number


POOL = 50  # batches that are sorted by length together

TASKS = {"pair": PairTask, "rank": RankTask}


def endless_batches(
    groups: np.ndarray, lengths: np.ndarray, size: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Numbers of examples, in a new random order each epoch; a short last batch is left out.

    Args:
        groups: code of each example's group, shape (n_examples,); those of one group stand
            together, since only they can be compared.
        lengths: of each example, shape (n_examples,); those of like length stand together, in
            pools of `POOL` batches, since a batch is padded to its longest.
    """
    examples, most = len(groups), int(groups.max(initial=0))
    size = min(size, examples)
    varied = bool(np.ptp(lengths))
    pool = POOL * size if varied else examples
    while True:
        order = rng.permutation(examples)
        if most:
            order = order[np.argsort(rng.permutation(most + 1)[groups[order]], kind="stable")]
        order = order[: examples // size * size]  # before sorting, or the longest would go
        for first in range(0, len(order), pool):
            some = order[first : first + pool]
            some = some[np.argsort(lengths[some], kind="stable")]
            starts = np.arange(0, len(some), size)
            if varied:
                rng.shuffle(starts)
            for start in starts:
                yield some[start : start + size]


def count_steps(settings: Settings, examples: int) -> int:
    """Optimiser steps: those of the settings, or of `epochs` where that is given."""
    if settings.epochs is None:
        return settings.steps
    batches = max(1, examples // min(settings.batch_size, examples))
    return max(1, math.ceil(settings.epochs * batches / settings.accumulate))


def make_optimizer(model: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """AdamW, without weight decay on biases and norms (the parameters of one dimension)."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def linear_schedule(steps: int, warmup: float) -> Callable[[int], float]:
    """Factor of the learning rate: linear warm-up over a share of the steps, then decay to 0."""
    rising = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return max(0.0, (steps - step) / max(1, steps - rising))

    return factor


def sample_pairs(pairs: Pairs, most: int, rng: np.random.Generator) -> Pairs:
    """At most `most` of the pairs, drawn uniformly: tables of pairs are in order of the fitter."""
    if len(pairs.label) <= most:
        return pairs
    chosen = rng.choice(len(pairs.label), size=most, replace=False)
    return Pairs(*(column[chosen] for column in pairs))


def validate(
    model: nn.Module, encoded: Encoded, pairs: Pairs, device: torch.device
) -> tuple[float, float]:
    """Loss and accuracy on labelled pairs."""
    logits = torch.from_numpy(pair_logits(model, encoded, pairs.first, pairs.second, device))
    label = torch.from_numpy(pairs.label.astype(np.float32))
    loss = functional.binary_cross_entropy_with_logits(logits, label).item()
    return loss, ((logits > 0) == (label == 1)).float().mean().item()


def finetune(
    model: nn.Module,
    train: Part,
    validation: Part,
    settings: Settings,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """Train `model` in place and leave the weights that were best on validation in it.

    Returns:
        The history, a row an evaluation: step, learning_rate, train_loss (mean since the row
        before), validation_loss, validation_accuracy.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model.to(device)
    if settings.freeze:
        freeze_backbone(model)
    task = TASKS[kind_of(model)](train)
    steps = count_steps(settings, task.examples)
    optimizer = make_optimizer(model, settings)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, linear_schedule(steps, settings.warmup))
    batches = endless_batches(task.groups, task.lengths, settings.batch_size, rng)
    held_out = sample_pairs(
        validation.pairs, settings.validation_pairs, np.random.default_rng([seed, 1])
    )
    history: list[dict[str, float]] = []
    best_weights, best_step, best = None, 0, (-1.0, -math.inf)
    losses: list[torch.Tensor] = []
    start = last_word = time.monotonic()
    seen = learnt = 0

    for step in range(1, steps + 1):
        model.train()
        for _ in range(settings.accumulate):
            inputs, target = task.batch(next(batches), rng)
            with torch.autocast(device.type, torch.bfloat16, settings.precision == "bf16"):
                logits = model(**{k: v.to(device) for k, v in inputs.items()}).logits[:, 0]
            loss, pairs = task.loss(logits.float(), target.to(device))
            (loss / settings.accumulate).backward()
            losses.append(loss.detach())
            seen, learnt = seen + len(target), learnt + pairs
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        learning_rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)

        if step % settings.evaluate_every == 0 or step == steps:
            validation_loss, accuracy = validate(model, validation.encoded, held_out, device)
            history.append(
                {
                    "step": step,
                    "learning_rate": learning_rate,
                    "train_loss": torch.stack(losses).mean().item(),
                    "validation_loss": validation_loss,
                    "validation_accuracy": accuracy,
                }
            )
            losses.clear()
            if (accuracy, -validation_loss) > best:
                best, best_step = (accuracy, -validation_loss), step
                best_weights = copy.deepcopy(model.state_dict())
            elif settings.patience and step - best_step >= (
                settings.patience * settings.evaluate_every
            ):
                logger.info("no better on validation since step %d: stopping early", best_step)
                break
        now = time.monotonic()
        if now - last_word >= PROGRESS_SECONDS:
            last_word = now
            measured = f", validation accuracy {accuracy:.3f}" if history else ""
            logger.info(
                "step %d of %d, loss %.3f%s, %.0f %s/s, at most %s left",
                step,
                steps,
                loss.item(),
                measured,
                seen / (now - start),
                task.unit,
                time_left((now - start) / step * (steps - step)),
            )
    seconds = time.monotonic() - start
    logger.info(
        "%d steps in %s: %.0f %s/s, learnt from %.0f pairs/s; best on validation at step %d "
        "(accuracy %.4f)",
        step,
        time_left(seconds),
        seen / seconds,
        task.unit,
        learnt / seconds,
        best_step,
        best[0],
    )
    model.load_state_dict(best_weights)
    model.eval()
    return pd.DataFrame(history)
