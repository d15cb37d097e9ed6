"""What to measure next: a batch of candidates by a strategy, and why each was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from aptarank.acquisition.features import Features
from aptarank.acquisition.strategies import WORTH, Posterior, choose_batch, thompson
from aptarank.acquisition.surrogate import GaussianProcess
from aptarank.predictors.normal_scores import fitness_of, normal_scores

FEWEST = 30  # test aptamers that tell how much a trained model counts
SPREAD = 1.645  # standard deviations: half the width of an interval that holds 90 %


@dataclass(frozen=True)
class Measured:
    """Aptamers with a value, each once.

    Attributes:
        sequences: letters A, C, G, T.
        fitness: higher is better, shape (n,).
        is_test: whether the trained models have not seen it, shape (n,).
    """

    sequences: list[str]
    fitness: np.ndarray
    is_test: np.ndarray


@dataclass(frozen=True)
class Opinion:
    """The scores of trained models, a mean over seeds, and what they count.

    Attributes:
        of_measured, of_candidates: shapes (n_measured,) and (n_candidates,).
    """

    of_measured: np.ndarray
    of_candidates: np.ndarray


@dataclass(frozen=True)
class Settings:
    """How a batch is chosen: see `next` in config.schema.yaml."""

    strategy: str
    size: int
    kappa: float
    diversity: float
    seed: int


@dataclass(frozen=True)
class Batch:
    """The chosen candidates.

    Attributes:
        rows: their indices, in the order of the choice, shape (size,).
        place: of every candidate by its mean, from 1; shape (n_candidates,).
        fitness, low, high: expected, with a 90 % interval for a measurement, of every candidate.
        deviation: of every candidate's fitness, in standard deviations of the measured ones.
        weights: of the Gaussian process and of the trained models.
    """

    rows: np.ndarray
    place: np.ndarray
    fitness: np.ndarray
    low: np.ndarray
    high: np.ndarray
    deviation: np.ndarray
    weights: tuple[float, float]


def propose(
    measured: Measured, candidates: Sequence[str], settings: Settings, opinion: Opinion | None
) -> Batch:
    """Choose what to measure next.

    Args:
        candidates: letters A, C, G, T, none of them measured; at least as many as are wanted.
        opinion: of trained models; None: the Gaussian process alone decides.
    """
    features = Features([*measured.sequences, *candidates], settings.seed)
    target = normal_scores(measured.fitness)
    theirs, ours = features.of(measured.sequences), features.of(candidates)
    process = GaussianProcess(theirs, target, settings.seed)
    mean, deviation = process.predict(ours)
    weights = (1.0, 0.0)
    if opinion is not None and measured.is_test.sum() >= FEWEST:
        seen = np.flatnonzero(~measured.is_test)
        without = GaussianProcess(theirs.take(seen), target[seen], settings.seed)
        tested = np.flatnonzero(measured.is_test)
        scores = [without.predict(theirs.take(tested))[0], opinion.of_measured[tested]]
        weights, offset = weigh(np.stack(scores, axis=1), target[tested])
        mean = weights[0] * mean + weights[1] * opinion.of_candidates + offset
    known = Posterior(mean, deviation, float(target.max()), process, ours)
    half = SPREAD * np.sqrt(deviation**2 + process.noise)
    fitness, low, high = (
        fitness_of(scores, measured.fitness) for scores in (mean, mean - half, mean + half)
    )
    place = np.empty(len(mean), dtype=np.int64)
    place[np.argsort(-mean, kind="stable")] = np.arange(1, len(mean) + 1)
    rows = choose(known, settings)
    return Batch(rows, place, fitness, low, high, deviation, weights)


def choose(known: Posterior, settings: Settings) -> np.ndarray:
    """The batch by the strategy of the settings, indices in the order of the choice."""
    rng = np.random.default_rng(settings.seed)
    if settings.strategy == "random":
        return rng.permutation(len(known.mean))[: settings.size]
    if settings.strategy == "thompson":
        return thompson(known, settings.size, rng)
    worth = WORTH[settings.strategy](known, settings.kappa)
    return choose_batch(known, worth, settings.size, settings.diversity)


def weigh(scores: np.ndarray, target: np.ndarray) -> tuple[tuple[float, float], float]:
    """Weights, none below 0, of the Gaussian process and the trained models, by least squares on
    aptamers that neither has seen (stacking: Wolpert 1992), and what is added to their sum.

    Args:
        scores: shape (n_aptamers, 2).
    """
    found, _ = nnls(scores - scores.mean(axis=0), target - target.mean())
    if not found.any():
        found = np.array([1.0, 0.0])
    offset = float(target.mean() - scores.mean(axis=0) @ found)
    return (float(found[0]), float(found[1])), offset


def roles(batch: Batch) -> list[str]:
    """Of each chosen candidate: exploit, where it is among as many expected to be fittest; else
    explore.
    """
    return [
        "exploit" if place <= len(batch.rows) else "explore" for place in batch.place[batch.rows]
    ]


def reasons(batch: Batch, strategy: str) -> list[str]:
    """Why each was chosen, in words."""
    usual, count = float(np.median(batch.deviation)), len(batch.place)
    said = []
    for row in batch.rows:
        place = batch.place[row]
        words = f"expected to be number {place:,} of {count:,} candidates"
        if strategy == "random":
            words = f"drawn at random; {words}"
        elif place > len(batch.rows):
            ratio = batch.deviation[row] / usual
            words += (
                "; chosen before fitter ones, since it is unlike those on the plate"
                if ratio < 1
                else f"; chosen before fitter ones, since it tells more: its fitness is "
                f"{ratio:.1f} times as uncertain as usual"
            )
        said.append(words)
    return said
