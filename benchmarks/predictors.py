"""Predictors as ONNX: how many aptamers a second, and are they what scikit-learn fitted?

Run: .venv/bin/python benchmarks/predictors.py

Each predictor, and their stack, learns from random aptamers with an additive fitness and noise, and
is exported. Its ONNX file scores random candidates in batches of 1,024, one thread, tokens made
beforehand; the rate is also given as a ratio to that of the `rank` model, nano, untrained.
"""

import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from aptarank.core import machine
from aptarank.exports.onnx_model import export_onnx
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import new_model
from aptarank.models.fused import fused
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.tokenizer import LIMIT, nucleotide_tokenizer
from aptarank.predictors.assemble import assemble
from aptarank.predictors.blending import fit_stack

BATCH = 1024


def random_aptamers(count, length, rng):
    return ["".join(row) for row in np.array(list("ACGT"))[rng.integers(4, size=(count, length))]]


def rate(module, encoded, path):
    """Aptamers a second by the module's ONNX file, and their scores."""
    indices = np.arange(len(encoded))
    export_onnx(module, build_inputs(encoded, indices[:2]), path, 20)
    forward = onnx_forward(path, 1)
    starts = range(0, len(indices), BATCH)
    batches = [build_inputs(encoded, indices[start : start + BATCH]) for start in starts]
    forward(batches[0])
    start = time.perf_counter()
    scores = np.concatenate([forward(batch) for batch in batches])
    return len(encoded) / (time.perf_counter() - start), scores


@click.command()
@click.option("--train", default=2000, show_default=True, help="Training aptamers.")
@click.option("--count", default=20_000, show_default=True, help="Candidates.")
@click.option("--length", default=40, show_default=True, help="Bases of an aptamer.")
def main(train, count, length):
    """Print rate, minutes for a million candidates, and the largest difference of a score."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    known, candidates = (random_aptamers(n, length, rng) for n in (train, count))
    effects = rng.normal(size=(length, 4))
    fitness = np.array(
        [effects[np.arange(length), ["ACGT".index(b) for b in s]].sum() for s in known]
    )
    stack = fit_stack(known, fitness + rng.normal(0, 3, train), 1)
    tokenizer = nucleotide_tokenizer(LIMIT, types=False)
    encoded = encode(tokenizer, candidates)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        nano = new_model("nano", len(tokenizer), tokenizer.pad_token_id, 0.0, "rank").eval()
        reference, _ = rate(fused(nano), encoded, path)
        rows.append({"model": "rank, nano, fused", "per second": reference})
        for name in (*stack.members, "stack"):
            weights = stack.weights if name == "stack" else {name: 1.0}
            found, scores = rate(assemble(stack.members, weights, name), encoded, path)
            expected = sum(w * stack.members[key].scores(candidates) for key, w in weights.items())
            worst = float(np.abs(scores - expected).max())
            rows.append({"model": name, "per second": found, "largest difference": worst})
    table = pd.DataFrame(rows)
    table["minutes for 1,000,000"] = 1e6 / table["per second"] / 60
    table["as fast as rank"] = table["per second"] / reference
    print(f"machine: {machine.describe()}")
    print(f"{train} training aptamers of {length} bases, {count} candidates")
    print(table.to_string(index=False, float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
