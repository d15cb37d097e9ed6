"""How accurate a model can be at most, since labels come from measurements with errors."""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from aptarank.pairing.pairs import CHUNK, Pairs

POINTS = 200  # of the grid of fitness
ITERATIONS = 30  # more would gather the truth in single points, and make ties of what differs
FEW = CHUNK // POINTS  # pairs whose probabilities are computed at a time


def ceiling(aptamers: pd.DataFrame, sequences: pd.Index, pairs: Pairs) -> dict[str, float] | None:
    """The pair accuracy that noise leaves, against the labels of these pairs.

    Of each group, the distribution of the true fitness follows from the measurements and their
    errors (`true_distribution`), and so does that of each aptamer; a repeat of its measurement adds
    its error once more. A label is right with the probability that the true fitness of the two
    aptamers has its order, and repeated with the probability that two repeats have.

    Args:
        aptamers: as ingest.py writes them.
        sequences: what `pairs` has indices into.

    Returns:
        `perfect_model`: the expected accuracy of a model that knows the true fitness.
        `between_measurements`: of two replicates, that of one against the other, a mean over the
        pairs of columns; without such columns, that of a repeat of the whole measurement.
        `pairs`: share of the pairs of which both errors are known, which these figures are of.
        None where there is no such pair.
    """
    used = sequences[np.unique(np.concatenate([pairs.first, pairs.second]))]
    rows = aptamers[aptamers["sequence"].isin(used)]
    rows = rows[~rows["sequence"].duplicated(keep=False)]  # a pair does not name its group
    known = rows[(rows["low"] == rows["high"]) & rows["error"].notna()]
    right, repeated = [], []
    for _, group in known.groupby("group"):
        place = pd.Index(group["sequence"]).get_indexer(sequences)
        first, second = place[pairs.first], place[pairs.second]
        inside = (first >= 0) & (second >= 0)
        fitter = np.where(pairs.label == 1, first, second)[inside]
        other = np.where(pairs.label == 1, second, first)[inside]
        if not len(fitter):
            continue
        error = group["error"].to_numpy()
        grid, truth = true_distribution(group["fitness"].to_numpy(), error)
        right.append(above(truth, fitter, other))
        repeated.append(above(with_error(grid, truth, error), fitter, other))
    if not right:
        return None
    between = between_replicates(rows, sequences, pairs)
    every = np.concatenate(right)
    return {
        "perfect_model": float(every.mean()),
        "between_measurements": float(np.concatenate(repeated).mean())
        if between is None
        else between,
        "pairs": len(every) / pairs.total,
    }


def true_distribution(fitness: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distribution of the true fitness of each aptamer, given what was measured.

    A measurement is the truth and a normal error. The distribution of the truth over all aptamers,
    on a grid of the measurements' quantiles, is that which makes the measurements most likely: by
    expectation maximisation (Laird 1978, doi:10.1080/01621459.1978.10480103; Koenker and Mizera
    2014, doi:10.1080/01621459.2013.869224), which stops early. It need not be normal: libraries
    have floors and peaks. By Bayes' rule follows that of each aptamer.

    Args:
        fitness, error: measured, and its standard error, above 0, shape (n,).

    Returns:
        The grid, rising, shape (n_points,), and the probabilities, shape (n, n_points).
    """
    grid = np.unique(np.quantile(fitness, np.linspace(0, 1, POINTS)))
    squares = ((fitness[:, None] - grid) / error[:, None]) ** 2
    likelihood = np.exp((squares.min(axis=1, keepdims=True) - squares) / 2)
    weights = np.full(len(grid), 1 / len(grid))
    for _ in range(ITERATIONS):
        truth = likelihood * weights
        truth /= truth.sum(axis=1, keepdims=True)
        weights = truth.mean(axis=0)
    return grid, truth


def with_error(grid: np.ndarray, truth: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The distribution of another measurement of each aptamer, on the same grid.

    Args:
        grid, truth: what `true_distribution` gives.
        error: of each aptamer, shape (n,).
    """
    edges = np.concatenate([[-np.inf], (grid[1:] + grid[:-1]) / 2, [np.inf]])
    steps = edges - grid[:, None]
    measured = [row @ np.diff(ndtr(steps / e)) for row, e in zip(truth, error, strict=True)]
    return np.array(measured)


def above(distribution: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Probability that the first of each two is above the second; the same point counts half.

    Args:
        distribution: of each aptamer on one grid, shape (n, n_points).
        first, second: indices of rows, shape (n_pairs,).

    Returns:
        Shape (n_pairs,).
    """
    below = np.cumsum(distribution, axis=1) - distribution / 2
    some = [slice(start, start + FEW) for start in range(0, len(first), FEW)]
    return np.concatenate(
        [np.einsum("ij,ij->i", distribution[first[s]], below[second[s]]) for s in some]
    )


def between_replicates(rows: pd.DataFrame, sequences: pd.Index, pairs: Pairs) -> float | None:
    """Share of the pairs that two replicates order alike, a mean over the pairs of columns.

    Ties count half; None if there are no columns of replicates.

    Args:
        rows: of `aptamers`, one for each sequence.
    """
    texts = rows.set_index("sequence")["replicates"]
    if not texts.ne("").any():
        return None
    values = texts.str.split("|", expand=True).replace("", np.nan).astype(float)
    values = values.reindex(sequences).to_numpy()
    apart = np.sign(values[pairs.first] - values[pairs.second])
    agreements = []
    for one, other in combinations(apart.T, 2):
        both = (one * other)[np.isfinite(one * other)]
        if len(both):
            agreements.append((1 + both.mean()) / 2)
    return float(np.mean(agreements)) if agreements else None
