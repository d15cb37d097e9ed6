"""Metrics against plain loops, and baselines against what they must know."""

import numpy as np
import pytest
from conftest import random_sequences

from aptarank.baselines import BASELINES, fit_scale, one_hot, pair_probability
from aptarank.metrics import pair_metrics, ranking_metrics, win_rate


def test_pair_metrics_by_hand():
    label = np.array([1, 1, 0, 0, 1])
    chance = np.array([0.9, 0.4, 0.2, 0.6, 0.7])
    found = pair_metrics(label, chance)
    above = [(p > n) for p in chance[label == 1] for n in chance[label == 0]]
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["roc_auc"] == pytest.approx(np.mean(above))
    assert found["brier"] == pytest.approx(np.mean([0.01, 0.36, 0.04, 0.36, 0.09]))
    assert found["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    names = ("true_positive", "false_positive", "true_negative", "false_negative")
    assert [found[name] for name in names] == [2, 1, 1, 1]
    assert found["n_pairs"] == 5


def test_ranking_metrics():
    fitness = np.array([1.0, 2.0, 3.0, 4.0])
    assert ranking_metrics(fitness, -fitness)["kendall_tau"] == -1
    assert ranking_metrics(fitness, fitness**3)["spearman"] == 1
    assert ranking_metrics(fitness, np.array([1.0, 2, 4, 3]))["kendall_tau"] == pytest.approx(4 / 6)
    assert ranking_metrics(fitness, np.zeros(4))["kendall_tau"] == 0


def test_win_rate_by_hand():
    first, second = np.array([0, 0, 1]), np.array([1, 2, 2])
    rate = win_rate(first, second, np.array([1.0, 0.5, 0.25]), 4)
    assert rate.tolist() == [0.75, 0.125, 0.625, 0.5]


@pytest.fixture(scope="module")
def sequences():
    return random_sequences(300, np.random.default_rng(2), 8, 14)


def tau(name, sequences, fitness):
    predicted = BASELINES[name](sequences[:250], fitness[:250], sequences[250:], 1)
    return ranking_metrics(fitness[250:], predicted)["kendall_tau"]


def test_each_baseline_learns_what_it_can_see(sequences):
    length = np.array([len(s) for s in sequences], dtype=float)
    assert tau("length", sequences, -length) == pytest.approx(1)
    gc = np.array([(s.count("G") + s.count("C")) / len(s) for s in sequences])
    assert tau("gc_content", sequences, gc) == pytest.approx(1)
    linear = one_hot(sequences, 5) @ np.random.default_rng(1).normal(size=20)
    assert tau("ridge", sequences, linear) > 0.95
    assert tau("extra_trees", sequences, linear) > 0.5
    prefix = np.array(["ACGT".index(s[0]) for s in sequences], dtype=float)
    assert tau("shared_prefix", sequences, prefix) > 0.9
    assert abs(tau("length", sequences, prefix)) < 0.3


def test_shared_prefix_is_the_longest_one():
    train, fitness = ["ACGT", "ACCC", "ACCG", "TT"], np.array([1.0, 2.0, 4.0, 9.0])
    found = BASELINES["shared_prefix"](train, fitness, ["ACCA", "ACGG", "TA", "G"], 1)
    assert found.tolist() == [3.0, 1.0, 9.0, 4.0]


def test_scale_gives_calibrated_probabilities():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=400)
    first, second = rng.integers(400, size=(2, 20000))
    label = (rng.random(20000) < pair_probability(scores, first, second, 2.5)).astype(int)
    assert fit_scale(scores[first] - scores[second], label) == pytest.approx(2.5, rel=0.1)
    assert fit_scale(np.zeros(5), np.ones(5)) == 0
