"""How good predictions are by the distance of the aptamers from a reference."""

import numpy as np

from aptarank.evaluation.metrics import mean_over_groups, spearman
from aptarank.pairing.pairs import Pairs

LEAST = 10  # aptamers at a distance for which figures are given
FIGURES = ["low", "high", "n_aptamers", "n_pairs", "accuracy", "spearman"]


class ByDistance:
    """Test aptamers in bands of distance, and the pairs of each band.

    Pairs of two bands are left out: that more mutations do more harm is no knowledge of any.

    Args:
        distance: of each aptamer from the reference, whole numbers, shape (n_aptamers,).
        pairs: the test pairs, with indices into these aptamers.

    Attributes:
        bands: the lowest and highest distance of each, see `distance_bands`.
        members: whether each aptamer is in a band and in a pair, bool, shapes (n_aptamers,).
        pairs: numbers of the pairs whose two aptamers are both in a band.
    """

    def __init__(self, distance: np.ndarray, pairs: Pairs):
        tested = np.zeros(len(distance), dtype=bool)
        tested[pairs.first] = tested[pairs.second] = True
        self.bands = distance_bands(distance[tested])
        self.members = [tested & (distance >= low) & (distance <= high) for low, high in self.bands]
        self.pairs = [
            np.flatnonzero(inside[pairs.first] & inside[pairs.second]) for inside in self.members
        ]

    def figures(
        self,
        right: np.ndarray,
        fitness: np.ndarray,
        predicted: np.ndarray,
        group: np.ndarray,
        aptamer: np.ndarray,
    ) -> list[dict]:
        """Accuracy and Spearman's rho in each band.

        Args:
            right: whether each pair was predicted right, shape (n_pairs,).
            fitness, predicted, group, aptamer: of each measurement: its fitness, predicted score,
                group and index into the aptamers, shapes (n_measurements,).

        Returns:
            For each band the `FIGURES`; accuracy and spearman are None where it has fewer than
            `LEAST` aptamers, or no pair or no fitness to compare.
        """
        rows = []
        for (low, high), inside, numbers in zip(self.bands, self.members, self.pairs, strict=True):
            measured = inside[aptamer]
            enough = inside.sum() >= LEAST and len(numbers) > 0
            known = enough and measured.sum() >= LEAST
            rho = mean_over_groups(spearman)(
                fitness[measured], predicted[measured], group[measured]
            )
            rows.append(
                {
                    **{"low": low, "high": high},
                    **{"n_aptamers": int(inside.sum()), "n_pairs": len(numbers)},
                    "accuracy": float(right[numbers].mean()) if enough else None,
                    "spearman": float(rho) if known else None,
                }
            )
        return rows


def distance_bands(distance: np.ndarray) -> list[tuple[int, int]]:
    """The lowest and highest distance of each band; neighbours are pooled up to `LEAST` aptamers.

    The last band may have fewer.

    Args:
        distance: of each aptamer, whole numbers, shape (n_aptamers,).
    """
    bands: list[tuple[int, int]] = []
    low, count = None, 0
    for at, size in zip(*np.unique(distance, return_counts=True), strict=True):
        low = int(at) if low is None else low
        count += size
        if count >= LEAST:
            bands.append((low, int(at)))
            low, count = None, 0
    return bands if low is None else [*bands, (low, int(distance.max()))]
