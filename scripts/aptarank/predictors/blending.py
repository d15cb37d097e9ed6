"""How much each predictor counts in a blend, learnt on aptamers that it has not learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import softmax

from aptarank.core.log import progress
from aptarank.pairing.pairs import Pairs
from aptarank.predictors.fit import PREDICTORS, Fit, Member
from aptarank.predictors.normal_scores import normal_scores

FOLDS = 5
MOST = 3000  # aptamers of which out-of-fold scores are computed
MOST_SHARES = 10.0  # logarithm of the largest ratio of two shares
LEAST_SPREAD = 0.02  # of scores: of a flatter model, standardising would magnify what is rounding
STEEPEST = 10.0  # log-odds per standard deviation of a score: few pairs may fit any steepness


@dataclass(frozen=True)
class Stack:
    """Fitted predictors, and how much each counts in their weighted sum.

    Attributes:
        members: by name.
        weights: of those that count, above 0.
    """

    members: dict[str, Member]
    weights: dict[str, float]


def fit_stack(
    sequences: Sequence[str],
    fitness: np.ndarray,
    seed: int,
    fits: Mapping[str, Fit] = PREDICTORS,
) -> Stack:
    """Fit each predictor, and weigh them by their scores of aptamers that they were not fitted on.

    Of more than `MOST` aptamers, as many are drawn for the weights.
    """
    scores = normal_scores(fitness)
    members = {
        name: fit(sequences, scores, seed)
        for name, fit in progress(list(fits.items()), "fitting", "predictors")
    }
    some = np.sort(np.random.default_rng(seed).permutation(len(sequences))[:MOST])
    apart = out_of_fold(fits, [sequences[index] for index in some], fitness[some], seed)
    weights = stacking_weights(np.stack([apart[name] for name in fits], axis=1), fitness[some])
    counting = {name: float(w) for name, w in zip(fits, weights, strict=True) if w > 0}
    return Stack(members, counting)


def out_of_fold(
    fits: Mapping[str, Fit], sequences: Sequence[str], fitness: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """The score of each aptamer by predictors that were fitted on other aptamers, shape (n,).

    A sequence that was measured several times is in one fold.
    """
    names = np.asarray(sequences, dtype=object)
    distinct, which = np.unique(names, return_inverse=True)
    count = min(FOLDS, len(distinct))
    if count < 2:
        return {name: np.zeros(len(names)) for name in fits}
    fold = (np.random.default_rng(seed).permutation(len(distinct)) % count)[which]
    scores = {name: np.zeros(len(names)) for name in fits}
    for number in progress(range(count), "cross-validation of predictors", "folds"):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        for name, fit in fits.items():
            member = fit(names[inside].tolist(), normal_scores(fitness[inside]), seed)
            scores[name][outside] = member.scores(names[outside].tolist())
    return scores


def stacking_weights(scores: np.ndarray, fitness: np.ndarray) -> np.ndarray:
    """Weights of predictors, none below 0, whose sum is nearest to normal scores of the fitness.

    Least squares (stacking: Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1; weights not below 0:
    Breiman 1996, doi:10.1007/BF00117832). Equal weights where no predictor says anything.

    Args:
        scores: out-of-fold, shape (n_aptamers, n_predictors).

    Returns:
        Shape (n_predictors,); they multiply the scores as they are.
    """
    weights, _ = nnls(scores - scores.mean(axis=0), normal_scores(fitness))
    return weights if weights.any() else np.full(scores.shape[1], 1 / scores.shape[1])


def pair_weights(scores: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Weights of predictors by the likelihood of labelled pairs (Bradley–Terry).

    A convex combination of standardised scores, times a scale that makes differences log-odds. The
    logarithms of the shares have a normal prior with a standard deviation of 1 around equal shares,
    against which the pairs weigh as much as they have aptamers: thirty aptamers must not choose.

    Args:
        scores: shape (n_aptamers, n_predictors).
        pairs: with indices into these aptamers.

    Returns:
        Shape (n_predictors,); they multiply the scores as they are. Zero where a score hardly
        varies.
    """
    spread = scores.std(axis=0)
    scale = np.where(spread > LEAST_SPREAD, 1 / np.maximum(spread, LEAST_SPREAD), 0.0)
    apart = (scores[pairs.first] - scores[pairs.second]) * scale
    sign = np.where(pairs.label == 1, 1.0, -1.0)
    if not apart.any():
        return np.zeros(scores.shape[1])

    def weights(parameters: np.ndarray) -> np.ndarray:
        return np.exp(parameters[0]) * softmax(parameters[1:])

    n_aptamers = len(np.unique(np.concatenate([pairs.first, pairs.second])))

    def loss(parameters: np.ndarray) -> float:
        prior = np.sum((parameters[1:] - parameters[1:].mean()) ** 2) / 2
        unlikely = np.mean(np.logaddexp(0, -sign * (apart @ weights(parameters))))
        return float(unlikely + prior / n_aptamers)

    start = np.zeros(1 + scores.shape[1])
    bounds = [(-STEEPEST, np.log(STEEPEST)), *[(-MOST_SHARES, MOST_SHARES)] * scores.shape[1]]
    best = minimize(loss, start, bounds=bounds, method="L-BFGS-B").x
    return weights(best) * scale
