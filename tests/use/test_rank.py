"""Candidates ranked by models, and tournaments of a pair model."""

import itertools
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein
from scipy.special import expit
from scipy.stats import kendalltau

from aptarank.use.load_scorer import load_scorer
from aptarank.use.ranking import novelty, summarise, wins_by_score, wins_of_pairs
from aptarank.use.tournament import adaptive, every_pair, strengths
from made_aptamers import random_sequences
from small_models import TOKENIZER


@pytest.fixture
def candidates(tmp_path, scored):
    scored[["sequence"]].iloc[:40].to_csv(tmp_path / "c.csv", index=False)
    return scored["sequence"].tolist()[:40]


def score(folder, sequences):
    return load_scorer(folder, 1, "cpu").scores(sequences)


def test_by_a_rank_model(program, models, candidates):
    program("rank", "c.csv", "--model", models / "rank-1")
    ranking = pd.read_csv("ranking.csv")
    scores = pd.Series(score(models / "rank-1", candidates), index=candidates)
    assert ranking["sequence"].tolist() == scores.sort_values(ascending=False).index.tolist()
    assert ranking["rank"].tolist() == list(range(1, 41))
    assert np.allclose(ranking["score"], scores[ranking["sequence"]] - scores.median())
    assert np.allclose(ranking["win_probability"], expit(ranking["score"]))
    assert np.allclose(ranking["wins"], np.arange(39, -1, -1) / 39)
    assert ranking["uncertainty"].isna().all()


def test_by_several_seeds(program, models, candidates):
    given = [f"--model={models / name}" for name in ("rank-1", "rank-2")]
    program("rank", "c.csv", *given)
    ranking = pd.read_csv("ranking.csv").set_index("sequence")
    scores = np.array([score(models / name, candidates) for name in ("rank-1", "rank-2")])
    scores -= np.median(scores, axis=1, keepdims=True)
    assert np.allclose(ranking.loc[candidates, "score"], scores.mean(0))
    assert np.allclose(ranking.loc[candidates, "uncertainty"], scores.std(0, ddof=1))


def test_by_a_pair_model(program, models, candidates):
    """All pairs, in both orders: the order is that of the mean probability of winning."""
    program("rank", "c.csv", "--model", models / "pair-1")
    ranking = pd.read_csv("ranking.csv").set_index("sequence")
    scorer = load_scorer(models / "pair-1", 1, "cpu")
    logits = np.zeros((40, 40))
    for i, a in enumerate(candidates):
        inputs = TOKENIZER([a] * 40, candidates, return_tensors="np", padding=True)
        logits[i] = scorer.forward(dict(inputs))
    logits = (logits - logits.T) / 2
    chance = (expit(logits).sum(1) - 0.5) / 39
    assert kendalltau(ranking.loc[candidates, "score"], chance).statistic > 0.999
    wins = ((logits > 0).sum(1)) / 39
    assert np.allclose(ranking.loc[candidates, "wins"], wins)


def test_some_pairs_are_enough(program, models, candidates, tmp_path):
    program("rank", "c.csv", "--model", models / "pair-1", "-o", "all.csv")
    few = ["--model", models / "pair-1", "--full", "10", "--comparisons", "1.8"]
    said = program("rank", "c.csv", *few).output
    assert "383 of 780 pairs are compared" in said
    both = [pd.read_csv(name).set_index("sequence") for name in ("all.csv", "ranking.csv")]
    one, other = (table.loc[candidates, "score"] for table in both)
    assert kendalltau(one, other).statistic > 0.75  # its answers are nearly chance
    program("rank", "c.csv", *few, "-o", "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "ranking.csv").read_bytes()


@settings(max_examples=20)
@given(st.integers(3, 60), st.floats(0.05, 1), st.integers(0, 5))
def test_a_tournament_compares_each_pair_once(count, share, seed):
    asked = []

    def compare(first, second):
        asked.extend(zip(first.tolist(), second.tolist(), strict=True))
        return (second - first).astype(float)

    budget = max(1, round(share * count * (count - 1) / 2))
    first, second, logits = adaptive(compare, count, budget, seed)
    assert len(first) == len(second) == len(logits) == budget == len(asked)
    assert len({frozenset(pair) for pair in asked}) == budget
    assert np.array_equal(logits, second - first)


@pytest.mark.parametrize("seed", range(3))
def test_a_tournament_of_few_agrees_with_all(seed):
    """Strengths, and what a model adds to them that no strengths explain."""
    rng = np.random.default_rng(seed)
    count = 400
    strength = rng.normal(0, 3, count)
    odd = rng.normal(0, 0.5, (count, count))

    def compare(first, second):
        return strength[first] - strength[second] + (odd - odd.T)[first, second]

    pairs = every_pair(count)
    whole = strengths(*pairs, compare(*pairs), count)
    few = strengths(*adaptive(compare, count, 8000, seed), count)
    assert kendalltau(whole, few).statistic > 0.95
    drawn = rng.choice(len(pairs[0]), 8000, replace=False)
    drawn = pairs[0][drawn], pairs[1][drawn]
    assert (
        kendalltau(whole, few).statistic
        > kendalltau(whole, strengths(*drawn, compare(*drawn), count)).statistic
    )


def test_wins():
    assert wins_by_score(np.array([3.0, 1.0, 1.0, 0.0])).tolist() == [1, 0.5, 0.5, 0]
    assert np.isnan(wins_by_score(np.array([3.0]))).all()
    won = wins_of_pairs(np.array([0, 0]), np.array([1, 2]), np.array([2.0, 0.0]), 4)
    assert won[:3].tolist() == [0.75, 0, 0.5]
    assert np.isnan(won[3])


def test_scores_of_different_zeros_agree():
    found = summarise(np.array([[1.0, 2.0, 3.0], [101.0, 102.0, 103.0]]))
    assert found["score"].tolist() == [-1, 0, 1]
    assert found["uncertainty"].tolist() == [0, 0, 0]


def test_what_a_model_has_not_seen():
    known = pd.DataFrame(
        {"id": list("abc"), "sequence": ["ACGTAC", "ACGTAA", "ACGTCA"], "chemistry": "DNA"}
    )
    candidates = pd.DataFrame(
        {
            "sequence": ["ACGTAA", "ACGTTA", "GGGGGG", "ACG", "ACGTAC"],
            "chemistry": ["DNA", "DNA", "DNA", "DNA", "RNA"],
        }
    )
    found = novelty(candidates, known)
    assert found["nearest"].tolist()[:2] == ["b", "b"]
    for sequence, distance in zip(candidates["sequence"], found["distance"], strict=True):
        expected = min(
            Levenshtein.distance(sequence, other) / max(len(sequence), len(other))
            for other in known["sequence"]
        )
        assert distance == pytest.approx(expected)
    reasons = found["outside"].tolist()
    assert reasons[:2] == ["", ""]
    changed = "A1G, C2G, T4G: never varies in known aptamers"
    assert reasons[2] == f"distance 0.83, known up to 0.17; {changed}"
    assert reasons[3] == "length 3, known 6 to 6; distance 0.50, known up to 0.17"
    assert reasons[4] == "RNA, known DNA"


def test_more_mutations_than_are_known():
    """Of mutants of one sequence; aptamers that are none have no such limit."""
    parent = "ACGTACGTACGT"
    known = {parent} | {
        parent[:i] + a + parent[i + 1 : j] + b + parent[j + 1 :]
        for i, j in itertools.combinations(range(len(parent)), 2)
        for a, b in ("GC", "TA")
    }
    table = pd.DataFrame({"id": sorted(known), "sequence": sorted(known), "chemistry": "DNA"})
    asked = pd.DataFrame(
        {"sequence": ["TCGTACGTACGA", "TAGTACGTACGA", "TACTACGTACGA"], "chemistry": "DNA"}
    )
    reasons = novelty(asked, table)["outside"].tolist()
    assert reasons[0] == ""
    assert reasons[1] == "3 differences from the consensus, known up to 2"
    assert "4 differences from the consensus, known up to 2" in reasons[2]
    unlike = random_sequences(60, np.random.default_rng(1))
    table = pd.DataFrame({"id": unlike, "sequence": unlike, "chemistry": "DNA"})
    strange = pd.DataFrame({"sequence": ["A" * len(unlike[0])], "chemistry": "DNA"})
    assert "consensus" not in novelty(strange, table)["outside"].item()


def test_every_row_is_accounted_for(program, models, tmp_path):
    rows = [">one", "ACGTA", ">two", "acg ta", ">three", "ACGN", ">four", "A" * 600, ">five", "GG"]
    (tmp_path / "c.fasta").write_text("\n".join(rows) + "\n")
    said = program("rank", "c.fasta", "--model", models / "pair-1").output
    assert "5 rows = 2 candidates + 2 rejected (rejected_candidates.csv) + 1 merged" in said
    assert set(pd.read_csv("ranking.csv")["id"]) == {"one", "five"}
    reasons = pd.read_csv("rejected_candidates.csv")["reason"].tolist()
    assert "degenerate code: 'N'" in reasons[0]
    assert "too long" in reasons[1]


@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_one_candidate(program, models, tmp_path, kind):
    (tmp_path / "c.csv").write_text("Sequence,Name\nACGT,mine\n")
    program("rank", "c.csv", "--model", models / f"{kind}-1")
    (row,) = pd.read_csv("ranking.csv").to_dict("records")
    assert (row["rank"], row["id"], row["win_probability"]) == (1, "mine", 0.5)


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (
            "sequence\nACGN\n",
            [],
            "no candidate is left; the first of 1 rows was rejected",
        ),
        (f"sequence\n{'A' * 499}C\n", [], None),
        (f"sequence\n{'A' * 513}\n", [], "too long"),
        ("Sequence1,Sequence2,Label\nACG,ACT,1\n", [], "is a table of labelled pairs"),
        ("a,b\nACG,1\n", [], "no column 'sequence'; the columns are 'a', 'b'"),
        (
            "sequence\nACGU\nACU\n",
            ["--trained-on", "known.csv"],
            "candidates are RNA, but the ",
        ),
    ],
)
def test_bad_input(program, models, tmp_path, text, more, said):
    (tmp_path / "c.csv").write_text(text)
    (tmp_path / "s.csv").write_text("sequence,score\nACGT,1\nACTT,2\n")
    program("ingest", "s.csv", "--better", "higher", "-o", "known.csv")
    done = program(
        "rank", "c.csv", "--model", models / "rank-1", *more, code=1 if said else 0
    ).output
    assert said is None or said in done


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none", "no such file or folder; expected a model"),
        (".", "no config.json and tokenizer.json of its model there"),
    ],
)
def test_no_model(program, candidates, path, said):
    assert said in program("rank", "c.csv", "--model", path, code=1).output


def test_a_model_of_another_alphabet(program, models, tmp_path, candidates):
    """Its tokenizer lacks a base."""
    text = (models / "rank-1/tokenizer.json").read_text()
    folder = tmp_path / "other"
    folder.mkdir()
    for file in (models / "rank-1").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "tokenizer.json").write_text(text.replace('"T":', '"X":'))
    said = program("rank", "c.csv", "--model", folder, code=1).output
    assert "a model of another alphabet" in said


def test_options_that_would_say_nothing(program, models, candidates):
    model = ("--model", models / "rank-1")
    said = program("rank", "c.csv", *model, *model, code=1).output
    assert "rank-1: given twice as --model" in said
    said = program("rank", "c.csv", *model, "--split", "split.csv", code=1).output
    assert "--split is of the aptamers of --trained-on" in said


def test_the_folder_around_a_model_is_told_from_it(program, models, candidates, tmp_path):
    shutil.copytree(models / "rank-1", tmp_path / "seed-1/model")
    said = program("rank", "c.csv", "--model", "seed-1", code=1).output
    assert "Did you mean seed-1/model?" in said
