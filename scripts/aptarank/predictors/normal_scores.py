"""Normal scores of the fitness: pairs and ranks are what counts, and one outlier bends no fit."""

import numpy as np
from scipy.stats import norm, rankdata


def normal_scores(fitness: np.ndarray) -> np.ndarray:
    """The quantiles of a normal distribution at the ranks of the fitness, ties in the middle
    (Blom 1958), shape (n,).
    """
    return norm.ppf((rankdata(fitness) - 0.5) / len(fitness))


def fitness_of(scores: np.ndarray, fitness: np.ndarray) -> np.ndarray:
    """The fitness at normal scores, by those of known aptamers, between which it is interpolated;
    beyond them it is that of the first or last. Shape as `scores`.

    Args:
        fitness: of the known aptamers, shape (n,).
    """
    known = normal_scores(fitness)
    order = np.argsort(known, kind="stable")
    _, first = np.unique(known[order], return_index=True)
    return np.interp(scores, known[order][first], np.asarray(fitness)[order][first])
