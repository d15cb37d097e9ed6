"""Metrics against plain loops, and baselines against what they must know."""

import numpy as np
import pandas as pd
import pytest

from aptarank.evaluation.baselines import BASELINES, fit_scale, pair_probability
from aptarank.evaluation.metric_registry import pair_metrics, ranking_metrics
from aptarank.evaluation.metrics import (
    accuracy_by_margin,
    cut_at,
    margin_bands,
    relevance,
    top_recall,
)
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference_fitness import fitness_difference
from aptarank.pairing.win_rate import win_rate
from made_aptamers import random_sequences


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


def test_no_prediction_is_half_right():
    """Whichever of the two is the fitter one."""
    for label in ([1, 1, 0], [0, 0, 1]):
        assert pair_metrics(np.array(label), np.full(3, 0.5))["accuracy"] == 0.5


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
    assert fit_scale(np.array([0.3]), np.ones(1)) > 0  # of a single pair too


def test_more_pair_metrics_by_hand():
    found = pair_metrics(np.array([1, 0]), np.array([0.8, 0.4]))
    assert found["nll"] == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert found["ece"] == pytest.approx((0.2 + 0.4) / 2)


def test_ndcg_by_hand():
    """The two best swapped, of four: relevances 1, 2/3, 1/3, 0."""
    fitness = np.array([7.0, 100, 3, 9])
    assert relevance(fitness).tolist() == [1 / 3, 1, 0, 2 / 3]
    discount = 1 / np.log2([2, 3, 4, 5])
    expected = np.dot([2 / 3, 1, 1 / 3, 0], discount) / np.dot([1, 2 / 3, 1 / 3, 0], discount)
    found = ranking_metrics(fitness, np.array([1.0, 2, 0, 3]))
    assert found["ndcg"] == pytest.approx(expected)
    assert ranking_metrics(fitness, fitness)["ndcg"] == pytest.approx(1)


def test_top_recall_by_hand():
    fitness, one = np.arange(20.0), np.zeros(20)
    predicted = fitness.copy()
    predicted[[19, 3]] = predicted[[3, 19]]  # the best is taken for one of the worst
    top = top_recall(fitness, predicted, one, 10)
    assert top == {
        **{"cut": 10, "k": 10, "recall": 0.9, "lost": 1.0},
        **{"n_groups": 1, "n_aptamers": 20},
    }
    assert top_recall(fitness, predicted, one, "10%")["recall"] == 0.5
    assert ranking_metrics(fitness, predicted)["recall_at_10%"] == 0.5
    assert top_recall(fitness, predicted, one, 20)["recall"] is None
    halves = np.repeat([0, 1], [15, 5])  # the group of 5 is too small for a cut at 10
    assert top_recall(fitness, predicted, halves, 10)["n_aptamers"] == 15


def test_top_recall_is_the_mean_over_orders_of_ties():
    rng = np.random.default_rng(1)
    fitness, predicted = rng.integers(4, size=(2, 12)).astype(float)
    counts = []
    for _ in range(20000):
        shuffle = rng.permutation(12)
        best = shuffle[np.argsort(-fitness[shuffle], kind="stable")][:5]
        shuffle = rng.permutation(12)
        kept = shuffle[np.argsort(-predicted[shuffle], kind="stable")][:5]
        counts.append(len(set(best) & set(kept)) / 5)
    found = top_recall(fitness, predicted, np.zeros(12), 5)["recall"]
    assert found == pytest.approx(np.mean(counts), abs=0.01)


@pytest.mark.parametrize(("size", "kept"), [(1, 1), (10, 1), (11, 2), (70, 7), (150, 15)])
def test_a_share_is_rounded_up(size, kept):
    assert cut_at("10%", size) == kept
    assert cut_at(10, size) == 10


def test_accuracy_by_margin():
    difference = np.array([5.0, np.nan, 1, 2, 4, 3])
    right = np.array([True, False, False, True, True, False])
    bands = margin_bands(difference, 2)
    assert [band.tolist() for band in bands] == [[2, 3, 5], [4, 0]]
    near, far = accuracy_by_margin(difference, right, bands)
    assert near == {"low": 1, "high": 3, "n_pairs": 3, "accuracy": 1 / 3}
    assert far == {"low": 4, "high": 5, "n_pairs": 2, "accuracy": 1}
    assert margin_bands(np.full(3, np.nan)) == []


def test_fitness_difference_is_within_a_group():
    sequences = pd.Index(["A", "C", "G"])
    truth = pd.DataFrame(
        {
            "sequence": ["A", "C", "A", "C", "G"],
            "group": ["x", "x", "y", "y", "z"],
            "fitness": [1.0, 3, 10, 6, 5],
        }
    )
    pairs = Pairs(np.array([0, 1, 0]), np.array([1, 0, 2]), np.ones(3))
    found = fitness_difference(truth, sequences, pairs)
    assert found[:2].tolist() == [3, 3]  # the mean of 2 and 4
    assert np.isnan(found[2])
