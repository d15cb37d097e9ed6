"""Two processes train as one does: the same loss curve, on the CPU over gloo."""

import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from snakemake_runs import ROOT, run_snakemake

pytestmark = pytest.mark.slow

STEPS = 24


def launch(folder, data, kind, nproc=1, nodes=None, more=()):
    """Start finetune.py in processes of one node, or one process on each of several nodes."""
    folder.mkdir(exist_ok=True)
    torchrun = [sys.executable, "-m", "torch.distributed.run"]
    program = [ROOT / "scripts/finetune.py", "--aptamers", data / "aptamers.csv"]
    tokenizer = next(data.rglob(f"{kind}/tokenizer"))
    program += ["--tokenizer", tokenizer, "--train", data / "pairs/train.parquet"]
    program += ["--validation", data / "pairs/validation.parquet", "--kind", kind]
    for change in (
        f"steps={STEPS}",
        "evaluate_every=4",
        "batch_size=16",
        "dropout=0",
        "precision=fp32",
    ):
        program += ["--set", change]
    program += ["-o", folder / "model", "--history", folder / "history.csv", *more]
    if nodes:
        with socket.create_server(("localhost", 0)) as free:
            at = f"localhost:{free.getsockname()[1]}"
        starts = [
            [*torchrun, f"--nnodes={nodes}", "--nproc-per-node=1", f"--node-rank={node}"]
            for node in range(nodes)
        ]
        rendezvous = ["--rdzv-backend=c10d", f"--rdzv-endpoint={at}", "--rdzv-id=test"]
        starts = [[*start, *rendezvous] for start in starts]
    elif nproc > 1:
        starts = [[*torchrun, "--standalone", "--nproc-per-node", str(nproc)]]
    else:
        starts = [[sys.executable]]
    return [
        subprocess.Popen([*start, *program], stderr=subprocess.PIPE, text=True) for start in starts
    ]


def finish(processes):
    said = "".join(process.communicate()[1] for process in processes)
    assert all(process.returncode == 0 for process in processes), said
    return said


@pytest.fixture(scope="module")
def data(finished):
    return finished / "results/small/lab"


@pytest.mark.parametrize(
    ("kind", "how"), [("rank", {"nproc": 2}), ("pair", {"nproc": 2}), ("rank", {"nodes": 2})]
)
def test_two_processes_have_the_loss_curve_of_one(data, tmp_path, kind, how):
    finish(launch(tmp_path / "one", data, kind))
    said = finish(launch(tmp_path / "two", data, kind, **how))
    assert "2 processes" in said
    assert said.count("training aptamers") == 1  # the first speaks for both
    one, two = (pd.read_csv(tmp_path / name / "history.csv") for name in ("one", "two"))
    assert len(one) == STEPS // 4
    assert one["train_loss"].iloc[-1] < 0.9 * one["train_loss"].iloc[0]
    for column in ("train_loss", "validation_loss", "learning_rate"):
        assert np.allclose(one[column], two[column], rtol=1e-3), column


def test_two_processes_stop_together_and_go_on(data, tmp_path):
    more = ["--checkpoints", tmp_path / "kept", "--set", "dropout=0.1", "--set", "patience=null"]
    more += ["--set", "steps=400", "--checkpoint-steps", "10"]
    (process,) = launch(tmp_path / "run", data, "rank", nproc=2, more=more)
    while not list(tmp_path.glob("kept/step-*")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[1]
    assert process.returncode != 0
    step = int(re.search(r"stopped after step (\d+) of 400", said)[1])
    said = finish(launch(tmp_path / "run", data, "rank", nproc=2, more=more))
    assert f"going on from the checkpoint of step {step}" in said
    finish(launch(tmp_path / "whole", data, "rank", nproc=2, more=more))
    stopped, whole = (pd.read_csv(tmp_path / name / "history.csv") for name in ("run", "whole"))
    assert np.allclose(stopped["train_loss"], whole["train_loss"], rtol=1e-4)


def test_a_batch_that_cannot_be_shared_alike(data, tmp_path):
    more = ["--set", "batch_size=15"]
    (process,) = launch(tmp_path, data, "rank", nproc=2, more=more)
    said = process.communicate()[1]
    assert process.returncode != 0
    assert "a batch of 15 aptamers cannot be divided equally among 2 processes" in said


def test_processes_under_snakemake(tmp_path, scored):
    scored.to_csv(tmp_path / "d.csv", index=False)
    overlay = (
        "datasets: {d: {path: d.csv, better: higher}}\nmodels: {rank: {steps: 6}}\nprocesses: 2"
    )
    (tmp_path / "overlay.yaml").write_text(overlay)
    target = "results/example/d/rank/seed-1/model"
    run_snakemake(tmp_path, target, "--configfile", "overlay.yaml", gpus=2)
    (log,) = tmp_path.rglob("finetune.log")
    assert "2 processes" in log.read_text()
    assert (tmp_path / target / "model.safetensors").is_file()
