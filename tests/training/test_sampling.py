"""Batches: each example once an epoch, any batch alone, groups and like lengths together."""

import numpy as np
import pytest

from aptarank.training.batch_sampler import Batches, permute


@pytest.mark.parametrize("count", [1, 2, 3, 64, 1000, 4097])
def test_a_permutation_reaches_each_place_once(count):
    found = permute(np.arange(count), count, 1)
    assert sorted(found) == list(range(count))
    some = np.arange(count)[::3]
    assert np.array_equal(permute(some, count, 1), found[::3])  # and any part of it alone
    if count > 3:
        assert not np.array_equal(found, permute(np.arange(count), count, 2))


def test_a_permutation_is_random():
    """Neither in order nor in steps: neighbours land anywhere, at any distance."""
    count = 20000
    found = permute(np.arange(count), count, 7)
    assert abs(np.corrcoef(found, np.arange(count))[0, 1]) < 0.03
    gaps = np.diff(found)
    assert len(np.unique(gaps)) > 0.6 * count / 2
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1] + 0.5) < 0.03  # as of independent numbers
    halves = [permute(np.arange(count), count, seed)[: count // 2].mean() for seed in range(40)]
    assert np.mean(halves) == pytest.approx(count / 2, rel=0.01)
    assert np.std(halves) == pytest.approx(count / np.sqrt(12 * count), rel=0.5)


def test_a_permutation_of_any_size_takes_no_memory():
    found = permute(np.arange(5), 10**15, 1)
    assert len(set(found)) == 5
    assert (found < 10**15).all()
    assert found.max() > 10**13


def test_an_epoch_sees_each_example_once():
    batches = Batches(10, 5, 1)
    for epoch in range(3):
        both = [batches.batch(2 * epoch + place) for place in range(2)]
        assert sorted(np.concatenate(both)) == list(range(10))
    assert not np.array_equal(batches.batch(0), batches.batch(2))
    assert len(Batches(3, 64, 1).batch(0)) == 3


@pytest.mark.parametrize("groups", [None, np.arange(700) % 40])
def test_any_batch_can_be_had_alone(groups):
    lengths = np.random.default_rng(1).integers(5, 50, 700)
    in_turn = Batches(700, 8, 5, lengths.__getitem__, groups)
    run = [in_turn.batch(number) for number in range(300)]
    for number in (0, 49, 50, 86, 87, 299, 3):
        alone = Batches(700, 8, 5, lengths.__getitem__, groups)
        assert np.array_equal(alone.batch(number), run[number])


def test_a_batch_has_whole_groups():
    """Of 40 groups of 4, batches of 8 hold two each, others in each epoch."""
    groups = np.tile(np.arange(40), 4)
    batches = Batches(160, 8, 1, (groups % 3).__getitem__, groups)
    epochs = [[np.sort(groups[batches.batch(20 * e + b)]) for b in range(20)] for e in range(2)]
    for epoch in epochs:
        assert all((np.bincount(batch, minlength=40) % 4 == 0).all() for batch in epoch)
        assert (np.bincount(np.concatenate(epoch)) == 4).all()
    assert {tuple(b) for b in epochs[0]} != {tuple(b) for b in epochs[1]}


def test_a_batch_is_of_like_lengths():
    """Padding is a small part of a batch, whatever the lengths; each epoch sees all once."""
    lengths = np.random.default_rng(1).integers(10, 200, 6400)
    batches = Batches(6400, 64, 1, lengths.__getitem__)
    for epoch in range(2):
        drawn = [batches.batch(100 * epoch + place) for place in range(100)]
        assert sorted(np.concatenate(drawn)) == list(range(6400))
        padded = sum(64 * lengths[batch].max() for batch in drawn)
        assert padded < 1.05 * lengths.sum()
        assert np.corrcoef([lengths[b].mean() for b in drawn], np.arange(100))[0, 1] < 0.5


def test_few_examples_of_many_lengths_all_get_their_turn():
    """Fewer than a pool and no whole number of batches: neither left out nor in order of length."""
    lengths = np.arange(10, 110)
    batches = Batches(100, 8, 1, lengths.__getitem__)
    drawn = [batches.batch(number) for number in range(12 * 20)]
    assert set(np.concatenate(drawn)) == set(range(100))
    firsts = [lengths[batch].max() for batch in drawn[::12]]
    assert max(firsts) > 80
