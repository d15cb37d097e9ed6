"""Normal scores of the fitness: pairs and ranks are what counts, and one outlier bends no fit."""

import numpy as np
from scipy.stats import norm, rankdata

TENTH = 0.1


def normal_scores(fitness: np.ndarray) -> np.ndarray:
    """The quantiles of a normal distribution at the ranks of the fitness, ties in the middle
    (Blom 1958), shape (n,).
    """
    return norm.ppf((rankdata(fitness) - 0.5) / len(fitness))


def fitness_of(scores: np.ndarray, fitness: np.ndarray) -> np.ndarray:
    """The fitness at normal scores, by those of known aptamers, between which it is interpolated.

    Beyond them it goes on along a line: with the slope from the median to the highest or lowest
    tenth, on which outliers have no influence. Shape as `scores`.

    Args:
        fitness: of the known aptamers, shape (n,).
    """
    known = normal_scores(fitness)
    order = np.argsort(known, kind="stable")
    _, first = np.unique(known[order], return_index=True)
    at, values = known[order][first], np.asarray(fitness)[order][first]
    lowest, middle, highest = np.quantile(fitness, [TENTH, 0.5, 1 - TENTH])
    width = norm.ppf(1 - TENTH)
    above = np.maximum(scores - at[-1], 0) * (highest - middle) / width
    below = np.maximum(at[0] - scores, 0) * (middle - lowest) / width
    return np.interp(scores, at, values) + above - below
