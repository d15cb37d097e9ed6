"""Fitness in the scale and direction of the user's own file."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aptarank.core.errors import InputError
from aptarank.core.tables import read_aptamers
from aptarank.expected.quantity import Quantity, quantity_of

FILES = {
    "Kd (uM)": ("column 'Kd (uM)', in nM (lower is better)", [0.5, 2.0, 30.0]),
    "pKd": ("column 'pKd' (higher is better)", [6.1, 7.5, 9.0]),
    "energy": ("column 'energy' (lower is better)", [-3.5, 0.0, 12.25]),
    "yield": ("column 'yield' (higher is better)", [10.0, 55.5, 99.0]),
}


@pytest.mark.parametrize("column", FILES)
def test_what_ingestion_did_is_undone(program, tmp_path, column):
    """The values are those of the user's column, a Kd in nM as in aptamers.csv."""
    words, values = FILES[column]
    rows = {"sequence": ["ACGTA", "CCGTA", "GGGTA"], column: values}
    pd.DataFrame(rows).to_csv(tmp_path / "s.csv", index=False)
    better = [] if "Kd" in column else ["--better", words.split("(")[-1].split()[0]]
    program("ingest", "s.csv", "--score", column, *better)
    quantity = quantity_of(json.loads((tmp_path / "ingestion.json").read_text()), tmp_path)
    assert str(quantity) == words
    aptamers = read_aptamers(tmp_path / "aptamers.csv")
    fitness = aptamers["fitness"].to_numpy()
    assert np.allclose(quantity.value_of(fitness), aptamers["score"])
    assert np.allclose(sorted(aptamers["score"] / (1000 if "uM" in column else 1)), values)
    back = [quantity.fitness_of(value) for value in aptamers["score"]]
    assert np.allclose(back, fitness)


def test_the_ends_of_an_interval_stay_in_order():
    kd = Quantity("Kd", "nM", "lower", "Kd")
    low, high = kd.ends(np.array([8.0, -np.inf]), np.array([9.0, np.inf]))
    assert low.tolist() == [1, 0]
    assert high.tolist() == [10, np.inf]


@pytest.mark.parametrize("value", [0, -3])
def test_a_kd_is_above_zero(value):
    with pytest.raises(InputError, match="not a Kd"):
        Quantity("Kd", "nM", "lower", "Kd").fitness_of(value)


def test_labelled_pairs_have_no_quantity():
    assert "labelled pairs" in quantity_of({"rows": 3, "aptamers": 2}, Path("a.json")).column
    with pytest.raises(InputError, match=r"a\.json: has no files, scale or direction"):
        quantity_of({"better": "lower"}, Path("a.json"))
