"""100,000 aptamers: the memory of a training does not grow with the number of pairs."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from aptarank.core.tables import APTAMER_COLUMNS, write_csv
from aptarank.pairing.pair_store import PairWriter, StoredPairs
from aptarank.pairing.pairs import Pairs
from snakemake_runs import ROOT

pytestmark = pytest.mark.slow

COUNT = 100_000

TRAIN = r"""
import re, sys
from pathlib import Path
import torch
import finetune
from aptarank.config.resolution import resolve
from aptarank.training.processes import World
from aptarank.models.encoder import make_model
from aptarank.training.optimisation import TrainingSettings
from aptarank.core.tables import read_aptamers
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.training.loop import Training

kind, folder, pairs = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
torch.set_num_threads(1)
words = nucleotide_tokenizer(512)
part = finetune.load_part(folder / pairs, read_aptamers(folder / "aptamers.csv"), words)
assert len(part.sequences) == 100_000
given = {"steps": 9, "batch_size": 16, "validation_pairs": 1000}
chosen = resolve({"models": {kind: given}})["models"][kind]
model = make_model(chosen, words)
settings = TrainingSettings.of(chosen, model)
training = Training(model, part, part, settings, 1, World(torch.device("cpu")))
for _ in range(3):
    assert training.train_step() > 0
training.evaluate()
# Not ru_maxrss, which starts at the memory of the tests that start this program.
peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]
print(part.pairs.total, peak)
"""

# What allocators keep for themselves, by thread and by luck, is more than what is measured.
PLAIN = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Aptamers of 20 bases, and tables of 0.5 and of 6 million of their pairs."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(1)
    codes = rng.integers(4, size=(COUNT, 20), dtype=np.uint8)
    sequences = np.frombuffer(b"ACGT", dtype=np.uint8)[codes].tobytes().decode()
    sequences = [sequences[i : i + 20] for i in range(0, len(sequences), 20)]
    fitness = np.arange(COUNT, dtype=float)
    table = pd.DataFrame({"id": np.arange(COUNT), "sequence": sequences, "count": 1, "group": ""})
    for column in ("score", "fitness", "low", "high"):
        table[column] = fitness
    write_csv(table.reindex(columns=APTAMER_COLUMNS), folder / "aptamers.csv")
    for name, chunks in (("few.parquet", 1), ("many.parquet", 12)):
        with PairWriter(folder / name, sequences) as writer:
            for _ in range(chunks):
                first = np.tile(rng.permutation(COUNT), 5)
                second = (first + rng.integers(1, COUNT, len(first))) % COUNT
                writer.add(Pairs(first, second, (first > second).astype(np.int8)))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_memory_does_not_grow_with_the_number_of_pairs(folder, kind):
    peaks = []
    for pairs, total in (("few.parquet", 500_000), ("many.parquet", 6_000_000)):
        command = [sys.executable, "-c", TRAIN, kind, folder, pairs]
        done = subprocess.run(
            command,
            cwd=ROOT / "scripts",
            capture_output=True,
            text=True,
            env=os.environ | PLAIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found, peak = map(int, done.stdout.split())
        assert found == total
        peaks.append(peak / 1024)
    # Kept in memory, the indices and labels alone of 5.5 million more would be 94 MiB.
    assert peaks[1] - peaks[0] < 40, peaks


def test_stored_pairs_are_those_of_the_table(tmp_path):
    """Any of them, also where only some aptamers are kept and numbered anew."""
    sequences = pd.Index(["AA", "CC", "GG", "TT", "UNUSED"])
    pairs = Pairs(np.array([0, 1, 3, 3]), np.array([1, 3, 0, 1]), np.array([1, 0, 0, 1], np.int8))
    with PairWriter(tmp_path / "p.parquet", sequences) as writer:
        writer.add(pairs)
    stored = StoredPairs(tmp_path / "p.parquet", sequences)
    assert stored.total == 4
    for some in ([0, 1, 2, 3], [3, 0], []):
        assert np.array_equal(stored.take(np.array(some, dtype=int)), pairs.take(some))
    assert stored.only_used().tolist() == [0, 1, 3]
    assert stored.take(np.array([2])).first.tolist() == [2]  # TT is now number 2
    keep = np.array([False, True, True, True, True])
    few = StoredPairs(tmp_path / "p.parquet", sequences, keep)
    assert few.total == 2
    assert few.only_used().tolist() == [1, 3]
    assert few.take(np.arange(2)).second.tolist() == [1, 0]
