"""The bootstrap: each resample against the plain metrics of the aptamers that were drawn."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from aptarank.evaluation import bootstrap
from aptarank.evaluation.bootstrap import interval, multiplicities, p_value
from aptarank.evaluation.metric_registry import intervals_of_rankings, ranking_metrics
from aptarank.pairing.pairs import Pairs


def every_pair(fitness, rng):
    first, second = np.triu_indices(len(fitness), 1)
    swap = rng.random(len(first)) < 0.5
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    return Pairs(first, second, (fitness[first] > fitness[second]).astype(np.int8))


def draws(count, resamples=10, seed=1):
    return np.concatenate(list(multiplicities(count, resamples, seed)))


def test_pairs_of_a_resample_are_those_of_the_drawn_aptamers():
    """Against a loop over all pairs of drawn aptamers, copies of one making none."""
    rng = np.random.default_rng(1)
    fitness = rng.normal(size=20)
    pairs = every_pair(fitness, rng)
    chance = np.round(rng.random(pairs.total), 1)  # with ties
    right = np.stack([chance > 0.5, chance > 0.3], axis=1)
    number = {(a, b): k for k, (a, b) in enumerate(zip(pairs.first, pairs.second, strict=True))}
    weights = draws(20)
    accuracy = bootstrap.accuracy(pairs, right, 20)(weights)
    single = bootstrap.accuracy(pairs, right[:, 1], 20)(weights)
    auc = bootstrap.roc_auc(pairs, chance)(weights)
    for place, row in enumerate(weights.astype(int)):
        drawn = np.repeat(np.arange(20), row)
        numbers = [number[pair] for a in drawn for b in drawn if (pair := (a, b)) in number]
        assert accuracy[place] == pytest.approx(right[numbers].mean(axis=0))
        assert single[place] == pytest.approx(right[numbers, 1].mean())
        expected = roc_auc_score(pairs.label[numbers], chance[numbers])
        assert auc[place] == pytest.approx(expected)


@pytest.mark.parametrize("digits", [3, 0])  # 0: many ties
@pytest.mark.parametrize(("groups", "dense"), [(1, 3000), (1, 5), (6, 3000), (20, 3000)])
def test_rankings_of_a_resample_are_those_of_its_copies(monkeypatch, digits, groups, dense):
    monkeypatch.setattr(bootstrap, "DENSE", dense)
    rng = np.random.default_rng(2)
    fitness = np.round(rng.normal(size=60), digits)
    predicted = np.round(fitness + rng.normal(size=60), digits)
    group, aptamer = rng.integers(groups, size=60), rng.integers(50, size=60)
    weights = draws(50)
    names, statistic = intervals_of_rankings(fitness, predicted, group, aptamer)
    found = statistic(weights)
    for row, values in zip(weights.astype(int), found, strict=True):
        copies = np.repeat(np.arange(60), row[aptamer])
        expected = ranking_metrics(fitness[copies], predicted[copies], group[copies])
        for name, value in zip(names, values, strict=True):
            wanted = np.nan if expected[name] is None else expected[name]
            assert value == pytest.approx(wanted, nan_ok=True), name


def test_draws_do_not_depend_on_the_chunks(monkeypatch):
    whole = draws(30, 50)
    assert whole.shape == (50, 30)
    assert (whole.sum(axis=1) == 30).all()
    monkeypatch.setattr(bootstrap, "CHUNK", 100)
    assert (draws(30, 50) == whole).all()
    assert (draws(30, 50, seed=2) != whole).any()


def test_intervals_cover_the_truth():
    """Of the mean of 40 aptamers' pairs: about 95 % of the intervals hold what all would give."""
    rng = np.random.default_rng(3)
    first, second = np.triu_indices(40, 1)
    covered = []
    for trial in range(150):
        skill = rng.normal(0.7, 0.2, 40)  # an aptamer's own share of right pairs
        right = np.clip((skill[first] + skill[second]) / 2, 0, 1)
        pairs = Pairs(first, second, np.ones(len(first)))
        statistic = bootstrap.accuracy(pairs, right, 40)
        values = bootstrap.bootstrap({"accuracy": statistic}, 40, 200, trial)["accuracy"]
        low, high = interval(values)
        covered.append(low <= 0.7 <= high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_interval_and_p_value():
    values = np.arange(1001.0)
    assert interval(values) == pytest.approx([25, 975])
    assert interval(np.append(values, np.nan)) == pytest.approx([25, 975])
    assert interval(np.array([np.nan])) is None
    assert p_value(np.ones(99)) == pytest.approx(2 / 100)
    assert p_value(np.zeros(99)) == 1
    rng = np.random.default_rng(4)
    assert p_value(rng.normal(1, 1, 10000)) == pytest.approx(2 * stats.norm.sf(1), abs=0.02)
