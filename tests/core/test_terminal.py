"""The terminal of a run: the plan, a line for each job, and errors; all else in Snakemake's log."""

import logging
import re

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from aptarank.core.terminal import Calm


def sentence(rule):
    return f"Do what {rule} does, with a great many words and many more than that."


@pytest.fixture
def say(monkeypatch):
    """What a record looks like, at 60 columns."""
    monkeypatch.setenv("COLUMNS", "60")
    calm = Calm(logging.Formatter("as before: %(message)s"), sentence)

    def said(event, msg=None, **fields):
        record = logging.makeLogRecord({"event": event, "msg": msg} | fields)
        return calm.format(record)

    return said


def test_what_is_said(say):
    stats = {"ingest": 1, "finetune": 14, "evaluate": 14, "compare": 1, "all": 1, "total": 31}
    plan = say(LogEvent.RUN_INFO, "Job stats: …", stats=stats)
    assert plan == "31 jobs: ingest, 14 finetune, 14 evaluate, compare"
    job = {"rule_name": "finetune", "jobid": 7, "wildcards": {"dataset": "lab", "seed": "2"}}
    assert say(LogEvent.PROGRESS, done=3, total=31) == ""
    line = say(LogEvent.JOB_INFO, **job)
    assert line == "[3 of 31 done] job 7, finetune lab 2: Do what finetune …"
    assert len(line) <= 60
    assert say(LogEvent.JOB_FINISHED, "Finished jobid: 7 (Rule: finetune)") == ""
    assert say(None, "Select jobs to execute...") == ""
    for event in (LogEvent.JOB_ERROR, LogEvent.ERROR, LogEvent.SHELLCMD, None):
        assert say(event, "Error in rule finetune") == "as before: Error in rule finetune"


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
    assert re.search(r"^\[0 of 2 done\] job \d+, ingest d: Read scored aptamers", done.stderr, re.M)
    assert re.search(r"^\[1 of 2 done\] job \d+, split d: ", done.stderr, re.M)
    assert "__init__.py" not in done.stderr
    (log,) = (tmp_path / ".snakemake/log").glob("*.log")
    for words in ("rule ingest:", "__init__.py", "Finished jobid: 0 (Rule: split)"):
        assert words in log.read_text()


@pytest.mark.parametrize("option", ["--verbose", "-n"])
def test_all_of_it(snakemake, scored, tmp_path, option):
    scored.to_csv(tmp_path / "d.csv", index=False)
    done = snakemake(TARGET, option, config=CONFIG)
    assert "rule ingest:" in done.stdout + done.stderr
    assert "__init__.py" in done.stdout + done.stderr


def test_a_failing_job_is_named(snakemake, tmp_path):
    (tmp_path / "d.csv").write_text("sequence,score\nACG,1\nACN,2\n")
    said = snakemake(TARGET, config=CONFIG, code=1).stderr
    assert "Error in rule ingest:" in said
    assert "log: results/small/d/logs/ingest.log" in said
