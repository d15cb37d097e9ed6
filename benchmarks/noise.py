"""The two ceilings of a set with replicates, and what labels by errors do for the model `rank`.

Run: .venv/bin/python benchmarks/noise.py --data FOLDER
where FOLDER holds solaris_rbs_rounds.csv (github.com/mholowko/Solaris, Apache-2.0). A fifth of the
aptamers is tested, a tenth is for validation, anew for each seed.
"""

import sys
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from aptarank.columns.rows import make_options
from aptarank.config.resolution import resolve_model
from aptarank.evaluation.ceiling import ceiling
from aptarank.ingestion.ingest import ingest_files
from aptarank.models.encoder import LIMIT, make_model
from aptarank.models.model_inputs import encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.models.torch_inference import torch_scorer
from aptarank.pairing.pairs import label_pairs
from aptarank.pairing.soft_labels import comparison
from aptarank.predictors.linear_path import columns_read, with_path
from aptarank.training.loop import finetune
from aptarank.training.objectives import Part
from aptarank.training.optimisation import TrainingSettings
from aptarank.training.processes import World

FILE = "solaris_rbs_rounds.csv"
REPLICATES = tuple(f"Rep{number}" for number in range(1, 7))
TOKENIZER = nucleotide_tokenizer(LIMIT)
CPU = torch.device("cpu")


def part_of(rows: pd.DataFrame, *, use_errors: bool) -> Part:
    """These aptamers with all their pairs."""
    fitness, group = rows["fitness"].to_numpy(), np.zeros(len(rows), dtype=int)
    (pairs,) = label_pairs(fitness, fitness, group, 0.0, None, np.random.default_rng(1))
    names = rows["sequence"].tolist()
    compared = comparison(rows, names, pairs, 0.0, use_errors=use_errors)
    return Part(names, encode(TOKENIZER, names), TOKENIZER, pairs, compared)


def accuracy(parts: list[pd.DataFrame], steps: int, seed: int, *, use_errors: bool) -> float:
    """Of a nano `rank` with dropout 0.2, without a linear path, on the pairs of the last part."""
    settings = {"kind": "rank", "steps": steps, "dropout": 0.2, "linear_path": False}
    chosen = resolve_model(settings, "benchmark") | {"precision": "fp32"}
    train, validation, test = (part_of(rows, use_errors=use_errors) for rows in parts)
    torch.manual_seed(seed)
    columns = columns_read(train.sequences)
    model = with_path(make_model(chosen, TOKENIZER, None), None, columns)
    finetune(model, train, validation, TrainingSettings.of(chosen, model), seed, World(CPU))
    scorer = torch_scorer(model, TOKENIZER, CPU)
    logits = scorer.pair_logits(test.encoded, test.pairs.first, test.pairs.second)
    return float(np.mean((logits > 0) == (test.pairs.label == 1)))


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--seeds", default=3, show_default=True)
@click.option("--steps", default=600, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(data, seeds, steps, threads):
    """Print the ceilings, then a line a seed: accuracy by soft labels alone, and by errors."""
    torch.set_num_threads(threads)
    options = make_options(sequence="RBS", replicates=REPLICATES, better="higher")
    aptamers = ingest_files([str(data / FILE)], options).aptamers
    pairs = part_of(aptamers, use_errors=False).pairs
    print("ceiling of all pairs:", ceiling(aptamers, pd.Index(aptamers["sequence"]), pairs))
    print("| seed | soft labels by rank | by errors |\n|---|---|---|")
    sizes = [len(aptamers) * 7 // 10, len(aptamers) * 8 // 10]
    for seed in range(1, seeds + 1):
        order = np.random.default_rng(seed).permutation(len(aptamers))
        parts = [aptamers.iloc[rows].reset_index(drop=True) for rows in np.split(order, sizes)]
        by_rank, by_errors = (accuracy(parts, steps, seed, use_errors=use) for use in (False, True))
        print(f"| {seed} | {by_rank:.4f} | {by_errors:.4f} |", flush=True)


if __name__ == "__main__":
    main()
