"""How good predictions are by the distance of the aptamers from a reference."""

from collections.abc import Sequence

import numpy as np

from aptarank.evaluation.metrics import mean_over_groups, spearman
from aptarank.pairing.pairs import Pairs

LEAST = 10  # aptamers at a distance for which figures are given
FIGURES = ["low", "high", "n_aptamers", "n_pairs", "accuracy", "spearman"]


def distance_bands(distance: np.ndarray) -> list[tuple[int, int]]:
    """The lowest and highest distance of each band; neighbours are pooled up to `LEAST` aptamers.

    The last band may have fewer.

    Args:
        distance: of each test aptamer, whole numbers, shape (n_aptamers,).
    """
    bands, low, count = [], None, 0
    for at, size in zip(*np.unique(distance, return_counts=True), strict=True):
        low = int(at) if low is None else low
        count += size
        if count >= LEAST:
            bands.append((low, int(at)))
            low, count = None, 0
    return bands if low is None else [*bands, (low, int(distance.max()))]


def pairs_by_distance(
    distance: np.ndarray, bands: Sequence[tuple[int, int]], pairs: Pairs
) -> list[np.ndarray]:
    """The numbers of the pairs whose two aptamers are both in a band, for each band.

    Pairs of two bands are left out: that more mutations do more harm is no knowledge of any.
    """
    found = []
    for low, high in bands:
        inside = (distance >= low) & (distance <= high)
        found.append(np.flatnonzero(inside[pairs.first] & inside[pairs.second]))
    return found


def by_distance(
    distance: np.ndarray,
    bands: Sequence[tuple[int, int]],
    within: Sequence[np.ndarray],
    right: np.ndarray,
    ranking: tuple[np.ndarray, np.ndarray, np.ndarray],
    aptamer: np.ndarray,
) -> list[dict]:
    """Accuracy and Spearman's rho in each band.

    Args:
        distance: of each test aptamer, shape (n_aptamers,).
        within: what `pairs_by_distance` gives.
        right: whether each pair was predicted right, shape (n_pairs,).
        ranking: fitness, predicted score and group of each measurement, shapes (n_measurements,).
        aptamer: its index into the aptamers, shape (n_measurements,).

    Returns:
        For each band the `FIGURES`; accuracy and spearman are None where a band has fewer than
        `LEAST` aptamers, or no pair.
    """
    rows = []
    for (low, high), numbers in zip(bands, within, strict=True):
        inside = (distance >= low) & (distance <= high)
        measured = inside[aptamer]
        enough = inside.sum() >= LEAST and len(numbers) > 0
        known = enough and measured.sum() >= LEAST
        rho = mean_over_groups(spearman)(*(values[measured] for values in ranking))
        rows.append(
            {
                **{"low": low, "high": high},
                **{"n_aptamers": int(inside.sum()), "n_pairs": len(numbers)},
                "accuracy": float(right[numbers].mean()) if enough else None,
                "spearman": rho if known else None,
            }
        )
    return rows
