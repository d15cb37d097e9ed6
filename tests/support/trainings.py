"""A training that Snakemake has begun, to be killed."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from aptarank.training.checkpoints import checkpoints
from snakemake_runs import ROOT


def latest(folder):
    """The step of the last checkpoint."""
    found = checkpoints(folder / "checkpoints")
    return int(re.search(r"step-(\d+)", found[-1].name)[1]) if found else 0


def start_training(folder, scored):
    """Start Snakemake on a training of 400 steps, and wait for two of its checkpoints.

    Returns its process, its target, and the folder of the checkpoints.
    """
    scored.to_csv(folder / "d.csv", index=False)
    overlay = {
        "datasets": {"d": {"path": "d.csv", "better": "higher"}},
        "models": {"rank": {"steps": 400, "patience": None, "batch_size": 32}},
        "checkpoints": {"steps": 5},
        "threads": 1,
    }
    (folder / "overlay.yaml").write_text(json.dumps(overlay))
    target = "results/example/d/rank/seed-1/model"
    command = [sys.executable, "-m", "snakemake", target, "--configfile", "overlay.yaml"]
    command += ["-s", ROOT / "Snakefile", "--cores", "1", "--resources", "gpu=1"]
    running = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    trained = folder / "results/example/d/rank/seed-1"
    while latest(trained) < 10:
        assert running.poll() is None
        time.sleep(0.01)
    return running, target, trained


def at_work_in(pid, folder):
    """Whether a process works in this folder."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
    except OSError:
        return False
