"""What a candidate is worth, and which of them make a batch."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from aptarank.acquisition.features import Features
from aptarank.acquisition.strategies import (
    Posterior,
    choose_batch,
    expected_improvement,
    greedy,
    thompson,
    upper_bound,
)
from aptarank.acquisition.surrogate import GaussianProcess
from made_aptamers import random_sequences

KNOWN = random_sequences(30, np.random.default_rng(1), 10, 10)
# Families: ten single mutants of each of six sequences.
PARENTS = random_sequences(6, np.random.default_rng(2), 10, 10)
FAMILIES = [
    parent[:at] + "ACGT"["CGTA".index(parent[at])] + parent[at + 1 :]
    for parent in PARENTS
    for at in range(10)
]


@pytest.fixture(scope="module")
def known():
    features = Features([*KNOWN, *FAMILIES], 1)
    target = np.random.default_rng(3).normal(size=30)
    process = GaussianProcess(features.of(KNOWN), target, 1)
    candidates = features.of(FAMILIES)
    return Posterior(*process.predict(candidates), float(target.max()), process, candidates)


@pytest.mark.parametrize(("mean", "deviation"), [(0.5, 1.0), (-1.0, 0.4), (2.0, 0.1), (-2.0, 0.5)])
def test_expected_improvement(mean, deviation):
    given = Posterior(np.array([mean]), np.array([deviation]), 1.0, None, None)
    found = np.exp(expected_improvement(given, 0)[0])
    exact, _ = quad(lambda y: (y - 1) * norm.pdf(y, mean, deviation), 1, 1 + 12 * deviation + 3)
    assert found == pytest.approx(exact, rel=1e-3)


def test_expected_improvement_orders_the_hopeless():
    given = Posterior(np.array([-50.0, -40, -30]), np.ones(3), 1.0, None, None)
    assert np.diff(expected_improvement(given, 0)).min() > 0


def test_worth(known):
    assert np.array_equal(greedy(known, 3), known.mean)
    assert np.array_equal(upper_bound(known, 2), known.mean + 2 * known.deviation)


def families_of(rows):
    return len({row // 10 for row in rows})


def test_a_batch(known):
    best = np.argsort(-known.mean, kind="stable")[:12]
    alike = choose_batch(known, known.mean, 12, 0.0)
    assert alike.tolist() == best.tolist()
    mixed = choose_batch(known, known.mean, 12, 3.0)
    assert len(set(mixed)) == 12
    assert mixed[0] == best[0]
    assert families_of(mixed) > families_of(alike)
    assert choose_batch(known, known.mean, 60, 3.0).size == 60
    assert sorted(choose_batch(known, known.mean, 60, 3.0)) == list(range(60))


def test_the_price_is_that_of_the_variance(known):
    """The second choice, by the definition: conditioning on the first."""
    first, second = choose_batch(known, known.mean, 2, 1.5)
    process, all_of_them = known.process, known.features
    projected = process.project(all_of_them)
    covariance = process.prior(all_of_them, all_of_them) - projected.T @ projected
    left = np.diag(covariance) - covariance[:, first] ** 2 / (
        covariance[first, first] + process.noise
    )
    value = known.mean / known.mean.std() + 1.5 * np.log(left / np.diag(covariance)) / 2
    value[first] = -np.inf
    assert second == np.argmax(value)


def test_thompson(known):
    rows = thompson(known, 20, np.random.default_rng(1))
    assert len(set(rows)) == 20
    assert np.array_equal(rows, thompson(known, 20, np.random.default_rng(1)))
    assert not np.array_equal(rows, thompson(known, 20, np.random.default_rng(2)))
    assert known.mean[rows].mean() > known.mean.mean()
