"""A change of a finished run, and the jobs that it makes Snakemake plan: those, and no others.

`make test-reruns` prints the table.
"""

import os
import shutil
from collections import Counter

import pandas as pd
import pytest

from made_aptamers import random_aptamers
from snakemake_runs import ROOT, jobs_of, planned, run_snakemake

pytestmark = pytest.mark.slow

OVERLAY = """
run: small
datasets:
  lab: {path: lab.csv, better: lower}
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
    """A copy of the workflow, to edit, beside a folder where it has run on a dataset."""
    folder = tmp_path_factory.mktemp("reruns")
    for name in ("rules", "scripts", "envs", "profiles", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / "workflow" / name, ignore=ignored)
    files = ("Snakefile", "config.yaml", "config.schema.yaml", "CITATION.cff", "requirements.txt")
    for name in files:
        shutil.copy2(ROOT / name, folder / "workflow")
    work = folder / "work"
    work.mkdir()
    random_aptamers(0, 60).to_csv(work / "lab.csv", index=False)
    (work / "overlay.yaml").write_text(OVERLAY)
    run_snakemake(work, "--configfile", "overlay.yaml", workflow=folder / "workflow")
    return folder


def and_manifest(**jobs):
    """Jobs planned, and the manifest, which follows any other."""
    return jobs | {"manifest": 1}


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
        and_manifest(export=1, card=1, variant=1, measure=1, recommend=1),
    ),
    "another number of resamples": (
        None,
        config("evaluation={resamples: 30}"),
        and_manifest(evaluate=1, compare=1, **AFTER, **SPEED),
    ),
    "another learning rate": (
        None,
        config("models={rank: {learning_rate: 0.002}}"),
        and_manifest(finetune=1, **MODEL, **SPEED),
    ),
    "one more seed": (
        None,
        config("seeds=[1, 2]"),
        and_manifest(finetune=1, **MODEL),
    ),
    "one more model": (
        None,
        config("models={more: {kind: rank, steps: 4, evaluate_every: 2}}"),
        and_manifest(tokenizer=1, finetune=1, **MODEL, **SPEED),
    ),
    "a line in plots_sweep.py": (edited("report/plots_sweep"), (), {}),
    "a line in plots_models.py": (
        edited("report/plots_models"),
        (),
        and_manifest(compare=1, describe=1, answer=1),
    ),
    "a line in model_card.py": (edited("report/model_card"), (), and_manifest(card=1)),
    "a line in audit.py": (
        edited("evaluation/audit"),
        (),
        and_manifest(audit=1, describe=1, **AFTER),
    ),
    "a line in training.py": (
        edited("training/loop"),
        (),
        and_manifest(finetune=1, **MODEL, **SPEED),
    ),
    "a line in splits.py": (
        edited("pairing/splits"),
        (),
        and_manifest(describe=1, split=1, tokenizer=1, pair=1, **FROM_PAIRS),
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


def test_another_dataset_is_a_matter_of_its_own(workflow, tmp_path):
    """All jobs of the new one, and of the other those that its change plans."""
    folder = tmp_path / "copy"
    shutil.copytree(workflow, folder)
    work = folder / "work"
    random_aptamers(1, 60).to_csv(work / "other.csv", index=False)
    both = "datasets={other: {path: other.csv, better: lower}}"
    for change, of_lab in ((None, {}), (another_row, FROM_ROWS)):
        if change:
            change(folder)
        done = run_snakemake(
            work,
            *("-n", "--configfile", "overlay.yaml", *config(both)),
            workflow=folder / "workflow",
        )
        jobs = jobs_of(done)
        found = {
            name: dict(Counter(job["rule"] for job in jobs if job.get("dataset") == name))
            for name in ("lab", "other")
        }
        assert found == {"lab": of_lab, "other": FROM_ROWS}


def said(jobs):
    return ", ".join(f"{rule} {count}" for rule, count in sorted(jobs.items())) or "none"
