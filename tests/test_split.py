"""Splits: no aptamer in two parts, whatever is asked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.errors import InputError
from aptarank.splits import PARTS, split_by_aptamer, split_by_table

FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}


@given(st.integers(30, 500), st.integers(0, 2**32))
def test_parts_have_their_share(count, seed):
    parts = split_by_aptamer(count, FRACTIONS, seed)
    assert len(parts) == count
    for part, share in FRACTIONS.items():
        assert abs((parts == part).sum() - share * count) <= 1
    assert (parts == split_by_aptamer(count, FRACTIONS, seed)).all()


def test_another_seed_is_another_split():
    assert (split_by_aptamer(100, FRACTIONS, 1) != split_by_aptamer(100, FRACTIONS, 2)).any()


def test_too_few_aptamers():
    with pytest.raises(InputError, match="12 aptamers leave 1 for validation"):
        split_by_aptamer(12, FRACTIONS, 1)


def test_fractions_add_up():
    with pytest.raises(InputError, match=r"add up to 1\.1"):
        split_by_aptamer(100, FRACTIONS | {"train": 0.9}, 1)


SIX = pd.Series(["AA", "CC", "GG", "TT", "AC", "AG"])
TABLE = pd.DataFrame(
    {
        "sequence": ["aa", "CC", "GG", "UU", "AC", "AG"],
        "part": ["train", "train", "validation", "validation", "test", "test"],
    }
)


def test_a_table_is_read_as_sequences_are():
    parts = split_by_table(SIX, TABLE, "s.csv")
    assert parts.tolist() == TABLE["part"].tolist()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.rename(columns={"part": "set"}), "no column 'part'.*'sequence', 'set'"),
        (lambda t: t.replace("test", "holdout"), "line 6: part 'holdout'; expected one of train"),
        (lambda t: pd.concat([t, t.iloc[:1].assign(part="test")]), "line 8: aa is in test and in"),
        (lambda t: t.iloc[1:], "1 of 6 aptamers have no part, the first is AA"),
        (lambda t: t.replace("AC", "AN"), "line 6: 'N' at position 2"),
        (
            lambda t: t.assign(part=["train"] * 3 + ["validation"] * 2 + ["test"]),
            "1 aptamers for t",
        ),
    ],
)
def test_bad_tables(change, said):
    with pytest.raises(InputError, match=said):
        split_by_table(SIX, change(TABLE), "s.csv")


def test_program(program, tmp_path, scored):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    program("split", "aptamers.csv")
    first = (tmp_path / "split.csv").read_bytes()
    split = pd.read_csv("split.csv")
    assert list(split.columns) == ["id", "sequence", "part"]
    assert split["sequence"].is_unique
    assert split["part"].value_counts().to_dict() == {"train": 96, "validation": 12, "test": 12}
    program("split", "aptamers.csv")
    assert (tmp_path / "split.csv").read_bytes() == first
    split.sample(frac=1, random_state=1).to_csv("mine.csv", index=False)
    program("split", "aptamers.csv", "--file", "mine.csv", "-o", "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == first
    assert set(split["part"]) == set(PARTS)
    assert np.all(split["id"].str.startswith("apt"))
