"""The log, and progress in it."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from aptarank.core.errors import printable

logger = logging.getLogger("aptarank")

Track = Callable[[Iterable], Iterable]  # wraps what a loop goes through, to show its progress


# Set by a Snakemake that shows how far its jobs are: they write lines to their log files alone.
CALM = "APTARANK_CALM"
ERASE = "\r\x1b[K"  # what stands in the terminal's line


class Printable(logging.Formatter):
    """Formats a message safely, whatever names of files and cells are in it.

    Args:
        before: written before each message.
    """

    def __init__(self, before: str = ""):
        super().__init__("%(message)s")
        self.before = before

    def format(self, record: logging.LogRecord) -> str:
        return self.before + printable(super().format(record))


PROGRESS_SECONDS = 5.0
SILENCE = 1.2  # times PROGRESS_SECONDS, until a program says that it is at work; loops come first


def set_up_logging(log: Path | None) -> None:
    """Log to standard error and, if given, to the file `log`, which is overwritten.

    Of several processes under torchrun, only the first logs more than errors. With a log file,
    below a Snakemake with `CALM`, standard error has warnings and errors alone.
    """
    is_main_process = os.environ.get("RANK", "0") == "0"
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    terminal, calm = logging.getLogger().handlers[0], CALM in os.environ
    in_place = calm and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    terminal.setFormatter(Printable(ERASE if in_place else ""))
    terminal.setLevel(logging.WARNING if calm and log is not None else logging.NOTSET)
    logger.setLevel(logging.INFO if is_main_process else logging.ERROR)
    logging.raiseExceptions = False  # a full disk must not bury the message in tracebacks
    # Warnings of libraries go only to the log file, not to the terminal.
    logging.captureWarnings(True)
    libraries = logging.getLogger("py.warnings")
    libraries.propagate = False
    libraries.handlers = [logging.NullHandler()]
    if log is not None and is_main_process:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(log, mode="w", encoding="utf-8")
        file.setFormatter(Printable())
        logging.getLogger().addHandler(file)
        libraries.handlers = [file]


class LastLine(logging.Handler):
    """Records when a line was last logged."""

    def __init__(self) -> None:
        super().__init__()
        self.time = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        self.time = time.monotonic()


@contextmanager
def never_silent(task: str) -> Iterator[None]:
    """While it is open, log the elapsed time if nothing else was logged for a few seconds.

    This is for long calls of a library, whose progress `progress` cannot see.
    """
    start, ended, last = time.monotonic(), threading.Event(), LastLine()

    def watch() -> None:
        patience = SILENCE * PROGRESS_SECONDS
        while not ended.wait(max(0.0, last.time + patience - time.monotonic())):
            now = time.monotonic()
            if now - last.time >= patience:
                logger.info("%s: still running after %s", task, time_left(now - start))
                last.time = now  # even if the line was not logged

    thread = threading.Thread(target=watch, daemon=True)
    logger.addHandler(last)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        logger.removeHandler(last)


def progress(items: Iterable, task: str, unit: str = "batches") -> Iterator:
    """Yield `items`, and log the progress every few seconds, as lines, to keep logs readable."""
    total = len(items) if isinstance(items, Sized) else None
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= PROGRESS_SECONDS:
            last = now
            rate = done / (now - start)
            if total is None:
                logger.info("%s: %d %s, %.3g/s", task, done, unit, rate)
            else:
                left = time_left((total - done) / rate)
                logger.info("%s: %d of %d %s, %s left", task, done, total, unit, left)


def tracker(task: str, unit: str = "batches") -> Track:
    """Return `progress` with its arguments, for a function that takes a `Track`."""
    return partial(progress, task=task, unit=unit)


def time_left(seconds: float) -> str:
    """Return a duration in a suitable unit: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
