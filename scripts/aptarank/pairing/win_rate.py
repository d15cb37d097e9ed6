"""How often aptamers win the pairs that they are in."""

import numpy as np


def win_rate(
    first: np.ndarray, second: np.ndarray, probability: np.ndarray, count: int
) -> np.ndarray:
    """Mean probability of winning of each of `count` aptamers over its pairs; 0.5 without any.

    The old name is Borda's count. `probability[k]` is that `first[k]` is fitter than `second[k]`.
    """
    wins = np.bincount(first, probability, count) + np.bincount(second, 1 - probability, count)
    played = np.bincount(first, minlength=count) + np.bincount(second, minlength=count)
    return np.divide(wins, played, out=np.full(count, 0.5), where=played > 0)
