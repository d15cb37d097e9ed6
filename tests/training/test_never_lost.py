"""Training that is killed, stopped, damaged or short of disk loses nothing."""

import io
import logging
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.models.model_inputs import encode
from aptarank.pairing.pairs import label_pairs
from aptarank.pairing.soft_labels import ByFitness
from aptarank.training.checkpoints import (
    checkpoints,
    load_checkpoint,
    remove_checkpoints,
    save_checkpoint,
    values_of,
)
from aptarank.training.loop import finetune
from aptarank.training.objectives import Part
from aptarank.training.resuming import CheckpointPolicy
from small_models import ALONE, TOKENIZER, model, settings
from snakemake_runs import ROOT, run_snakemake
from trainings import at_work_in, latest, start_training

pytestmark = pytest.mark.slow

TENSORS = {"a": torch.arange(10.0), "b": torch.ones(3, dtype=torch.uint8)}


def save(folder, step, training="this"):
    return save_checkpoint(folder, step, TENSORS, {"training": training, "step": step})


@pytest.fixture
def said():
    """What was logged."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    yield stream.getvalue
    logger.removeHandler(handler)


def part(count, seed):
    """Aptamers whose fitness is the number of A in them, of varied lengths, all pairs."""
    rng = np.random.default_rng(seed)
    sequences = sorted(
        {"".join(rng.choice(list("ACGT"), rng.integers(5, 12))) for _ in range(count)}
    )
    fitness = np.array([s.count("A") for s in sequences], dtype=float)
    group = np.zeros(len(sequences), dtype=int)
    (pairs,) = label_pairs(fitness, fitness, group, 0.0, None, np.random.default_rng(1))
    compared = ByFitness(np.arange(len(sequences)), group, fitness, fitness, 0.0)
    return Part(sequences, encode(TOKENIZER, sequences), TOKENIZER, pairs, compared)


def train(kind, folder, steps=120):
    """A training with dropout, evaluations and a checkpoint at each step; returns the weights."""
    torch.set_num_threads(1)
    keep = CheckpointPolicy(Path(folder) / "checkpoints", "this", steps=1) if folder else None
    trained = model(kind, dropout=0.1)
    chosen = settings(kind, steps=steps, batch_size=8, evaluate_every=7, patience=None)
    history = finetune(trained, part(60, 1), part(30, 2), chosen, 3, ALONE, keep)
    if folder:
        trained.save_pretrained(Path(folder) / "model")
        history.to_csv(Path(folder) / "history.csv", index=False)
    return trained, history


@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_killed_twenty_times_and_yet_the_same_weights(kind, tmp_path, monkeypatch):
    """SIGKILL at random moments; what it ends with is what it would have been, bit for bit."""
    expected, history = train(kind, None)
    # Each start is a fork of a process that has imported everything, where sys.path is as here.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["test_never_lost"])
    rng = random.Random(kind)
    kills, reached = 0, []
    while not (tmp_path / "history.csv").exists():
        process = context.Process(target=train, args=(kind, tmp_path))
        process.start()
        if kills < 20:
            before = latest(tmp_path)
            while latest(tmp_path) <= before + rng.randrange(3) and process.is_alive():
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.05))  # anywhere in a step, or in writing
            alive = process.is_alive()
            process.kill()
            kills += alive
            reached.append(latest(tmp_path))
        process.join()
    assert kills == 20
    assert len(set(reached)) > 10
    found = (tmp_path / "model/model.safetensors").read_bytes()
    expected.save_pretrained(tmp_path / "expected")
    assert found == (tmp_path / "expected/model.safetensors").read_bytes()
    assert pd.read_csv(tmp_path / "history.csv").equals(pd.DataFrame(history))
    assert len(checkpoints(tmp_path / "checkpoints")) == 2


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    for step in (5, 10, 100):
        save(tmp_path, step)
    assert [latest(tmp_path.parent)] == [0]
    assert [path.name[:13] for path in checkpoints(tmp_path)] == ["step-00000010", "step-00000100"]
    tensors, values = load_checkpoint(tmp_path, "this")
    assert values["step"] == 100
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    remove_checkpoints(tmp_path)
    assert not tmp_path.exists()
    assert load_checkpoint(tmp_path, "this") is None


@pytest.mark.parametrize("damage", ["byte", "cut", "empty", "header"])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_used(tmp_path, damage, said):
    save(tmp_path, 1)
    last = save(tmp_path, 2)
    content = bytearray(last.read_bytes())
    if damage == "byte":
        content[-1] ^= 1
    elif damage == "header":
        content[:8] = b"\xff" * 8
    else:
        del content[len(content) // 2 if damage == "cut" else 0 :]
    last.write_bytes(content)
    _, values = load_checkpoint(tmp_path, "this")
    assert values["step"] == 1
    assert "damaged (its checksum differs): the one before is used" in said()
    assert not last.exists()


def test_checkpoints_of_another_training_are_kept_until_this_one_ends(tmp_path, said):
    """Settings A, a slip (B), A again: A goes on. A second slip (C) costs no more than B."""
    for step in (10, 20):
        save(tmp_path, step, "A")
    assert load_checkpoint(tmp_path, "B") is None
    assert checkpoints(tmp_path) == []
    assert "of other settings, data or programs: not used" in said()
    assert f"Kept in {tmp_path}/former until this training has ended" in said()
    save(tmp_path, 5, "B")
    assert load_checkpoint(tmp_path, "C") is None
    assert held(tmp_path / "former") == ["A", "A"]
    assert load_checkpoint(tmp_path, "A")[1]["step"] == 20
    assert held(tmp_path) == ["A", "A"]
    assert not (tmp_path / "former").exists()
    load_checkpoint(tmp_path, "B")
    save(tmp_path, 30, "B")
    assert load_checkpoint(tmp_path, "A")[1]["step"] == 20
    assert held(tmp_path / "former") == ["B"]
    remove_checkpoints(tmp_path)
    assert not tmp_path.exists()


def held(folder):
    """The trainings of the checkpoints in a folder."""
    return [values_of(path)["training"] for path in checkpoints(folder)]


def test_a_damaged_checkpoint_of_another_training_is_not_kept(tmp_path):
    save(tmp_path, 1, "A").write_bytes(b"\xff" * 8 + b"no header")
    save(tmp_path, 2, "A")
    assert load_checkpoint(tmp_path, "B") is None
    assert held(tmp_path / "former") == ["A"]
    assert checkpoints(tmp_path) == []


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path):
    save(tmp_path, 1)
    second = save(tmp_path, 2)
    second.unlink()
    (tmp_path / f"{second.name}.partial").symlink_to("/dev/full")
    with pytest.raises(InputError) as error:
        save(tmp_path, 2)
    assert "step 2 cannot be written: No space left on device; the last is of step 1" in str(
        error.value
    )
    assert load_checkpoint(tmp_path, "this")[1]["step"] == 1
    save(tmp_path, 2)  # there is room again
    assert load_checkpoint(tmp_path, "this")[1]["step"] == 2


@pytest.fixture(scope="module")
def ready(finished):
    """What finetune.py needs, of the finished run."""
    data = finished / "results/small/lab"
    (tokenizer,) = [
        path.parent for path in data.rglob("tokenizer.json") if "rank/tokenizer" in str(path)
    ]
    return [
        *("--aptamers", data / "aptamers.csv", "--tokenizer", tokenizer, "--threads", "1"),
        *("--train", data / "pairs/train.parquet"),
        *("--validation", data / "pairs/validation.parquet"),
        *("--kind", "rank", "--set", "batch_size=16", "--set", "evaluate_every=5"),
    ]


def finetune_py(ready, folder, *more, **options):
    """Start finetune.py; its outputs and checkpoints go to `folder`."""
    command = [sys.executable, ROOT / "scripts/finetune.py", *ready, *more, "--log", folder / "log"]
    command += ["-o", folder / "model", "--history", folder / "history.csv"]
    command += ["--checkpoints", folder / "checkpoints"]
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGURG])
def test_a_signal_writes_a_checkpoint_first(ready, tmp_path, number):
    steps = ["--set", "steps=300", "--set", "patience=null"]
    process = finetune_py(ready, tmp_path, *steps)
    log = tmp_path / "log"
    while not (log.exists() and "training aptamers" in log.read_text()):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == 128 + number
    stopped = int(re.search(rf"{number.name}: stopped after step (\d+) of 300", said)[1])
    assert 0 < stopped < 300
    assert latest(tmp_path) == stopped
    assert not (tmp_path / "model").exists()
    if number != signal.SIGTERM:
        return
    process = finetune_py(ready, tmp_path, *steps)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert f"going on from the checkpoint of step {stopped}" in said
    assert not (tmp_path / "checkpoints").exists()
    whole = finetune_py(ready, tmp_path / "whole", *steps)
    assert whole.wait() == 0
    for name in ("model/model.safetensors", "model/config.json", "history.csv"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_other_settings_start_anew(ready, tmp_path):
    checkpoint = ["--checkpoint-steps", "2"]
    process = finetune_py(ready, tmp_path, *checkpoint, "--set", "learning_rate=1e30")
    assert process.wait() == 1
    assert checkpoints(tmp_path / "checkpoints") == []  # the first step already failed
    save(tmp_path / "checkpoints", 7, "another")
    process = finetune_py(ready, tmp_path, *checkpoint, "--set", "steps=4")
    _, said = process.communicate()
    assert process.returncode == 0
    assert "of other settings, data or programs: not used" in said
    assert "4 steps in" in said
    assert not (tmp_path / "checkpoints").exists()  # ended: the former ones are given up


def test_a_loss_that_is_no_number_stops_the_job(ready, tmp_path):
    process = finetune_py(ready, tmp_path, "--set", "learning_rate=1e30")
    _, said = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in said
    found = re.search(
        r"error: step (\d+) of \d+: the loss is (nan|inf).* at learning rate \d", said
    )
    assert found, said
    (listed,) = re.findall(r"the batch's aptamers: (.*)", said)
    known = set(pd.read_csv(ready[1])["sequence"])
    assert len(listed.split(", ")) == 16
    assert set(listed.split(", ")) <= known
    assert not (tmp_path / "model").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_fills_while_training(ready, tmp_path):
    """On a real file system of 8 MB: two checkpoints fit, a third beside them does not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode()}")
    try:
        process = finetune_py(ready, disk, "--set", "steps=40", "--checkpoint-steps", "3")
        _, said = process.communicate()
        assert process.returncode == 1
        assert "Traceback" not in said
        assert "No space left on device; the last is of step" in said
        step = latest(disk)
        assert step > 0
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        process = finetune_py(ready, disk, "--set", "steps=40")
        _, said = process.communicate()
        assert process.returncode == 0, said
        assert f"going on from the checkpoint of step {step}" in said
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_job_killed_under_snakemake_goes_on(tmp_path, scored):
    """Snakemake removes the outputs of a job that failed; the checkpoints stay."""
    running, target, folder = start_training(tmp_path, scored)
    found = subprocess.run(
        ["pgrep", "-f", f"finetune.py.*{'rank/seed-1/model'}"], capture_output=True, text=True
    )
    jobs = [int(pid) for pid in found.stdout.split() if at_work_in(pid, tmp_path)]
    os.kill(jobs[-1], signal.SIGKILL)
    assert running.wait() == 1
    assert not (folder / "history.csv").exists()
    assert latest(folder) >= 10
    run_snakemake(tmp_path, target, "--configfile", "overlay.yaml")
    (log,) = tmp_path.rglob("finetune.log")
    assert "going on from the checkpoint of step" in log.read_text()
    assert (folder / "model/model.safetensors").is_file()
    assert not (folder / "checkpoints").exists()
