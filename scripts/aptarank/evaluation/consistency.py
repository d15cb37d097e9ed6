"""Whether the answers about different pairs agree with each other."""

import numpy as np

MOST = 3000  # aptamers whose triples are counted: a matrix of 36 MB, seconds


def average_of_orders(logit: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """Log-odds that a is fitter, from those of (a, b) and of (b, a), float64, shape (n_pairs,).

    Half their difference: swapping a and b changes its sign and nothing else.
    """
    return (logit.astype(np.float64) - swapped) / 2


def order_disagreement(logit: np.ndarray, swapped: np.ndarray) -> float:
    """Share of pairs whose two orders name different winners.

    Args:
        logit, swapped: log-odds that the first given is fitter, for (a, b) and for (b, a), shape
            (n_pairs,).
    """
    return float(np.mean(np.sign(logit) * np.sign(swapped) > 0))


def circular_triads(
    first: np.ndarray,
    second: np.ndarray,
    logits: np.ndarray,
    count: int,
    seed: int = 1,
    most: int = MOST,
) -> float | None:
    """Share of triples in which a beats b, b beats c and c beats a; None without triples.

    Of the triples whose three pairs are given (Kendall and Babington Smith 1940,
    doi:10.1093/biomet/31.3-4.324, for all pairs); chance gives 1/4. A logit of 0 is a draw, and a
    triple with one is not circular.

    Args:
        first, second: indices of the pairs' aptamers, below `count`, shape (n_pairs,).
        logits: log-odds that the first is fitter, shape (n_pairs,).
        seed: of the draw of `most` aptamers where there are more.
    """
    chosen = np.arange(count)
    if count > most:
        chosen = np.random.default_rng(seed).choice(count, most, replace=False)
    row_of = np.full(count, -1)
    row_of[chosen] = np.arange(len(chosen))
    rows, columns = row_of[first], row_of[second]
    inside = (rows >= 0) & (columns >= 0)
    rows, columns, sign = rows[inside], columns[inside], np.sign(logits[inside])
    size = len(chosen)
    lead = np.bincount(rows * size + columns, sign, size * size).reshape(size, size)
    lead -= lead.T.copy()
    given = np.zeros((size, size), dtype=np.float32)
    given[rows, columns] = given[columns, rows] = 1
    triples = closed_walks(given) / 6
    beats = (lead > 0).astype(np.float32)
    return float(closed_walks(beats) / 3 / triples) if triples else None


def closed_walks(matrix: np.ndarray) -> float:
    """Number of closed walks of three steps, the trace of the matrix's third power (0 and 1)."""
    return float(((matrix @ matrix) * matrix.T).sum(dtype=np.float64))
