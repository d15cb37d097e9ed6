"""The conda environments pin what pip pins, and have what their rules' scripts import."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from aptarank.sources import imported_modules

IN_CONDA = {"torch": "pytorch"}
PACKAGE_OF = {
    "Bio": "biopython",
    "adjustText": "adjusttext",
    "sklearn": "scikit-learn",
    "torch": "pytorch",
    "yaml": "pyyaml",
}
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
PINS = {
    IN_CONDA.get(name, name): pin
    for name, pin in re.findall(
        r"^([\w-]+)==(.+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M
    )
}


def packages(path):
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    return dict(spec.split(" ", 1) for spec in specs if not spec.startswith("python "))


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
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("*.smk"))
    rules = re.findall(r'rule (\w+):.*?script\("(\w+)"\).*?\.\./envs/(\w+)\.yaml', text, re.S)
    assert len(rules) == len(re.findall(r"^rule ", text, re.M))
    for rule, script, env in rules:
        file = str(ROOT / "scripts" / f"{script}.py")
        needed = {name for source in [file, *imported_modules(file)] for name in imports(source)}
        needed -= {"aptarank", *sys.stdlib_module_names}
        there = packages(ROOT / "envs" / f"{env}.yaml")
        missing = {PACKAGE_OF.get(name, name) for name in needed} - set(there)
        assert not missing, f"{rule}: envs/{env}.yaml lacks {missing}"
