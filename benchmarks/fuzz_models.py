"""Damage a model folder at random; loading it must work or explain in one message why not.

    python benchmarks/fuzz_models.py --seconds 600

Each attempt runs in its own process, with limits on memory and time. A finding is any exception
other than InputError, a crash, or no answer in time.
"""

import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import click
import torch

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests/support")]

from aptarank.core import machine
from aptarank.core.errors import InputError
from aptarank.exports.variant_info import write_about
from aptarank.exports.variants import checksum
from aptarank.use.load_scorer import load_scorer
from small_models import exported, saved

MEMORY = 12 * 2**30  # bytes of address space
PATIENCE = 60  # seconds per attempt
ODD = [None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, 0.5, 1e308, float("nan"), float("inf")]
ODD += ["", "x", "512", "../../etc/passwd", "\x1b[31m", "A" * 10_000, [], {}, [1], {"a": 1}]
ODD += [[[]] * 3, {"type": "Sequence"}, "[UNK]", "nucleotide"]


def make_model(root: Path) -> None:
    """Make a nano `rank` model as the pipeline does: folder, ONNX file, variant, recommendation."""
    folder = root / "variants/onnx-fused"
    exported(saved(root / "model"), folder / "model.onnx")
    about = {"variant": "onnx-fused", "skipped": None, "limit": 512, "kind": "rank"}
    write_about(folder, about | {"files": {"model.onnx": checksum(folder / "model.onnx")}})
    (root / "speed").mkdir()
    (root / "speed/recommended.json").write_text('{"variant": "onnx-fused"}')


def places_of(value, path=()):
    """Paths of all values in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places_of(inner, (*path, key))


def damaged_json(text: str, rng: random.Random) -> str:
    """JSON text with one value changed, removed or duplicated, or one key renamed."""
    value = json.loads(text)
    path = rng.choice(list(places_of(value)))
    if not path:
        return json.dumps(rng.choice(ODD))
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    deed = rng.choice(["odd", "odd", "odd", "remove", "rename"])
    if deed == "odd":
        inner[path[-1]] = rng.choice(ODD)
    elif deed == "remove" or isinstance(inner, list):
        del inner[path[-1]]
    else:
        inner[str(rng.choice(ODD))] = inner.pop(path[-1])
    return json.dumps(value)


def damaged_bytes(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed in some places, truncated, or with a piece moved."""
    deed = rng.choice(["flip", "flip", "cut", "head", "empty", "double", "zero"])
    if deed == "flip":
        changed = bytearray(data)
        for _ in range(rng.choice([1, 1, 10, 100])):
            end = rng.choice([len(data), min(len(data), 300)])
            changed[rng.randrange(end)] = rng.randrange(256)
        return bytes(changed)
    size = rng.randrange(len(data))
    return {
        "cut": data[:size],
        "head": data[size:],
        "empty": b"",
        "double": data[:size] + data,
        "zero": data[:size] + bytes(len(data) - size),
    }[deed]


def damage(root: Path, rng: random.Random) -> str:
    """Damage one file; returns its name."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    path = rng.choice([*files, root / "model/config.json", root / "model/tokenizer.json"])
    data = path.read_bytes()
    if path.suffix == ".json" and rng.random() < 0.8:
        path.write_text(damaged_json(data.decode(), rng), encoding="utf-8")
    else:
        path.write_bytes(damaged_bytes(data, rng))
    if path.name == "model.onnx":  # the folder itself states the checksum
        about = path.with_name("variant.json")
        description = json.loads(about.read_text())
        about.write_text(json.dumps(description | {"files": {path.name: checksum(path)}}))
    return path.relative_to(root).as_posix()


def attempt(path: Path) -> None:
    """Load a model and score two aptamers, then end this process: 0, 1 (InputError) or 2."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(PATIENCE)
    try:
        load_scorer(path, 1, "cpu").scores(["ACGTACGT", "TTGACC"])
    except (InputError, MemoryError):
        os._exit(1)
    except BaseException:  # this is a finding
        traceback.print_exc()
        os._exit(2)
    os._exit(0)


@click.command()
@click.option("--seconds", default=600.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(seconds, seed):
    """Print executions, answers and findings."""
    torch.set_num_threads(1)
    rng, ends, findings = random.Random(seed), Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        whole, copy = Path(folder) / "whole", Path(folder) / "copy"
        make_model(whole)
        start = reported = time.monotonic()
        while time.monotonic() - start < seconds:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(whole, copy)
            name = damage(copy, rng)
            used = {"model": "model"}.get(name.split("/")[0], "variants/onnx-fused")
            used = "speed/recommended.json" if name.startswith("speed") else used
            child = os.fork()
            if not child:
                attempt(copy / used)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            ends["scored" if code == 0 else "refused" if code == 1 else "finding"] += 1
            if code not in (0, 1):
                saved = Path(tempfile.gettempdir()) / f"fuzz-models-{len(findings)}"
                shutil.copytree(copy, saved, dirs_exist_ok=True)
                findings.append((name, code, saved))
                print(f"finding: {name}: status {code}; saved in {saved}", flush=True)
            if time.monotonic() - reported > 5:
                reported = time.monotonic()
                print(f"{reported - start:.0f} s: {dict(ends)}", flush=True)
    print(f"machine: {machine.describe()}")
    print(f"{ends.total()} executions: {dict(ends)}; {len(findings)} findings")


if __name__ == "__main__":
    main()
