"""What the tests share: small inputs, and the programs run as a user would."""

import importlib
import os

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from filelock import FileLock
from hypothesis import HealthCheck, settings

from aptarank.models.model_inputs import encode
from aptarank.pairing.pairs import label_pairs
from aptarank.pairing.soft_labels import ByFitness
from aptarank.training.objectives import Part
from made_aptamers import random_aptamers, random_sequences
from small_models import TOKENIZER, model
from snakemake_runs import run_snakemake

# Other tests run beside: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

os.environ["HF_HUB_OFFLINE"] = "0" if os.environ.get("APTARANK_HUB") else "1"


# These take longest: pytest's workers begin with them, so that none has one left at the end. The
# first five have a run of their own to make; "report", "model_card" and others need that of
# "workflow", which is ready when the first workers are done.
LONGEST = ["workflow", "slurm", "bare_machine", "reruns", "inputs", "never_lost", "blending"]
LONGEST += ["faults", "distributed", "extending", "notebook", "next", "report", "transfer", "forms"]
LONGEST += ["scale", "sweep", "commands", "screen", "speed", "report_hostile", "archive", "sources"]


def pytest_collection_modifyitems(items):
    """Skip what this machine cannot run, and say why; put what takes long first."""
    first = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.module.__name__, len(first)))
    for item in items:
        if "gpu" in item.keywords and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="needs a GPU"))
        if "envs" in item.keywords and not os.environ.get("APTARANK_ENVS"):
            item.add_marker(pytest.mark.skip(reason="makes environments: make test-envs"))
        if "hub" in item.keywords and not os.environ.get("APTARANK_HUB"):
            item.add_marker(pytest.mark.skip(reason="needs the Hugging Face hub: APTARANK_HUB=1"))
        if "bare" in item.keywords and not os.environ.get("APTARANK_BARE"):
            item.add_marker(pytest.mark.skip(reason="makes a bare Debian: make test-bare"))
        if "slow" in item.keywords and not os.environ.get("APTARANK_SLOW"):
            item.add_marker(pytest.mark.skip(reason="takes long: APTARANK_SLOW=1"))


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Run scripts/<name>.py in process, in an empty folder; returns click's result."""
    monkeypatch.chdir(tmp_path)

    def run(name, *arguments, code=0):
        main = importlib.import_module(name).main
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert code is None or result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def snakemake(tmp_path):
    """Run the workflow in an empty folder, with an overlay."""

    def run(*arguments, config=None, code=0):
        if config is not None:
            (tmp_path / "overlay.yaml").write_text(config, encoding="utf-8")
            arguments = (*arguments, "--configfile", "overlay.yaml")
        return run_snakemake(tmp_path, *arguments, code=code)

    return run


SMALL = """
run: small
datasets:
  lab: {path: scored.csv, better: lower}
models:
  rank: {steps: 60, evaluate_every: 20, batch_size: 32}
  pair: {steps: 20, evaluate_every: 10, batch_size: 32}
seeds: [1, 2]
learning_curve: {shares: [0.5]}
speed: {variants: [onnx-fused], batch_sizes: [1, 8], repetitions: 3, seconds: 0.01}
rank: {candidates: scored.csv}
threads: 1  # so that two jobs run side by side
blend: false  # tests/predictors/test_blending.py adds it
"""


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id):
    """A folder in which the whole chain has run, scaled down, on a lab's RNA aptamers: only to
    read, since all of pytest's workers share it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    folder = shared / "lab"
    with FileLock(shared / "lab.lock"):
        if not (folder / "results/small/manifest.json").is_file():
            folder.mkdir()
            random_aptamers(3, 150).to_csv(folder / "scored.csv", index=False)
            (folder / "overlay.yaml").write_text(SMALL, encoding="utf-8")
            assert "comparison.csv" in run_snakemake(folder, "--configfile", "overlay.yaml").stdout
    return folder


@pytest.fixture
def scored():
    """120 aptamers whose fitness depends on their first three bases."""
    rng = np.random.default_rng(7)
    sequences = random_sequences(120, rng)
    value = {"A": 0.0, "C": 1.0, "G": 2.0, "T": 3.0}
    weights = (4, 2, 1)
    fitness = [sum(w * value[b] for w, b in zip(weights, s, strict=False)) for s in sequences]
    noise = rng.normal(0, 0.1, len(sequences))
    return pd.DataFrame({"sequence": sequences, "score": np.array(fitness) + noise})


@pytest.fixture
def parts(scored):
    """What training and validation take: 90 and 30 of these aptamers, with all their pairs."""

    def part(rows):
        fitness, group = rows["score"].to_numpy(), np.zeros(len(rows), dtype=int)
        (pairs,) = label_pairs(fitness, fitness, group, 0.0, None, np.random.default_rng(1))
        compared = ByFitness(np.arange(len(rows)), group, fitness, fitness, 0.0)
        sequences = rows["sequence"].tolist()
        return Part(sequences, encode(TOKENIZER, sequences), TOKENIZER, pairs, compared)

    return part(scored.iloc[:90]), part(scored.iloc[90:])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folders of models with random weights: both kinds, and a second seed."""
    folder = tmp_path_factory.mktemp("models")
    for kind, seed in (("rank", 1), ("rank", 2), ("pair", 1)):
        made = model(kind, seed=seed)
        with torch.no_grad():  # so that the order does not hang on the last bits
            made.classifier.weight.mul_(20)
        made.save_pretrained(folder / f"{kind}-{seed}")
        TOKENIZER.save_pretrained(folder / f"{kind}-{seed}")
    return folder
