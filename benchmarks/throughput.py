"""Pairs per second in training, compared with the usual training loop of the field.

Run: .venv/bin/python benchmarks/throughput.py
On a GPU: … --device cuda --sizes base --batches 64,256,1024,4096
Hugging Face's Trainer needs `pip install accelerate==1.15.0`; without it, it is left out.

Every row trains the same model on pairs of the same random 15-base aptamers with the same batch.
The reference loop tokenises each pair in `__getitem__`, pads to a fixed length and uses plain AdamW
in fp32. Rounds of all rows alternate, so that a noisy machine affects them equally.
"""

import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

import reference

from aptarank.config.resolution import resolve
from aptarank.core import machine
from aptarank.models.encoder import LIMIT, make_model
from aptarank.models.model_inputs import encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.pairing.pairs import Pairs, label_pairs
from aptarank.pairing.soft_labels import ByFitness
from aptarank.training.loop import Training
from aptarank.training.objectives import Part
from aptarank.training.optimisation import TrainingSettings, pick_precision
from aptarank.training.processes import World

APTAMERS, BASES = 1000, 15
LENGTHS = (64, 33)  # padding of the reference; two aptamers need exactly 33 tokens
# Dense bf16 operations per second, from the vendor's data sheets.
PEAK = {"NVIDIA H200": 989e12, "NVIDIA H100 80GB HBM3": 989e12}


def random_part(rng: np.random.Generator, tokenizer) -> Part:
    """Random aptamers with random fitness, and all their pairs."""
    codes = rng.integers(4, size=(APTAMERS, BASES))
    sequences = ["".join("ACGT"[code] for code in row) for row in codes]
    fitness, group = rng.normal(size=APTAMERS), np.zeros(APTAMERS, dtype=int)
    (pairs,) = label_pairs(fitness, fitness, group, 0.0, None, rng)
    compared = ByFitness(np.arange(APTAMERS), group, fitness, fitness, 0.0)
    return Part(sequences, encode(tokenizer, sequences), tokenizer, pairs, compared)


def as_text(part: Part, pairs: Pairs) -> list[tuple[str, str, int]]:
    names = part.sequences
    return [(names[a], names[b], int(label)) for a, b, label in zip(*pairs, strict=True)]


def time_steps(step: Callable[[], object], count: int, device: torch.device) -> float:
    """Mean seconds per step over `count` steps."""
    start = time.perf_counter()
    for _ in range(count):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / count


class Clock(TrainerCallback):
    """Callback that records when each step of a Trainer ended."""

    def __init__(self):
        self.ends: list[float] = []

    def on_step_end(self, *_, **__):
        self.ends.append(time.perf_counter())


def trainer_step(model, tokenizer, data, batch: int, steps: int, device: torch.device) -> float:
    """Seconds per step of Hugging Face's Trainer with dynamic padding, in fp32."""
    clock = Clock()
    model.config.problem_type = "multi_label_classification"  # selects BCE with one logit
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=batch,
            max_steps=steps + 3,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
            use_cpu=device.type == "cpu",
        )
        Trainer(
            model,
            arguments,
            train_dataset=data,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[clock],
        ).train()
    return (clock.ends[-1] - clock.ends[2]) / (len(clock.ends) - 3)


class WithLabelRows(reference.PairsAsText):
    """The same pairs with each label as a row, which the Trainer's loss expects."""

    def __getitem__(self, number: int) -> dict:
        row = super().__getitem__(number)
        return {**row, "labels": [row["labels"]]}


def ours(kind: str, size: str, batch: int, part: Part, tokenizer, device, **changes):
    """Make a training of ours; returns it with its precision."""
    chosen = resolve({"models": {kind: {"size": size, "batch_size": batch} | changes}})
    chosen = chosen["models"][kind]
    model = make_model(chosen, tokenizer)
    chosen["precision"] = pick_precision(chosen["precision"], device)
    settings = TrainingSettings.of(chosen, model)
    settings = replace(settings, steps=10**6)
    return Training(model, part, part, settings, 1, World(device)), chosen["precision"]


def measure(size: str, batch: int, device: torch.device, steps: int, rounds: int, *, trainer: bool):
    """One row per method: milliseconds per step, pairs per second, tokens per second."""
    rng = np.random.default_rng(1)
    tokenizer = nucleotide_tokenizer(LIMIT)
    part = random_part(rng, tokenizer)
    some = as_text(part, part.pairs.take(rng.permutation(part.pairs.total)[: 200 * batch]))
    rows: dict[str, dict] = {}
    ways: dict[str, Callable[[], float]] = {}

    def fresh(kind: str):
        torch.manual_seed(1)
        return make_model(resolve({"models": {kind: {"size": size}}})["models"][kind], tokenizer)

    for length in LENGTHS:
        data = reference.PairsAsText(some, tokenizer, length)
        loop = reference.train(fresh("pair"), data, batch, 5e-4, device)
        name = f"reference loop, padded to {length}"
        ways[name] = lambda loop=loop: time_steps(lambda: next(loop), steps, device)
        rows[name] = {"precision": "fp32", "pairs": batch, "tokens": batch * 33}
    if trainer:
        data = WithLabelRows(some, tokenizer, None)
        ways["Hugging Face Trainer"] = lambda: trainer_step(
            fresh("pair"), tokenizer, data, batch, steps, device
        )
        rows["Hugging Face Trainer"] = {"precision": "fp32", "pairs": batch, "tokens": batch * 33}
    for kind in ("pair", "rank"):
        for precision in ("fp32", "auto"):
            training, used = ours(kind, size, batch, part, tokenizer, device, precision=precision)
            name = f"aptarank {kind}, {used}"
            if name in ways:
                continue
            ways[name] = lambda training=training: time_steps(training.train_step, steps, device)
            learnt = training.train_step()
            tokens = training.objective.batches.size * (33 if kind == "pair" else BASES + 2)
            with FlopCounterMode(display=False) as counter:
                training.train_step()
            rows[name] = {
                "precision": used,
                "pairs": learnt,
                "tokens": tokens,
                "flops": counter.get_total_flops(),
            }
    for way in ways.values():
        way()  # the first round warms up
    seconds = {name: [way() for _ in range(rounds)] for name, way in ways.items()}
    base = np.median(seconds[f"reference loop, padded to {LENGTHS[0]}"])
    tight = np.median(seconds[f"reference loop, padded to {LENGTHS[1]}"])
    peak = PEAK.get(torch.cuda.get_device_name()) if device.type == "cuda" else None
    for name, row in rows.items():
        time_of = float(np.median(seconds[name]))
        rate = row["pairs"] / time_of
        flops = row.get("flops", 0) / time_of
        yield {
            "size": size,
            "batch": batch,
            "way": name,
            "ms/step": f"{1000 * time_of:.1f}",
            "pairs/s": f"{rate:,.0f}",
            f"to {LENGTHS[0]}": f"{rate / (batch / base):.2f}",
            f"to {LENGTHS[1]}": f"{rate / (batch / tight):.2f}",
            "tokens/s": f"{row['tokens'] / time_of:,.0f}",
            "of bf16 peak": f"{flops / peak:.1%}" if peak and flops else "",
        }


@click.command()
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu")
@click.option("--sizes", default="nano,base", show_default=True, help="Sizes, separated by commas.")
@click.option(
    "--batches", default="64", show_default=True, help="Batch sizes, separated by commas."
)
@click.option(
    "--steps", default=20, show_default=True, help="Steps per round; a tenth for base on a CPU."
)
@click.option("--rounds", default=5, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(device, sizes, batches, steps, rounds, threads):
    """Print one table."""
    torch.set_num_threads(threads)
    trainer = importlib.util.find_spec("accelerate") is not None
    rows = []
    for size in sizes.split(","):
        for batch in map(int, batches.split(",")):
            count = max(2, steps // 10) if size != "nano" and device == "cpu" else steps
            rows += measure(size, batch, torch.device(device), count, rounds, trainer=trainer)
    print(f"machine: {machine.describe()}, {threads} threads")
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")


if __name__ == "__main__":
    main()
