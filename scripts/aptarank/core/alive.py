"""One Snakemake at a time in a directory, and no job that outlives its Snakemake.

A Snakemake holds a lock of the kernel's (flock) on the file `LOCK`, which ends with it, however it
ends. So the next one can tell what a killed one left behind, Snakemake's own lock, from the lock of
one that still runs. A job waits for that file as well; when it gets it, its Snakemake is gone, and
the job ends too: else it would go on writing what the next Snakemake makes anew.

Imports nothing heavy: the Snakefile uses it.
"""

import fcntl
import os
import platform
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

LOCK = Path(".snakemake/aptarank.lock")  # holds host, process and time of its last holder
SNAKEMAKES = Path(".snakemake/locks")  # Snakemake's own, which stay when it is killed
HOLDER = "APTARANK_SNAKEMAKE"  # environment variable: what LOCK holds while a job may run


def take(tell: Callable[[str], None]) -> TextIO | None:
    """Take the working directory for this process, until it ends or closes what is returned.

    Locks that a killed Snakemake left are removed, unless it may still run on another machine.

    Args:
        tell: is given a line on what is done, or on who else is there.

    Returns:
        None where another Snakemake has it.

    Raises:
        OSError: the directory cannot be written, or its file system has no locks.
    """
    LOCK.parent.mkdir(exist_ok=True)
    file = LOCK.open("a+", encoding="utf-8")
    file.seek(0)
    if not taken(file, fcntl.LOCK_EX):
        if not taken(file, fcntl.LOCK_SH):
            tell(f"Another Snakemake is at work in this directory ({holder(file)}).")
            file.close()
            return None
        tell("Waiting for the jobs of a Snakemake that was killed to end.")
        fcntl.flock(file, fcntl.LOCK_EX)
    here = platform.node()
    left = SNAKEMAKES.is_dir() and any(SNAKEMAKES.iterdir())
    if left and file.read().split(" ")[0] == here:
        tell("The last Snakemake was killed; its lock on this directory is removed.")
        shutil.rmtree(SNAKEMAKES)
        left = False
    if not left:
        file.truncate(0)
        file.write(f"{here} {os.getpid()} {time.time_ns()}")
        file.flush()
    file.seek(0)
    os.environ[HOLDER] = file.read()
    return file


def taken(file: TextIO, kind: int) -> bool:
    """Take a lock if that can be done at once."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(file: TextIO) -> str:
    """Who has the directory, for a person."""
    host, process, *_ = [*file.read().split(" "), "", ""]
    return f"process {process} on {host}" if process else "just started"


def end_with_snakemake() -> None:
    """From now on, stop this process (SIGTERM) when the Snakemake that started it is gone.

    A training then writes a checkpoint first. Does nothing in a process that none started.
    """
    token = os.environ.get(HOLDER)
    if token and LOCK.is_file():
        threading.Thread(target=stop_after, args=(token,), daemon=True).start()


def stop_after(token: str) -> None:
    """Wait until the lock is free, or another's already, and stop this process.

    The lock is kept meanwhile, so that the next Snakemake waits for the process to have ended.
    """
    file = LOCK.open(encoding="utf-8")
    if file.read() == token:
        fcntl.flock(file, fcntl.LOCK_SH)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()
