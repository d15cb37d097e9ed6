"""A change of a finished run, and the jobs that it makes Snakemake plan: those, and no others.

`make test-reruns` prints the table.
"""

import os
import shutil

import pandas as pd
import pytest

from made_aptamers import random_aptamers
from snakemake_runs import ROOT, jobs_of, planned, run_snakemake

pytestmark = pytest.mark.slow

OVERLAY = """
run: small
datasets:
  lab: {path: lab.csv, better: lower}
  other: {path: other.csv, better: lower}
models:
  rank: {steps: 4, evaluate_every: 2, batch_size: 32}
learning_curve: {shares: []}
speed: {variants: [onnx-fp32], batch_sizes: [1], repetitions: 3, seconds: 0.01}
evaluation: {resamples: 20}
threads: 1
blend: false
expected: {level: null}
"""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    """A copy of the workflow, to edit, beside a folder where it has run on two datasets."""
    folder = tmp_path_factory.mktemp("reruns")
    for name in ("rules", "scripts", "envs", "profiles", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / "workflow" / name, ignore=ignored)
    files = ("Snakefile", "config.yaml", "config.schema.yaml", "CITATION.cff", "requirements.txt")
    for name in files:
        shutil.copy2(ROOT / name, folder / "workflow")
    work = folder / "work"
    work.mkdir()
    for seed, name in enumerate(("lab", "other")):
        random_aptamers(seed, 60).to_csv(work / f"{name}.csv", index=False)
    (work / "overlay.yaml").write_text(OVERLAY)
    run_snakemake(work, "--configfile", "overlay.yaml", workflow=folder / "workflow")
    return folder


def of_both(**jobs):
    """Jobs planned for each of the two datasets, and the manifest."""
    return {rule: 2 * count for rule, count in jobs.items()} | {"manifest": 1}


AFTER = {"answer": 1, "card": 1}
MODEL = {"predict": 1, "evaluate": 1, "export": 1, "compare": 1} | AFTER
SPEED = {"variant": 2, "measure": 1, "recommend": 1}
FROM_PAIRS = {"audit": 1, "baselines": 1, "finetune": 1} | MODEL | SPEED
FROM_ROWS = {"ingest": 1, "describe": 1, "split": 1, "pair": 1, "tokenizer": 1} | FROM_PAIRS


def touched(folder):
    for path in [*folder.glob("workflow/**/*.py"), *folder.glob("work/*.csv")]:
        os.utime(path)
    for path in folder.glob("work/results/**/*"):
        if path.is_file() and ".snakemake" not in path.name:
            os.utime(path)


def edited(module):
    """A line of code more in a module."""

    def edit(folder):
        path = folder / f"workflow/scripts/aptarank/{module}.py"
        path.write_text(path.read_text() + "\nEDITED = True\n")

    return edit


def another_row(folder):
    table = pd.read_csv(folder / "work/lab.csv")
    table.loc[3, "score"] += 0.25
    table.to_csv(folder / "work/lab.csv", index=False)


def deleted(name):
    def delete(folder):
        (folder / "work/results/small/lab" / name).unlink()

    return delete


def config(text):
    return ("--config", text)


CHANGES = {
    "nothing": (None, (), {}),
    "a touch of every file": (touched, (), {}),
    "another number of cores": (None, ("--cores", "7"), {}),
    "another profile": (None, ("--workflow-profile", "../workflow/profiles/gpu"), {}),
    "another opset": (
        None,
        config("export={opset: 19}"),
        of_both(export=1, card=1, variant=1, measure=1, recommend=1),
    ),
    "another number of resamples": (
        None,
        config("evaluation={resamples: 30}"),
        of_both(evaluate=1, compare=1, **AFTER, **SPEED),
    ),
    "another learning rate": (
        None,
        config("models={rank: {learning_rate: 0.002}}"),
        of_both(finetune=1, **MODEL, **SPEED),
    ),
    "one more seed": (
        None,
        config("seeds=[1, 2]"),
        of_both(finetune=1, **MODEL),
    ),
    "one more model": (
        None,
        config("models={more: {kind: rank, steps: 4, evaluate_every: 2}}"),
        of_both(tokenizer=1, finetune=1, **MODEL, **SPEED),
    ),
    "a line in plots_sweep.py": (edited("report/plots_sweep"), (), {}),
    "a line in plots_models.py": (
        edited("report/plots_models"),
        (),
        of_both(compare=1, describe=1, answer=1),
    ),
    "a line in model_card.py": (edited("report/model_card"), (), of_both(card=1)),
    "a line in audit.py": (edited("evaluation/audit"), (), of_both(audit=1, describe=1, **AFTER)),
    "a line in training.py": (
        edited("training/loop"),
        (),
        of_both(finetune=1, **MODEL, **SPEED),
    ),
    "a line in splits.py": (
        edited("pairing/splits"),
        (),
        of_both(describe=1, split=1, tokenizer=1, pair=1, **FROM_PAIRS),
    ),
    "one row of lab.csv": (another_row, (), FROM_ROWS | {"manifest": 1}),
    "metrics.json of lab deleted": (
        deleted("rank/seed-1/metrics.json"),
        (),
        {"evaluate": 1, "compare": 1, "manifest": 1} | AFTER,
    ),
    "test.parquet of lab deleted": (
        deleted("pairs/test.parquet"),
        (),
        {"pair": 1, "manifest": 1} | FROM_PAIRS,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_plans(workflow, what, tmp_path):
    change, arguments, expected = CHANGES[what]
    if change:  # on a copy: the next change is one of the finished run again
        shutil.copytree(workflow, tmp_path / "copy")  # with the times of the files
        workflow = tmp_path / "copy"
        change(workflow)
    done = run_snakemake(
        workflow / "work",
        *("-n", "--configfile", "overlay.yaml", *arguments),
        workflow=workflow / "workflow",
    )
    seen = planned(done)
    print(f"\n| {what} | {said(expected)} | {said(seen)} |")
    assert seen == expected
    if expected and "lab" in what:
        assert {job["dataset"] for job in jobs_of(done) if "dataset" in job} == {"lab"}


def said(jobs):
    return ", ".join(f"{rule} {count}" for rule, count in sorted(jobs.items())) or "none"
