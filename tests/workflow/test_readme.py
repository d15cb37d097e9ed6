"""README.md is true: its three steps and snippets run, and its graph is that of the rules."""

import json
import re
import shlex
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from snakemake_runs import ROOT, run_snakemake

README = (ROOT / "README.md").read_text(encoding="utf-8")
SPEED = (ROOT / "docs/speed.md").read_text(encoding="utf-8")
LIBRARY = (ROOT / "docs/library.md").read_text(encoding="utf-8")


def blocks(language, page=README):
    """The fenced blocks of one language, without their indentation."""
    return [
        "\n".join(line.removeprefix(indent) for line in text.splitlines())
        for indent, other, text in re.findall(r"^( *)```(\w+)\n(.*?)^ *```", page, re.M | re.S)
        if other == language
    ]


SNIPPETS = [code for page in (README, SPEED, LIBRARY) for code in blocks("python", page)]
COMMANDS = [line.split("  #")[0].strip() for block in blocks("bash") for line in block.splitlines()]


@pytest.fixture
def folder(finished, tmp_path):
    """A user's folder with finished results under the names that README.md uses."""
    shutil.copytree(finished / "results/small/lab", tmp_path / "results/example/example")
    shutil.copy(finished / "scored.csv", tmp_path)
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    return tmp_path


def test_own_data(finished, tmp_path):
    """The overlay of the three steps, planned on a lab's table."""
    (overlay,) = blocks("yaml")
    (tmp_path / "mine.yaml").write_text(overlay, encoding="utf-8")
    table = (finished / "scored.csv").read_text(encoding="utf-8")
    (tmp_path / "scored.csv").write_text(table.replace("sequence,score", "Sequence,Kd", 1))
    (command,) = (line for line in COMMANDS if "snakemake" in line and "mine.yaml" in line)
    words = [*shlex.split(command), "results/mine/lab/split.csv", "-s", str(ROOT / "Snakefile")]
    words.insert(1, words.pop(-3))  # the target goes first
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/mine/lab/split.csv").is_file()


@pytest.mark.parametrize("command", [line for line in COMMANDS if "example/measured" in line])
def test_measured_examples(command, tmp_path):
    """Each is read and split; all rows are accepted."""
    shutil.copytree(ROOT / "example", tmp_path / "example")
    overlay = shlex.split(command)[-1]
    config = yaml.safe_load((tmp_path / overlay).read_text(encoding="utf-8"))
    (name,) = config["datasets"]
    fold = "fold-1/" if config["split"].get("folds") else ""
    data = f"results/{config['run']}/{name}"
    run_snakemake(tmp_path, f"{data}/{fold}split.csv", "--configfile", overlay)
    account = json.loads((tmp_path / data / "ingestion.json").read_text())
    assert account["rejected"] == 0
    parts = pd.read_csv(tmp_path / data / f"{fold}split.csv")["part"].value_counts()
    assert parts["test"] > 80


@pytest.mark.parametrize("code", SNIPPETS)
def test_python_snippets(folder, monkeypatch, capsys, code):
    """Those of README.md, docs/speed.md and docs/library.md."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    exec(compile(code, "README.md or a page", "exec"), {})
    assert re.search(r"\d\.\d", capsys.readouterr().out)


def test_targets_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for target in re.findall(r"\bmake ([a-z-]+)", README):
        assert target in targets
