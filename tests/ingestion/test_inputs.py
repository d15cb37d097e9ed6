"""The chain on other inputs than a table of scores: labelled pairs, groups with folds, bounds."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from aptarank.columns.rows import LabelRow
from aptarank.config.names import BASELINES
from aptarank.ingestion.labelled_pairs import clean_labelled_pairs
from aptarank.pairing.bradley_terry import bradley_terry
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference_fitness import contradicting
from made_aptamers import random_sequences
from snakemake_runs import run_snakemake

OVERLAY = """
run: other
datasets:
  labelled: {path: pairs.csv}
  grouped: {path: kd.tsv, group: Target, max_rejected: 0.3}
split: {by: prefix, k: 3, folds: 2, fractions: {train: 0.6, validation: 0.2, test: 0.2}}
models:
  rank: {steps: 40, evaluate_every: 20, batch_size: 32}
learning_curve: {shares: []}
speed: {variants: []}
blend: false
expected: {level: null}
threads: 1
"""


def strength(sequence):
    return 4 * "ACGT".index(sequence[0]) + 2 * "ACGT".index(sequence[1])


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """A folder in which the chain has run on labelled pairs and on affinities to two targets."""
    folder = tmp_path_factory.mktemp("other")
    rng = np.random.default_rng(5)
    sequences = random_sequences(60, rng)
    value = {s: strength(s) + rng.normal(0, 0.1) for s in sequences}
    pairs = [
        (a, b, int(value[a] > value[b])) if rng.random() < 0.5 else (b, a, int(value[b] > value[a]))
        for a, b in itertools.combinations(sequences, 2)
    ]
    table = pd.DataFrame(pairs, columns=["Sequence1", "Sequence2", "Label"])
    table.sample(frac=0.8, random_state=1).to_csv(folder / "pairs.csv", index=False)
    # Two targets, the second with a thousandfold weaker scale; some values are bounds.
    rows = [
        {"Sequence": s, "Kd": f"{10 ** (3 * far - v / 4):.4g} nM", "Target": target}
        for target, far in (("thrombin", 0), ("ATP", 1))
        for s, v in value.items()
    ]
    kd = pd.DataFrame(rows)
    kd.loc[::10, "Kd"] = kd.loc[::10, "Kd"].map(lambda text: "<" + text)
    kd.loc[5, "Kd"] = "Not Mentioned in Database"
    kd.to_csv(folder / "kd.tsv", sep="\t", index=False)
    (folder / "overlay.yaml").write_text(OVERLAY, encoding="utf-8")
    # Export and card are as in any other run; only of one fold, to save time.
    targets = [f"{data}/answer.json" for data in ("labelled", "grouped")]
    targets.append("labelled/fold-1/rank/seed-1/repository")
    targets = [f"results/other/{name}" for name in targets]
    run_snakemake(folder, *targets, "--configfile", "overlay.yaml")
    return folder / "results/other"


@pytest.mark.slow
def test_labelled_pairs_go_through_the_whole_chain(chain):
    data = chain / "labelled"
    aptamers = pd.read_csv(data / "aptamers.csv")
    assert len(aptamers) == 60
    assert aptamers["fitness"].isna().all()
    given = pd.read_parquet(data / "labels.parquet")
    assert len(given) == 1416
    truth = {frozenset(row[:2]): row[:2][1 - row[2]] for row in given.itertuples(index=False)}
    for fold in ("fold-1", "fold-2"):
        part = pd.read_csv(data / fold / "split.csv").set_index("sequence")["part"]
        for name in ("train", "validation", "test"):
            pairs = pd.read_parquet(data / fold / f"pairs/{name}.parquet")
            assert set(part[pairs["Sequence1"]]) == set(part[pairs["Sequence2"]]) == {name}
            for first, second, label in pairs.itertuples(index=False):
                assert truth[frozenset((first, second))] == (first if label else second)
        log = (data / fold / "logs/pair.log").read_text()
        assert "across parts" in log
        metrics = json.loads((data / fold / "rank/seed-1/metrics.json").read_text())
        assert metrics["fold"] == int(fold[-1])
        assert metrics["accuracy"] > 0.6
        assert metrics["kendall_tau"] > 0.2
        assert 0 <= metrics["labels_against_ranking"] < 0.05
        baselines = pd.read_csv(data / fold / "baselines.csv").set_index("model")
        assert baselines.loc["shared_prefix", "accuracy"] > 0.6
    comparison = pd.read_csv(data / "comparison.csv")
    assert len(comparison) == 2 * (1 + len(BASELINES))
    assert set(comparison["fold"]) == {1, 2}


@pytest.mark.slow
def test_families_and_folds(chain):
    """Each aptamer is in one test, and no three first bases are in two parts of a fold."""
    for data in (chain / "labelled", chain / "grouped"):
        tested = []
        for fold in ("fold-1", "fold-2"):
            split = pd.read_csv(data / fold / "split.csv")
            assert (split.groupby(split["sequence"].str[:3])["part"].nunique() == 1).all()
            tested += split.loc[split["part"] == "test", "sequence"].tolist()
            audit = pd.read_csv(data / fold / "audit/audit.csv")
            shared = audit[(audit["quantity"] == "prefix_in_train") & (audit["at"] == 3)]
            assert shared["value"].item() == 0
        assert sorted(tested) == sorted(set(pd.read_csv(data / "aptamers.csv")["sequence"]))


@pytest.mark.slow
def test_groups_and_bounds_in_the_chain(chain):
    data = chain / "grouped"
    account = json.loads((data / "ingestion.json").read_text())
    assert (account["rows"], account["rejected"], account["groups"]) == (120, 1, 2)
    assert (account["scale"], account["bounds"]) == ("Kd", 12)
    aptamers = pd.read_csv(data / "aptamers.csv")
    assert set(aptamers["group"]) == {"ATP", "thrombin"}
    assert aptamers["id"].nunique() == 60
    bounds = aptamers.set_index(["sequence", "group"])[["low", "high"]].sort_index()
    for fold in ("fold-1", "fold-2"):
        pairs = pd.read_parquet(data / fold / "pairs/test.parquet")
        for first, second, label in pairs.head(50).itertuples(index=False):
            winner, loser = (first, second) if label else (second, first)
            apart = bounds.loc[winner, "low"] > bounds.loc[loser, "high"]
            assert apart.any(), (winner, loser)
        metrics = json.loads((data / fold / "rank/seed-1/metrics.json").read_text())
        assert metrics["accuracy"] > 0.6


def labelled(*rows):
    return [LabelRow("p.csv", n, *row) for n, row in enumerate(rows, start=2)]


def test_labels_are_cleaned():
    rows = labelled(
        *(("ACG", "ACT", "1"), ("act", "acg", "0"), ("ACG", "GGG", "0"), ("GGG", "ACG", "0")),
        *(("ACG", "ACG", "1"), ("ACT", "CCC", "2"), ("ACN", "CCC", "1"), ("CCC", "ACT", "0.0")),
    )
    aptamers, pairs, rejected = clean_labelled_pairs(rows)
    assert pairs.to_numpy().tolist() == [["ACG", "ACT", 1], ["ACT", "CCC", 1]]
    assert aptamers[["sequence", "count"]].to_numpy().tolist() == [
        *(["ACG", 1], ["ACT", 2], ["CCC", 1])
    ]
    kinds = rejected.set_index("line")["reason"].str.split(":").str[0].to_dict()
    assert kinds == {
        **dict.fromkeys((4, 5), "contradiction"),
        **{6: "same aptamer", 7: "not a label", 8: "degenerate code"},
    }
    again = clean_labelled_pairs(rows[::-1])
    pd.testing.assert_frame_equal(again[0], aptamers)
    pd.testing.assert_frame_equal(again[1], pairs)


def test_a_program_tells_what_became_of_the_pairs(program, tmp_path):
    (tmp_path / "p.csv").write_text("Sequence1,Sequence2,Label\nACG,ACT,1\nACT,ACG,0\nACG,CC,1\n")
    said = program("ingest", "p.csv").output
    assert "p.csv: pairs, 3 rows" in said
    assert "3 rows read = 2 labelled pairs + 0 rejected + 1 merged as duplicates" in said


def test_bradley_terry_finds_the_order():
    rng = np.random.default_rng(2)
    true = rng.normal(0, 2, 40)
    first, second = np.triu_indices(40, 1)
    label = (rng.random(len(first)) < 1 / (1 + np.exp(true[second] - true[first]))).astype(int)
    found = bradley_terry(Pairs(first, second, label), 40)
    assert kendalltau(true, found).statistic > 0.85
    assert found.mean() == pytest.approx(0)
    swapped = bradley_terry(Pairs(second, first, 1 - label), 40)
    assert swapped == pytest.approx(found, abs=1e-5)
    assert contradicting(found, Pairs(first, second, label)) < 0.3
    assert contradicting(true, Pairs(first, second, (true[first] > true[second]).astype(int))) == 0
    assert bradley_terry(Pairs(*(np.empty(0, dtype=int),) * 3), 3).tolist() == [0, 0, 0]
    always = bradley_terry(Pairs(np.array([0]), np.array([1]), np.array([1])), 3)
    assert always[0] > always[2] > always[1]
