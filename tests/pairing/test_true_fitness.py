"""Labels by the errors of the measurements."""

import numpy as np
import pytest
from scipy.stats import norm

from aptarank.pairing.pairs import Pairs
from aptarank.pairing.soft_labels import ByFitness, comparison
from aptarank.pairing.true_fitness import fitter_probability, true_fitness
from made_aptamers import aptamer_table


def test_labels_are_as_often_right_as_they_say():
    """Known truth, known noise that differs between aptamers: of pairs labelled p, p are so."""
    rng = np.random.default_rng(1)
    truth, error = rng.normal(3, 1, 1500), rng.uniform(0.1, 1.5, 1500)
    measured = truth + rng.normal(0, error)
    compared = ByFitness(np.arange(1500), np.zeros(1500, int), measured, measured, 0.0, error)
    label = compared.of_batch(np.arange(1500), 0.02)
    first, second = np.triu_indices(1500, 1)
    said, right = label[first, second], truth[first] > truth[second]
    for low in (0.5, 0.6, 0.7, 0.8, 0.9):
        band = (said > low) & (said < low + 0.1)
        assert right[band].mean() == pytest.approx(said[band].mean(), abs=0.02)


def test_both_kinds_of_model_get_the_same_labels():
    fitness, error = np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.5, np.nan])
    compared = ByFitness(np.arange(3), np.zeros(3, int), fitness, fitness, 0.0, error)
    batch = compared.of_batch(np.arange(3), 0.5)
    pairs = Pairs(np.array([1, 2]), np.array([0, 0]), np.array([1, 1], dtype=np.int8))
    assert compared.of_pairs(pairs, 0.5) == pytest.approx([batch[1, 0], batch[2, 0]])
    # Of fewer than ten aptamers, the spread of the truth is not known, and nothing is shrunk.
    assert batch[1, 0] == pytest.approx(norm.cdf(1 / np.sqrt(0.5)))
    assert batch[0, 1] == pytest.approx(1 - batch[1, 0])
    # An unknown error: by rank, as without errors; hard labels stay hard.
    without = ByFitness(np.arange(3), np.zeros(3, int), fitness, fitness, 0.0)
    assert batch[2, 0] == without.of_batch(np.arange(3), 0.5)[2, 0]
    assert compared.of_pairs(pairs, 0).tolist() == [1, 1]
    assert np.nanmax(np.abs(compared.of_batch(np.arange(3), 0) - 0.5)) == 0.5


def test_bounds_groups_and_the_margin_stay_as_they_are():
    low, high = np.array([0.0, 1.0, 3.0, 1.2]), np.array([0.0, 1.0, np.inf, 1.2])
    groups, error = np.array([0, 0, 0, 1]), np.full(4, 0.3)
    label = ByFitness(np.arange(4), groups, low, high, 0.5, error).of_batch(np.arange(4), 0.02)
    assert label[2, 0] == 1  # a bound has no error
    assert np.isnan(label[:3, 3]).all()
    within = ByFitness(np.arange(4), groups, low, high, 1.5, error).of_batch(np.arange(4), 0.02)
    assert np.isnan(within[0, 1])


def test_the_truth_is_drawn_to_the_mean_by_its_reliability():
    rng = np.random.default_rng(2)
    truth, error = rng.normal(5, 2, 20_000), rng.choice([0.5, 2.0], 20_000)
    measured = truth + rng.normal(0, error)
    mean, variance = true_fitness(measured, error, np.zeros(20_000))
    for size in (0.5, 2.0):
        rows = error == size
        off = truth[rows] - mean[rows]
        assert off.var() == pytest.approx(variance[rows].mean(), rel=0.05)
        assert off.var() == pytest.approx(4 * size**2 / (4 + size**2), rel=0.05)
    nothing, none = true_fitness(np.zeros(12), np.ones(12), np.zeros(12))
    assert (nothing.tolist(), none.tolist()) == ([0.0] * 12, [0.0] * 12)
    assert fitter_probability(np.zeros(1), np.zeros(1)).tolist() == [0.5]


def test_errors_are_used_unless_the_model_says_no():
    names = ["ACGT", "GGCC", "TTAA"]
    table = aptamer_table(names, [1.0, 2.0, 3.0]).assign(error=1.0)
    pairs = Pairs(np.array([1]), np.array([0]), np.array([1], dtype=np.int8))
    used = comparison(table, names, pairs, 0.0).of_pairs(pairs, 0.02)
    assert used == pytest.approx(norm.cdf(1 / np.sqrt(2)))
    unused = comparison(table, names, pairs, 0.0, use_errors=False).of_pairs(pairs, 0.02)
    assert unused > 0.99
