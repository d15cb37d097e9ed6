"""Expected values from aptamers to candidates: expect.py, then rank.py."""

import json

import numpy as np
import pandas as pd
import pytest

from aptarank.expected.coverage import coverage_table, differences_from_consensus, judged
from aptarank.expected.expected_file import read_expected
from aptarank.expected.score_map import ScoreMap
from aptarank.predictors.assemble import assemble, save
from aptarank.predictors.fit import PREDICTORS
from made_aptamers import random_sequences

WORTH = {"A": 0.0, "C": 1.0, "G": 2.0, "T": 3.0}


def value_of(sequence):
    """Of the first three bases, 0 to 21."""
    return sum(w * WORTH[base] for w, base in zip((4, 2, 1), sequence, strict=False))


def written(folder, count=400, shortest=8, longest=8, **columns):
    """A table of aptamers whose score is their value with noise, in a group `set`."""
    rng = np.random.default_rng(5)
    sequences = random_sequences(count, rng, shortest, longest)
    table = pd.DataFrame({"sequence": sequences})
    table["score"] = [value_of(each) for each in sequences] + rng.normal(0, 1, count)
    table.assign(**columns).to_csv(folder / "scored.csv", index=False)
    return table


def ingested(program, *more):
    program("ingest", "scored.csv", "--better", "higher", *more)
    program("split", "aptamers.csv")


@pytest.fixture(scope="module")
def ridge(tmp_path_factory):
    """A folder with `predictors/ridge`, fitted on other aptamers than those of the tests."""
    sequences = random_sequences(200, np.random.default_rng(6), 8, 8)
    member = PREDICTORS["ridge"](sequences, np.array(list(map(value_of, sequences))), 1)
    folder = tmp_path_factory.mktemp("fitted") / "predictors"
    save(assemble({"ridge": member}, {"ridge": 1.0}, "ridge"), folder / "ridge")
    return folder


DATA = ["--aptamers", "aptamers.csv", "--ingestion", "ingestion.json", "--split", "split.csv"]


def test_values_and_intervals_hold(program, ridge, tmp_path):
    table = written(tmp_path)
    ingested(program)
    said = program("expect", "--predictors", ridge, *DATA).output
    assert "column 'score' (higher is better)" in said
    coverage = pd.read_csv("coverage.csv").fillna({"at": ""})
    (whole,) = coverage[coverage["of"] == "all"].to_dict("records")
    assert whole["model"] == "ridge"
    assert whole["n_aptamers"] == 40
    assert 0.75 < whole["coverage"] <= 1
    assert 2 < whole["mean_width"] < 6  # the noise alone: 3.3
    assert (tmp_path / "coverage.svg").is_file()
    table["sequence"].to_csv("c.csv", index=False)
    given = ["--model", ridge / "ridge", "--expected", "expected.json"]
    known = ["--trained-on", "aptamers.csv", "--split", "split.csv"]
    said = program("rank", "c.csv", *given, *known, "--at-least", 15).output
    assert "expected: column 'score' (higher is better), with 90 % intervals" in said
    ranking = pd.read_csv("ranking.csv").set_index("sequence")
    truth = table.set_index("sequence")["score"].loc[ranking.index]
    inside = (ranking["expected_low"] <= truth) & (truth <= ranking["expected_high"])
    assert 0.85 < inside.mean() < 0.99
    assert abs((ranking["expected"] - truth).mean()) < 0.5
    assert ranking["expected"].is_monotonic_decreasing
    assert ranking["at_least"].is_monotonic_decreasing
    assert abs(ranking["at_least"].mean() - (truth >= 15).mean()) < 0.05
    assert ranking["holds"].mean() > 0.9


def test_lower_is_better(program, ridge, tmp_path):
    """The columns are in the file's own direction, and so is --at-least."""
    table = written(tmp_path)
    program("ingest", "scored.csv", "--better", "lower")
    program("split", "aptamers.csv")
    program("expect", "--predictors", ridge, *DATA)
    (tmp_path / "c.csv").write_text("sequence\nAAAAAAAA\nTTTTTTTT\n")
    given = ["--model", ridge / "ridge", "--expected", "expected.json"]
    program("rank", "c.csv", *given, "--at-least", 3)
    ranking = pd.read_csv("ranking.csv")
    # The model thinks that TTTTTTTT is better, which is wrong here: its scores say nothing.
    assert np.allclose(ranking["expected"], table["score"].mean(), atol=2)
    assert (ranking["expected_low"] < ranking["expected"]).all()
    assert (ranking["expected"] < ranking["expected_high"]).all()
    share = (table["score"] <= 3).mean()
    assert np.allclose(ranking["at_least"], share, atol=0.1)
    assert ranking["holds"].isna().all()  # nothing says what the model was trained on


def test_a_kd_is_in_nanomolar(program, ridge, tmp_path):
    table = written(tmp_path)
    table["Kd (uM)"] = 10 ** (2 - table["score"] / 7)
    table[["sequence", "Kd (uM)"]].to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv")
    program("split", "aptamers.csv")
    program("expect", "--predictors", ridge, *DATA)
    table["sequence"].to_csv("c.csv", index=False)
    given = ["--model", ridge / "ridge", "--expected", "expected.json"]
    said = program("rank", "c.csv", *given, "--at-least", 500).output
    assert "column 'Kd (uM)', in nM (lower is better)" in said
    ranking = pd.read_csv("ranking.csv").set_index("sequence")
    truth = 1000 * table.set_index("sequence")["Kd (uM)"].loc[ranking.index]
    inside = (ranking["expected_low"] <= truth) & (truth <= ranking["expected_high"])
    assert 0.85 < inside.mean() < 0.99
    assert abs(np.log10(ranking["expected"] / truth).mean()) < 0.1
    assert abs(ranking["at_least"].mean() - (truth <= 500).mean()) < 0.05
    said = program("rank", "c.csv", *given, "--at-least", -1, code=1).output
    assert "-1 nM: not a Kd; expected a number above 0" in said


def test_where_an_interval_does_not_hold(program, ridge, tmp_path):
    """Another length, another base where none varies, too far from all that was seen."""
    table = written(tmp_path)
    table["sequence"] += "ACGT" * 5
    table.to_csv(tmp_path / "scored.csv", index=False)
    ingested(program)
    program("expect", "--predictors", ridge, *DATA)
    usual = table["sequence"][0]
    rows = [usual, usual + "A", usual[:-1] + "A", "G" * 8 + "TGCA" * 5]
    (tmp_path / "c.csv").write_text("\n".join(["sequence", *rows]) + "\n")
    known = ["--trained-on", "aptamers.csv", "--split", "split.csv"]
    given = ["--model", ridge / "ridge", "--expected", "expected.json"]
    said = program("rank", "c.csv", *given, *known).output
    assert "the intervals of 3 candidates may not hold" in said
    found = pd.read_csv("ranking.csv").fillna({"outside": ""}).set_index("sequence")
    assert found.loc[rows, "holds"].tolist() == [True, False, False, False]
    assert found.loc[rows[2], "outside"] == "T28A: never varies in known aptamers"
    assert "and 15 more: never varies" in found.loc[rows[3], "outside"]


def test_a_map_for_each_group(program, ridge, tmp_path):
    """Each in its own scale; a group with too few validation aptamers has none."""
    table = written(tmp_path, set="one")
    table["set"] = np.where(np.arange(len(table)) < 200, "one", "two")
    table.loc[table["set"] == "two", "score"] = 1000 + 10 * table["score"]
    table.loc[:3, "set"] = "tiny"
    table.to_csv(tmp_path / "scored.csv", index=False)
    ingested(program, "--group", "set")
    said = program("expect", "--predictors", ridge, *DATA).output
    assert "group tiny: no expected values: " in said
    coverage = pd.read_csv("coverage.csv")
    assert set(coverage.loc[coverage["of"] == "group", "at"]) == {"one", "two"}
    (tmp_path / "c.csv").write_text("sequence\nTTTTTTTT\nAAAAAAAA\n")
    given = ["--model", ridge / "ridge", "--expected", "expected.json"]
    said = program("rank", "c.csv", *given).output
    assert "choose one by --group (rank.group): 'one', 'two'" in said
    assert pd.read_csv("ranking.csv")["expected"].isna().all()
    program("rank", "c.csv", *given, "--group", "two")
    assert pd.read_csv("ranking.csv")["expected"][0] > 1100
    program("rank", "c.csv", *given, "--group", "one")
    assert pd.read_csv("ranking.csv")["expected"][0] < 30
    said = program("rank", "c.csv", *given, "--group", "three", code=1).output
    assert "no group 'three'; expected one of: 'one', 'two', 'tiny'" in said
    said = program("rank", "c.csv", *given, "--at-least", 3, code=1).output
    assert "--at-least needs them" in said


@pytest.mark.parametrize(
    ("count", "score", "said"),
    [
        (30, None, "3 validation aptamers with a value; expected 5 or more"),
        (60, None, "the intervals are infinite: 6 validation aptamers, and 90 % needs 9"),
        (200, ">5", "0 validation aptamers with a value"),
    ],
)
def test_validation_that_says_little(program, ridge, tmp_path, count, score, said):
    table = written(tmp_path, count)
    if score:
        table["score"] = table["score"].astype(str).where(np.arange(count) < 2, score)
        table.to_csv(tmp_path / "scored.csv", index=False)
    ingested(program)
    assert said in program("expect", "--predictors", ridge, *DATA).output
    (tmp_path / "c.csv").write_text("sequence\nTTTTTTTT\n")
    given = ["--model", ridge / "ridge", "--expected", "expected.json"]
    told = program("rank", "c.csv", *given).output
    assert ("infinite" in told) == ("infinite" in said)
    (row,) = pd.read_csv("ranking.csv").to_dict("records")
    assert np.isnan(row["expected"]) != ("infinite" in said)
    assert np.isinf(row["expected_high"]) == ("infinite" in said)
    wanted = program("rank", "c.csv", *given, "--at-least", 3, code=None)
    assert ("--at-least needs them" in wanted.output) != ("infinite" in said)


def test_labelled_pairs_have_no_values(program, ridge, tmp_path):
    sequences = [each for each in written(tmp_path)["sequence"]][:60]
    rows = [(a, b, int(value_of(a) > value_of(b))) for a in sequences for b in sequences if a < b]
    pd.DataFrame(rows, columns=["Sequence1", "Sequence2", "Label"]).to_csv(
        "scored.csv", index=False
    )
    program("ingest", "scored.csv")
    program("split", "aptamers.csv")
    said = program("expect", "--predictors", ridge, *DATA).output
    assert "no expected values" in said
    assert "labelled pairs" in read_expected(tmp_path / "expected.json").quantity.column


def test_what_cannot_be(program, ridge, models, tmp_path):
    written(tmp_path)
    ingested(program)
    said = program("expect", "--model", "pair", models / "pair-1", *DATA, code=1).output
    assert "a model of kind pair, which compares two aptamers" in said
    assert "give --model or --predictors" in program("expect", *DATA, code=1).output
    said = program("expect", "--predictors", "nosuch", *DATA, code=1).output
    assert "nosuch: no such folder" in said
    program("expect", "--predictors", ridge, *DATA)
    (tmp_path / "c.csv").write_text("sequence\nTTTTTTTT\n")
    given = ["--expected", "expected.json"]
    said = program("rank", "c.csv", "--model", models / "pair-1", *given, code=1).output
    assert "a model of kind pair has no score that could have a unit" in said
    said = program("rank", "c.csv", "--model", models / "rank-1", *given, code=1).output
    assert "expected.json: of other models than" in said
    said = program("rank", "c.csv", "--model", ridge / "ridge", "--at-least", 3, code=1).output
    assert "only --expected, what expect.py writes" in said
    content = json.loads((tmp_path / "expected.json").read_text())
    (tmp_path / "other.json").write_text(json.dumps(content | {"level": 0.8}))
    both = [*given, "--expected", "other.json"]
    said = program("rank", "c.csv", "--model", ridge / "ridge", *both, code=1).output
    assert "give files of one dataset" in said


def test_the_table_of_coverage():
    each = ScoreMap("", 9, np.array([0.0, 8]), np.array([0.0, 8]), 1.0, np.zeros(9))
    score = np.arange(9.0)
    rows = pd.DataFrame({"group": "", "fitness": score + np.array([0, 0, 0, 0, 0, 0, 3, 0.5, -1])})
    rows = rows.assign(holds=[True] * 6 + [False] * 3, differences=[1.0, 2.0, 2.0] * 3)
    table = coverage_table(judged(rows, score, {"": each}, "m")).set_index(["of", "at"])
    assert table.loc[("all", ""), "coverage"] == pytest.approx(8 / 9)
    assert table.loc[("all", ""), "mean_error"] == pytest.approx(4.5 / 9)
    assert table.loc[("holds", "yes"), "coverage"] == 1
    assert table.loc[("holds", "no"), "coverage"] == pytest.approx(2 / 3)
    assert table.loc[("score", "highest third"), "coverage"] == pytest.approx(2 / 3)
    assert table.loc[("differences", "1"), "coverage"] == pytest.approx(2 / 3)
    assert table.loc[("differences", "2"), "n_aptamers"] == 6
    assert (table["coverage_low"] <= table["coverage"]).all()
    assert (table["coverage"] <= table["coverage_high"]).all()
    assert (table["mean_width"] == 2).all()


def test_differences_from_the_consensus():
    train = ["ACGT", "ACGA", "ACCT"]
    assert differences_from_consensus(["ACGT", "TCGA"], train).tolist() == [0, 2]
    assert np.isnan(differences_from_consensus(["ACG"], train)).all()
