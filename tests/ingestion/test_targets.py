"""Rows of one sequence are repeated measurements, or of different targets: the user is asked."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_aptamers import random_sequences

SEQUENCES = random_sequences(40, np.random.default_rng(3), 12, 12)


def table(targets, column="Target", noise=0.0, repeat=1):
    """Scores of the same sequences for each target, 3 apart."""
    rng = np.random.default_rng(1)
    rows = [
        (sequence, number % 40 + 3 * place + noise * rng.normal(), target)
        for place, target in enumerate(targets)
        for number, sequence in enumerate(SEQUENCES * repeat)
    ]
    pd.DataFrame(rows, columns=["Sequence", "Score", column]).to_csv("scored.csv", index=False)


@pytest.mark.parametrize("column", ["Target", "canonical_smiles", "Protein name", "ligand"])
def test_several_targets_of_one_sequence_are_asked_about(program, column):
    table(["ATP", "thrombin"], column)
    said = program("ingest", "scored.csv", "--better", "higher", code=1).output
    assert f"40 sequences have scores for several values of column '{column}'" in said
    assert "(line 2: 'ATP', line 42: 'thrombin')" in said
    assert "--group none" in said
    program("ingest", "scored.csv", "--better", "higher", "--group", column)
    assert len(pd.read_csv("aptamers.csv")) == 80
    program("ingest", "scored.csv", "--better", "higher", "--group", "none")
    assert len(pd.read_csv("aptamers.csv")) == 40


def test_targets_that_share_no_sequence_are_warned_of(program):
    table(["ATP"])
    one = pd.read_csv("scored.csv")
    one["Target"] = ["ATP", "thrombin"] * 20
    one.to_csv("scored.csv", index=False)
    said = program("ingest", "scored.csv", "--better", "higher").output
    assert "column 'Target' has 2 values, and aptamers are compared whatever theirs is" in said
    assert "compared across: column 'Target'" in said
    summary = json.loads(Path("ingestion.json").read_text())
    assert len(summary["warnings"]) == 1
    for quiet in (["--group", "none"], ["--group", "Target"], ["--family", "Target"]):
        said = program("ingest", "scored.csv", "--better", "higher", *quiet).output
        assert "whatever theirs is" not in said


def test_one_target_is_none_to_speak_of(program):
    table(["ATP"])
    assert "whatever" not in program("ingest", "scored.csv", "--better", "higher").output


def test_scatter_of_one_sequence(program):
    """Where no column has a name that says so, the spread does."""
    table(["x"], column="Well", noise=20.0, repeat=3)
    said = program("ingest", "scored.csv", "--better", "higher").output
    assert "rows of one sequence differ by" in said
    assert "(standard deviation, 40 sequences)" in said
    table(["x"], column="Well", noise=0.5, repeat=3)
    said = program("ingest", "scored.csv", "--better", "higher").output
    assert "rows of one sequence differ by" not in said
