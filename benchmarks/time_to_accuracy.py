"""Accuracy on unseen aptamers against seconds of training: `rank`, `pair` and the reference loop.

Run: .venv/bin/python benchmarks/time_to_accuracy.py --data FOLDER
where FOLDER holds tea_ehppdk_scored_sequences.csv and tea_ehppdk_pairs_{val,test}.csv
(github.com/saulius-lipkevicius/Transformed_GA, MIT licence).

Uses the published split; the clock is stopped while test pairs are predicted (all for `rank`, else
4,000). The reference is the loop of benchmarks/reference.py with the model and learning rate of
`pair`.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch
from matplotlib import pyplot

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

import reference
from ehppdk import PUBLISHED, published_split

from aptarank.config.resolution import resolve
from aptarank.core import machine
from aptarank.models.encoder import LIMIT, make_model
from aptarank.models.model_inputs import encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.models.torch_inference import torch_scorer
from aptarank.pairing.pairs import label_pairs
from aptarank.pairing.soft_labels import ByFitness
from aptarank.report.plots import BLUE, GREY, ORANGE, save
from aptarank.training.batch_sampler import sample_pairs
from aptarank.training.loop import Training
from aptarank.training.objectives import Part
from aptarank.training.optimisation import TrainingSettings, pick_precision
from aptarank.training.processes import World

TOKENIZER = nucleotide_tokenizer(LIMIT)
SOME = 4000  # pairs
GOAL = PUBLISHED["published ALBERT-base"][0]
CPU = torch.device("cpu")


def load_parts(data: Path) -> dict[str, Part]:
    """Training and test aptamers with all their pairs."""
    scored = pd.read_csv(data / "tea_ehppdk_scored_sequences.csv")
    table = published_split(data).merge(scored, left_on="sequence", right_on="Sequence")
    parts = {}
    for name, rows in table.groupby("part"):
        fitness, group = rows["Entropy"].to_numpy(), np.zeros(len(rows), dtype=int)
        (pairs,) = label_pairs(fitness, fitness, group, 0.0, None, np.random.default_rng(1))
        compared = ByFitness(np.arange(len(rows)), group, fitness, fitness, 0.0)
        sequences = rows["sequence"].tolist()
        parts[name] = Part(sequences, encode(TOKENIZER, sequences), TOKENIZER, pairs, compared)
    return parts


def curve(model, step: Callable[[], object], test: Part, every: int, most: float) -> pd.DataFrame:
    """Accuracy on the test pairs every `every` steps, up to `most` seconds of training."""
    rows, seconds, steps = [], 0.0, 0
    scorer = torch_scorer(model, TOKENIZER, CPU)
    scores_aptamers = scorer.kind.scores_aptamers
    pairs = test.pairs if scores_aptamers else sample_pairs(test.pairs, SOME, 1)
    while seconds < most:
        start = time.perf_counter()
        for _ in range(every):
            step()
        seconds, steps = seconds + time.perf_counter() - start, steps + every
        model.eval()
        logits = scorer.pair_logits(test.encoded, pairs.first, pairs.second)
        model.train()
        accuracy = float(np.mean((logits > 0) == (pairs.label == 1)))
        rows.append({"steps": steps, "seconds": seconds, "accuracy": accuracy})
    return pd.DataFrame(rows)


def ours(kind: str, parts: dict[str, Part], seed: int) -> Training:
    """Make a training with the default settings."""
    chosen = resolve({"models": {kind: {}}})["models"][kind]
    torch.manual_seed(seed)
    model = make_model(chosen, TOKENIZER)
    chosen["precision"] = pick_precision(chosen["precision"], CPU)
    settings = TrainingSettings.of(chosen, model)
    return Training(model, parts["train"], parts["validation"], settings, seed, World(CPU))


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--rank-seconds", default=25.0, show_default=True)
@click.option(
    "--pair-seconds", default=100.0, show_default=True, help="Seconds for `pair` and the reference."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/time_to_accuracy",
    help="Folder for the table and the plot.",
)
def main(data, seed, threads, rank_seconds, pair_seconds, output):
    """Print the seconds to the published accuracy, and plot the curves."""
    torch.set_num_threads(threads)
    parts = load_parts(data)
    test = parts["test"]
    curves = {}
    for kind, most, every in (("rank", rank_seconds, 10), ("pair", pair_seconds, 50)):
        training = ours(kind, parts, seed)
        curves[kind] = curve(training.model, training.train_step, test, every, most)
    torch.manual_seed(seed)
    chosen = resolve({"models": {"pair": {}}})["models"]["pair"]
    model = make_model(chosen, TOKENIZER)
    train = parts["train"]
    text = [
        (train.sequences[a], train.sequences[b], int(label))
        for a, b, label in zip(*train.pairs, strict=True)
    ]
    loop = reference.train(
        model,
        reference.PairsAsText(text, TOKENIZER, 64),
        chosen["batch_size"],
        chosen["learning_rate"],
        CPU,
    )
    curves["reference loop"] = curve(model, lambda: next(loop), test, 50, pair_seconds)

    output.mkdir(parents=True, exist_ok=True)
    table = pd.concat(curves, names=["way", "row"]).reset_index(level="way")
    table.to_csv(output / "curves.csv", index=False)
    figure, axes = pyplot.subplots()
    for (name, rows), colour in zip(curves.items(), (BLUE, ORANGE, "black"), strict=True):
        axes.plot(rows["seconds"], rows["accuracy"], color=colour, label=name)
    axes.axhline(GOAL, color=GREY, linestyle="--", label=f"published ALBERT-base ({GOAL})")
    axes.set(
        xscale="log",
        xlabel=f"seconds of training, {threads} threads",
        ylabel="accuracy on test pairs",
        title="Accuracy against time, EhPPDK",
    )
    axes.legend(loc="upper left", frameon=False)
    save(figure, output / "curves.svg")

    print(f"machine: {machine.describe()}, {threads} threads, seed {seed}")
    print(f"| way | seconds to {GOAL} | best | within seconds |\n|---|---|---|---|")
    for name, rows in curves.items():
        reached = rows[rows["accuracy"] >= GOAL]
        when = f"{reached['seconds'].iloc[0]:.1f}" if len(reached) else "not reached"
        best = rows.loc[rows["accuracy"].idxmax()]
        print(f"| {name} | {when} | {best['accuracy']:.4f} | {best['seconds']:.0f} |")
    print(output / "curves.svg")


if __name__ == "__main__":
    main()
