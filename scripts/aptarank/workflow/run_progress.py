"""How far a run of Snakemake is: the jobs that are done, those that run, and the time left."""

import os
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aptarank.core.errors import printable
from aptarank.core.log import time_left

# Seconds of a job on the embedded example, by its rule. Only their ratios matter: the time left is
# in proportion to the time that the jobs before took.
TYPICAL = {"finetune": 60, "finetune_share": 60, "pretrain": 60, "measure": 20, "baselines": 12}
OTHERS = 4
EARLY = 0.03  # share of the work before which the time left is not said
MOST_READ = 16  # running jobs whose logs are read
END = 4096  # bytes at the end of a log in which its last line is looked for
PART = re.compile(r"\b(\d{1,12}) of (\d{1,12})\b")  # in a job's last line


def typical(rule: str) -> int:
    """The seconds of a job of this rule, as a weight."""
    return TYPICAL.get(rule, OTHERS)


@dataclass
class RunningJob:
    """A job that has begun.

    Attributes:
        name: what it is called in a line.
        log: its log file, if it has one.
        began: when, in seconds since the epoch, as the dates of files are.
        said: the last of its lines that was shown.
        part: the share of its work that it has done, 0 to 1, by the last line that told.
    """

    rule: str
    name: str
    log: Path | None
    began: float = field(default_factory=time.time)
    said: str = ""
    part: float = 0.0

    def last_line(self) -> str:
        """The last line of its log; empty if it has written none."""
        try:
            # Until its program has started, the file is that of an earlier run.
            if self.log is None or self.log.stat().st_mtime < self.began:
                return ""
            with open(self.log, "rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - END))
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        return printable(next(filter(str.strip, reversed(lines)), ""))

    def part_done(self) -> float:
        """The share of its work that it has done, by its last line if that tells."""
        if (found := PART.search(self.last_line())) and int(found[2]):
            self.part = min(1.0, int(found[1]) / int(found[2]))
        return self.part


@dataclass
class RunProgress:
    """Counts the jobs of a run.

    Attributes:
        to_do: how many jobs of each rule have not begun.
        running: by Snakemake's number of the job.
        done, total: numbers of jobs.
    """

    to_do: Counter[str] = field(default_factory=Counter)
    running: dict[int, RunningJob] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    work_done: float = 0.0
    start: float = field(default_factory=time.monotonic)

    def plan(self, stats: Mapping[str, int]) -> None:
        """Take the number of jobs of each rule, as Snakemake counts them."""
        self.total = int(stats["total"])
        self.to_do = Counter({rule: n for rule, n in stats.items() if rule not in ("total", "all")})

    def begin(self, job: int, rule: str, name: str, logs: Sequence[str]) -> None:
        """Note that a job begins."""
        self.to_do[rule] -= 1
        self.running[job] = RunningJob(rule, name, Path(logs[0]) if logs else None)

    def end(self, job: int) -> None:
        """Note that a job has ended."""
        if ended := self.running.pop(job, None):
            self.work_done += typical(ended.rule)

    def seconds_left(self) -> float | None:
        """About how long the run still takes; None while too little is done to tell."""
        running = list(self.running.values())
        read = running[:MOST_READ]
        done = self.work_done + sum(typical(job.rule) * job.part_done() for job in read)
        left = sum(typical(rule) * max(0, count) for rule, count in self.to_do.items())
        work = self.work_done + sum(typical(job.rule) for job in running) + left
        if done <= EARLY * work:
            return None
        return (time.monotonic() - self.start) * (work - done) / done

    def __str__(self) -> str:
        """Such as `[12 of 51, about 3 min left]`."""
        seconds = self.seconds_left() if self.running else None
        left = "" if seconds is None else f", about {time_left(seconds)} left"
        return f"[{self.done} of {self.total}{left}]"
