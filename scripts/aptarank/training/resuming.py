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

from aptarank.core.code_inputs import imported_modules
from aptarank.core.log import logger
from aptarank.training.checkpoints import load_checkpoint

# SIGURG is SLURM's warning before its time limit (slurm.py).
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGURG)


@dataclass(frozen=True)
class Keep:
    """Where and how often checkpoints are written.

    Attributes:
        folder: of the checkpoints.
        training: what tells this training from others: its settings, data and programs.
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


def keep_in(
    folder: Path | None, minutes: float, steps: int, script: str, values: list, files: list[Path]
) -> Keep | None:
    """How a program keeps its training in a folder; None without one.

    Args:
        minutes, steps: between two checkpoints; 0: not by this.
        script: the program's file; it and the modules that it imports tell trainings apart, too.
        values, files: what the training depends on.
    """
    if folder is None:
        return None
    programs = [Path(script), *map(Path, imported_modules(script))]
    training = fingerprint([*values, torch.__version__], [*files, *programs])
    return Keep(folder, training, minutes or None, steps or None)


def fingerprint(values: list, files: Iterable[Path]) -> str:
    """What tells a training from another: a digest of values and of the content of files."""
    total = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def files_of(*folders: str | Path | None) -> list[Path]:
    """The files in those of the folders that are there."""
    there = [Path(folder) for folder in folders if folder and Path(folder).is_dir()]
    return sorted(path for folder in there for path in folder.iterdir() if path.is_file())


def resume(training: Resumable, keep: Keep | None) -> None:
    """Go on from the last checkpoint, where there is one."""
    found = load_checkpoint(keep.folder, keep.training) if keep else None
    if found:
        training.restore(*found)
        logger.info("going on from the checkpoint of step %d", training.step)


@contextmanager
def noted(*signals: signal.Signals) -> Iterator[list[signal.Signals]]:
    """Note signals in a list instead of dying of them."""
    found: list[signal.Signals] = []
    before = {
        each: signal.signal(each, lambda number, _: found.append(signal.Signals(number)))
        for each in signals
    }
    try:
        yield found
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def kept(
    keep: Keep | None,
    save: Callable[[], None],
    agree: Callable[..., Sequence[bool]] = lambda *flags: flags,
) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call after each step, with its number and how many there are.

    It writes a checkpoint where one is due, and one before it stops the training by a signal of
    `STOPPING`: then it raises SystemExit with 128 + the signal's number. Without `keep`, it does
    nothing.

    Args:
        save: writes a checkpoint.
        agree: for each flag whether it is set in any of the processes that train together.
    """
    if keep is None:
        yield lambda step, steps: None
        return
    last = time.monotonic()
    with noted(*STOPPING) as signals:

        def after_step(step: int, steps: int) -> None:
            nonlocal last
            now = time.monotonic()
            due = keep.minutes is not None and now - last >= 60 * keep.minutes
            due |= keep.steps is not None and step % keep.steps == 0
            stop, due = agree(bool(signals), due)
            if stop or due:
                save()
                last = now
            if stop:
                what = signals[0] if signals else signal.SIGTERM
                logger.warning(
                    "%s: stopped after step %d of %d, with a checkpoint in %s\n"
                    "Run again: it goes on from there.",
                    *(what.name, step, steps, keep.folder),
                )
                raise SystemExit(128 + what)

        yield after_step
