"""Confidence intervals by a bootstrap over aptamers.

Aptamers are drawn with replacement, not pairs (Efron 1979, doi:10.1214/aos/1176344552): the pairs
of one aptamer are right or wrong together, and n aptamers make n(n − 1)/2 pairs, so that drawing
pairs would give far too narrow intervals. A pair of an aptamer drawn m times and one drawn m' times
counts m·m' times; copies of one aptamer make no pair.

A statistic takes the multiplicities of some resamples, shape (n_resamples, n_aptamers), and gives
its values for them; NaN where a resample has none.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from scipy import stats
from scipy.sparse import csr_array

from aptarank.evaluation.metrics import CUTS, cut_at
from aptarank.pairing.pairs import Pairs

Statistic = Callable[[np.ndarray], np.ndarray]

LEVEL = 0.95
CHUNK = 1 << 21  # multiplicities in memory at a time
DENSE = 3000  # largest group whose pairs are a matrix
RANKING = ("kendall_tau", "spearman", "ndcg", *(f"recall_at_{cut}" for cut in CUTS))


def multiplicities(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of `count` aptamers is drawn, some resamples at a time.

    The same seed draws the same aptamers, so that whatever is computed from it is paired.

    Yields:
        float64, shape (some, count), each row with the sum `count`.
    """
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // max(1, count))
    chances = np.full(count, 1 / count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield rng.multinomial(count, chances, size=size).astype(np.float64)


def bootstrap(
    statistics: Mapping[str, Statistic], count: int, resamples: int, seed: int
) -> dict[str, np.ndarray]:
    """The values of each statistic in the same resamples, shape (n_resamples, …)."""
    found: dict[str, list] = {name: [] for name in statistics}
    for weights in multiplicities(count, resamples, seed):
        for name, statistic in statistics.items():
            found[name].append(statistic(weights))
    return {name: np.concatenate(values) for name, values in found.items()}


def interval(values: np.ndarray, level: float = LEVEL) -> list[float] | None:
    """The percentile interval of the values that are numbers; None where none is."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return np.quantile(known, [(1 - level) / 2, (1 + level) / 2]).tolist()


def p_value(differences: np.ndarray) -> float:
    """Two-sided p of no difference: twice the share of resamples on the rarer side of 0.

    At least 1 / (resamples + 1) (Davison and Hinkley 1997).
    """
    rarer = min((differences <= 0).sum(), (differences >= 0).sum())
    return float(min(1.0, 2 * (rarer + 1) / (len(differences) + 1)))


def accuracy(pairs: Pairs, correct: np.ndarray, count: int) -> Statistic:
    """Share of the pairs' weight that is right.

    Args:
        correct: in [0, 1], one column a model, shape (n_pairs,) or (n_pairs, n_models).
        count: number of aptamers that `pairs` has indices into.

    Returns:
        A statistic of shape (n_resamples,) or (n_resamples, n_models).
    """
    place = (pairs.first, pairs.second)

    def weight_of(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        table = csr_array((values.astype(np.float64), place), shape=(count, count))
        return ((table @ weights.T) * weights.T).sum(axis=0)

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weight_of(np.ones(len(correct)), weights)
        columns = [weight_of(column, weights) for column in np.atleast_2d(correct.T)]
        shares = np.stack([ratio(column, total) for column in columns], axis=1)
        return shares if correct.ndim > 1 else shares[:, 0]

    return statistic


def roc_auc(pairs: Pairs, probability: np.ndarray) -> Statistic:
    """Area under the ROC curve: chance that a pair of label 1 has the higher probability."""
    positive = np.flatnonzero(pairs.label == 1)
    negative = np.flatnonzero(pairs.label != 1)
    negative = negative[np.argsort(probability[negative], kind="stable")]
    positive = positive[np.argsort(probability[positive], kind="stable")]
    below, upto = (
        np.searchsorted(probability[negative], probability[positive], side)
        for side in ("left", "right")
    )

    positives, negatives = pairs.take(positive), pairs.take(negative)

    def one(weights: np.ndarray) -> float:
        of_positive = weights[positives.first] * weights[positives.second]
        of_negative = weights[negatives.first] * weights[negatives.second]
        passed = np.concatenate([[0.0], np.cumsum(of_negative)])
        won = of_positive @ (passed[below] + passed[upto]) / 2
        return ratio(won, of_positive.sum() * passed[-1])

    return lambda weights: np.array([one(row) for row in weights])


class Order:
    """The aptamers of a group by one quantity, highest first: where each stands in a resample."""

    def __init__(self, values: np.ndarray):
        self.order = np.argsort(-values, kind="stable")
        ranked = -values[self.order]
        self.start = np.searchsorted(ranked, -values, "left")
        self.stop = np.searchsorted(ranked, -values, "right")

    def places(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many stand above each, and how many tie with it, itself included; as `weights`."""
        none = np.zeros((len(weights), 1))
        passed = np.concatenate([none, np.cumsum(weights[:, self.order], axis=1)], axis=1)
        above = passed[:, self.start]
        return above, passed[:, self.stop] - above


def ranking(
    fitness: np.ndarray,
    predicted: np.ndarray,
    group: np.ndarray,
    aptamer: np.ndarray,
) -> Statistic:
    """What `metrics.ranking_metrics` gives for resamples, as columns in the order of `RANKING`.

    Args:
        fitness, predicted, group: of each measurement, shape (n,).
        aptamer: its column of the multiplicities, shape (n,).
    """
    members = [np.flatnonzero(group == code) for code in np.unique(group)]
    groups = [
        (aptamer[rows], Order(true), Order(found), kendall(true, found))
        for rows in members
        for true, found in [(fitness[rows], predicted[rows])]
    ]

    def statistic(weights: np.ndarray) -> np.ndarray:
        sums = np.zeros((len(RANKING) - len(CUTS), len(weights)))
        pairs, (kept, best) = np.zeros(len(weights)), np.zeros((2, len(CUTS), len(weights)))
        for columns, by_fitness, by_prediction, tau in groups:
            drawn = weights[:, columns]
            size = drawn.sum(axis=1)
            true, found = by_fitness.places(drawn), by_prediction.places(drawn)
            values = [tau(drawn), spearman(drawn, true, found), ndcg(drawn, true, found)]
            differ = (drawn * true[1]).sum(axis=1) < size**2
            counted = np.where(differ, size * (size - 1) / 2, 0)
            sums += np.nan_to_num(values) * counted
            pairs += counted
            for number, cut in enumerate(CUTS):
                k = np.array([cut_at(cut, int(n)) for n in size])
                k[k >= size] = 0
                chances = [in_top(*places, k[:, None]) for places in (true, found)]
                kept[number] += (drawn * np.prod(chances, axis=0)).sum(axis=1)
                best[number] += k
        return np.concatenate([ratio(sums, pairs), ratio(kept, best)]).T

    return statistic


def kendall(fitness: np.ndarray, predicted: np.ndarray) -> Statistic:
    """Kendall's tau-b of one group, shape (n_resamples,)."""
    if len(fitness) > DENSE:  # n log n each; up to there, matrices are many times faster
        return lambda weights: np.array(
            [
                stats.kendalltau(np.repeat(fitness, row), np.repeat(predicted, row)).statistic
                for row in weights.astype(int)
            ]
        )
    true, found = (
        np.sign(values[:, None] - values[None, :]).astype(np.float32)  # whole numbers: exact
        for values in (fitness, predicted)
    )
    matrices = true * found, true**2, found**2

    def statistic(weights: np.ndarray) -> np.ndarray:
        narrow = weights.astype(np.float32)
        alike, apart, told = (((narrow @ each) * weights).sum(axis=1) for each in matrices)
        return ratio(alike, np.sqrt(apart * told))

    return statistic


Places = tuple[np.ndarray, np.ndarray]  # what `Order.places` gives


def spearman(weights: np.ndarray, true: Places, found: Places) -> np.ndarray:
    """Spearman's rho, the correlation of mean ranks, shape (n_resamples,)."""
    size = weights.sum(axis=1, keepdims=True)
    a, b = (above + ties / 2 - size / 2 for above, ties in (true, found))  # their mean is 0
    squares = [(weights * x * x).sum(axis=1) for x in (a, b)]
    return ratio((weights * a * b).sum(axis=1), np.sqrt(squares[0] * squares[1]))


def ndcg(weights: np.ndarray, true: Places, found: Places) -> np.ndarray:
    """Normalised discounted cumulative gain with `metrics.relevance`, shape (n_resamples,)."""
    size = weights.sum(axis=1, keepdims=True)
    beaten = size - true[0] - true[1]
    discount = 1 / np.log2(np.arange(int(size.max(initial=0))) + 2)
    passed = np.concatenate([[0.0], np.cumsum(discount)])

    def gain(above: np.ndarray, ties: np.ndarray) -> np.ndarray:
        start, stop = above.astype(int), (above + ties).astype(int)
        mean = (passed[stop] - passed[start]) / np.maximum(ties, 1)
        return (weights * beaten * mean).sum(axis=1)

    return ratio(gain(*found), gain(*true))


def in_top(above: np.ndarray, ties: np.ndarray, k: np.ndarray) -> np.ndarray:
    """`metrics.chance_in_top`, from places."""
    return np.clip((k - above) / np.maximum(ties, 1), 0, 1)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Their quotient; NaN where the denominator is 0."""
    empty = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    return np.divide(numerator, denominator, out=empty, where=denominator > 0)
