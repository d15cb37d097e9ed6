"""What every program of the pipeline shares: logging, error reporting, progress."""

import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from pathlib import Path

import click

from aptarank.alive import end_with_snakemake
from aptarank.config import default
from aptarank.disk import explain
from aptarank.errors import InputError

logger = logging.getLogger("aptarank")

PROGRESS_SECONDS = 5.0

PATH = click.Path(path_type=Path)


def set_up_logging(log: Path | None) -> None:
    """Log to standard error and, where given, to the file `log` (made anew).

    Of several processes under torchrun, the first alone says more than errors.
    """
    leads = os.environ.get("RANK", "0") == "0"
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr, force=True)
    logger.setLevel(logging.INFO if leads else logging.ERROR)
    logging.raiseExceptions = False  # a full disk must not bury the message in tracebacks
    # Warnings of libraries go to the log file alone, not to the person at the terminal.
    logging.captureWarnings(True)
    libraries = logging.getLogger("py.warnings")
    libraries.propagate = False
    libraries.handlers = [logging.NullHandler()]
    if log is not None and leads:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(log, mode="w", encoding="utf-8")
        file.setFormatter(logging.Formatter("%(message)s"))
        logging.getLogger().addHandler(file)
        libraries.handlers = [file]


class Program(click.Command):
    """A click command with `--log`, whose errors a user can read.

    `InputError` becomes one message and exit status 1, and so does a file or disk that fails;
    anything else is a fault of ours and keeps its traceback. A program that Snakemake started ends
    with it.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, context_settings={"show_default": True}, **kwargs)
        self.params.append(
            click.Option(["--log"], type=PATH, help="Also write the log to this file.")
        )

    def invoke(self, ctx: click.Context):
        log = ctx.params.pop("log")
        end_with_snakemake()
        try:
            set_up_logging(log)
            return super().invoke(ctx)
        except InputError as error:
            logger.error("%s: error: %s", ctx.info_name, error)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if explained := explain(error, ctx.params.get("output") or Path()):
                logger.error("%s: error: %s", ctx.info_name, explained)
                ctx.exit(1)
            logger.exception("%s: a fault of aptarank's own, please report it:", ctx.info_name)
            ctx.exit(70)  # EX_SOFTWARE of sysexits.h


device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default=default("device"),
    help="auto takes a GPU if there is one.",
)

threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=default("threads"),
    help="Processor threads of PyTorch or ONNX Runtime.",
)


def progress(items: Iterable, what: str, unit: str = "batches") -> Iterator:
    """Yield `items`, logging how far it is every few seconds (lines: logs stay readable)."""
    total = len(items) if isinstance(items, Sized) else None
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= PROGRESS_SECONDS:
            last = now
            rate = done / (now - start)
            if total is None:
                logger.info("%s: %d %s, %.3g/s", what, done, unit, rate)
            else:
                left = time_left((total - done) / rate)
                logger.info("%s: %d of %d %s, %s left", what, done, total, unit, left)


def time_left(seconds: float) -> str:
    """Seconds as a person would say them: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
