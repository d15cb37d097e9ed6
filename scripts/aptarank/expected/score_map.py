"""From a model's score to the fitness to expect, with an interval that holds; numpy alone."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ScoreMap:
    """What the scores of one model mean in one group.

    Attributes:
        group: whose fitness it is; "" where there are no groups.
        aptamers: validation aptamers that it was fitted on.
        scores, fitness: knots of the map, both rising, shape (n_knots,). Between two knots it is
            linear, beyond them constant.
        half_width: of the interval around the expected fitness; infinite where there are too few
            aptamers for its level.
        residuals: fitness minus the fitness that a map without the aptamer expects, rising.
    """

    group: str
    aptamers: int
    scores: np.ndarray
    fitness: np.ndarray
    half_width: float
    residuals: np.ndarray

    def expected(self, score: np.ndarray) -> np.ndarray:
        """The fitness to expect of each score, shape (n,)."""
        return np.interp(score, self.scores, self.fitness)

    def at_least(self, score: np.ndarray, fitness: float) -> np.ndarray:
        """The probability that each has at least this fitness, shape (n,).

        The share of the residuals with which the expected fitness would reach it, where one more
        aptamer counts as half a residual (conformal predictive distribution: Vovk et al. 2019,
        doi:10.1007/s10994-018-5755-8).
        """
        missing = fitness - self.expected(score)
        enough = len(self.residuals) - np.searchsorted(self.residuals, missing, side="left")
        return (enough + 0.5) / (len(self.residuals) + 1)
