"""The speed of pairing, compared with the usual double loop over a data frame.

Run: .venv/bin/python benchmarks/pairing.py
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from aptarank.core import machine
from aptarank.pairing.pair_store import PairWriter
from aptarank.pairing.pairs import label_pairs


def random_aptamers(count: int, length: int = 40) -> pd.DataFrame:
    """Random DNA aptamers with a random fitness."""
    rng = np.random.default_rng(1)
    sequences = ["".join(bases) for bases in rng.choice(list("ACGT"), size=(count, length))]
    return pd.DataFrame({"sequence": sequences, "fitness": rng.normal(size=count)})


def double_loop(table: pd.DataFrame) -> pd.DataFrame:
    """Make every pair by row access and a list of records, as published pairing code does."""
    records = []
    for i in range(len(table)):
        for j in range(i + 1, len(table)):
            one, two = table.iloc[i], table.iloc[j]
            label = int(one["fitness"] > two["fitness"])
            records.append((one["sequence"], two["sequence"], label))
    return pd.DataFrame(records, columns=["Sequence1", "Sequence2", "Label"])


def stream(aptamers: int, pairs: int) -> dict:
    """Label `pairs` pairs, first alone and then into a Parquet file."""
    table = random_aptamers(aptamers)
    fitness, group = table["fitness"].to_numpy(), np.zeros(aptamers, dtype=np.int64)

    def chunks():
        return label_pairs(fitness, fitness, group, 0.0, pairs, np.random.default_rng(1))

    start = time.perf_counter()
    count = sum(len(chunk.label) for chunk in chunks())
    labelled = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.parquet"
        with PairWriter(path, table["sequence"]) as writer:
            for chunk in chunks():
                writer.add(chunk)
        size = path.stat().st_size
    return {
        "pairs": count,
        "label": labelled - start,
        "write": time.perf_counter() - labelled,
        "megabytes": size / 1e6,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


@click.command()
@click.option("--aptamers", default=20_000, show_default=True)
@click.option("--pairs", default="1000000,10000000,100000000", show_default=True)
@click.option(
    "--loop-aptamers",
    default=250,
    show_default=True,
    help="Number of aptamers for the double loop.",
)
@click.option("--one", type=int, hidden=True, help="Measure this many pairs, print JSON.")
def main(aptamers, pairs, loop_aptamers, one):
    """Print pairs per second, peak memory (each size in a process of its own), and the ratio."""
    if one:
        print(json.dumps(stream(aptamers, one)))
        return
    few = random_aptamers(loop_aptamers)
    loops = []
    for _ in range(3):
        start = time.perf_counter()
        looped = double_loop(few)
        loops.append(time.perf_counter() - start)
    loop = len(looped) / np.median(loops)
    print(f"machine: {machine.describe()}")
    print("| step | pairs | seconds | pairs/s | ratio | peak memory | file |")
    print("|---|---|---|---|---|---|---|")
    print(f"| double loop | {len(looped):,} | {np.median(loops):.2f} | {loop:,.0f} | 1 | | |")
    for size in map(int, pairs.split(",")):
        command = [sys.executable, __file__, "--aptamers", str(aptamers), "--one", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        result = json.loads(done.stdout)
        for step, seconds in (("label", result["label"]), ("label and write", result["write"])):
            rate = result["pairs"] / seconds
            more = f"{result['peak_mib']:.0f} MiB | {result['megabytes']:.0f} MB"
            print(
                f"| {step} | {result['pairs']:,} | {seconds:.2f} | {rate:,.0f} "
                f"| {rate / loop:,.0f} | {more if step != 'label' else '|'} |"
            )


if __name__ == "__main__":
    main()
