"""Ranking 1,000 candidates with a rank model, and with all or some pairs of a pair model.

Run: .venv/bin/python benchmarks/ranking.py --run results/example/example
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from scipy.stats import kendalltau

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from aptarank.core import machine
from aptarank.core.tables import read_aptamers
from aptarank.exports.onnx_model import export_onnx
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import new_model
from aptarank.models.model_inputs import build_inputs
from aptarank.use.load_scorer import load_scorer
from aptarank.use.tournament import adaptive, every_pair, strengths

CPU = torch.device("cpu")
SHARES = (0.02, 0.05, 0.1)
SEEDS = 5


def random_candidates(lengths: np.ndarray, count: int) -> list[str]:
    """Distinct random sequences with lengths drawn from the given ones."""
    rng = np.random.default_rng(1)
    candidates: dict[str, None] = {}
    while len(candidates) < count:
        candidates["".join(rng.choice(list("ACGT"), size=rng.choice(lengths)))] = None
    return list(candidates)


def median_time(work, repetitions: int = 5) -> float:
    """Median seconds of a call; the first call is not timed."""
    times = []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def base_pair_time(scorer, candidates: list[str], threads: int, pairs: int, batch: int) -> float:
    """Seconds per forward pass of an albert-base pair model in ONNX, with random weights."""
    encoded = scorer.encode(candidates)
    torch.manual_seed(1)
    model = new_model("base", len(scorer.tokenizer), scorer.tokenizer.pad_token_id, 0.0, "pair")
    example = build_inputs(encoded, np.array([0, 1]), np.array([2, 3]))
    rng = np.random.default_rng(1)
    first, second = rng.integers(len(candidates), size=(2, pairs))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_onnx(model, example, path, 20)
        base = replace(scorer, forward=onnx_forward(path, threads))
        return median_time(lambda: base.pair_logits(encoded, first, second, batch), 2) / pairs


def full_tournament(scorer, candidates: list[str]) -> np.ndarray:
    """Log-odds of every pair of candidates, mean of both orders; shape (n, n)."""
    encoded, count = scorer.encode(candidates), len(candidates)
    first, second = np.nonzero(~np.eye(count, dtype=bool))
    logits = np.zeros((count, count))
    logits[first, second] = scorer.pair_logits(encoded, first, second)
    return (logits - logits.T) / 2


def load(folder: Path, kind: str, threads: int):
    """Load the ONNX model of the first seed."""
    return load_scorer(folder / kind / "seed-1/onnx/model.onnx", threads, "cpu")


def candidates_like(folder: Path, count: int) -> list[str]:
    """Random candidates with the lengths of a dataset."""
    lengths = read_aptamers(folder / "aptamers.csv")["sequence"].str.len().to_numpy()
    return random_candidates(lengths, count)


def agreement(logits: np.ndarray, share: float) -> dict[str, list[float]]:
    """Kendall's tau of some comparisons with all of them, by seed: adaptive, random."""
    count = len(logits)

    def compare(first, second):
        return logits[first, second]

    pairs = every_pair(count)
    whole = strengths(*pairs, compare(*pairs), count)
    budget = round(share * len(pairs[0]))
    taus = {"adaptive": [], "random": []}
    for seed in range(1, SEEDS + 1):
        few = adaptive(compare, count, budget, seed)
        drawn = np.random.default_rng(seed).choice(len(pairs[0]), budget, replace=False)
        some = pairs[0][drawn], pairs[1][drawn]
        for how, seen in (("adaptive", few), ("random", (*some, compare(*some)))):
            taus[how].append(kendalltau(whole, strengths(*seen, count)).statistic)
    return taus


def mean_and_range(taus: list[float]) -> str:
    """Mean and range as text."""
    return f"{np.mean(taus):.3f} ({min(taus):.3f}–{max(taus):.3f})"


@click.command()
@click.option("--run", "folder", required=True, help="Folder of a dataset in a finished run.")
@click.option("--count", default=1000, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--base-pairs", default=1024, show_default=True, help="Number of pairs to time.")
def main(folder, count, threads, base_pairs):
    """Print the times and their ratio, and the agreement of few comparisons with all."""
    folder = Path(folder)
    candidates = candidates_like(folder, count)
    rank, pair = (load(folder, kind, threads) for kind in ("rank", "pair"))
    print(f"machine: {machine.describe()}\n")
    by_rank = median_time(lambda: rank.scores(candidates))
    one = base_pair_time(rank, candidates, threads, base_pairs, 64)
    every = count * (count - 1)
    print("| way | forward passes | seconds | ratio |\n|---|---|---|---|")
    print(f"| rank model, nano | {count:,} | {by_rank:.3f} | 1 |")
    print(
        f"| all pairs, albert-base (from {base_pairs:,}) | {every:,} | {every * one:,.0f} "
        f"| {every * one / by_rank:,.0f} |"
    )
    start = time.perf_counter()
    logits = full_tournament(pair, candidates)
    taken = time.perf_counter() - start
    print(f"| all pairs, nano | {every:,} | {taken:,.0f} | {taken / by_rank:,.0f} |\n")
    print("| comparisons | Kendall's tau with all, adaptive | at random |\n|---|---|---|")
    for share in SHARES:
        taus = agreement(logits, share)
        cells = [mean_and_range(taus[how]) for how in ("adaptive", "random")]
        print(f"| {share:.0%} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
