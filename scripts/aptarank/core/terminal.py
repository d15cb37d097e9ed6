"""What Snakemake says in the terminal: the plan, and a line for each job.

Everything else (files, reasons, resources) is in Snakemake's log in .snakemake/log, and comes back
to the terminal with `--verbose`. A dry run shows it too.
"""

import logging
import shutil
import textwrap
from collections.abc import Callable
from typing import Any

from snakemake.logging import logger as snakemake_logger
from snakemake_interface_logger_plugins.common import LogEvent

HANDLER = "DefaultStreamHandler"  # what Snakemake names its own, where no plugin replaces it
LEFT_OUT = (
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.JOB_STARTED),
    *(LogEvent.JOB_FINISHED, LogEvent.PROGRESS),
)
LEFT_OUT_LINES = ("Select jobs to execute", "Building DAG of jobs", "Assuming unrestricted shared")
WIDEST = 120  # columns of a line, also where the terminal is wider or there is none


class Calm(logging.Formatter):
    """Formats Snakemake's records for people; those that it does not know, as before.

    Args:
        before: the formatter that it stands for.
        sentence: says what a rule does, by its name.
    """

    def __init__(self, before: logging.Formatter, sentence: Callable[[str], str]):
        super().__init__()
        self.before, self.sentence = before, sentence
        self.done, self.total = 0, 0

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record; empty for what the terminal does not show."""
        event = getattr(record, "event", None)
        said: dict[str, Any] = record.__dict__
        if event == LogEvent.PROGRESS:
            self.done, self.total = said["done"], said["total"]
        if event in LEFT_OUT or str(said["msg"]).startswith(LEFT_OUT_LINES):
            return ""
        if event == LogEvent.RUN_INFO:
            return self.plan(said["stats"])
        if event == LogEvent.JOB_INFO:
            return self.job(said)
        return self.before.format(record)

    def plan(self, stats: dict[str, int]) -> str:
        """How often each rule will run."""
        counts = {rule: count for rule, count in stats.items() if rule not in ("total", "all")}
        self.total = int(stats["total"])
        jobs = ", ".join(rule if n == 1 else f"{n} {rule}" for rule, n in counts.items())
        return textwrap.fill(f"{self.total} jobs: {jobs}", width(), break_on_hyphens=False)

    def job(self, said: dict[str, Any]) -> str:
        """How many jobs are done, which one begins, and what it does.

        Its number is that by which errors and other lines of Snakemake name it.
        """
        rule = said["rule_name"]
        of = " ".join([rule, *dict(said["wildcards"].items()).values()])
        far = f"[{self.done} of {self.total} done] " if self.total else ""
        text = f"{far}job {said['jobid']}, {of}: {self.sentence(rule)}"
        return textwrap.shorten(text, width(), placeholder=" …")


def width() -> int:
    """Columns to write in."""
    return min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)


def calm_terminal(sentence: Callable[[str], str]) -> None:
    """Let Snakemake's own handler of the terminal format records by `Calm`."""
    for handler in snakemake_logger.handlers:
        if handler.name == HANDLER and handler.formatter:
            handler.setFormatter(Calm(handler.formatter, sentence))
