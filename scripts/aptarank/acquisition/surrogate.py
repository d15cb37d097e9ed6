"""A Gaussian process on aptamers: how fit each is expected to be, and how little is known of it.

It needs no more than a few dozen measurements, which an encoder cannot be trained on, and says
which candidates they tell little about (Rasmussen and Williams 2006, chapters 2 and 5).
"""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from aptarank.acquisition.features import FeatureTable

CHOSEN_ON = 400  # most aptamers on which the variances of the kernel are chosen
KNOWN = 1500  # most aptamers that it remembers
BLOCK = 4096  # candidates at a time
JITTER = 1e-6  # variance that keeps matrices invertible
STEPS = 40  # of the optimiser
# Logarithms of what is chosen, with normal priors: of the targets' variance, which is about 1, that
# of each term of the kernel and the noise; and the inverse squared length of both RBF terms.
PARAMETERS = {
    "bases": np.log(0.5),
    "bases_rbf": np.log(0.5),
    "bases_length": 0.0,
    "words": np.log(0.5),
    "words_rbf": np.log(0.5),
    "words_length": 0.0,
    "mutations": np.log(0.5),
    "noise": np.log(0.3),
}
START = np.array(list(PARAMETERS.values()))
PRIOR = 1.0  # standard deviation of each of these logarithms


class Products:
    """Inner products and squared distances of two sets of aptamers, for any parameters."""

    def __init__(self, first: FeatureTable, second: FeatureTable):
        self.bases = first.bases @ second.bases.T
        self.words = first.words @ second.words.T
        self.mutations = first.mutations @ second.mutations.T
        self.bases_apart = squared_distances(first.bases, second.bases, self.bases)
        self.words_apart = squared_distances(first.words, second.words, self.words)

    def kernel(self, parameters: np.ndarray) -> np.ndarray:
        """The covariance of their fitness, shape (n_first, n_second)."""
        of = dict(zip(PARAMETERS, np.exp(parameters), strict=True))
        return (
            of["bases"] * self.bases
            + of["words"] * self.words
            + of["mutations"] * self.mutations
            + of["bases_rbf"] * np.exp(-of["bases_length"] * self.bases_apart)
            + of["words_rbf"] * np.exp(-of["words_length"] * self.words_apart)
        ).astype(np.float64)


def squared_distances(first: np.ndarray, second: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of rows, by their inner products."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return np.maximum(squares - 2 * products, 0)


def variances(features: FeatureTable, parameters: np.ndarray) -> np.ndarray:
    """The prior variance of the fitness of each aptamer, shape (n,)."""
    of = dict(zip(PARAMETERS, np.exp(parameters), strict=True))
    linear = sum(
        of[name] * (block.astype(np.float64) ** 2).sum(axis=1)
        for name, block in (
            ("bases", features.bases),
            ("words", features.words),
            ("mutations", features.mutations),
        )
    )
    return linear + of["bases_rbf"] + of["words_rbf"]


class GaussianProcess:
    """Fitted to measured aptamers.

    Args:
        features: of the measured ones; of more than `KNOWN`, as many are drawn.
        target: their fitness, with a mean of about 0 and a variance of about 1, shape (n,).
        seed: of the draw.
    """

    def __init__(self, features: FeatureTable, target: np.ndarray, seed: int):
        drawn = np.random.default_rng(seed).permutation(len(target))[:KNOWN]
        self.known, target = features.take(drawn), target[drawn]
        self.mean = float(target.mean())
        some = np.arange(min(CHOSEN_ON, len(target)))
        self.parameters = choose(self.known.take(some), target[some] - self.mean)
        self.noise = float(np.exp(self.parameters[-1]))
        matrix = Products(self.known, self.known).kernel(self.parameters)
        matrix[np.diag_indices_from(matrix)] += self.noise + JITTER
        self.root = cholesky(matrix, lower=True)
        self.whitened = solve_triangular(self.root, target - self.mean, lower=True)

    def predict(self, features: FeatureTable) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the fitness of candidates, without the noise of a
        measurement; shapes (n,).
        """
        mean, deviation = np.empty(len(features)), np.empty(len(features))
        for rows in blocks(len(features)):
            part = features.take(rows)
            projected = self.project(part)
            mean[rows] = self.mean + projected.T @ self.whitened
            left = variances(part, self.parameters) - (projected**2).sum(axis=0)
            deviation[rows] = np.sqrt(np.maximum(left, JITTER))
        return mean, deviation

    def project(self, features: FeatureTable) -> np.ndarray:
        """What the measured ones tell of candidates, shape (n_known, n)."""
        across = Products(self.known, features).kernel(self.parameters)
        return solve_triangular(self.root, across, lower=True)

    def prior(self, first: FeatureTable, second: FeatureTable) -> np.ndarray:
        """Covariance of the fitness of candidates before any is measured, (n_first, n_second).

        Less the inner products of what `project` gives, it is that which is left once they are.
        """
        return Products(first, second).kernel(self.parameters)


def blocks(count: int) -> Iterator[np.ndarray]:
    """The numbers of candidates, `BLOCK` at a time."""
    for start in range(0, count, BLOCK):
        yield np.arange(start, min(start + BLOCK, count))


def choose(features: FeatureTable, target: np.ndarray) -> np.ndarray:
    """The parameters that are most likely for these aptamers and the prior (logarithms)."""
    products = Products(features, features)

    def unlikely(parameters: np.ndarray) -> float:
        matrix = products.kernel(parameters)
        matrix[np.diag_indices_from(matrix)] += np.exp(parameters[-1]) + JITTER
        root = cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
        whitened = solve_triangular(root, target, lower=True, check_finite=False)
        prior = np.sum(((parameters - START) / PRIOR) ** 2)
        return float(np.log(np.diag(root)).sum() + (whitened @ whitened + prior) / 2)

    bounds = [(start - 4, start + 4) for start in START]
    found = minimize(unlikely, START, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS})
    return found.x
