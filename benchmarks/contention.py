"""Training beside other busy processes: does it get its share of the processor?

Run: .venv/bin/python benchmarks/contention.py

Two trainings side by side with one thread each, as the workflow runs them on two cores, and one
training with two threads, each beside 0, 1 and 2 processes that do nothing but compute. A fair
share is what the processor's time divided equally among all threads would give.
"""

import multiprocessing
import os
import statistics
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from throughput import ours, random_part

from aptarank.core import machine
from aptarank.models.encoder import LIMIT
from aptarank.models.tokenizer import nucleotide_tokenizer

CORES = 2
LAYOUTS = ((2, 1), (1, 2))  # trainings, threads of each
WARM_UP = 20  # steps
BATCH = 64


def train(kind: str, threads: int, seconds: float, ready, rates) -> None:
    """Train for some seconds once all are ready; put the examples per second into `rates`."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    tokenizer = nucleotide_tokenizer(LIMIT)
    part = random_part(np.random.default_rng(1), tokenizer)
    training, _ = ours(kind, "nano", BATCH, part, tokenizer, torch.device("cpu"))
    for _ in range(WARM_UP):
        training.train_step()
    ready.wait()
    start, steps = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        training.train_step()
        steps += 1
    rates.put(steps * BATCH / (time.monotonic() - start))


def compute() -> None:
    """Keep a core busy."""
    while True:
        sum(range(1000))


@contextmanager
def busy(count: int):
    """Other processes that compute, while it is open."""
    others = [multiprocessing.Process(target=compute, daemon=True) for _ in range(count)]
    for other in others:
        other.start()
    try:
        yield
    finally:
        for other in others:
            other.terminate()
            other.join()


def rate(kind: str, trainings: int, threads: int, others: int, seconds: float) -> float:
    """Examples per second of all trainings together."""
    ready, rates = multiprocessing.Barrier(trainings), multiprocessing.Queue()
    with ExitStack() as stack:
        stack.enter_context(busy(others))
        arguments = (kind, threads, seconds, ready, rates)
        jobs = [multiprocessing.Process(target=train, args=arguments) for _ in range(trainings)]
        for job in jobs:
            job.start()
        total = sum(rates.get() for _ in jobs)
        for job in jobs:
            job.join()
    return total


@click.command()
@click.option("--seconds", default=10.0, help="Of each measurement.")
@click.option("--rounds", default=3, help="Measurements of each row, whose median is shown.")
def main(seconds: float, rounds: int) -> None:
    """Print examples per second, as a share of the quiet ones, and of the fair share of these."""
    multiprocessing.set_start_method("spawn")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    print(f"{machine.processor()}, {CORES} cores; torch {torch.__version__}")
    rows = []
    for kind in ("rank", "pair"):
        for trainings, threads in LAYOUTS:
            found = {others: [] for others in (0, 1, 2)}
            for _ in range(rounds):  # in turn, so that a noisy machine affects all alike
                for others, values in found.items():
                    values.append(rate(kind, trainings, threads, others, seconds))
            quiet = statistics.median(found[0])
            for others, values in found.items():
                fair = min(1.0, CORES / (CORES + others))
                share = statistics.median(values) / quiet
                rows.append(
                    {
                        "kind": kind,
                        "trainings x threads": f"{trainings} x {threads}",
                        "busy others": others,
                        "examples/s": round(statistics.median(values)),
                        "of quiet": round(share, 2),
                        "of fair share": round(share / fair, 2),
                    }
                )
            print(pd.DataFrame(rows[-3:]).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
