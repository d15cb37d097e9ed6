"""Predictors of fitness that need no encoder, fitted in seconds.

Each takes training sequences (letters A, C, G, T) with their fitness, and gives a member of a
predictor (models/predictor.py), which scores aptamers, higher is fitter. They learn from normal
scores of the fitness: pairs and ranks are what counts, and one outlier does not bend the fit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from torch import nn

from aptarank.models.predictor import FORMS
from aptarank.models.spelling import LONGEST_WORD, NO_BASE
from aptarank.predictors.features import base_codes, one_hot, varying, word_counts

ALPHAS = np.logspace(-2, 4, 13)  # penalties of the ridge
WORD_SCALES = (0.0, 0.3, 1.0)  # weight of word counts beside bases; 0: bases alone
CHOSEN_ON = 1500  # most aptamers on which the settings of a kernel are chosen
KNOWN = 5000  # most aptamers that a kernel machine remembers
NOISE = np.logspace(-3, 1.5, 10)  # variance of the noise, relative to that of the fitness
RBF_SCALES = (0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8)
QUADRATIC_SCALES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
TREES, FEW_TREES = 200, 40  # of the forest, and while its setting is chosen
LEAVES = 2000  # most of a tree
SHARES = (1 / 3, 1.0)  # of the columns, tried at each node

# Training sequences, fitness, seed.
Fit = Callable[[Sequence[str], np.ndarray, int], "Member"]


@dataclass(frozen=True)
class Member:
    """A fitted member of a predictor.

    Attributes:
        form: of models/predictor.py.
        sizes: what the form is made with.
        module: scores base codes.
    """

    form: str
    sizes: dict[str, Any]
    module: nn.Module

    def scores(self, sequences: Sequence[str], batch_size: int = 1024) -> np.ndarray:
        """Scores of aptamers, float64, shape (n,)."""
        scores = np.zeros(len(sequences))
        with torch.inference_mode():
            for start in range(0, len(sequences), batch_size):
                part = sequences[start : start + batch_size]
                codes = torch.from_numpy(base_codes(part, max(map(len, part)))).long()
                scores[start : start + batch_size] = self.module(codes).numpy()
        return scores


def make(form: str, values: dict[str, Any], **sizes: int) -> Member:
    """A member whose parameters and buffers have these values; the others stay as they are made."""
    module = FORMS[form](**sizes)
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    with torch.no_grad():
        for name, value in values.items():
            tensors[name].copy_(torch.as_tensor(np.asarray(value)).reshape(tensors[name].shape))
    return Member(form, sizes, module.eval())


def ridge(sequences: Sequence[str], fitness: np.ndarray, seed: int) -> Member:
    """Ridge regression on bases by position and counts of words of 1 to 4 bases.

    The penalty, and how much words count beside bases, by leave-one-out.
    """
    codes = base_codes(sequences, max(map(len, sequences)))
    bases, words = one_hot(codes), word_counts(codes)
    models = {}
    for scale in WORD_SCALES if len(codes) > 1 else WORD_SCALES[:1]:
        features = np.concatenate([bases, scale * words], axis=1) if scale else bases
        models[scale] = RidgeCV(alphas=ALPHAS).fit(features, fitness)
    scale = max(models, key=lambda each: models[each].best_score_)
    weights, start = models[scale].coef_, bases.shape[1]
    values = {"bases": weights[:start], "bias": models[scale].intercept_}
    for size in range(1, LONGEST_WORD + 1) if scale else ():
        values[f"words.{size - 1}"] = scale * weights[start : start + NO_BASE**size]
        start += NO_BASE**size
    return make("linear", values, positions=codes.shape[1])


def known_codes(sequences: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes of aptamers to remember, without the positions that never vary; and their indices.

    Of more than `KNOWN` aptamers, as many are drawn.
    """
    codes = base_codes(sequences, max(map(len, sequences)))
    codes[:, ~varying(codes)] = NO_BASE
    chosen = np.sort(np.random.default_rng(seed).permutation(len(codes))[:KNOWN])
    return codes[chosen], chosen


def rbf_kernel(equal: np.ndarray, scale: float) -> np.ndarray:
    """models.predictor.Rbf, by the number of equal bases of each two aptamers."""
    bases = np.diag(equal)
    return np.exp(-scale * ((bases[:, None] + bases) / 2 - equal))


def quadratic_kernel(equal: np.ndarray, scale: float) -> np.ndarray:
    """models.predictor.Quadratic, by the number of equal bases of each two aptamers."""
    return (1 + scale * equal) ** 2


def gaussian_process(
    sequences: Sequence[str],
    fitness: np.ndarray,
    seed: int,
    form: str,
    kernel: Callable[[np.ndarray, float], np.ndarray],
    scales: Sequence[float],
) -> Member:
    """The mean of a Gaussian process; its scale and noise by the error of leave-one-out.

    Leaving one out needs no other fit (Rasmussen and Williams 2006, section 5.4.2).
    """
    codes, chosen = known_codes(sequences, seed)
    bias = float(fitness[chosen].mean())
    target = fitness[chosen] - bias
    columns = one_hot(codes)
    equal = (columns @ columns.T).astype(np.float64)
    some = np.random.default_rng(seed).permutation(len(codes))[:CHOSEN_ON]
    errors = {}
    for scale in scales:
        matrix = kernel(equal[np.ix_(some, some)], scale)
        size = np.trace(matrix) / len(matrix)
        eigenvalues, vectors = np.linalg.eigh(matrix / size)
        projected = vectors.T @ target[some]
        for noise in NOISE:
            inverse = 1 / (np.maximum(eigenvalues, 0) + noise)
            left_out = (vectors @ (inverse * projected)) / (vectors**2 @ inverse)
            errors[scale, noise] = float(np.mean(left_out**2))
    scale, noise = min(errors, key=lambda each: errors[each])
    matrix = kernel(equal, scale)
    matrix[np.diag_indices_from(matrix)] += noise * np.trace(matrix) / len(matrix)
    coefficients = np.linalg.solve(matrix, target)
    values = {"known": codes, "coefficients": coefficients, "bias": bias, "scale": scale}
    return make(form, values, known=codes.shape[0], positions=codes.shape[1])


def nearest(sequences: Sequence[str], fitness: np.ndarray, seed: int) -> Member:
    """The mean fitness of the known aptamers at the fewest differing positions."""
    codes, chosen = known_codes(sequences, seed)
    values = {"known": codes, "coefficients": fitness[chosen]}
    return make("nearest", values, known=codes.shape[0], positions=codes.shape[1])


def trees(sequences: Sequence[str], fitness: np.ndarray, seed: int) -> Member:
    """Extremely randomised trees on bases by position (Geurts et al. 2006).

    The share of the columns that a node may ask for, by three-fold cross-validation.
    """
    codes = base_codes(sequences, max(map(len, sequences)))
    columns = one_hot(codes)
    forest = partial(ExtraTreesRegressor, random_state=seed, min_samples_leaf=2)
    folds = KFold(3, shuffle=True, random_state=seed)
    error = {}
    for share in SHARES if len(codes) >= 2 * folds.get_n_splits() else ():
        few = forest(n_estimators=FEW_TREES, max_features=share, max_leaf_nodes=LEAVES)
        scores = cross_val_score(few, columns, fitness, cv=folds, scoring="neg_mean_squared_error")
        error[share] = -scores.mean()
    share = min(error, key=lambda each: error[each], default=SHARES[0])
    model = forest(n_estimators=TREES, max_features=share, max_leaf_nodes=LEAVES)
    fitted = [tree.tree_ for tree in model.fit(columns, fitness).estimators_]
    starts = np.cumsum([0, *(tree.node_count for tree in fitted)])

    def following(side: str) -> np.ndarray:
        """The node after each, counted over all trees; a leaf is followed by itself."""
        return np.concatenate(
            [
                start + np.where(child < 0, np.arange(len(child)), child)
                for start, child in zip(starts, (getattr(t, side) for t in fitted), strict=False)
            ]
        )

    values = {
        "question": np.concatenate([np.maximum(tree.feature, 0) for tree in fitted]),
        "no": following("children_left"),
        "yes": following("children_right"),
        "value": np.concatenate([tree.value[:, 0, 0] for tree in fitted]),
        "root": starts[:-1],
    }
    sizes = {"nodes": int(starts[-1]), "trees": len(fitted)}
    depth = max(tree.max_depth for tree in fitted)
    return make("trees", values, positions=codes.shape[1], depth=int(depth), **sizes)


PREDICTORS: dict[str, Fit] = {
    "ridge": ridge,
    "gp": partial(gaussian_process, form="rbf", kernel=rbf_kernel, scales=RBF_SCALES),
    "trees": trees,
    "additive_pairwise": partial(
        gaussian_process, form="quadratic", kernel=quadratic_kernel, scales=QUADRATIC_SCALES
    ),
    "nearest": nearest,
}
