"""Figures by the distance from a reference: against plain loops, in the programs and the audit."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from aptarank.core.tables import PAIR_COLUMNS
from aptarank.evaluation.by_distance import ByDistance, distance_bands
from aptarank.evaluation.evaluate import Predictions, evaluate
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference import known_distances
from made_aptamers import aptamer_table, mutants, random_sequences

PARENT = "GGACTTCGGTCCAGTCAGGCATCGATTCGA"


@pytest.fixture(scope="module")
def library():
    """160 mutants of PARENT with 1 to 4 substitutions, whose fitness falls with their number."""
    rng = np.random.default_rng(1)
    found = mutants(PARENT, 160, rng)
    return aptamer_table(found.index, rng.normal(size=len(found)) - found.to_numpy())


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({0: 1, 1: 9, 2: 30, 3: 4, 5: 6, 6: 3}, [(0, 1), (2, 2), (3, 5), (6, 6)]),
        ({3: 2}, [(3, 3)]),
        ({0: 10}, [(0, 0)]),
        ({}, []),
    ],
)
def test_neighbouring_distances_are_pooled(counts, expected):
    assert distance_bands(np.repeat(list(counts), list(counts.values()))) == expected


def all_pairs(fitness, group):
    """All pairs of different fitness within a group."""
    first, second = np.triu_indices(len(fitness), k=1)
    kept = (fitness[first] != fitness[second]) & (group[first] == group[second])
    first, second = first[kept], second[kept]
    return Pairs(first, second, (fitness[first] > fitness[second]).astype(np.int8))


def test_figures_against_loops():
    """Of the last band, which is too small, only how many there are."""
    rng = np.random.default_rng(1)
    distance = np.repeat([1, 2, 3], [15, 30, 5])
    fitness, predicted = rng.normal(size=(2, 50))
    predicted += fitness
    group = np.zeros(50, dtype=int)
    pairs = all_pairs(fitness, group)
    right = (predicted[pairs.first] > predicted[pairs.second]) == (pairs.label == 1)
    found = ByDistance(distance, pairs).figures(right, fitness, predicted, group, np.arange(50))
    for at, row in zip((1, 2), found, strict=False):
        own = np.flatnonzero(distance == at)
        won = [
            (fitness[a] > fitness[b]) == (predicted[a] > predicted[b])
            for a in own
            for b in own
            if a < b
        ]
        assert row["accuracy"] == pytest.approx(np.mean(won))
        assert row["n_pairs"] == len(won)
        assert row["spearman"] == pytest.approx(spearmanr(fitness[own], predicted[own]).statistic)
    assert found[2] == {
        **{"low": 3, "high": 3, "n_aptamers": 5, "n_pairs": 10},
        **{"accuracy": None, "spearman": None},
    }


def predictions(table, predicted, reference=None):
    """As of a model that predicts this of all aptamers of a table, one measurement each."""
    sequences, fitness = pd.Index(table["sequence"]), table["fitness"].to_numpy()
    group = pd.factorize(table["group"])[0]
    pairs = all_pairs(fitness, group)
    logit = predicted[pairs.first] - predicted[pairs.second]
    return Predictions(
        sequences=sequences,
        pairs=pairs,
        orders=(logit, -logit),
        fitness=fitness,
        group=group,
        aptamer=np.arange(len(table)),
        predicted=predicted,
        difference=np.abs(fitness[pairs.first] - fitness[pairs.second]),
        strength=None,
        distances=known_distances(sequences.tolist(), reference),
    )


def test_evaluation(library):
    """Counting mutations is right between distances, and says nothing within one."""
    distance = known_distances(library["sequence"].tolist(), None).differences.to_numpy()
    metrics = evaluate(predictions(library, -1.0 * distance), 1.0, 50, 1).metrics
    assert metrics["reference"] == {"sequence": PARENT, "guessed": True}
    assert metrics["accuracy"] > 0.6
    bands = metrics["by_distance"]
    assert [(band["low"], band["high"]) for band in bands] == [(0, 1), (2, 2), (3, 3), (4, 4)]
    assert sum(band["n_aptamers"] for band in bands) == len(library)
    for band in bands[1:]:
        assert band["spearman"] == 0
        assert band["accuracy"] == pytest.approx(0.5, abs=0.25)
        assert band["ci"][0] <= band["accuracy"] <= band["ci"][1]
    json.dumps(metrics, allow_nan=False)


def test_a_group_of_two_aptamers(library):
    """Both are at one distance: their pair counts, and no rank correlation is lost by it."""
    group = np.where(np.arange(len(library)) < 2, "two", "many")
    metrics = evaluate(
        predictions(library.assign(group=group), library["fitness"].to_numpy()), 1.0, 20, 1
    ).metrics
    assert {band["spearman"] for band in metrics["by_distance"]} == {1.0}
    alone = library.head(2)
    alone = predictions(alone, alone["fitness"].to_numpy(), PARENT)
    metrics = evaluate(alone, 1.0, 20, 1).metrics
    assert [band["accuracy"] for band in metrics["by_distance"]] == [None]


def test_nothing_where_no_distance_has_a_meaning():
    rng = np.random.default_rng(1)
    table = aptamer_table(random_sequences(60, rng), rng.normal(size=60))
    metrics = evaluate(predictions(table, rng.normal(size=60)), 1.0, 20, 1).metrics
    assert metrics["by_distance"] is None
    assert metrics["reference"] is None


@pytest.fixture
def chain(program, tmp_path, library):
    """The library, split by distance, and its pairs."""
    library.to_csv(tmp_path / "aptamers.csv", index=False)
    pd.DataFrame(columns=PAIR_COLUMNS).to_parquet(tmp_path / "labels.parquet")
    program("split", "aptamers.csv", "--by", "distance", "--distance", 2)
    program(
        "pairing", "--data", "aptamers.csv", "--labels", "labels.parquet", "--split", "split.csv"
    )
    return library


def test_audit(program, tmp_path, chain):
    files = ["--aptamers", "aptamers.csv", "--split", "split.csv", "--test", "pairs/test.parquet"]
    said = program("audit", *files, "--by", "distance").output
    assert f"distances are from the reference {PARENT} (the consensus, guessed" in said
    table = pd.read_csv("audit.csv")
    rows = table[table["quantity"] == "aptamers_at_distance"]
    counts = rows.pivot(index="at", columns="part", values="value")
    assert counts.to_numpy().sum() == len(chain)
    assert not counts.loc[[3, 4], ["train", "validation"]].to_numpy().any()
    assert not counts.loc[[0, 1, 2], "test"].any()
    drawn = pd.read_csv("audit-plots/distance.csv").set_index("distance")
    assert (drawn["test"] == counts["test"]).all()
    program("audit", *files, "--by", "distance", "--reference", PARENT[1:])
    assert "aptamers_at_distance" not in set(pd.read_csv("audit.csv")["quantity"])


def test_audit_of_positions(program, tmp_path, chain):
    """It lists the positions that were held out, as the log of the split does."""
    options = ["--by", "position", "--positions", "modulo"]
    said = program("split", "aptamers.csv", *options, "--test", 0.3, "--train", 0.6).output
    split = ["--data", "aptamers.csv", "--labels", "labels.parquet", "--split", "split.csv"]
    program("pairing", *split)
    files = ["--aptamers", "aptamers.csv", "--split", "split.csv", "--test", "pairs/test.parquet"]
    program("audit", *files, "--by", "position")
    table = pd.read_csv("audit.csv")
    found = table[table["quantity"] == "mutated_in_test_alone"]["at"].astype(int)
    held = said.split("held out: positions ")[1].split(", at which")[0]
    assert set(map(int, held.split(", "))) <= set(found)


def test_baselines(program, tmp_path, chain):
    pairs = [f"--{part}=pairs/{part}.parquet" for part in ("train", "validation", "test")]
    files = ["--aptamers", "aptamers.csv", "--split", "split.csv", *pairs]
    program("baselines", *files, "--distances", "by_distance.csv", "--fold", 1)
    table = pd.read_csv("by_distance.csv")
    whole = pd.read_csv("baselines.csv").set_index("model")
    assert set(table["model"]) == set(whole.index)
    assert table[["low", "high", "fold"]].drop_duplicates().to_numpy().tolist() == [
        [3, 3, 1],
        [4, 4, 1],
    ]
    assert set(table.groupby("model")["n_aptamers"].sum()) == set(whole["n_aptamers"])
    program("baselines", *files, "--distances", "none.csv", "--reference", PARENT[1:])
    assert pd.read_csv("none.csv").empty
