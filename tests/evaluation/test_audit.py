"""The audit of a split: it counts rightly, and finds what leaks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from aptarank.core.errors import InputError
from aptarank.core.tables import PAIR_COLUMNS
from aptarank.evaluation.audit import check_families, check_split, prefix_rows
from aptarank.pairing import nearest as distances
from aptarank.pairing.nearest import nearest
from made_aptamers import aptamer_table, random_sequences

texts = st.lists(st.text("ACGT", min_size=1, max_size=12), min_size=1, max_size=15)


@given(texts, texts, st.integers(1, 60))
def test_nearest_against_the_definition(sequences, others, cells):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distances, "CELLS", cells)
        edits, share, _ = nearest(sequences, others)
    for sequence, least, relative in zip(sequences, edits, share, strict=True):
        found = [Levenshtein.distance(sequence, other) for other in others]
        assert least == min(found)
        assert relative == min(
            edit / max(len(sequence), len(other)) for edit, other in zip(found, others, strict=True)
        )


def test_shared_prefixes():
    rows = prefix_rows(["ACGT", "ACC", "TT"], ["ACGG", "T"])
    assert [(at, value) for _, at, _, value in rows] == [(1, 1), (2, 2 / 3), (3, 1 / 3), (4, 0)]


SPLIT = pd.DataFrame(
    {"sequence": ["AA", "CC", "GG"], "part": ["train", "validation", "test"]},
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("test", "holdout"), "line 4: part 'holdout'; expected one of train"),
        (lambda t: t.replace("test", "all"), "line 4: part 'all'"),
        (
            lambda t: pd.concat([t, t.iloc[:1].assign(part="test")]),
            "1 aptamers are in more than one part, the first is AA in train and test",
        ),
        (lambda t: t.iloc[1:], "1 of 3 aptamers have no part, the first is AA"),
        (lambda t: t.replace("test", "train"), "no aptamer for test"),
    ],
)
def test_edited_splits(change, said):
    sequences = pd.Index(SPLIT["sequence"])
    assert check_split(sequences, SPLIT, "s.csv").tolist() == SPLIT["part"].tolist()
    with pytest.raises(InputError, match=f"s.csv.*{said}.*run split.py again"):
        check_split(sequences, change(SPLIT).reset_index(drop=True), "s.csv")


def test_a_divided_family():
    part = SPLIT.set_index("sequence")["part"]
    check_families(part, pd.Series([0, 1, 2], index=part.index), "s.csv")
    with pytest.raises(InputError, match=r"1 families .* AA in train and GG in test"):
        check_families(part, pd.Series([0, 1, 0], index=part.index), "s.csv")


def write_inputs(table, part):
    """aptamers.csv, split.csv, and test.parquet with all pairs of test aptamers."""
    table.to_csv("aptamers.csv", index=False)
    table[["id", "sequence"]].assign(part=part).to_csv("split.csv", index=False)
    test = table[pd.Series(part, index=table.index).isin(["test", "all"])]
    pairs = test.merge(test, how="cross").query("fitness_x != fitness_y")
    pairs = pairs.assign(label=(pairs["fitness_x"] > pairs["fitness_y"]).astype(np.int8))
    pairs = pairs[["sequence_x", "sequence_y", "label"]].set_axis(PAIR_COLUMNS, axis=1)
    pairs.to_parquet("test.parquet")


INPUTS = ("--aptamers", "aptamers.csv", "--split", "split.csv", "--test", "test.parquet")


@pytest.fixture
def inputs(tmp_path, monkeypatch, scored):
    """120 aptamers of which 24 are for test; returns them and their parts."""
    monkeypatch.chdir(tmp_path)
    part = np.repeat(["train", "validation", "test"], [84, 12, 24])
    table = aptamer_table(scored["sequence"], scored["score"])
    write_inputs(table, part)
    return table, part


def read_audit():
    """The value of each (quantity, part) or (quantity, part, at) in audit.csv."""
    table = pd.read_csv("audit.csv")
    assert not table.duplicated(["quantity", "at", "part"]).any()
    rows = table[["quantity", "part", "at", "value"]].itertuples(index=False)
    return {
        (quantity, part) if np.isnan(at) else (quantity, part, at): value
        for quantity, part, at, value in rows
    }


def test_program(program, tmp_path, inputs):
    table, part = inputs
    said = program("audit", *INPUTS).output
    assert "0 of 24 test aptamers are in training" in said
    assert said.strip().splitlines()[-1].startswith("audit.csv: 552 test pairs")
    value = read_audit()
    assert [value[("aptamers", p)] for p in ("train", "validation", "test")] == [84, 12, 24]
    assert value[("shared_with_train", "test")] == 0
    assert value[("pairs", "test")] == 552
    # Fitness hangs on the first three bases, most of which training knows.
    assert value[("prefix_in_train", "test", 1)] == 1
    assert value[("shared_prefix_accuracy", "test")] > 0.8
    test = table[part == "test"]
    assert value[("score", "test", 0.5)] == pytest.approx(test["score"].median())
    train = table["sequence"][part == "train"]
    edits = [min(Levenshtein.distance(s, t) for t in train) for s in test["sequence"]]
    assert value[("nearest_edits", "test", 0.5)] == np.median(edits)
    assert value[("within_edits", "test", 2)] == np.mean(np.array(edits) <= 2)

    plots = {path.name: path.read_bytes() for path in (tmp_path / "audit-plots").iterdir()}
    assert set(plots) == {"nearest.svg", "nearest.csv", "scores.svg", "scores.csv"}
    program("audit", *INPUTS)
    assert plots == {path.name: path.read_bytes() for path in (tmp_path / "audit-plots").iterdir()}


def test_near_copies_are_found(program, inputs):
    """Every test aptamer is a training one with another last base."""
    table, _ = inputs
    near = table.head(20).copy()
    near["sequence"] = [f"{s[:-1]}{'C' if s[-1] == 'A' else 'A'}" for s in near["sequence"]]
    near = near[~near["sequence"].isin(table["sequence"])]
    part = np.repeat(["train", "validation", "test"], [100, 20, len(near)])
    write_inputs(pd.concat([table, near]), part)
    program("audit", *INPUTS)
    value = read_audit()
    assert value[("nearest_edits", "test", 1)] == 1
    assert value[("within_edits", "test", 1)] == 1
    assert value[("prefix_in_train", "test", 5)] == 1


def test_a_split_of_pairs_is_warned_of(program, inputs):
    table, _ = inputs
    write_inputs(table, "all")
    said = program("audit", *INPUTS, "--by", "pair").output
    assert "every test aptamer is in training too" in said
    assert "120 of 120 test aptamers are in training" in said
    value = read_audit()
    assert value[("shared_with_train", "test")] == 120
    assert value[("nearest_edits", "test", 1)] == 0


def test_groups_are_compared_by_percentile(program, inputs):
    """A second group on another scale changes neither the order nor what a prefix says."""
    table, _ = inputs
    program("audit", *INPUTS)
    before = read_audit()
    other = table.assign(group="b", fitness=1000 + table["fitness"], score=-1000 - table["score"])
    pd.concat([table.assign(group="a"), other]).to_csv("aptamers.csv", index=False)
    program("audit", *INPUTS)
    after = read_audit()
    assert after[("shared_prefix_accuracy", "test")] == pytest.approx(
        before[("shared_prefix_accuracy", "test")]
    )
    assert after[("fitness_percentile_within_group", "train", 0.5)] == pytest.approx(50, abs=5)
    assert after[("fitness_percentile_within_group", "train", 1)] > 95
    assert not {key for key in after if key[0] == "score"}


def test_labelled_pairs_have_no_scores(program, tmp_path, inputs):
    table, _ = inputs
    table.assign(fitness=np.nan, score=np.nan).to_csv("aptamers.csv", index=False)
    said = program("audit", *INPUTS).output
    assert "the prefix baseline is left out" in said
    assert not {"score", "shared_prefix_accuracy"} & {key[0] for key in read_audit()}
    drawn = {path.stem for path in (tmp_path / "audit-plots").iterdir()}
    assert drawn == {"nearest"}


def test_errors(program, inputs):
    table, part = inputs
    split = pd.read_csv("split.csv")
    moved = split.replace({"part": {"validation": "test", "test": "validation"}})
    moved.to_csv("moved.csv", index=False)
    wrong = ("--aptamers", "aptamers.csv", "--split", "moved.csv", "--test", "test.parquet")
    assert "is in validation by moved.csv, not in test" in program("audit", *wrong, code=1).output
    pd.concat([split, split.head(1).assign(part="test")]).to_csv("split.csv", index=False)
    assert "in train and test; an aptamer" in program("audit", *INPUTS, code=1).output
    write_inputs(table, part)
    said = program("audit", *INPUTS, "--by", "length", code=1).output
    assert "families are in more than one part" in said


def test_random_sequences_are_far_from_each_other(program, inputs):
    """What an honest split of unrelated aptamers looks like: nothing is near."""
    rng = np.random.default_rng(1)
    table = aptamer_table(random_sequences(120, rng, 40, 40), rng.normal(size=120))
    write_inputs(table, np.repeat(["train", "validation", "test"], [84, 12, 24]))
    program("audit", *INPUTS)
    value = read_audit()
    assert value[("nearest_edits", "test", 0)] > 8
    assert value[("prefix_in_train", "test", 8)] == 0
