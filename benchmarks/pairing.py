"""Pairing, measured beside the double loop over a data frame that the field uses.

Run: .venv/bin/python benchmarks/pairing.py
"""

import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from aptarank import machine
from aptarank.pairs import label_pairs
from aptarank.tables import write_pairs


def double_loop(table: pd.DataFrame) -> pd.DataFrame:
    """Every pair by row access and a list of records, as published pairing code does it."""
    records = []
    for i in range(len(table)):
        for j in range(i + 1, len(table)):
            one, two = table.iloc[i], table.iloc[j]
            label = int(one["fitness"] > two["fitness"])
            records.append((one["sequence"], two["sequence"], label))
    return pd.DataFrame(records, columns=["Sequence1", "Sequence2", "Label"])


@click.command()
@click.option("--aptamers", default=1500, show_default=True)
@click.option("--loop-aptamers", default=250, show_default=True, help="For the double loop.")
@click.option("--repeats", default=5, show_default=True)
def main(aptamers, loop_aptamers, repeats):
    """Print pairs per second of both, and the ratio; medians over interleaved repeats."""
    rng = np.random.default_rng(1)
    sequences = ["".join(bases) for bases in rng.choice(list("ACGT"), size=(aptamers, 15))]
    table = pd.DataFrame({"sequence": sequences, "fitness": rng.normal(size=aptamers)})
    few = table.head(loop_aptamers)
    ours, loops = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repeats):
            start = time.perf_counter()
            pairs = label_pairs(table["fitness"].to_numpy(), 0.0, None, np.random.default_rng(1))
            labelled = time.perf_counter()
            write_pairs(pairs, table["sequence"], Path(folder) / "pairs.parquet")
            ours.append((labelled - start, time.perf_counter() - start))
            start = time.perf_counter()
            looped = double_loop(few)
            loops.append(time.perf_counter() - start)
    label, whole = np.median(ours, axis=0)
    loop = len(looped) / np.median(loops)
    count = len(pairs.label)
    print(f"machine: {machine.describe()}")
    print("| what | pairs | seconds | pairs/s | ratio to the double loop |")
    print("|---|---|---|---|---|")
    print(f"| double loop | {len(looped):,} | {np.median(loops):.3f} | {loop:,.0f} | 1 |")
    print(
        f"| label | {count:,} | {label:.3f} | {count / label:,.0f} | {count / label / loop:,.0f} |"
    )
    rate = count / whole
    print(
        f"| label and write Parquet | {count:,} | {whole:.3f} | {rate:,.0f} | {rate / loop:,.0f} |"
    )


if __name__ == "__main__":
    main()
