"""The ceiling against simulations in which truth and noise are known."""

import math

import numpy as np
import pandas as pd
import pytest

from aptarank.core.parquet import write_parquet
from aptarank.core.tables import write_csv
from aptarank.evaluation.ceiling import ceiling
from aptarank.evaluation.evaluate import evaluate, load_predictions
from aptarank.pairing.pairs import Pairs
from made_aptamers import aptamer_table

COUNT = 500
TRUTHS = {
    "normal": lambda rng: rng.normal(0, 1, COUNT),
    "skewed": lambda rng: rng.exponential(1, COUNT),
    "two peaks": lambda rng: np.where(rng.random(COUNT) < 0.5, 0, 3) + rng.normal(0, 0.2, COUNT),
}


def sequences_of(count):
    return [
        "".join("ACGT"[(number >> shift) & 3] for shift in (8, 6, 4, 2, 0))
        for number in range(count)
    ]


def all_pairs(fitness):
    first, second = np.triu_indices(len(fitness), 1)
    return Pairs(first, second, (fitness[first] > fitness[second]).astype(np.int8))


def agreement(values, pairs):
    """Share of the pairs that these values order as the labels do."""
    return np.mean((values[pairs.first] > values[pairs.second]) == (pairs.label == 1))


def table_of(fitness, error, **columns):
    return aptamer_table(sequences_of(len(fitness)), fitness).assign(error=error, **columns)


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("noise", [0.1, 0.4, 0.8])
def test_both_ceilings_are_those_of_the_simulation(truth, noise):
    """Of a perfect model and of a repeat, to within a point (2.5 with peaks, which noise hides);
    errors differ between aptamers."""
    near = 0.025 if truth == "two peaks" else 0.01
    found, true = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        fitness, error = TRUTHS[truth](rng), noise * rng.uniform(0.5, 1.5, COUNT)
        measured, again = (fitness + rng.normal(0, error) for _ in range(2))
        pairs = all_pairs(measured)
        known = ceiling(table_of(measured, error), pd.Index(sequences_of(COUNT)), pairs)
        assert known.pop("pairs") == 1
        found.append([known["perfect_model"], known["between_measurements"]])
        true.append([agreement(fitness, pairs), agreement(again, pairs)])
    assert np.mean(found, axis=0) == pytest.approx(np.mean(true, axis=0), abs=near)


def test_of_normal_truth_there_is_a_formula():
    """With the reliability R = 1 − mean error² / variance, it is 1/2 + arcsin(√R) / π; the
    agreement of two measurements is 1/2 + arcsin(R) / π."""
    rng = np.random.default_rng(5)
    fitness, error = rng.normal(0, 1, 1000), np.full(1000, 0.5)
    measured = fitness + rng.normal(0, 0.5, 1000)
    reliability = 1 - 0.25 / measured.var()
    known = ceiling(table_of(measured, error), pd.Index(sequences_of(1000)), all_pairs(measured))
    perfect = 1 / 2 + math.asin(math.sqrt(reliability)) / math.pi
    assert known["perfect_model"] == pytest.approx(perfect, abs=0.01)
    between = 1 / 2 + math.asin(reliability) / math.pi
    assert known["between_measurements"] == pytest.approx(between, abs=0.01)


def test_replicates_are_compared_directly():
    """Four columns, one with missing values; a tie counts half."""
    rng = np.random.default_rng(6)
    values = rng.normal(0, 1, (30, 1)) + rng.normal(0, 0.5, (30, 4))
    values[3, 2] = np.nan
    values[4, 1] = values[5, 1]
    texts = ["|".join("" if v != v else repr(v) for v in row) for row in values.tolist()]
    mean = np.nanmean(values, axis=1)
    pairs = all_pairs(mean)
    table = table_of(mean, np.full(30, 0.25), replicates=texts)
    known = ceiling(table, pd.Index(sequences_of(30)), pairs)
    shares = []
    for one in range(4):
        for other in range(one + 1, 4):
            products = [
                np.sign(values[a, one] - values[b, one])
                * np.sign(values[a, other] - values[b, other])
                for a, b in zip(pairs.first, pairs.second, strict=True)
            ]
            shares.append(np.mean([(1 + p) / 2 for p in products if p == p]))
    assert known["between_measurements"] == pytest.approx(np.mean(shares))
    assert known["perfect_model"] > known["between_measurements"]


def test_groups_are_apart_and_unknown_errors_are_left_out():
    """Groups of other scales give what each gives alone; a bound and an aptamer of two groups say
    nothing."""
    rng = np.random.default_rng(7)
    names = sequences_of(60)
    fitness = rng.normal(0, 1, 60) * np.repeat([1, 1000], 30)
    error = np.repeat([0.5, 500], 30)
    table = aptamer_table(names, fitness, np.repeat(["a", "b"], 30)).assign(error=error)
    both = [all_pairs(fitness[:30]), all_pairs(fitness[30:])]
    joined = Pairs(
        *(
            np.concatenate([one, two + shift])
            for one, two, shift in zip(*both, (30, 30, 0), strict=True)
        )
    )
    index = pd.Index(names)
    apart = [
        ceiling(table, index[rows], pairs)
        for rows, pairs in zip((slice(30), slice(30, 60)), both, strict=True)
    ]
    together = ceiling(table, index, joined)
    for key in ("perfect_model", "between_measurements"):
        assert together[key] == pytest.approx(np.mean([each[key] for each in apart]))
    table.loc[0, "high"] = np.inf
    assert ceiling(table, index, joined)["pairs"] == pytest.approx(1 - 29 / joined.total)
    assert ceiling(table.assign(error=np.nan), index, joined) is None


def test_it_stands_in_the_metrics(tmp_path):
    rng = np.random.default_rng(8)
    fitness, names = rng.normal(0, 1, 30), np.array(sequences_of(30))
    pairs = all_pairs(fitness)
    logits = pd.DataFrame({"Sequence1": names[pairs.first], "Sequence2": names[pairs.second]})
    logits = logits.assign(Label=pairs.label, logit=1.0, swapped=-1.0)
    write_parquet(logits, tmp_path / "logits.parquet")
    write_csv(pd.DataFrame({"sequence": names, "predicted": fitness}), tmp_path / "scores.csv")
    for error, known in ((0.3, True), (np.nan, False)):
        write_csv(table_of(fitness, np.full(30, error)), tmp_path / "aptamers.csv")
        files = (tmp_path / name for name in ("logits.parquet", "scores.csv", "aptamers.csv"))
        found = evaluate(load_predictions(*files), 1.0, 20, 1).metrics["ceiling"]
        assert (found is not None) == known
        assert not known or 0.7 < found["between_measurements"] < found["perfect_model"] < 1
