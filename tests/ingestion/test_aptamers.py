"""Accepting or rejecting each row, merging duplicates, trimming primers."""

import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.columns.rows import Row, make_options
from aptarank.core.tables import APTAMER_COLUMNS
from aptarank.ingestion.aptamers import clean_rows, lasting_ids
from aptarank.ingestion.rejections import REJECTED_COLUMNS

DEFAULTS = make_options()
INF = math.inf


def rows(*pairs, **more):
    return [Row("f.csv", line, *pair, **more) for line, pair in enumerate(pairs, start=2)]


def by_sequence(aptamers):
    return aptamers.set_index("sequence")


def test_duplicates_are_merged_by_median():
    aptamers, rejected = clean_rows(
        rows(("ACGT", "1"), ("acgt", "5"), ("ACGT", "2"), ("CC", "3")), "higher", DEFAULTS
    )
    assert list(aptamers.columns) == APTAMER_COLUMNS
    assert rejected.empty
    merged = by_sequence(aptamers).loc["ACGT"]
    assert (merged["score"], merged["count"]) == (2.0, 3)
    assert merged["spread"] == pytest.approx(2.0816659994661326)
    assert math.isnan(by_sequence(aptamers).loc["CC", "spread"])


def test_lower_is_better_turns_the_sign():
    aptamers, _ = clean_rows(rows(("AAT", "-2.5"), ("CCT", "1"), ("GGT", "<7")), "lower", DEFAULTS)
    table = by_sequence(aptamers)
    assert table["fitness"].to_dict() == {"AAT": 2.5, "CCT": -1.0, "GGT": -7.0}
    assert table["score"].to_dict() == {"AAT": -2.5, "CCT": 1.0, "GGT": 7.0}
    assert table.loc["GGT", ["low", "high"]].tolist() == [-7.0, INF]


def test_bounds_count_where_there_is_no_value():
    given_rows = rows(
        *(("AAT", "<100 nM"), ("AAT", "40 nM"), ("CCT", ">1 nM"), ("CCT", "<10 nM")),
        *(("GGT", ">10 nM"), ("GGT", "<1 nM"), ("TTT", "25-200 nM")),
        scale="",
    )
    aptamers, rejected = clean_rows(given_rows, "lower", DEFAULTS)
    table = by_sequence(aptamers)
    assert table.loc["AAT", "score"] == pytest.approx(40)
    assert table.loc["AAT", "low"] == table.loc["AAT", "high"] == pytest.approx(9 - np.log10(40))
    assert table.loc["CCT", ["low", "high"]].tolist() == pytest.approx([8, 9])
    assert table.loc["TTT", ["low", "high"]].tolist() == pytest.approx(
        [9 - np.log10(200), 9 - np.log10(25)]
    )
    assert rejected["reason"].str.startswith("contradiction").tolist() == [True, True]
    strict, rejected = clean_rows(given_rows, "lower", make_options(bounds="reject"))
    assert strict["sequence"].tolist() == ["AAT"]
    assert len(rejected) == 6


def test_chemistry_is_kept_and_never_two_in_one():
    aptamers, rejected = clean_rows(
        rows(("ACGU", "1"), ("GACC", "2"), ("UUA", "3"), ("ACGT", "4")), "higher", DEFAULTS
    )
    assert by_sequence(aptamers)["chemistry"].to_dict() == dict.fromkeys(
        ("ACGT", "GACC", "TTA"), "RNA"
    )
    assert rejected["line"].tolist() == [5]
    assert "RNA" in rejected["reason"].iloc[0]


def test_padding_is_read_and_a_lone_n_is_not():
    fixed = rows(("ACGTN", "1"), ("ACNNN", "2"), ("ACGTA", "3"))
    assert by_sequence(clean_rows(fixed, "higher", DEFAULTS)[0]).index.tolist() == [
        "AC",
        "ACGT",
        "ACGTA",
    ]
    ragged = rows(("ACGTN", "1"), ("ACTNN", "2"), ("ACGTACC", "3"))
    aptamers, rejected = clean_rows(ragged, "higher", DEFAULTS)
    assert aptamers["sequence"].tolist() == ["ACGTACC", "ACT"]
    assert rejected["reason"].tolist() == ["degenerate code: 'N' (any base) at position 5"]


def test_names_are_kept_where_they_are_unique():
    named = rows(("AAT", "1"), ("CCT", "2"))
    named = [row._replace(name=name) for row, name in zip(named, "xy", strict=True)]
    assert clean_rows(named, "higher", DEFAULTS)[0]["id"].tolist() == ["x", "y"]
    twice = [row._replace(name="x") for row in named]
    made = clean_rows(twice, "higher", DEFAULTS)[0]["id"].tolist()
    assert len(set(made)) == 2
    assert all(re.fullmatch("apt-[0-9a-f]{6}", name) for name in made)
    more = rows(("AAA", "1"), ("AAT", "1"), ("CCT", "2"), ("GG", "3"))
    more = [row._replace(name=name) for row, name in zip(more, ["x", "x", "x", "z"], strict=True)]
    assert clean_rows(more, "higher", DEFAULTS)[0]["id"].tolist()[1:] == [*made, "z"]


def test_ids_differ_where_their_first_digits_do_not():
    texts = ["".join(letters) for letters in itertools.product("ACGT", repeat=6)]
    assert len(set(lasting_ids([""] * len(texts), texts))) == len(texts)


def test_one_aptamer_in_two_groups_is_two_rows_of_one_id():
    given_rows = [
        Row("f", 2, "AAT", "1", group="x"),
        Row("f", 3, "AAT", "2", group="y"),
        Row("f", 4, "CC", "3", group="y"),
    ]
    aptamers, _ = clean_rows(given_rows, "higher", DEFAULTS)
    assert aptamers["group"].tolist() == ["x", "y", "y"]
    first, again, other = aptamers["id"]
    assert first == again != other
    by_length, _ = clean_rows(given_rows, "higher", make_options(group="length"))
    assert by_length[["sequence", "group"]].to_numpy().tolist() == [["CC", "2"], ["AAT", "3"]]
    together, _ = clean_rows(given_rows, "higher", make_options(group="none"))
    assert together["group"].tolist() == ["", ""]
    assert together["count"].tolist() == [2, 1]


texts = st.sampled_from(
    ["A", "AC", "ACGT", "acgt", "ACGU", "GG", "AN", "ANN", "", "UT", "TTT", "5'-TTT-3'"]
)
scores = st.sampled_from(["1", "2.5", "-3", "", "x", "inf", "1e-3", "<2", ">3"])
groups = st.sampled_from(["", "x", "y"])


@given(st.lists(st.tuples(texts, scores, groups), min_size=1), st.randoms())
def test_every_row_is_accounted_for_in_any_order(triples, random):
    original = [Row("f", n, s, v, group=g) for n, (s, v, g) in enumerate(triples, start=2)]
    aptamers, rejected = clean_rows(original, "higher", DEFAULTS)
    assert aptamers["count"].sum() + len(rejected) == len(original)
    assert list(rejected.columns) == REJECTED_COLUMNS
    assert (aptamers["low"] <= aptamers["high"]).all()
    assert np.isfinite(aptamers["fitness"]).all()
    assert not aptamers.duplicated(["group", "sequence"]).any()
    shuffled = list(original)
    random.shuffle(shuffled)
    again, rejected_again = clean_rows(shuffled, "higher", DEFAULTS)
    pd.testing.assert_frame_equal(aptamers, again)
    columns = REJECTED_COLUMNS
    pd.testing.assert_frame_equal(
        rejected.sort_values(columns, ignore_index=True),
        rejected_again.sort_values(columns, ignore_index=True),
    )


LIBRARY = [
    ("GGGAGA" + middle + "CTTGCA", str(n))
    for n, middle in enumerate(
        ["ACGTTA", "TTGCAT", "CCATGA", "GATTAC", "TGCATG", "AACCGG", "GTCAGT", "CAGTCA", "TATGCC"]
    )
]


@pytest.mark.parametrize("given_primers", [("GGGAGA", "CUUGCA"), ("auto", "auto")])
def test_primers_are_trimmed(given_primers):
    five, three = given_primers
    wrong = [("ACGTACGTACGTTT", "9")]
    chosen = make_options(five_primer=five, three_primer=three)
    aptamers, rejected = clean_rows(rows(*LIBRARY, *wrong), "higher", chosen)
    assert sorted(aptamers["sequence"])[:2] == ["AACCGG", "ACGTTA"]
    assert len(aptamers) == 9
    assert rejected["reason"].iloc[0].startswith("no 5' primer")


def test_mixed_chemistry_of_primers_alone():
    """As of RaptGen's tables: a DNA promoter before an RNA aptamer."""
    mixed = [("TTTACT" + "ACGU" + letter, str(n)) for n, letter in enumerate("ACGU")]
    aptamers, rejected = clean_rows(rows(*mixed), "higher", make_options(five_primer="TTTACT"))
    assert len(aptamers) == 4
    assert rejected.empty
    assert clean_rows(rows(*mixed), "higher", DEFAULTS)[0].empty
