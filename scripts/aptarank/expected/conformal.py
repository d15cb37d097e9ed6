"""Fits a map from scores to fitness on validation aptamers, with intervals by cross-conformal
prediction."""

import math

import numpy as np
from sklearn.isotonic import IsotonicRegression

from aptarank.expected.score_map import ScoreMap

FEWEST = 5  # aptamers that a map is fitted on
FOLDS = 10
MOST_RESIDUALS = 2000  # that are kept
ROUNDING = 1e-9  # 0.9 / (1 - 0.9) is 9.000000000000002


def fit_score_map(
    score: np.ndarray, fitness: np.ndarray, level: float, group: str = ""
) -> ScoreMap:
    """Fit a map, and the interval that holds for a share `level` of other aptamers like these.

    The map is an isotonic regression on all aptamers. The interval comes from residuals of maps
    that were fitted without the aptamer, so that no aptamer vouches for itself (cross-conformal
    prediction: Vovk 2015, doi:10.1007/s10472-013-9368-4).

    Args:
        score, fitness: of validation aptamers of one group, shape (n,).

    Raises:
        ValueError: these say nothing; the message says why.
    """
    if len(score) < FEWEST:
        raise ValueError(
            f"{len(score)} validation aptamers with a value; expected {FEWEST} or more"
        )
    if np.ptp(fitness) == 0:
        raise ValueError(f"all {len(score)} validation aptamers have the same value")
    knots, values = isotonic(score, fitness)
    residuals = np.sort(fitness - out_of_fold(score, fitness))
    return ScoreMap(
        group=group,
        aptamers=len(score),
        scores=knots,
        fitness=values,
        half_width=conformal_quantile(np.abs(residuals), level),
        residuals=thinned(residuals),
    )


def isotonic(score: np.ndarray, fitness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots of the rising map with the least squares: scores and fitness, shapes (n_knots,)."""
    model = IsotonicRegression().fit(score, fitness)
    return model.X_thresholds_, model.y_thresholds_


def out_of_fold(score: np.ndarray, fitness: np.ndarray) -> np.ndarray:
    """The fitness that each aptamer would be expected to have without it, shape (n,).

    Folds are made in turns in the order of the scores, so that each spans them all.
    """
    fold = np.empty(len(score), dtype=int)
    fold[np.argsort(score, kind="stable")] = np.arange(len(score)) % FOLDS
    expected = np.empty(len(score))
    for number in np.unique(fold):
        left_out = fold == number
        expected[left_out] = np.interp(
            score[left_out], *isotonic(score[~left_out], fitness[~left_out])
        )
    return expected


def conformal_quantile(errors: np.ndarray, level: float) -> float:
    """The bound that another error keeps with a probability of at least `level`.

    The ceil((n + 1) level)-th smallest of n errors; infinite where that is more than n.
    """
    rank = math.ceil((len(errors) + 1) * level - ROUNDING)
    return float(np.sort(errors)[rank - 1]) if rank <= len(errors) else math.inf


def fewest(level: float) -> int:
    """The number of aptamers from which on an interval of this level is finite."""
    return math.ceil(level / (1 - level) - ROUNDING)


def thinned(values: np.ndarray) -> np.ndarray:
    """At most `MOST_RESIDUALS` of sorted values, evenly over their order."""
    count = min(len(values), MOST_RESIDUALS)
    return values[np.round(np.linspace(0, len(values) - 1, count)).astype(int)]
