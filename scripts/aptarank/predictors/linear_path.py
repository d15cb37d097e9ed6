"""A linear path beside the encoder of a rank model, where its labels teach no more."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from transformers import PreTrainedModel

from aptarank.config.resolution import as_text
from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.models.encoder import LITTLE_DROPOUT
from aptarank.models.predictor import encoder_in
from aptarank.predictors.assemble import beside_linear_path
from aptarank.predictors.features import base_codes, one_hot, varying
from aptarank.predictors.fit import ALPHAS, SHARES, Member, ridge
from aptarank.predictors.normal_scores import normal_scores

FOLDS = 5
MOST = 1500  # aptamers that are compared on
FEWEST = 2 * FOLDS
TREES = 40
CLEAR = 0.8  # Spearman's rho from which labels have little noise
MUCH_DROPOUT = 0.2
STEPS, FEW_STEPS = 3000, 800
STEEPNESS = 2.0  # log-odds per standard deviation of normal scores, before training


def additive_and_trees(
    sequences: Sequence[str], fitness: np.ndarray, seed: int
) -> tuple[float, float]:
    """Spearman's rho of out-of-fold predictions by a ridge and by trees, both of bases.

    Where the ridge is ahead and yet far from 1, labels are too few or too noisy to teach more than
    additive effects of bases; trees are ahead where combinations of bases can be learnt. Of more
    than `MOST` aptamers, as many are drawn.
    """
    _, distinct = np.unique(np.asarray(sequences, dtype=object), return_index=True)
    some = np.sort(np.random.default_rng(seed).permutation(distinct)[:MOST])
    drawn = [sequences[index] for index in some]
    columns = one_hot(base_codes(drawn, max(map(len, drawn))))
    target = normal_scores(fitness[some])
    folds = KFold(FOLDS, shuffle=True, random_state=seed)
    forest = ExtraTreesRegressor(
        TREES, min_samples_leaf=2, max_features=SHARES[0], random_state=seed
    )
    rhos = [
        spearmanr(cross_val_predict(model, columns, target, cv=folds), target).statistic
        for model in (RidgeCV(ALPHAS), forest)
    ]
    return float(rhos[0]), float(rhos[1])


def resolve(
    settings: Mapping[str, Any],
    sequences: Sequence[str],
    fitness: np.ndarray,
    seed: int,
    *,
    reads_bases: bool,
) -> dict[str, Any]:
    """The settings of a rank model that may be null, as they are to be used.

    Args:
        sequences, fitness: of training, a row a measurement.
        reads_bases: whether each token is a base; else the encoder stays alone.

    Returns:
        `linear_path`, `dropout` and `steps`; where labels were asked for one of them, also what
        they said: `ridge` and `trees`, as `additive_and_trees` gives them.

    Raises:
        InputError: a linear path was asked for but cannot be.
    """
    path, dropout, steps = (settings[key] for key in ("linear_path", "dropout", "steps"))
    check_path(settings, sequences, reads_bases=reads_bases)
    found: dict[str, float] = {}
    additive = False
    few = len(set(sequences)) < FEWEST
    if None in (path, dropout, steps) and reads_bases and not settings["freeze"] and not few:
        by_ridge, by_trees = additive_and_trees(sequences, fitness, seed)
        additive = bool(by_trees < by_ridge < CLEAR)
        found = {"ridge": by_ridge, "trees": by_trees}
        logger.info(
            "Spearman's rho in cross-validation of the training part: %.3f by a ridge, %.3f by "
            "trees: labels are %s",
            by_ridge,
            by_trees,
            "noisy and additive" if additive else "not both noisy and additive",
        )
    chosen = {
        "linear_path": additive if path is None else path,
        "dropout": (MUCH_DROPOUT if additive else LITTLE_DROPOUT) if dropout is None else dropout,
        "steps": (FEW_STEPS if additive else STEPS) if steps is None else steps,
    }
    logger.info("%s", ", ".join(f"{key}: {as_text(value)}" for key, value in chosen.items()))
    return chosen | {key: round(value, 3) for key, value in found.items()}


def check_path(settings: Mapping[str, Any], sequences: Sequence[str], *, reads_bases: bool) -> None:
    """Raise InputError where a linear path was asked for but cannot be."""
    if not settings["linear_path"]:
        return
    reason = ""
    if not reads_bases:
        reason = "needs a model whose tokens are bases; choose tokenizer: nucleotide"
    elif not len(sequences):
        reason = "needs training aptamers with a value, and all have only bounds"
    if reason:
        raise InputError(f"linear_path: true {reason}")


def first_path(sequences: Sequence[str], fitness: np.ndarray, seed: int) -> Member:
    """The linear path as training begins: a ridge, in log-odds.

    Args:
        sequences, fitness: of training, a row a measurement.
    """
    return ridge(sequences, STEEPNESS * normal_scores(fitness), seed)


def with_path(
    made: PreTrainedModel, path: Member | None, columns: Sequence[int] | None
) -> PreTrainedModel:
    """The model to train: the encoder, or a predictor of it where it does not read all positions or
    has a linear path beside it.

    Args:
        made: what `make_model` gives; of a predictor, a model of the run to start from, only the
            encoder is used.
        path: None for none.
        columns: of the tokens that the encoder reads; None for all.
    """
    encoder = encoder_in(made)
    if encoder is None:
        raise InputError("a predictor without an encoder cannot be trained further")
    encoder.config.aptarank = made.config.aptarank
    if columns is None and path is None:
        return encoder
    return beside_linear_path(encoder, path, columns)


def columns_read(sequences: Sequence[str]) -> list[int] | None:
    """Indices of the tokens of `[CLS] bases [SEP]` that vary, with the special ones; None where all
    do, none does, or aptamers differ in length.

    Args:
        sequences: all that are in training, also those with only a bound.
    """
    lengths = set(map(len, sequences))
    length = max(lengths, default=0)
    if len(lengths) != 1:
        return None
    vary = varying(base_codes(sequences, length))
    if vary.all() or not vary.any():
        return None
    logger.info("%d of %d positions vary; the others are not read", vary.sum(), length)
    return [0, *(np.flatnonzero(vary) + 1).tolist(), length + 1]
