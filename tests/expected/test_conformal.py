"""Maps from scores to fitness, and intervals that hold as often as they say."""

import math

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from aptarank.expected import conformal
from aptarank.expected.conformal import (
    conformal_quantile,
    fewest,
    fit_score_map,
    out_of_fold,
    thinned,
)


def drawn(count, rng):
    """Scores, and fitness that follows them with noise."""
    score = rng.normal(0, 1, count)
    return score, 3 * np.tanh(score) + rng.normal(0, 0.7, count)


def test_the_quantile_is_that_of_finite_samples():
    assert conformal_quantile(np.arange(1.0, 10), 0.9) == 9  # the 9th of 9
    assert conformal_quantile(np.arange(1.0, 9), 0.9) == math.inf
    assert conformal_quantile(np.arange(20.0, 0, -1), 0.9) == 19
    assert conformal_quantile(np.arange(1.0, 100), 0.9) == 90


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_how_many_a_level_needs(level):
    assert conformal_quantile(np.ones(fewest(level)), level) == 1
    assert conformal_quantile(np.ones(fewest(level) - 1), level) == math.inf


def test_the_map_is_that_of_scikit_learn():
    score, fitness = drawn(60, np.random.default_rng(1))
    made = fit_score_map(score, fitness, 0.9)
    wanted = np.linspace(-5, 5, 200)
    sklearn = IsotonicRegression(out_of_bounds="clip").fit(score, fitness)
    assert np.allclose(made.expected(wanted), sklearn.predict(wanted))
    assert (np.diff(made.expected(wanted)) >= 0).all()


def test_no_aptamer_vouches_for_itself():
    score, fitness = drawn(50, np.random.default_rng(2))
    before = out_of_fold(score, fitness)
    for index in (0, 17, 49):
        changed = fitness.copy()
        changed[index] += 100
        after = out_of_fold(score, changed)
        assert after[index] == before[index]
        assert (after != before).any()


@pytest.mark.parametrize("count", [20, 60])
def test_intervals_hold_as_often_as_they_say(count):
    rng = np.random.default_rng(3)
    inside, inside_of_naive = [], []
    for _ in range(120):
        score, fitness = drawn(count, rng)
        others, truth = drawn(100, rng)
        made = fit_score_map(score, fitness, 0.9)
        error = np.abs(truth - made.expected(others))
        inside.append(np.mean(error <= made.half_width))
        naive = conformal_quantile(np.abs(fitness - made.expected(score)), 0.9)
        inside_of_naive.append(np.mean(error <= naive))
    assert 0.885 < np.mean(inside) < 0.945
    assert np.mean(inside_of_naive) < 0.88  # residuals of aptamers that the map was fitted on


def test_probabilities_are_shares():
    rng = np.random.default_rng(4)
    made = fit_score_map(*drawn(400, rng), 0.9)
    others, truth = drawn(4000, rng)
    for value in (-2.0, 0.0, 2.5):
        probability = made.at_least(others, value)
        assert abs(probability.mean() - np.mean(truth >= value)) < 0.03
        sure = probability > 0.8
        assert not sure.any() or np.mean(truth[sure] >= value) > 0.75
    (never,), (always,) = made.at_least(np.zeros(1), 1e9), made.at_least(np.zeros(1), -1e9)
    assert never == pytest.approx(0.5 / 401)
    assert always == pytest.approx(400.5 / 401)


@pytest.mark.parametrize(
    ("fitness", "said"), [([1.0, 2, 3, 4], "4 validation aptamers"), ([2.0] * 30, "the same value")]
)
def test_aptamers_that_say_nothing(fitness, said):
    with pytest.raises(ValueError, match=said):
        fit_score_map(np.arange(len(fitness), dtype=float), np.array(fitness), 0.9)


def test_a_model_that_knows_nothing_expects_the_mean():
    fitness = np.arange(20.0)
    made = fit_score_map(-fitness, fitness, 0.9)
    assert made.expected(np.array([-30.0, 30])).tolist() == [9.5, 9.5]


def test_few_residuals_are_kept_of_many(monkeypatch):
    monkeypatch.setattr(conformal, "MOST_RESIDUALS", 5)
    assert thinned(np.arange(101.0)).tolist() == [0, 25, 50, 75, 100]
    assert thinned(np.arange(3.0)).tolist() == [0, 1, 2]
