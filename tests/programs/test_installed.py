"""The package as pip installs it: without PyTorch, it ranks by a model that is an ONNX file."""

import os
import subprocess
import sys

import pandas as pd
import pytest

from small_models import exported, saved
from snakemake_runs import ROOT

ABSENT = ("torch", "transformers", "scipy", "sklearn", "matplotlib", "pyarrow", "snakemake")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Run a program of a new environment, in an empty folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=folder, check=True)
    pip = [folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", ROOT]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]

    def run(program, *arguments, code=0):
        command = [folder / "venv/bin" / program, *map(str, arguments)]
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=kept)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    run.folder = folder
    return run


@pytest.mark.slow
def test_it_ranks_without_pytorch(installed):
    absent = f"import importlib.util as u; print([u.find_spec(n) for n in {ABSENT}])"
    assert installed("python", "-c", absent).stdout.strip() == str([None] * len(ABSENT))
    folder = installed.folder
    (folder / "onnx").mkdir()
    exported(saved(folder / "model"), folder / "onnx/model.onnx")
    pd.DataFrame({"sequence": ["ACGTAC", "GGTTGG", "CCCC"]}).to_csv(folder / "c.csv", index=False)
    said = installed("aptarank", "rank", "c.csv", "--model", "onnx/model.onnx", "-o", "r.csv")
    assert "r.csv: 3 candidates" in said.stderr
    assert len(pd.read_csv(folder / "r.csv")) == 3
    code = (
        "from aptarank.api import load, rank; print(rank(load('onnx/model.onnx'), ['ACGTA', 'G']))"
    )
    assert "win_probability" in installed("python", "-c", code).stdout


@pytest.mark.slow
def test_what_is_missing_is_named(installed):
    folder = installed.folder
    (folder / "whole").mkdir(exist_ok=True)
    saved(folder / "whole/model")
    pd.DataFrame({"sequence": ["ACGTAC", "GGTTGG"]}).to_csv(folder / "two.csv", index=False)
    said = installed("aptarank", "rank", "two.csv", "--model", "whole/model", code=1)
    assert (
        "needs torch, which is not installed; in the clone of aptarank: pip install '.[train]'"
        in said.stderr
    )
    said = installed("aptarank", "screen", "two.csv", "--model", "onnx/model.onnx", code=1)
    assert "screening needs pyarrow, which is not installed" in said.stderr
    said = installed("aptarank", "finetune", "--help", code=1)
    assert "finetune needs torch, which is not installed" in said.stderr


def test_all_programs_are_commands():
    command = [sys.executable, "-m", "aptarank", "--help"]
    done = subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, text=True, check=True)
    for path in (ROOT / "scripts").glob("*.py"):
        assert f"\n  {path.stem} " in done.stdout
    said = subprocess.run(
        [*command[:-1], "rank", "--help"], cwd=ROOT / "scripts", capture_output=True, text=True
    )
    assert "Usage: python -m aptarank rank" in said.stdout or "aptarank rank" in said.stdout


def test_the_wheel_has_every_program():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for path in (ROOT / "scripts").glob("*.py"):
        assert f'"scripts/{path.name}" = "aptarank/commands/{path.name}"' in text
