"""The lock of a Snakemake on its working directory."""

import platform

import pytest

from aptarank.core.errors import InputError
from aptarank.workflow.run_lock import HOLDER, LOCK, SNAKEMAKE_LOCKS, RunLock


@pytest.fixture
def messages(tmp_path, monkeypatch):
    """An empty working directory, and the lines that a lock tells the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(HOLDER, "of another")  # undone at the end, whatever the lock sets
    return []


def test_a_second_snakemake_waits_for_the_first(messages):
    first, second = RunLock(messages.append), RunLock(messages.append)
    first.acquire_at_parse(["snakemake"])
    first.require()
    assert first.held
    assert not messages
    second.acquire_at_parse(["snakemake"])
    assert not second.held
    assert "Another Snakemake is at work in this directory (process " in messages[0]
    with pytest.raises(InputError, match="another Snakemake runs in this directory"):
        second.require()
    first.file.close()
    second.require()
    assert second.held


@pytest.mark.parametrize("option", ["-n", "-np", "-Fn", "--dry-run", "--dryrun"])
def test_a_dry_run_does_not_keep_the_lock(messages, option):
    dry_run, other = RunLock(messages.append), RunLock(messages.append)
    dry_run.acquire_at_parse(["snakemake", option])
    assert not dry_run.held
    other.acquire_at_parse(["snakemake", "--cores", "1"])
    assert other.held


@pytest.mark.parametrize(("host", "left"), [(platform.node(), False), ("elsewhere", True)])
def test_locks_of_a_killed_snakemake_are_removed_if_it_ran_here(messages, host, left):
    SNAKEMAKE_LOCKS.mkdir(parents=True)
    (SNAKEMAKE_LOCKS / "0.input.lock").touch()
    LOCK.write_text(f"{host} 1 2")
    lock = RunLock(messages.append)
    lock.acquire_at_parse(["snakemake"])
    assert lock.held
    assert SNAKEMAKE_LOCKS.exists() == left
    assert bool(messages) != left


def test_a_directory_that_is_not_writable(messages, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr("aptarank.workflow.run_lock.take_lock", refuse)
    lock = RunLock(messages.append)
    lock.acquire_at_parse(["snakemake"])
    lock.require()  # Snakemake itself says what is wrong
    assert not lock.held
