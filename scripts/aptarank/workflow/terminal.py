"""What Snakemake says in the terminal: the plan, a line for each job, and how far the run is.

Everything else (files, reasons, resources) is in Snakemake's log in .snakemake/log, and what the
jobs say is in their logs; both come back to the terminal with `--verbose`.
"""

import contextlib
import logging
import os
import shutil
import textwrap
import threading
from collections.abc import Callable, Collection
from typing import Any

from snakemake.logging import ColorizingTextHandler
from snakemake.logging import logger as snakemake_logger
from snakemake_interface_logger_plugins.common import LogEvent

from aptarank.core.log import CALM, ERASE
from aptarank.workflow.run_progress import MOST_READ, RunProgress

HANDLER = "DefaultStreamHandler"  # what Snakemake names its own, where no plugin replaces it
LEFT_OUT = (
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.JOB_STARTED),
    *(LogEvent.JOB_FINISHED, LogEvent.PROGRESS),
)
LEFT_OUT_LINES = (
    *("Select jobs to execute", "Building DAG of jobs", "Assuming unrestricted shared"),
    *("Using workflow specific profile", "Using shell", "Conda environments: ignored"),
)
FAILED_COMMAND = "RuleException:\nCalledProcessError"
NO_DETAILS = ("    input:", "    output:", "    message: None", "    shell:", "        ")
NARROWEST = 20
WIDEST = 120  # columns of a line, also where the terminal is wider or there is none
IN_PLACE = 1.0  # seconds between two states of the line in a terminal
AS_LINES = 10.0  # seconds between two lines where the output is no terminal


class Calm(logging.Formatter):
    """Formats Snakemake's records for people; those that it does not know, as before.

    Args:
        handler: that of the terminal, whose formatter this stands for.
        sentence: says what a rule does, by its name.
        constant: wildcards that have one value in the whole run, and need not be said.
    """

    def __init__(
        self,
        handler: ColorizingTextHandler,
        sentence: Callable[[str], str],
        constant: Collection[str] = (),
    ):
        super().__init__()
        assert handler.formatter
        self.handler, self.before = handler, handler.formatter
        self.sentence, self.constant = sentence, constant
        self.progress, self.turn = RunProgress(), 0
        self.in_place = handler.can_color_tty()
        self.is_shown = False  # a line that the next one replaces
        self.watch: Watch | None = None  # begins with the plan

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record; empty for what the terminal does not show."""
        self.handler.last_msg_was_job_info = True  # or it would write an empty line before a job's
        text = self.text(record)
        self.replace("")
        return text

    def replace(self, line: str) -> None:
        """Put a line in the place of the one that is shown."""
        if self.is_shown or line:
            self.handler.stream.write(ERASE + line)
        self.is_shown = bool(line)

    def text(self, record: logging.LogRecord) -> str:
        """The text of a record, and note what it says of the run."""
        event = getattr(record, "event", None)
        said: dict[str, Any] = record.__dict__
        if event == LogEvent.PROGRESS:
            self.progress.done, self.progress.total = said["done"], said["total"]
        if event == LogEvent.JOB_FINISHED:
            self.progress.end(said["job_id"])
        if event == LogEvent.JOB_ERROR:
            self.progress.end(said["jobid"])
        if event in LEFT_OUT or str(said["msg"]).startswith(LEFT_OUT_LINES):
            return ""
        if event == LogEvent.RUN_INFO:
            return self.plan(said["stats"])
        if event == LogEvent.JOB_INFO:
            return self.job(said)
        text = self.before.format(record)
        if event == LogEvent.JOB_ERROR:
            return without_details(text)
        # That a command failed is said of the job, too.
        return "" if text.startswith(FAILED_COMMAND) else text

    def plan(self, stats: dict[str, int]) -> str:
        """How often each rule will run."""
        self.progress.plan(stats)
        if self.watch and not self.watch.is_alive():
            self.watch.start()
        counts = {rule: count for rule, count in stats.items() if rule not in ("total", "all")}
        jobs = ", ".join(rule if n == 1 else f"{n} {rule}" for rule, n in counts.items())
        text = f"{self.progress.total} jobs: {jobs}"
        return textwrap.fill(text, width(), break_on_hyphens=False)

    def job(self, said: dict[str, Any]) -> str:
        """How many jobs are done, which one begins, and what it does."""
        rule, progress = said["rule_name"], self.progress
        wildcards = {key: of for key, of in said["wildcards"].items() if key not in self.constant}
        name = " ".join([rule, *wildcards.values()])
        progress.begin(said["jobid"], rule, name, said["log"])
        far = f"[{progress.done} of {progress.total}] " if progress.total else ""
        return shortened(f"{far}{name}: {self.sentence(rule)}")

    def state(self) -> list[str]:
        """How far each running job is whose log has a new line."""
        lines, far = [], str(self.progress)
        for job in list(self.progress.running.values())[:MOST_READ]:
            line = job.last_line()
            if line and line != job.said:
                job.said = line
                lines.append(shortened(f"{far} {job.name}: {line}"))
        return lines

    def state_in_place(self) -> str:
        """How far the run is, and one of the running jobs; another one each time."""
        jobs = list(self.progress.running.values())[:MOST_READ]
        if not jobs:
            return ""
        self.turn += 1
        job = jobs[self.turn // 2 % len(jobs)]
        return shortened(
            f"{self.progress} {job.name}: {job.last_line() or 'starting'}", width() - 1
        )


class Watch(threading.Thread):
    """Shows every few seconds how far the run is: in place in a terminal, else as lines."""

    def __init__(self, calm: Calm):
        super().__init__(daemon=True)
        self.calm, self.ended = calm, threading.Event()

    def run(self) -> None:
        """Show it until the program ends."""
        calm, handler = self.calm, self.calm.handler
        while not self.ended.wait(IN_PLACE if calm.in_place else AS_LINES):
            # Logs may be on a slow disk: they are read before anything waits for the terminal.
            lines = [calm.state_in_place()] if calm.in_place else calm.state()
            with handler.lock or contextlib.nullcontext(), contextlib.suppress(OSError):
                if not calm.in_place:
                    handler.stream.writelines(f"{line}\n" for line in lines)
                elif calm.progress.running:
                    calm.replace(lines[0])
                handler.flush()


def without_details(text: str) -> str:
    """What is said of a failed job, without its files and its command."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(NO_DETAILS))


def shortened(text: str, columns: int | None = None) -> str:
    """A text that fits into one line of the terminal."""
    return textwrap.shorten(text, columns or width(), placeholder=" …")


def paragraphs(text: str) -> str:
    """A text whose paragraphs, between empty lines, are wrapped to the terminal's width."""
    wrapped = (textwrap.fill(each, width(), break_long_words=False) for each in text.split("\n\n"))
    return "\n\n".join(wrapped)


def width() -> int:
    """Columns to write in."""
    columns = shutil.get_terminal_size((WIDEST, 24)).columns
    return max(NARROWEST, min(WIDEST, columns))


def calm_terminal(
    sentence: Callable[[str], str], constant: Collection[str] = (), *, watch: bool = True
) -> None:
    """Let Snakemake's own handler of the terminal format records by `Calm`, and jobs be calm.

    Args:
        watch: whether to show how far the run is.
    """
    for handler in snakemake_logger.handlers:
        if handler.name == HANDLER and handler.formatter:
            assert isinstance(handler, ColorizingTextHandler)
            calm = Calm(handler, sentence, constant)
            handler.setFormatter(calm)
            os.environ[CALM] = "1"
            calm.watch = Watch(calm) if watch else None
