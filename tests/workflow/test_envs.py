"""The conda environments pin what pip pins, and have what their rules' scripts import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rattler
import yaml

from aptarank.core.machine import PACKAGES
from aptarank.workflow.code_inputs import imported_modules
from environments import HEAVY, IN_CONDA, PIP, packages
from snakemake_runs import ROOT

PACKAGE_OF = {
    "Bio": "biopython",
    "adjustText": "adjusttext",
    "sklearn": "scikit-learn",
    "torch": "pytorch",
    "yaml": "pyyaml",
}
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
PINS = {IN_CONDA.get(name, name): pin for name, pin in PIP.items()}


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_conda_can_read_it(path):
    """Each package is a specification that conda's own rules allow, strictly."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert found.keys() == {"channels", "dependencies"}
    assert found["channels"] == ["conda-forge"]
    names = [rattler.MatchSpec(spec, strict=True).name.normalized for spec in found["dependencies"]]
    assert names[0] == "python"
    assert len(set(names)) == len(names)


def test_the_manifest_has_all_versions():
    assert set(PACKAGES) == set(PIP)


def test_the_snakefile_imports_nothing_heavy():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").rglob("*.smk"))
    ours = set(re.findall(r"^from (aptarank[\w.]+) import", text, re.M))
    assert "aptarank.config.resolution" in ours
    code = f"import sys, {', '.join(ours)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "scripts",
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_pins_are_equal(path):
    for name, pin in packages(path).items():
        assert pin == f"=={PINS[name]}", f"{path.name}: {name}"


def imports(file):
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def test_every_rule_has_an_environment_with_what_it_imports():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").rglob("*.smk"))
    rules = re.findall(r'rule (\w+):.*?script\("(\w+)"\).*?\.\./envs/(\w+)\.yaml', text, re.S)
    assert len(rules) == len(re.findall(r"^rule (?!help:)", text, re.M))  # which only prints
    for rule, script, env in rules:
        file = str(ROOT / "scripts" / f"{script}.py")
        needed = {name for source in [file, *imported_modules(file)] for name in imports(source)}
        needed -= {"aptarank", *sys.stdlib_module_names}
        there = packages(ROOT / "envs" / f"{env}.yaml")
        missing = {PACKAGE_OF.get(name, name) for name in needed} - set(there)
        assert not missing, f"{rule}: envs/{env}.yaml lacks {missing}"
