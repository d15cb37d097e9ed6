"""Our own tables, damaged or changed by hand: the row and what is wrong with it, in words."""

import pandas as pd
import pytest

from aptarank.core.errors import InputError
from aptarank.core.tables import APTAMER_COLUMNS, PAIR_COLUMNS, read_aptamers, read_table
from made_aptamers import aptamer_table


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("fitness", "", "line 3: fitness is nan; expected a number"),
        ("fitness", "inf", "line 3: fitness is inf; expected a number"),
        ("sequence", "", "line 3: sequence is ''; expected bases"),
        ("sequence", "😀", "line 3: sequence is '😀'; expected bases"),
    ],
)
def test_aptamers(tmp_path, column, value, told):
    path = tmp_path / "aptamers.csv"
    table = aptamer_table(["ACGT", "CCGT", "GCGT"], [1.0, 2.0, 3.0]).astype(str)
    table.to_csv(path, index=False)
    assert list(read_aptamers(path)) == APTAMER_COLUMNS
    table.loc[1, column] = value
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match=f"aptamers.csv, {told}"):
        read_aptamers(path)


def test_aptamers_of_labelled_pairs_have_no_fitness(tmp_path):
    path = tmp_path / "aptamers.csv"
    aptamer_table(["ACGT", "CCGT"], [float("nan")] * 2).to_csv(path, index=False)
    assert read_aptamers(path)["fitness"].isna().all()


@pytest.mark.parametrize("label", [7, None, "x", [1]])
def test_labels(tmp_path, label):
    path = tmp_path / "test.parquet"
    pairs = pd.DataFrame([["ACGT", "CCGT", label]] * 2, columns=PAIR_COLUMNS)
    pairs.to_parquet(path)
    with pytest.raises(InputError, match=r"test\.parquet, line 2: Label is .*; expected 1 if"):
        read_table(path, PAIR_COLUMNS)
