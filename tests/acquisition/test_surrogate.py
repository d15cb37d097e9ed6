"""The Gaussian process: what it expects of aptamers, and how sure it is."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from aptarank.acquisition.features import Features
from aptarank.acquisition.surrogate import JITTER, GaussianProcess, Products, variances
from aptarank.predictors.normal_scores import normal_scores
from made_aptamers import random_sequences

SEQUENCES = random_sequences(300, np.random.default_rng(4), 12, 12)
WEIGHTS = np.random.default_rng(5).normal(size=(12, 4))


def additive(sequences):
    return np.array([sum(WEIGHTS[i, "ACGT".index(b)] for i, b in enumerate(s)) for s in sequences])


@pytest.fixture(scope="module")
def fitted():
    features = Features(SEQUENCES, 1).of(SEQUENCES)
    target = normal_scores(additive(SEQUENCES))
    known = np.arange(100)
    return GaussianProcess(features.take(known), target[known], 1), features, target


def test_it_predicts_and_knows_how_well(fitted):
    process, features, target = fitted
    mean, deviation = process.predict(features.take(np.arange(100, 300)))
    assert spearmanr(mean, target[100:]).statistic > 0.9
    inside = np.abs(mean - target[100:]) < 1.645 * np.sqrt(deviation**2 + process.noise)
    assert 0.8 < inside.mean() <= 1
    _, at_known = process.predict(features.take(np.arange(100)))
    assert at_known.mean() < deviation.mean()


def test_it_is_the_mean_of_the_normal_distribution(fitted):
    """By the textbook's formula (Rasmussen and Williams 2006, equations 2.25 and 2.26)."""
    process, features, _ = fitted
    some = features.take(np.arange(200, 210))
    known = process.known
    noisy = process.prior(known, known) + (process.noise + JITTER) * np.eye(len(known))
    across = process.prior(some, known)
    target = process.root @ process.whitened
    mean, deviation = process.predict(some)
    assert np.allclose(mean, process.mean + across @ np.linalg.solve(noisy, target), atol=1e-5)
    covariance = process.prior(some, some) - across @ np.linalg.solve(noisy, across.T)
    assert np.allclose(deviation**2, np.diag(covariance), atol=1e-4)
    projected = process.project(some)
    assert np.allclose(process.prior(some, some) - projected.T @ projected, covariance, atol=1e-4)


def test_variances_are_the_kernel_of_each_with_itself(fitted):
    process, features, _ = fitted
    some = features.take(np.arange(5))
    own = np.diag(Products(some, some).kernel(process.parameters))
    assert np.allclose(variances(some, process.parameters), own, atol=1e-4)


def test_lengths_may_differ():
    sequences = random_sequences(60, np.random.default_rng(2), 8, 14)
    features = Features(sequences, 1)
    assert features.reference is None
    table = features.of(sequences)
    assert table.mutations.shape == (60, 0)
    process = GaussianProcess(table, np.linspace(-1, 1, 60), 1)
    assert np.isfinite(process.predict(table)[0]).all()


def test_features_do_not_hang_on_the_blocks(monkeypatch):
    whole = Features(SEQUENCES, 1).of(SEQUENCES)
    monkeypatch.setattr("aptarank.acquisition.features.BLOCK", 7)
    parts = Features(SEQUENCES, 1).of(SEQUENCES)
    for name in ("bases", "words", "mutations"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
        assert (getattr(whole, name) ** 2).sum(axis=1).mean() == pytest.approx(1, abs=1e-3)


def test_equal_values_and_few_aptamers():
    features = Features(SEQUENCES[:4], 1).of(SEQUENCES[:4])
    process = GaussianProcess(features, np.zeros(4), 1)
    mean, deviation = process.predict(features)
    assert np.allclose(mean, 0, atol=1e-6)
    assert (deviation > 0).all()
