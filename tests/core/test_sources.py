"""The modules that a rule declares are those that its script really imports."""

import subprocess
import sys

import pytest

from aptarank.workflow.code_inputs import imported_modules
from snakemake_runs import ROOT

SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


# What is large is imported once, then each script in a process of its own.
LOOK = """
import os, sys
import matplotlib.pyplot, onnxruntime, pandas, scipy.stats, sklearn.ensemble, torch
from transformers import AlbertForSequenceClassification, AutoModel, AutoTokenizer
for name in sys.argv[1:]:
    sys.stdout.flush()
    if not os.fork():
        try:
            __import__(name)
            if "aptarank.use.load_scorer" in sys.modules:  # which imports it once it is needed
                __import__("aptarank.use.load_torch")
            if name == "tokenizer":  # for checkpoints
                __import__("aptarank.models.encoder")
            if name == "rank":  # for some models, and where there is matplotlib
                __import__("aptarank.use.tournament")
                __import__("aptarank.report.plots_ranking")
            ours = [m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "aptarank"]
            print(name, *ours, flush=True)
        finally:
            os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def seen():
    """The modules of ours that each script imports, by its name."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *SCRIPTS],
        cwd=ROOT / "scripts",
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: ours for name, *ours in map(str.split, done.stdout.splitlines())}


@pytest.mark.parametrize("name", SCRIPTS)
def test_declared_modules_are_the_imported_ones(seen, name):
    declared = imported_modules(str(ROOT / "scripts" / f"{name}.py"))
    version = str(ROOT / "scripts/aptarank/__init__.py")  # only manifest.py depends on it
    assert set(declared) | {version} == set(seen[name])
    assert (version in declared) == (name == "manifest")


def test_an_edited_module_is_read_again(tmp_path):
    package = tmp_path / "aptarank"
    package.mkdir()
    for name in ("first", "second"):
        (package / f"{name}.py").write_text("")
    script = tmp_path / "program.py"
    script.write_text("import aptarank.first\n")
    assert imported_modules(str(script)) == [str(package / "first.py")]
    (package / "first.py").write_text("import aptarank.second\n")
    assert imported_modules(str(script)) == [str(package / f"{n}.py") for n in ("first", "second")]


def test_each_script_is_some_rules():
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").rglob("*.smk"))
    for name in set(SCRIPTS) - {"verify"}:  # which compares what runs have made
        assert f'script("{name}")' in rules
        assert f'modules("{name}")' in rules
