"""The modules that a rule declares are those that its script really imports."""

import subprocess
import sys

import pytest
from conftest import ROOT

from aptarank.sources import imported_modules

SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_declared_modules_are_the_imported_ones(name):
    script = ROOT / "scripts" / f"{name}.py"
    declared = {
        path.rsplit("/", 1)[1].removesuffix(".py") for path in imported_modules(str(script))
    }
    look = (
        f"import sys; sys.path.insert(0, {str(script.parent)!r}); import {name}\n"
        "print(*[m.removeprefix('aptarank.') for m in sys.modules if m.startswith('aptarank.')])"
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert declared == {"__init__", *seen.stdout.split()}


def test_each_script_is_some_rules():
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("*.smk"))
    for name in set(SCRIPTS) - {"verify"}:  # which compares what runs have made
        assert f'script("{name}")' in rules
        assert f'modules("{name}")' in rules
