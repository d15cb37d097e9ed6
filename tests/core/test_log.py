"""What is said of long work, and how: lines, in a terminal and in a file."""

import logging
import re
import threading
import time

import click
import pytest
from click.testing import CliRunner

from aptarank.core import log
from aptarank.core.errors import InputError
from aptarank.programs.cli import Program


@pytest.fixture
def impatient(monkeypatch):
    """A line every tenth of a second instead of every five seconds."""
    monkeypatch.setattr(log, "PROGRESS_SECONDS", 0.1)


def run(work, file, code=0):
    """A program that does this work; returns the lines on the terminal and those in the file."""
    program = click.command(cls=Program, name="work")(work)
    done = CliRunner().invoke(program, ["--log", str(file)])
    assert done.exit_code == code, done.output
    text = file.read_bytes().decode()
    assert "\r" not in text + done.stderr
    return done.stderr.splitlines(), text.splitlines()


def test_a_loop_says_how_far_it_is(impatient, tmp_path):
    def work():
        for _ in log.progress(range(60), "counting", "numbers"):
            time.sleep(0.01)

    terminal, file = run(work, tmp_path / "log")
    assert terminal == file
    assert len(file) >= 3
    assert all(re.fullmatch(r"counting: \d+ of 60 numbers, \d s left", line) for line in file)


def test_a_long_call_is_not_silent(impatient, tmp_path):
    before = threading.active_count()
    terminal, file = run(lambda: time.sleep(0.55), tmp_path / "log")
    assert terminal == file
    assert len(file) >= 2
    assert all(re.fullmatch(r"work: still running after \d s", line) for line in file)
    assert threading.active_count() == before


def test_nothing_is_added_to_what_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "PROGRESS_SECONDS", 1)

    def work():
        for number in range(10):
            log.logger.info("%d", number)
            time.sleep(0.03)

    _, file = run(work, tmp_path / "log")
    assert file == [str(number) for number in range(10)]


def test_it_ends_with_an_error(impatient, tmp_path):
    def work():
        time.sleep(0.25)
        raise InputError("nothing works")

    handlers = list(log.logger.handlers)
    _, file = run(work, tmp_path / "log", code=1)
    assert file[-1] == "work: error: nothing works"
    assert log.logger.handlers == handlers
    assert not any(isinstance(handler, log.LastLine) for handler in logging.root.handlers)


def test_a_real_program(impatient, program, finished, tmp_path):
    """evaluate.py, whose bootstrap is one long call."""
    data = finished / "results/small/lab"
    model = data / "rank/seed-1"
    inputs = {
        "logits": model / "logits.parquet",
        "scores": model / "scores.csv",
        "aptamers": data / "aptamers.csv",
        "model": model / "model",
        "history": model / "history.csv",
    }
    options = [f"--{name}={path}" for name, path in inputs.items()]
    program("evaluate", *options, "--resamples", 4000, "--log", "evaluate.log")
    lines = (tmp_path / "evaluate.log").read_text().splitlines()
    assert any(line.startswith("main: still running after ") for line in lines)


def test_no_log_has_carriage_returns(finished):
    logs = [*finished.rglob("*.log")]
    assert len(logs) > 30
    for path in logs:
        assert b"\r" not in path.read_bytes(), path
