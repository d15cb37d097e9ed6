"""docs/extending.md: its steps, followed in a copy of the repository, and a run with the result."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from made_aptamers import random_sequences
from snakemake_runs import ROOT, run_snakemake

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.M | re.S))
# The files that each worked example may touch, config.yaml left out: `make config` writes that.
MOST = {
    "An input format": 3,
    "A metric": 2,
    "A loss": 2,
    "A kind of model": 4,
    "A baseline": 2,
}


def steps_of(section):
    """The steps of a section, each with its code."""
    return re.split(r"^\d+\. ", section, flags=re.M)[1:]


def follow(step, folder):
    """Do what a step says; returns the file that it touches."""
    text = " ".join(step.split("```")[0].split())
    name = re.match(r"(?:Write|In) `([^`]+)`", text)[1]
    file = folder / name
    block = re.search(r"```(\w+)\n(.*?)^ *```", step, re.M | re.S)
    added = re.sub("^   ", "", block[2], flags=re.M) if block else ""
    if added.startswith(("def ", "class ")):
        added += "\n\n"
    if text.startswith("Write"):
        file.write_text(added, encoding="utf-8")
        return name
    content = file.read_text(encoding="utf-8")
    if replacing := re.search(r", replace `([^`]+)` by `([^`]+)`", text):
        assert replacing[1] in content, step
        file.write_text(content.replace(replacing[1], replacing[2]), encoding="utf-8")
        return name
    entry, anchor = re.search(r", above (the entry of )?`([^`]+)`", text).groups()
    lines = content.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if anchor in line)
    if entry:  # its first line
        at = next(number for number in range(at - 1, -1, -1) if lines[number].endswith("(\n"))
    file.write_text("".join([*lines[:at], added, *lines[at:]]), encoding="utf-8")
    return name


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the repository with all worked examples, and the files that each touches."""
    folder = tmp_path_factory.mktemp("extended")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if not name.startswith(("tests/", "benchmarks/")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    touched = {
        title: {follow(step, folder) for step in steps_of(SECTIONS[title])} for title in MOST
    }
    return folder, touched


@pytest.mark.parametrize("title", MOST)
def test_few_files_are_touched(extended, title):
    _, touched = extended
    assert 1 <= len(touched[title]) <= MOST[title], touched[title]


def test_a_run_with_all_of_them(extended, tmp_path):
    """A file of the new format; a model of the new kind, one with the new loss; the new metric."""
    folder, _ = extended
    rng = np.random.default_rng(1)
    sequences = random_sequences(90, rng)
    weights = {"A": 0, "C": 1, "G": 2, "T": 3}
    scores = [4 * weights[text[0]] + weights[text[1]] + rng.normal(0, 0.1) for text in sequences]
    lines = [f"APT {text} {score:.4f}" for text, score in zip(sequences, scores, strict=True)]
    (tmp_path / "scored.apt").write_text("\n".join([*lines, "APT only"]) + "\n")
    config = {
        "run": "extended",
        "datasets": {"new": {"path": "scored.apt"}},
        "models": {
            "twin": {"steps": 150, "evaluate_every": 50, "batch_size": 32, "loss": "exponential"},
            "rank": {"steps": 100, "evaluate_every": 50, "loss": "exponential"},
        },
        "threads": 1,
        "speed": {"variants": []},
        "learning_curve": {"models": []},
        "evaluation": {"resamples": 100},
        "rank": {"candidates": "scored.apt", "model": "new/twin"},
    }
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(config))
    results = tmp_path / "results/extended/new"
    targets = [results / "comparison/summary.csv", results / "twin/seed-1/repository"]
    targets += [tmp_path / "results/extended/ranking/ranking.csv"]
    names = [target.relative_to(tmp_path) for target in targets]
    run_snakemake(tmp_path, *names, "--configfile", "new.yaml", workflow=folder)

    ingestion = json.loads((results / "ingestion.json").read_text())
    assert ingestion["accepted"] == 90
    assert ingestion["rejected"] == 1
    for model in ("twin", "rank"):
        metrics = json.loads((results / f"{model}/seed-1/metrics.json").read_text())
        assert metrics["kind"] == model
        assert metrics["accuracy"] > 0.75
        assert metrics["mcc"] == pytest.approx(2 * metrics["accuracy"] - 1, abs=0.2)
    card = (results / "twin/seed-1/repository/README.md").read_text()
    assert "Matthews correlation of the pairs (chance: 0)" in card
    assert "RankBoost" in card
    summary = pd.read_csv(results / "comparison/summary.csv")
    of_mcc = summary[summary["metric"] == "mcc"].set_index("model")["mean"]
    assert of_mcc[["twin", "rank", "t_content"]].notna().all()
    ranking = pd.read_csv(tmp_path / "results/extended/ranking/ranking.csv")
    assert len(ranking) == 90


def test_make_config_writes_the_new_choices(extended, tmp_path):
    folder, _ = extended
    command = [sys.executable, "-m", "aptarank.config.config_file"]
    subprocess.run(command, cwd=folder, env={"PYTHONPATH": "scripts"}, check=True)
    written = " ".join((folder / "config.yaml").read_text().replace("#", " ").split())
    assert "One of: auto, aptlines, maws" in written
    assert "ranknet, hinge, exponential" in written
