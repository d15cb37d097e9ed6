"""Each kind of model is known everywhere by its declaration."""

import re
from pathlib import Path

from aptarank.config.model_kinds import KINDS
from aptarank.config.schema import schema
from aptarank.training.objectives import OBJECTIVES
from snakemake_runs import ROOT


def test_each_kind_has_settings_and_an_objective():
    assert schema()["$defs"]["rank"]["properties"]["kind"]["enum"] == list(KINDS)
    assert set(OBJECTIVES) == set(KINDS) <= set(schema()["$defs"])


def test_no_code_tests_for_a_kind_by_its_name():
    """What a kind does is asked of its `ModelKind`."""
    sources = [*Path(ROOT, "scripts").rglob("*.py"), *Path(ROOT, "rules").rglob("*.smk")]
    named = "|".join(KINDS)
    tests = re.compile(rf'kind("\])* [=!]= "({named})"|"({named})" [=!]= \w*kind')
    assert [str(path) for path in sources if tests.search(path.read_text("utf-8"))] == []
