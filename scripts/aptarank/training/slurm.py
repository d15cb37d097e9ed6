"""A job under SLURM that is warned of its time limit: it asks to be run again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aptarank.core.log import logger

# The signal of the warning: `sbatch --signal` sends it to every process of a job, and it alone is
# ignored by those that do not know it (Snakemake, the shell, torchrun).
WARNING = signal.SIGURG
PATIENCE = 120.0  # seconds to wait for SLURM to end a job that it is to run again


@contextmanager
def run_again_if_warned(*, is_main_process: bool) -> Iterator[None]:
    """If a training stops because it was warned, ask SLURM to requeue its job; wait to be ended.

    The job keeps its number, so Snakemake goes on waiting for it and counts no failure. If SLURM
    refuses, the job fails and Snakemake starts another (`retries` of the profile).

    Args:
        is_main_process: whether this process is the one that asks.
    """
    try:
        yield
    except SystemExit as stopped:
        job = os.environ.get("SLURM_JOB_ID")
        if job and stopped.code == 128 + WARNING and (not is_main_process or requeued(job)):
            time.sleep(PATIENCE)
        raise


def requeued(job: str) -> bool:
    """Ask SLURM to run a job again, and say whether it will."""
    try:
        done = subprocess.run(
            ["scontrol", "requeue", job], capture_output=True, text=True, check=False
        )
    except OSError as error:
        logger.warning("scontrol: %s: SLURM cannot be asked to run job %s again", error, job)
        return False
    if done.returncode:
        logger.warning("SLURM does not run job %s again: %s", job, done.stderr.strip())
        return False
    logger.info("the time of SLURM job %s is nearly up: it will be run again and go on", job)
    return True
