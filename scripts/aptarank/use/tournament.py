"""Which candidates a pair model compares, and the strengths that follow: all pairs, or few."""

from collections.abc import Callable

import numpy as np

from aptarank.core.log import Track
from aptarank.models.inference import probability
from aptarank.pairing.bradley_terry import bradley_terry
from aptarank.pairing.pairs import Pairs

# Indices of the two of each pair in, log-odds that the first is fitter out: float64, shape
# (n_pairs,); the same but for the sign where the two are swapped.
Compare = Callable[[np.ndarray, np.ndarray], np.ndarray]

OPENING = 0.3  # share of the comparisons that are drawn at random, before there is an order
ROUNDS = 6  # in which the others are made, each after a new fit


def every_pair(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of all pairs of `count` candidates; int64, shape (count (count − 1) / 2,) each."""
    return np.triu_indices(count, 1)


def strengths(first: np.ndarray, second: np.ndarray, logits: np.ndarray, count: int) -> np.ndarray:
    """Strengths under which the comparisons are likely, shape (count,), mean 0.

    Bradley–Terry with the model's probabilities as results. Over all pairs, their order is that of
    the mean probability of winning.
    """
    return bradley_terry(Pairs(first, second, probability(logits)), count)


def adaptive(
    compare: Compare,
    count: int,
    budget: int,
    seed: int,
    track: Track = iter,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare few pairs, and most of them where the order is in doubt.

    As in a Swiss tournament, after an opening between random opponents each round has pairs of
    about the same strength so far, of those that have not met: these tell most of the order
    (Glickman and Jensen 2005, doi:10.1016/j.jspi.2003.09.033).

    Args:
        budget: comparisons to make, less than all.

    Returns:
        first, second, logits of the pairs that were compared; shape (budget,) each.
    """
    rng = np.random.default_rng(seed)
    pairs = opening(count, min(budget, max(count, round(OPENING * budget))), rng)
    logits = compare(*pairs)
    for left in track(range(ROUNDS, 0, -1)):
        wanted = (budget - len(logits)) // left
        if not wanted:
            continue
        strength = strengths(*pairs, logits, count)
        new = neighbours(strength, pairs, wanted)
        logits = np.concatenate([logits, compare(*new)])
        pairs = np.concatenate([pairs[0], new[0]]), np.concatenate([pairs[1], new[1]])
    return *pairs, logits


def opening(count: int, wanted: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random pairs in which all candidates occur about as often: each with those a random number
    of positions further in a random order.
    """
    order = rng.permutation(count)
    steps = rng.permutation(np.arange(1, (count - 1) // 2 + 1))[: -(-wanted // count)]
    pairs = [(order, np.roll(order, -step)) for step in steps]
    if count == 2 or wanted > count * len(steps):  # the two of a pair are half the order apart
        half = count // 2
        pairs.append((order[:half], order[half : 2 * half]))
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return first[:wanted], second[:wanted]


def neighbours(
    strength: np.ndarray, met: tuple[np.ndarray, np.ndarray], wanted: int
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs nearest in the order of strength that have not met."""
    count = len(strength)
    order = np.argsort(-strength, kind="stable")
    position = np.empty(count, dtype=np.int64)
    position[order] = np.arange(count)
    ends = np.sort(np.stack([position[met[0]], position[met[1]]]), axis=0)
    known = np.unique(ends[0] * count + ends[1])
    found: list[np.ndarray] = []
    missing = wanted
    for step in range(1, count):
        keys = np.arange(count - step) * (count + 1) + step
        keys = keys[~np.isin(keys, known, assume_unique=True)][:missing]
        found.append(keys)
        missing -= len(keys)
        if not missing:
            break
    keys = np.concatenate(found)
    return order[keys // count], order[keys % count]
