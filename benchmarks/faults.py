"""Kill Snakemake and each of its scripts at random moments, and check what the next call does.

Run: .venv/bin/python benchmarks/faults.py

Each run starts in a new folder (or, for scripts after the chain, in a copy of a finished one), is
killed (SIGKILL), called again at once, and compared byte for byte with an undisturbed run.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pandas as pd
import psutil

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from aptarank.core import machine
from aptarank.provenance.run_differences import compare_folders

SMALL = {
    "run": "small",
    "datasets": {"lab": {"path": "scored.csv", "better": "lower"}},
    "models": {"rank": {"steps": 20, "evaluate_every": 10, "batch_size": 32}},
    "learning_curve": {"shares": []},
    "speed": {"variants": []},
    "checkpoints": {"steps": 5},
    "threads": 1,
}
RANK = SMALL["models"]["rank"]
# What the other scripts need in addition.
WHOLE = SMALL | {
    "models": {"rank": RANK, "pretrained": RANK | {"kind": "rank", "pretrain": 10}},
    "learning_curve": {"shares": [0.5], "models": ["rank"]},
    "speed": {"variants": ["onnx-fp32"], "batch_sizes": [8], "repetitions": 3},
    "sweep": {"model": "rank", "batch_size": [16]},
}
# Uses of the trained models.
USED = SMALL | {
    "rank": {"candidates": "scored.csv"},
    "screen": {"random": 20_000, "length": 8, "keep": 10, "chunks": 2},
    "design": {"generations": 20, "population": 100, "keep": 5},
}
CHAIN = ["ingest", "split", "pairing", "audit", "tokenizer", "finetune", "predict", "evaluate"]
CHAIN += ["baselines", "export", "compare", "describe", "answer", "card", "manifest"]
MORE = ["pretrain", "variant", "measure", "recommend", "learning_curve", "sweep"]
USES = ["rank", "screen", "shortlist", "design"]
# Config and scripts of each undisturbed run; the others continue from the first.
RUNS = {"small": (SMALL, CHAIN), "whole": (WHOLE, MORE), "used": (USED, USES)}


def write_inputs(folder: Path, config: dict) -> None:
    """Write the config and aptamers whose score depends on their first bases."""
    rng = np.random.default_rng(3)
    sequences = ["".join(rng.choice(list("ACGU"), size=rng.integers(6, 10))) for _ in range(150)]
    value = {"A": 0, "C": 1, "G": 2, "U": 3}
    scores = [-4 * value[s[0]] - 2 * value[s[1]] + rng.normal(0, 0.1) for s in sequences]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"sequence": sequences, "score": scores}).to_csv(
        folder / "scored.csv", index=False
    )
    (folder / "overlay.yaml").write_text(json.dumps(config), encoding="utf-8")


def start(folder: Path, *targets: str) -> subprocess.Popen:
    """Call Snakemake in a folder; its output goes to output.txt."""
    command = [sys.executable, "-m", "snakemake", *targets, "--configfile", "overlay.yaml"]
    command += ["-s", str(HOME / "Snakefile"), "--cores", "2", "--resources", "gpu=2"]
    with (folder / "output.txt").open("w", encoding="utf-8") as file:
        return subprocess.Popen(command, cwd=folder, stdout=file, stderr=file)


def output_of(folder: Path) -> str:
    """The output of the last call."""
    return (folder / "output.txt").read_text(encoding="utf-8")


def jobs(folder: Path, script: str = "") -> Iterator[psutil.Process]:
    """Processes of our scripts, or of one of them, that run in a folder."""
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            ours = "python" in words[0] and any(f"scripts/{script}" in word for word in words[1:3])
            if ours and process.cwd() == str(folder):
                yield process
        except (psutil.Error, IndexError):
            continue


def names(processes: Iterator[psutil.Process]) -> list[str]:
    """Names of the scripts that these processes run."""
    scripts = set()
    for process in processes:
        try:
            scripts |= {Path(w).stem for w in process.cmdline()[1:3] if w.endswith(".py")}
        except psutil.Error:
            continue
    return sorted(scripts)


def kill_snakemake(folder: Path, running: subprocess.Popen, after: float) -> str | None:
    """Kill only Snakemake; returns which of its jobs were running."""
    time.sleep(after)
    if running.poll() is not None:
        return None
    at_work = names(jobs(folder))
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    return ", ".join(at_work) or "–"


def kill_script(folder: Path, running: subprocess.Popen, script: str, after: float) -> str | None:
    """Kill the first process of a script, `after` seconds after it was seen."""
    while not (processes := list(jobs(folder, f"{script}.py"))):
        if running.poll() is not None:
            return None
        time.sleep(0.01)
    time.sleep(after)
    at_work = names(jobs(folder))
    try:
        processes[0].kill()
    except psutil.NoSuchProcess:  # it ended first
        return None
    running.wait()
    return ", ".join(at_work)


def finish(folder: Path, *targets: str) -> tuple[int, str]:
    """Call again; returns the exit status and a summary of what it reported."""
    code = start(folder, *targets).wait()
    text = output_of(folder)
    notes = {
        "its lock on this directory is removed": "lock removed",
        "Waiting for the jobs": "waited for its jobs",
        "going on from the checkpoint": "went on from a checkpoint",
        "Incomplete output files": "incomplete outputs made again",
        "Nothing to be done": "nothing to do",
        "cannot be locked": "LOCKED",
        "Traceback": "TRACEBACK",
    }
    return code, ", ".join(note for words, note in notes.items() if words in text) or "–"


def duration(folder: Path, script: str) -> float:
    """Seconds that a script took in an undisturbed run."""
    rule = {"pairing": "pair"}.get(script, script)
    every = list(folder.rglob("*.tsv"))
    files = [path for path in every if path.stem == rule]  # otherwise one per variant or chunk
    files = files or [path for path in every if path.parent.name in (rule, f"{rule}s")]
    return pd.read_csv(files[0], sep="\t")["s"].iloc[0] if files else 1.0


@click.command()
@click.option("--runs", default=12, show_default=True, help="Number of kills of Snakemake itself.")
@click.option(
    "--scripts", default=",".join(CHAIN + MORE + USES), help="Scripts to kill, once each."
)
@click.option("--seed", default=1, show_default=True, help="Seed of the random moments.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the runs.")
def main(runs, scripts, seed, output):
    """Print a table of kills, what the next call reported, and whether its results are equal."""
    output = (output or Path(tempfile.mkdtemp())).resolve()
    rng = random.Random(seed)
    targets = [name for name in scripts.split(",") if name]
    seconds = {}
    for name, (config, its) in RUNS.items():
        folder = output / name
        if name != "small":
            if not set(targets) & set(its):
                continue
            shutil.copytree(output / "small", folder)
        write_inputs(folder, config)
        began = time.monotonic()
        code, _ = finish(folder)
        seconds[name] = time.monotonic() - began
        if code:
            raise click.ClickException(f"the undisturbed run failed:\n{output_of(folder)}")
    took = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    print(f"machine: {machine.describe()}; undisturbed: {took}\n")
    print("| killed | after, s | at work | next call | it reports | files equal |")
    print("|---|---|---|---|---|---|", flush=True)
    failed = 0
    for number, target in enumerate([""] * runs + targets):
        name = next((name for name, (_, its) in RUNS.items() if target in its), "small")
        at_work = None
        while at_work is None:  # it may have ended before it was killed
            folder = output / f"run-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            if name != "small":
                shutil.copytree(output / "small", folder)
            write_inputs(folder, RUNS[name][0])
            running = start(folder)
            limit = duration(output / name, target) if target else seconds[name]
            after = rng.uniform(0, 0.95 * limit)
            if target:
                at_work = kill_script(folder, running, target, after)
            else:
                at_work = kill_snakemake(folder, running, after)
            running.wait()
        code, note = finish(folder)
        comparison = compare_folders(output / name / "results", folder / "results")
        left = names(jobs(folder))
        good = code == 0 and comparison.same and not left
        failed += not good
        print(
            f"| {target or 'Snakemake'} | {after:.1f} | {at_work} | "
            f"{'finishes' if code == 0 else f'fails ({code})'} | {note} | "
            f"{len(comparison.identical)}, {len(comparison.different)} differ"
            f"{f', still there: {left}' if left else ''} |",
            flush=True,
        )
        if good:
            shutil.rmtree(folder)
    print(f"\n{runs + len(targets)} kills, {failed} failures")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
