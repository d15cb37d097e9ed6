"""Which candidates to measure next: what each is worth, and how alike those of a batch may be."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky
from scipy.stats import norm

from aptarank.acquisition.features import FeatureTable
from aptarank.acquisition.surrogate import GaussianProcess

POOL = 2000  # candidates that a batch is chosen from
DRAWN = 1500  # candidates among which functions are drawn
FAR_BELOW = -25.0  # standard deviations below the best, where improvement has its asymptote
LIKELY = 2.0  # standard deviations above the mean, by which these are chosen
JITTER = 1e-6


@dataclass(frozen=True)
class Posterior:
    """What is known of candidates.

    Attributes:
        mean, deviation: of their fitness, in standard deviations of that of the measured ones;
            shapes (n_candidates,).
        best: the highest fitness that was measured, on that scale.
        process: tells how the fitness of two of them goes together.
        features: of the candidates.
    """

    mean: np.ndarray
    deviation: np.ndarray
    best: float
    process: GaussianProcess
    features: FeatureTable


# What each candidate is worth, shape (n,), from what is known and kappa.
Worth = Callable[[Posterior, float], np.ndarray]


def greedy(known: Posterior, kappa: float) -> np.ndarray:
    """The mean alone."""
    return known.mean


def upper_bound(known: Posterior, kappa: float) -> np.ndarray:
    """Upper confidence bound: mean + kappa × standard deviation (Srinivas et al. 2010,
    arXiv:0912.3995).
    """
    return known.mean + kappa * known.deviation


def expected_improvement(known: Posterior, kappa: float) -> np.ndarray:
    """By how much a candidate is expected to exceed the best (Jones et al. 1998,
    doi:10.1023/A:1008306431147), as a logarithm, so that those with little hope differ too.
    """
    apart = (known.mean - known.best) / known.deviation
    # φ(z) + z Φ(z); far below the best, its asymptote.
    near = np.log(np.maximum(norm.pdf(apart) + apart * norm.cdf(apart), 1e-300))
    far = norm.logpdf(apart) - 2 * np.log(np.maximum(np.abs(apart), 1.0))
    return np.log(known.deviation) + np.where(apart > FAR_BELOW, near, far)


WORTH: dict[str, Worth] = {
    "greedy": greedy,
    "ucb": upper_bound,
    "ei": expected_improvement,
}


def choose_batch(known: Posterior, worth: np.ndarray, count: int, diversity: float) -> np.ndarray:
    """The best candidates, one after the other, each paying for its likeness to those before.

    The most likely set of a determinantal point process, built greedily (Chen et al. 2018,
    arXiv:1709.05135), with the quality exp(worth / diversity) and the correlation of two candidates
    as their likeness: the price is diversity × the logarithm of how far those that are chosen
    already lower the candidate's standard deviation.

    Args:
        worth: of each candidate, shape (n,); the `POOL` best are looked at.
        diversity: in standard deviations of the worth; 0: the best, however alike.

    Returns:
        Indices of the candidates, in the order of the choice, shape (count,).
    """
    pool = np.argsort(-worth, kind="stable")[: POOL + count]
    worth = worth[pool] / (float(worth.std()) or 1.0)
    features, noise = known.features.take(pool), known.process.noise
    projected = known.process.project(features)
    before = known.deviation[pool] ** 2
    left = before.copy()  # variance, given those that are chosen
    rows: list[int] = []
    factors = np.zeros((count, len(pool)))
    for number in range(count):
        value = worth + diversity * np.log(left / before) / 2
        value[rows] = -np.inf
        row = int(np.argmax(value))
        rows.append(row)
        prior = known.process.prior(features, features.take(np.array([row])))[:, 0]
        across = (
            prior - projected.T @ projected[:, row] - factors[:number].T @ factors[:number, row]
        )
        factors[number] = across / np.sqrt(left[row] + noise)
        left = np.maximum(left - factors[number] ** 2, JITTER)
    return pool[rows]


def thompson(known: Posterior, count: int, rng: np.random.Generator) -> np.ndarray:
    """The best candidate by each of as many functions drawn from the process (Thompson 1933,
    doi:10.1093/biomet/25.3-4.285).

    Of the `DRAWN` candidates with the highest upper bounds; each function names another one, so a
    batch is as diverse as what is unknown lets the functions be.
    """
    hopeful = np.argsort(-(known.mean + LIKELY * known.deviation), kind="stable")[: DRAWN + count]
    some = known.features.take(hopeful)
    projected = known.process.project(some)
    matrix = known.process.prior(some, some) - projected.T @ projected
    matrix[np.diag_indices_from(matrix)] += JITTER
    root = cholesky(matrix, lower=True)
    rows: list[int] = []
    for _ in range(count):
        drawn = known.mean[hopeful] + root @ rng.standard_normal(len(hopeful))
        drawn[rows] = -np.inf
        rows.append(int(np.argmax(drawn)))
    return hopeful[rows]
