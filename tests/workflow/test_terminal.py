"""The terminal of a run: the plan, a line for each job, and errors; all else in Snakemake's log."""

import io
import logging
import os
import re
import time

import pytest
from snakemake.logging import ColorizingTextHandler
from snakemake_interface_logger_plugins.common import LogEvent

from aptarank.core.log import ERASE
from aptarank.workflow.terminal import Calm, Watch, paragraphs


def sentence(rule):
    return f"Do what {rule} does, with a great many words and many more than that."


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


def calm_on(screen, constant=()):
    formatter = logging.Formatter("as before: %(message)s")
    handler = ColorizingTextHandler(nocolor=True, stream=screen, formatter=formatter)
    calm = Calm(handler, sentence, constant)
    handler.setFormatter(calm)
    return calm


def record_of(event, msg=None, **fields):
    return logging.makeLogRecord({"event": event, "msg": msg} | fields)


@pytest.fixture
def calm(monkeypatch):
    """One at 60 columns, where the output is no terminal."""
    monkeypatch.setenv("COLUMNS", "60")
    return calm_on(Screen(is_terminal=False))


@pytest.fixture
def say(calm):
    """What a record looks like."""
    return lambda event, msg=None, **fields: calm.format(record_of(event, msg, **fields))


def job_of(number, log, rule="finetune", **wildcards):
    return {"rule_name": rule, "jobid": number, "wildcards": wildcards, "log": [str(log)]}


def test_what_is_said(say):
    stats = {"ingest": 1, "finetune": 14, "evaluate": 14, "compare": 1, "all": 1, "total": 31}
    plan = say(LogEvent.RUN_INFO, "Job stats: …", stats=stats)
    assert plan == "31 jobs: ingest, 14 finetune, 14 evaluate, compare"
    assert say(LogEvent.PROGRESS, done=3, total=31) == ""
    line = say(LogEvent.JOB_INFO, **job_of(7, "log", dataset="lab", seed="2"))
    assert line == "[3 of 31] finetune lab 2: Do what finetune does, with a …"
    assert len(line) <= 60
    assert say(LogEvent.JOB_FINISHED, "Finished jobid: 7 (Rule: finetune)", job_id=7) == ""
    assert say(None, "Select jobs to execute...") == ""
    for event in (LogEvent.JOB_ERROR, LogEvent.ERROR, LogEvent.SHELLCMD, None):
        said = say(event, "Error in rule finetune", jobid=8)
        assert said == "as before: Error in rule finetune"


def test_what_is_the_same_for_all_jobs_is_not_said(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    calm = calm_on(Screen(is_terminal=False), constant=["dataset", "seed"])
    job = job_of(7, "log", dataset="lab", model="rank", seed="2")
    assert calm.format(record_of(LogEvent.JOB_INFO, **job)).startswith("finetune rank: Do what")


def begin_two(calm, folder):
    """Two jobs of a run, which have log files."""
    stats = {"finetune": 2, "evaluate": 2, "all": 1, "total": 5}
    calm.format(record_of(LogEvent.RUN_INFO, stats=stats))
    logs = [folder / "rank.log", folder / "pair.log"]
    for log in logs:
        log.write_text("of an earlier run\n")
        os.utime(log, (1, 1))
    for number, log in enumerate(logs):
        calm.format(record_of(LogEvent.JOB_INFO, **job_of(number, log, model=log.stem)))
    return logs


def test_the_state_as_lines(calm, tmp_path):
    """Each line of a job once, and how long the run still takes."""
    rank, pair = begin_two(calm, tmp_path)
    assert list(calm.state()) == []
    calm.progress.start -= 30
    rank.write_text("loss\nstep 30 of 60, accuracy 0.9\n")
    # Of 60 + 60 + 4 + 4 seconds of work, 30 are done, in 30 seconds.
    wanted = "[0 of 5, about 98 s left] finetune rank: step 30 of 60, …"
    assert list(calm.state()) == [wanted]
    assert list(calm.state()) == []
    rank.write_text("a line that does not tell\n")
    assert "about 98 s left" in str(calm.progress)
    calm.progress.running[0].said = "a line that does not tell"
    pair.write_bytes(b"\x1b[2J\xff and more\n\n")
    assert [line.split("finetune ")[1] for line in calm.state()] == ["pair: \\x1b[2J� and more"]
    calm.format(record_of(LogEvent.JOB_FINISHED, job_id=0))
    calm.progress.start -= 30
    assert str(calm.progress) == "[0 of 5, about 68 s left]"
    calm.format(record_of(LogEvent.JOB_ERROR, "failed", jobid=1))
    assert not calm.progress.running


def test_the_state_in_place(monkeypatch, tmp_path):
    """One line, of each job in turn, that the next record erases."""
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(is_terminal=True)
    calm = calm_on(screen)
    assert calm.state_in_place() == ""
    begin_two(calm, tmp_path)[0].write_text(f"step 1 of 90{' and so on' * 9}\n")
    lines = [calm.state_in_place() for _ in range(4)]
    assert max(map(len, lines)) < 40
    assert {line.split(": ")[0] for line in lines} == {
        "[0 of 5] finetune rank",
        "[0 of 5] finetune pair",
    }
    monkeypatch.setattr("aptarank.workflow.terminal.IN_PLACE", 0.01)
    watch = Watch(calm)
    watch.start()
    while "step 1" not in screen.getvalue():
        time.sleep(0.01)
    watch.ended.set()
    watch.join()
    calm.handler.handle(record_of(None, "a warning"))
    assert screen.getvalue().endswith(f"{ERASE}as before: a warning\n")
    assert screen.getvalue().count("\n") == 1  # nothing else stays


def test_paragraphs_fit(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    text = "One long line of many words, and\nmore of it.\n\nresults/a/very/long/path/to/a/file.csv"
    assert paragraphs(text).splitlines() == [
        "One long line of many words,",
        "and more of it.",
        "",
        "results/a/very/long/path/to/a/file.csv",
    ]


def test_a_long_plan_is_wrapped(say):
    stats = {f"rule_{number}": number for number in range(1, 20)} | {"total": 190}
    lines = say(LogEvent.RUN_INFO, stats=stats).splitlines()
    assert 3 < len(lines) < 7
    assert max(map(len, lines)) <= 60


TARGET = "results/small/d/split.csv"
CONFIG = "{run: small, datasets: {d: {path: d.csv, better: higher}}}"


def test_a_run(snakemake, scored, tmp_path):
    scored.to_csv(tmp_path / "d.csv", index=False)
    done = snakemake(TARGET, config=CONFIG)
    assert "2 jobs: ingest, split" in done.stderr
    assert re.search(r"^\[0 of 2\] ingest: Read scored aptamers", done.stderr, re.M)
    assert re.search(r"^\[1 of 2\] split: ", done.stderr, re.M)
    assert "__init__.py" not in done.stderr
    (log,) = (tmp_path / ".snakemake/log").glob("*.log")
    job = tmp_path / "results/small/d/logs/ingest.log"
    assert job.read_text().splitlines()[-1] not in done.stderr
    for words in ("rule ingest:", "__init__.py", "Finished jobid: 0 (Rule: split)"):
        assert words in log.read_text()


@pytest.mark.parametrize("option", ["--verbose", "-n"])
def test_all_of_it(snakemake, scored, tmp_path, option):
    scored.to_csv(tmp_path / "d.csv", index=False)
    done = snakemake(TARGET, option, config=CONFIG)
    assert "rule ingest:" in done.stdout + done.stderr
    if option == "--verbose":  # what the job says, too
        assert (tmp_path / "results/small/d/logs/ingest.log").read_text() in done.stderr
    assert "__init__.py" in done.stdout + done.stderr


def test_a_failing_job_is_named(snakemake, tmp_path):
    (tmp_path / "d.csv").write_text("sequence,score\nACG,1\nACN,2\n")
    said = snakemake(TARGET, config=CONFIG, code=1).stderr
    assert "Error in rule ingest:" in said
    assert "degenerate code: 'N'" in said
    for words in ("CalledProcessError", "shell:", "scripts/ingest.py --"):
        assert words not in said
    assert "log: results/small/d/logs/ingest.log" in said
