"""One Snakemake at a time per directory, and no job that outlives its Snakemake.

A Snakemake holds a kernel lock (flock) on the file `LOCK`, which is released when the process ends,
however it ends. So the next Snakemake can tell whether Snakemake's own lock was left by a killed
one or belongs to one that still runs. Each job waits for the lock on that file as well: when it
gets it, its Snakemake is gone, and the job ends too. Otherwise, it would go on writing files that
the next Snakemake makes again.

Imports nothing heavy: the Snakefile uses it.
"""

import contextlib
import fcntl
import os
import platform
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from aptarank.core.errors import InputError

LOCK = Path(".snakemake/aptarank.lock")  # contains host, process and time of its last holder
SNAKEMAKE_LOCKS = Path(".snakemake/locks")  # Snakemake's own, which stay when it is killed
HOLDER = "APTARANK_SNAKEMAKE"  # environment variable: what LOCK contains while a job may run
DRY_RUN = re.compile("--dry-?run|-[a-zA-Z]*n[a-zA-Z]*")


class RunLock:
    """The lock of a Snakemake on its working directory.

    Dry runs do not hold it: they may run while another Snakemake does, and be open in a pager for
    hours. Nor do the jobs of a cluster: the Snakemake that submitted them holds it.

    Args:
        tell: is called with a line for the user.
    """

    def __init__(self, tell: Callable[[str], None]):
        self.tell = tell
        self.file: TextIO | None = None
        os.environ.pop(HOLDER, None)

    @property
    def held(self) -> bool:
        """Whether this process holds the lock."""
        return self.file is not None

    def acquire_at_parse(self, arguments: Sequence[str]) -> None:
        """Take the lock if it is free, unless the arguments of Snakemake ask for a dry run.

        A dry run takes it for a moment as well, to remove locks that a killed Snakemake left.
        """
        with contextlib.suppress(OSError):  # not writable, which Snakemake reports itself
            self.file = take_lock(self.tell)
        if self.file and any(map(DRY_RUN.fullmatch, arguments)):
            self.file.close()
            self.file = None

    def require(self) -> None:
        """Take the lock if this process does not hold it yet.

        Raises:
            InputError: another Snakemake holds it.
        """
        try:
            self.file = self.file or take_lock(self.tell)
        except OSError:  # a file system without such locks: Snakemake's own must do
            return
        if not self.file:
            raise InputError(
                f"{os.getcwd()}: another Snakemake runs in this directory. Wait until it has "
                "ended, or give this one another directory with --directory."
            )


def take_lock(tell: Callable[[str], None]) -> TextIO | None:
    """Lock the working directory for this process, until it ends or closes the returned file.

    Removes locks that a killed Snakemake left, unless it may still run on another machine.

    Args:
        tell: is called with a line on what is done, or on who holds the lock.

    Returns:
        None if another Snakemake holds the lock.

    Raises:
        OSError: the directory is not writable, or its file system has no locks.
    """
    LOCK.parent.mkdir(exist_ok=True)
    file = LOCK.open("a+", encoding="utf-8")
    file.seek(0)
    if not try_lock(file, fcntl.LOCK_EX):
        if not try_lock(file, fcntl.LOCK_SH):
            tell(f"Another Snakemake is at work in this directory ({describe_holder(file)}).")
            file.close()
            return None
        tell("Waiting for the jobs of a killed Snakemake to end.")
        fcntl.flock(file, fcntl.LOCK_EX)
    host = platform.node()
    is_locked = SNAKEMAKE_LOCKS.is_dir() and any(SNAKEMAKE_LOCKS.iterdir())
    if is_locked and file.read().split(" ")[0] == host:
        tell("The last Snakemake was killed; its lock on this directory is removed.")
        shutil.rmtree(SNAKEMAKE_LOCKS)
        is_locked = False
    if not is_locked:
        file.truncate(0)
        file.write(f"{host} {os.getpid()} {time.time_ns()}")
        file.flush()
    file.seek(0)
    os.environ[HOLDER] = file.read()
    return file


def try_lock(file: TextIO, kind: int) -> bool:
    """Lock a file if it is free, without waiting; return whether it is locked now."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def describe_holder(file: TextIO) -> str:
    """Return who holds the lock, as text for the user."""
    host, process, *_ = [*file.read().split(" "), "", ""]
    return f"process {process} on {host}" if process else "just started"


def end_with_snakemake() -> None:
    """From now on, stop this process (SIGTERM) when the Snakemake that started it is gone.

    A training writes a checkpoint first. Does nothing in a process that no Snakemake started.
    """
    holder = os.environ.get(HOLDER)
    if holder and LOCK.is_file():
        threading.Thread(target=stop_after, args=(holder,), daemon=True).start()


def stop_after(holder: str) -> None:
    """Wait until the lock is free, or has another holder, and stop this process.

    This process keeps the lock until it has ended, so that the next Snakemake waits for it.
    """
    file = LOCK.open(encoding="utf-8")
    if file.read() == holder:
        fcntl.flock(file, fcntl.LOCK_SH)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()
