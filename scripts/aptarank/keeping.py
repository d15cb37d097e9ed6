"""When a training writes checkpoints, and how it stops so that it can go on."""

import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aptarank.log import logger

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


def fingerprint(values: list, files: Iterable[Path]) -> str:
    """What tells a training from another: a digest of values and of the content of files."""
    total = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def files_in(*folders: str | Path | None) -> list[Path]:
    """The files in those of the folders that are there."""
    there = [Path(folder) for folder in folders if folder and Path(folder).is_dir()]
    return sorted(path for folder in there for path in folder.iterdir() if path.is_file())


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
