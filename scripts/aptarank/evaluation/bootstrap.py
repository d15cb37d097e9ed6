"""Confidence intervals by a bootstrap over aptamers.

Aptamers are drawn with replacement, not pairs (Efron 1979, doi:10.1214/aos/1176344552): the pairs
of one aptamer are right or wrong together, and n aptamers make n(n − 1)/2 pairs, so that drawing
pairs would give far too narrow intervals. A pair of an aptamer drawn m times and one drawn m' times
counts m·m' times; copies of one aptamer make no pair.

A statistic takes the multiplicities of some resamples, shape (n_resamples, n_aptamers), and gives
its values for them; NaN where a resample has none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.sparse import csr_array

from aptarank.evaluation.metrics import cut_at
from aptarank.pairing.pairs import Pairs

Statistic = Callable[[np.ndarray], np.ndarray]

LEVEL = 0.95
CHUNK = 1 << 21  # multiplicities in memory at a time
DENSE = 3000  # largest group whose pairs are a matrix


def multiplicities(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of `count` aptamers is drawn, some resamples at a time.

    The same seed draws the same aptamers, so that whatever is computed from it is paired.

    Yields:
        float64, shape (some, count), each row with the sum `count`.
    """
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // max(1, count))
    uniform = np.full(count, 1 / count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield rng.multinomial(count, uniform, size=size).astype(np.float64)


def bootstrap(
    statistics: Mapping[str, Statistic], count: int, resamples: int, seed: int
) -> dict[str, np.ndarray]:
    """The values of each statistic in the same resamples, shape (n_resamples, …)."""
    values: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    for weights in multiplicities(count, resamples, seed):
        for name, statistic in statistics.items():
            values[name].append(statistic(weights))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def interval(values: np.ndarray, level: float = LEVEL) -> list[float] | None:
    """Percentile interval of the finite values, or None if there are none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    return np.quantile(finite, [(1 - level) / 2, (1 + level) / 2]).tolist()


def p_value(differences: np.ndarray) -> float:
    """Two-sided p of no difference: twice the share of resamples on the rarer side of 0.

    At least 1 / (resamples + 1) (Davison and Hinkley 1997).
    """
    rarer = min((differences <= 0).sum(), (differences >= 0).sum())
    return float(min(1.0, 2 * (rarer + 1) / (len(differences) + 1)))


def accuracy(pairs: Pairs, correct: np.ndarray, count: int) -> Statistic:
    """Share of the pairs, by weight, that are predicted correctly.

    Args:
        correct: in [0, 1], one column a model, shape (n_pairs,) or (n_pairs, n_models).
        count: number of aptamers that `pairs` has indices into.

    Returns:
        A statistic of shape (n_resamples,) or (n_resamples, n_models).
    """
    coordinates = (pairs.first, pairs.second)

    def weight_of(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        table = csr_array((values.astype(np.float64), coordinates), shape=(count, count))
        return ((table @ weights.T) * weights.T).sum(axis=0)

    def statistic(weights: np.ndarray) -> np.ndarray:
        total = weight_of(np.ones(len(correct)), weights)
        columns = [weight_of(column, weights) for column in np.atleast_2d(correct.T)]
        shares = np.stack([ratio(column, total) for column in columns], axis=1)
        return shares if correct.ndim > 1 else shares[:, 0]

    return statistic


def roc_auc(pairs: Pairs, probability: np.ndarray) -> Statistic:
    """ROC AUC: how probably a pair of label 1 has a higher `probability` than one of label 0."""
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
        return float(ratio(won, of_positive.sum() * passed[-1]))

    return lambda weights: np.array([one(row) for row in weights])


class Places(NamedTuple):
    """How many stand above each aptamer of a group, and how many tie with it, itself included.

    float64, shapes (n_resamples, n_group).
    """

    above: np.ndarray
    ties: np.ndarray


class Order:
    """The aptamers of a group by one quantity, highest first: where each stands in a resample."""

    def __init__(self, values: np.ndarray):
        self.order = np.argsort(-values, kind="stable")
        ranked = -values[self.order]
        self.start = np.searchsorted(ranked, -values, "left")
        self.stop = np.searchsorted(ranked, -values, "right")

    def places(self, weights: np.ndarray) -> Places:
        """How many stand above each, and how many tie with it, itself included; as `weights`."""
        none = np.zeros((len(weights), 1))
        passed = np.concatenate([none, np.cumsum(weights[:, self.order], axis=1)], axis=1)
        above = passed[:, self.start]
        return Places(above, passed[:, self.stop] - above)


class Group:
    """The measurements of one group.

    Args:
        fitness, predicted: shapes (n_group,).
        aptamer: columns of the multiplicities, shape (n_group,).
    """

    def __init__(self, fitness: np.ndarray, predicted: np.ndarray, aptamer: np.ndarray):
        self.fitness, self.predicted, self.aptamer = fitness, predicted, aptamer
        self.by_fitness, self.by_prediction = Order(fitness), Order(predicted)

    @cached_property
    def concordance(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Products of signs of differences: of both, of the fitness and of the prediction.

        float32, shapes (n_group, n_group).
        """
        true, predicted = (
            np.sign(values[:, None] - values[None, :]).astype(np.float32)  # whole numbers: exact
            for values in (self.fitness, self.predicted)
        )
        return true * predicted, true**2, predicted**2


class Resamples:
    """Resamples of one group.

    Attributes:
        drawn: multiplicities, shape (n_resamples, n_group).
        size: their sums, shape (n_resamples,).
        true, predicted: the places by fitness and by prediction.
    """

    def __init__(self, group: Group, weights: np.ndarray):
        self.group, self.drawn = group, weights[:, group.aptamer]
        self.size = self.drawn.sum(axis=1)
        self.true = group.by_fitness.places(self.drawn)
        self.predicted = group.by_prediction.places(self.drawn)

    @cached_property
    def pairs(self) -> np.ndarray:
        """Number of pairs, 0 where all scores are equal; shape (n_resamples,)."""
        differ = (self.drawn * self.true.ties).sum(axis=1) < self.size**2
        return np.where(differ, self.size * (self.size - 1) / 2, 0)


# Numerator and denominator of a metric in resamples of a group, shapes (n_resamples,). Both are
# summed over the groups before they are divided.
RankingTerm = Callable[[Resamples], tuple[np.ndarray, np.ndarray]]


def ranking(
    fitness: np.ndarray,
    predicted: np.ndarray,
    group: np.ndarray,
    aptamer: np.ndarray,
    terms: Sequence[RankingTerm],
) -> Statistic:
    """Metrics of a ranking, a column for each of `terms`, shape (n_resamples, n_terms).

    Args:
        fitness, predicted, group: of each measurement, shape (n,).
        aptamer: its column of the multiplicities, shape (n,).
    """
    groups = [
        Group(fitness[rows], predicted[rows], aptamer[rows])
        for rows in (np.flatnonzero(group == code) for code in np.unique(group))
    ]

    def statistic(weights: np.ndarray) -> np.ndarray:
        numerators, denominators = np.zeros((2, len(terms), len(weights)))
        for each in groups:
            resamples = Resamples(each, weights)
            for row, term in enumerate(terms):
                numerator, denominator = term(resamples)
                numerators[row] += numerator
                denominators[row] += denominator
        return ratio(numerators, denominators).T

    return statistic


def mean_over_groups(metric: Callable[[Resamples], np.ndarray]) -> RankingTerm:
    """`metrics.mean_over_groups` in resamples."""

    def term(resamples: Resamples) -> tuple[np.ndarray, np.ndarray]:
        return np.nan_to_num(metric(resamples)) * resamples.pairs, resamples.pairs

    return term


def recall_at(cut: int | str) -> RankingTerm:
    """`metrics.recall_at` in resamples."""

    def term(resamples: Resamples) -> tuple[np.ndarray, np.ndarray]:
        k = np.array([cut_at(cut, int(size)) for size in resamples.size])
        k[k >= resamples.size] = 0
        both = (resamples.true, resamples.predicted)
        kept = np.prod([probability_in_top(places, k[:, None]) for places in both], axis=0)
        return (resamples.drawn * kept).sum(axis=1), k

    return term


def kendall_tau(resamples: Resamples) -> np.ndarray:
    """Kendall's tau-b of a group, shape (n_resamples,)."""
    group, drawn = resamples.group, resamples.drawn
    if len(group.fitness) > DENSE:  # n log n each; up to there, matrices are many times faster
        return np.array(
            [
                stats.kendalltau(
                    np.repeat(group.fitness, row), np.repeat(group.predicted, row)
                ).statistic
                for row in drawn.astype(int)
            ]
        )
    narrow = drawn.astype(np.float32)
    concordant, true, predicted = (
        ((narrow @ signs) * drawn).sum(axis=1) for signs in group.concordance
    )
    return ratio(concordant, np.sqrt(true * predicted))


def spearman(resamples: Resamples) -> np.ndarray:
    """Spearman's rho of a group, the correlation of mean ranks, shape (n_resamples,)."""
    weights, size = resamples.drawn, resamples.size[:, None]
    a, b = (  # ranks minus their mean
        places.above + places.ties / 2 - size / 2
        for places in (resamples.true, resamples.predicted)
    )
    squares = [(weights * x * x).sum(axis=1) for x in (a, b)]
    return ratio((weights * a * b).sum(axis=1), np.sqrt(squares[0] * squares[1]))


def ndcg(resamples: Resamples) -> np.ndarray:
    """Normalised discounted cumulative gain of a group, shape (n_resamples,)."""
    weights, size, true = resamples.drawn, resamples.size[:, None], resamples.true
    beaten = size - true.above - true.ties
    discount = 1 / np.log2(np.arange(int(size.max(initial=0))) + 2)
    passed = np.concatenate([[0.0], np.cumsum(discount)])

    def gain(places: Places) -> np.ndarray:
        start, stop = places.above.astype(int), (places.above + places.ties).astype(int)
        mean = (passed[stop] - passed[start]) / np.maximum(places.ties, 1)
        return (weights * beaten * mean).sum(axis=1)

    return ratio(gain(resamples.predicted), gain(true))


def probability_in_top(places: Places, k: np.ndarray) -> np.ndarray:
    """`metrics.probability_in_top`, from places."""
    return np.clip((k - places.above) / np.maximum(places.ties, 1), 0, 1)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Their quotient; NaN where the denominator is 0."""
    empty = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    return np.divide(numerator, denominator, out=empty, where=denominator > 0)
