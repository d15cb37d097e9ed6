"""Fuzz the config: change values, keys and types at random, and the text of its YAML.

A finding is any exception other than InputError, a config that takes longer than 5 seconds, or one
that is accepted but cannot be passed to the programs. Findings are saved in --findings, to become
cases of tests/config/test_config_yaml.py.

Run: .venv/bin/python benchmarks/fuzz_config.py --minutes 10
"""

import contextlib
import copy
import datetime
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import click
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from aptarank.config.input_files import check_files
from aptarank.config.resolution import resolve, swept_models
from aptarank.config.schema import schema
from aptarank.config.yaml_text import check_yaml
from aptarank.core import machine
from aptarank.core.errors import InputError
from aptarank.workflow.shell_words import shell_words

SLOW = 5  # seconds
LONGEST = 2000  # characters of a message
SEED = """
run: mine
datasets:
  lab: {path: scored.csv, sequence: Sequence, score: Kd, better: lower, delimiter: ";"}
  other: {path: [a.csv, b.csv], format: csv, before: R1, after: R5, bounds: reject}
split: {by: cluster, identity: 0.8, folds: 5, fractions: {train: 0.7, validation: 0.2, test: 0.1}}
pairs: {margin: 0.1, max_pairs: 1000}
models:
  rank: {size: nano, steps: 60, depths: [1, 2]}
  tuned: {kind: rank, init_from: lab/rank}
  pair: {tokenizer: kmer, k: 3, patience: null}
seeds: [1, 2]
speed: {variants: [onnx-fused, torch-fp32@2], batch_sizes: [1, 8], batch_size: 8}
learning_curve: {shares: [0.5], models: [rank]}
sweep: {model: rank, learning_rate: [1e-3, 1e-4], dropout: [0, 0.1]}
rank: {candidates: new.csv, model: lab/rank, comparisons: 2.5}
screen: {random: 1000, composition: {A: 1, C: 2, G: 1, T: 1}}
design: {generations: 3, length: [8, 20], gc: [0.2, 0.8], forbidden: [GGGG], kappa: 1}
publish: {license: MIT, repository: me/it}
"""
VALUES = [
    *(None, True, False, 0, 1, -1, 2, 3, 10**6, 10**18, 10**400, -(10**30), 2**63, 2**64),
    *(0.0, -0.0, 0.5, 1.0, 4.0, 1.5, 1e-320, 1e6, 1e300, float("nan"), float("inf")),
    *("", " ", "1", "1e6", "1e999", "4.0", "nan", ".inf", "true", "No", "null", "~", "{}", "[]"),
    *("\0", "\ud800", "\x1b[31m", "a\nb", "\\t", "{x}", "<run>", "</b>", "$(x)", "-o", "'"),
    *("..", ".", "a/b", "rank", "pair", "lab/rank", "lab", "ranking", "ridge"),
    *("x" * 300, "9" * 5000, "x" * 10_000, "٣", "2024-13-45", "12:30", "onnx-fused@99", "é", "*"),
    *([], {}, [[]], [None], [1, 1], ["a", "a"], {"a": {}}, {1: 2}, {None: None}, {True: "x"}),
    *(b"x", datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1), {1, 2}, ("a",), 1 + 2j),
    *(list(range(2000)), {str(number): {} for number in range(500)}, ["x"] * 200_000),
]  # fmt: skip
LETTERS = "{}[]:,&*!|>'\"%@`#?-~ \t\n0123456789.eE_xabNoyes<"


@click.command()
@click.option("--minutes", default=1.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--snakemake", "planned", default=5, show_default=True, help="Number of configs to dry-run."
)
@click.option(
    "--findings",
    type=click.Path(path_type=Path),
    default=Path(tempfile.gettempdir()) / "aptarank-findings",
    show_default=True,
)
def main(minutes, seed, planned, findings):
    """Print executions and findings."""
    findings.mkdir(parents=True, exist_ok=True)
    rng, counted, texts = random.Random(seed), Counter(), {}
    signal.signal(signal.SIGALRM, too_slow)
    end = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        while time.monotonic() < end:
            use = rng.choice([one_object, one_object, one_text])
            given = mutated(rng) if use is one_object else mutated_text(rng)
            signal.alarm(SLOW)
            try:
                counted[use(given, path)] += 1
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                kind = f"{type(error).__name__}-{Path(where.filename).stem}-{where.lineno}"
                texts.setdefault(kind, f"{given!r}\n\n{traceback.format_exc()}")
                counted["finding"] += 1
            finally:
                signal.alarm(0)
        for _ in range(planned):
            path.write_text(yaml.safe_dump(mutated(rng, plain=True)), encoding="utf-8")
            counted[plan(path, texts)] += 1
    for kind, text in texts.items():
        (findings / f"config-{kind}.txt").write_text(text, encoding="utf-8", errors="replace")
    print(f"machine: {machine.describe()}")
    print("| outcome | executions |\n|---|---|")
    for outcome, count in counted.most_common():
        print(f"| {outcome} | {count:,} |")
    print(f"{len(texts)} findings" + (f", in {findings}" if texts else ""))
    sys.exit(1 if texts else 0)


def too_slow(*_: Any) -> None:
    """Raise from a signal handler when a config takes too long."""
    raise TimeoutError(f"more than {SLOW} s")


def positions(value: Any) -> list[tuple[Any, Any]]:
    """Every position in a config, as its container and its key or index there."""
    entries = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for key in keys:
            entries += [(value, key), *positions(value[key])]
    return entries


def mutated(rng: random.Random, *, plain: bool = False) -> dict:
    """The config with some values changed; plain means only values that YAML can hold."""
    config = yaml.safe_load(SEED)
    values = [value for value in VALUES if not plain or isinstance(value, str | int | float | None)]
    values = [value for value in values if not plain or len(str(value)) < 400]
    properties = sorted(schema()["properties"])
    there = positions(config)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        holder, key = rng.choice(there)
        if isinstance(holder, list) and key >= len(holder):
            continue
        if isinstance(holder, dict) and key not in holder:  # because of an earlier change
            continue
        change = rng.randrange(6)
        if change == 0 and isinstance(holder, dict):
            holder[rng.choice([*properties, "lab", "kind", "k", "x"])] = holder.pop(key)
        elif change == 1 and isinstance(holder, dict) and not plain:
            other = rng.choice(VALUES)
            if isinstance(other, str | int | float | None):
                holder[other] = holder[key]
        elif change == 2:
            del holder[key]
        elif change == 3:
            holder[key] = rng.choice(there)[0] if not plain else {}
        else:
            holder[key] = copy.deepcopy(rng.choice(values))
    return config


def mutated_text(rng: random.Random) -> bytes:
    """The text of the config with some letters or lines changed."""
    text = SEED
    for _ in range(rng.choice([1, 1, 2, 4, 10])):
        start = rng.randrange(len(text))
        end = start + rng.choice([0, 1, 1, 5, 30])
        new = "".join(rng.choices(LETTERS, k=rng.choice([0, 1, 1, 2, 5])))
        lines = text.splitlines(keepends=True)
        if rng.random() < 0.2:
            text += rng.choice(lines)
        else:
            text = text[:start] + new + text[end:]
    data = text.encode()
    return data if rng.random() < 0.95 else data.replace(b"a", b"\xff", 1)


def one_object(config: dict, path: Path) -> str:
    """Resolve a config; if it is accepted, every program must be able to take it."""
    try:
        resolved = resolve(config)
    except InputError as error:
        if len(str(error)) > LONGEST:
            raise ValueError("a message of pages") from error
        return "refused"
    json.dumps(resolved, allow_nan=False)
    shell_words([json.dumps(resolved, ensure_ascii=False)]).encode()
    swept_models(resolved)
    with contextlib.suppress(InputError):
        check_files(resolved)
    return "passed"


def one_text(text: bytes, path: Path) -> str:
    """The same for a file, as Snakemake reads it; what it cannot parse, it reports itself."""
    path.write_bytes(text)
    try:
        check_yaml(path)
    except InputError:
        return "refused"
    try:
        config = yaml.load(text, Loader=yaml.FullLoader)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return "no YAML"
    return one_object(config, path) if isinstance(config, dict) else "no YAML"


def plan(path: Path, texts: dict[str, str]) -> str:
    """Do a dry run, which must give one message or a plan."""
    for name in ("scored.csv", "a.csv", "b.csv", "new.csv"):
        (path.parent / name).touch()
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "-n", "-q"]
    command += ["--cores", "1", "--configfile", path.name]
    done = subprocess.run(
        command, cwd=path.parent, capture_output=True, text=True, check=False, timeout=300
    )
    output = done.stdout + done.stderr
    if done.returncode and "config: " not in output and path.name not in output:
        texts[f"snakemake-{len(texts)}"] = f"{path.read_text(encoding='utf-8')}\n\n{output}"
        return "finding"
    return "refused by Snakemake's dry run" if done.returncode else "planned"


if __name__ == "__main__":
    main()
