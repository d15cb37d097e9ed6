"""When a training writes checkpoints, and how it stops so that it can go on."""

import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from aptarank.core.log import logger
from aptarank.training.checkpoints import load_checkpoint
from aptarank.workflow.code_inputs import imported_modules

# SIGURG is SLURM's warning before its time limit (slurm.py).
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGURG)


@dataclass(frozen=True)
class CheckpointPolicy:
    """Where and how often checkpoints are written.

    Attributes:
        folder: of the checkpoints.
        training: a digest that identifies this training: its settings, data and programs.
        minutes, steps: between two checkpoints, whichever comes first; None: not by this.
    """

    folder: Path
    training: str
    minutes: float | None = None
    steps: int | None = None


class Resumable(Protocol):
    """A training that a checkpoint can be put into."""

    step: int

    def restore(self, tensors: dict[str, torch.Tensor], values: dict) -> None: ...


def checkpoint_policy(
    folder: Path | None, minutes: float, steps: int, script: str, values: list, files: list[Path]
) -> CheckpointPolicy | None:
    """The policy of a program that trains; None without a folder.

    Args:
        minutes, steps: between two checkpoints; 0: not by this.
        script: the program's file. A training of other code, of this file or of a module that it
            imports, is another training.
        values, files: what the training depends on.
    """
    if folder is None:
        return None
    programs = [Path(script), *map(Path, imported_modules(script))]
    training = fingerprint([*values, torch.__version__], [*files, *programs])
    return CheckpointPolicy(folder, training, minutes or None, steps or None)


def fingerprint(values: list, files: Iterable[Path]) -> str:
    """A digest of values and of the content of files, which identifies a training."""
    total = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def files_of(*folders: str | Path | None) -> list[Path]:
    """The files in those of the folders that exist."""
    existing = [Path(folder) for folder in folders if folder and Path(folder).is_dir()]
    return sorted(path for folder in existing for path in folder.iterdir() if path.is_file())


def resume(training: Resumable, policy: CheckpointPolicy | None) -> None:
    """Restore the last checkpoint, if there is one."""
    checkpoint = load_checkpoint(policy.folder, policy.training) if policy else None
    if checkpoint:
        training.restore(*checkpoint)
        logger.info("going on from the checkpoint of step %d", training.step)


@contextmanager
def deferred_signals(*signals: signal.Signals) -> Iterator[list[signal.Signals]]:
    """Collect signals in a list instead of dying of them."""
    received: list[signal.Signals] = []
    before = {
        each: signal.signal(each, lambda number, _: received.append(signal.Signals(number)))
        for each in signals
    }
    try:
        yield received
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def checkpointing(
    policy: CheckpointPolicy | None,
    save: Callable[[CheckpointPolicy], None],
    agree: Callable[..., Sequence[bool]] = lambda *flags: flags,
) -> Iterator[Callable[[int, int], None]]:
    """Provide a function to call after each step, with the step's number and the number of steps.

    It writes a checkpoint when one is due. On a signal of `STOPPING`, it writes one and raises
    SystemExit with 128 + the signal's number. Without a policy, it does nothing.

    Args:
        save: writes a checkpoint.
        agree: whether each flag is set in any of the processes that train together.
    """
    if policy is None:
        yield lambda step, steps: None
        return
    last = time.monotonic()
    with deferred_signals(*STOPPING) as signals:

        def after_step(step: int, steps: int) -> None:
            nonlocal last
            now = time.monotonic()
            due = policy.minutes is not None and now - last >= 60 * policy.minutes
            due |= policy.steps is not None and step % policy.steps == 0
            stop, due = agree(bool(signals), due)
            if stop or due:
                save(policy)
                last = now
            if stop:
                received = signals[0] if signals else signal.SIGTERM
                logger.warning(
                    "%s: stopped after step %d of %d, with a checkpoint in %s\n"
                    "Run again: it goes on from there.",
                    received.name,
                    step,
                    steps,
                    policy.folder,
                )
                raise SystemExit(128 + received)

        yield after_step
