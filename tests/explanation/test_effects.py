"""What many aptamers have in common, where it was planted."""

import numpy as np
import pytest

from aptarank.explanation.effects import (
    false_discovery_rates,
    position_effects,
    word_effects,
)
from made_aptamers import random_sequences

SEQUENCES = random_sequences(600, np.random.default_rng(5), 20, 20)


def scored(sequences):
    """A word anywhere, and a base at a position."""
    rng = np.random.default_rng(1)
    planted = [2.0 * ("GATC" in s) + 1.5 * (s[:1] == "C") for s in sequences]
    return np.array(planted) + rng.normal(0, 0.3, len(sequences))


def test_each_base_at_each_position():
    found = position_effects(lambda s: np.array([1.0 * (t[2] == "G") for t in s]), SEQUENCES[:20])
    assert found.shape == (20, 4)
    assert np.allclose(found.sum(axis=1), 0)
    assert found[2] == pytest.approx([-0.25, -0.25, 0.75, -0.25])
    assert not found[[0, 1, *range(3, 20)]].any()


def test_a_word_stands_out_and_no_other():
    table = word_effects(scored, SEQUENCES, 4, np.random.default_rng(2))
    assert table["word"].iloc[0] == "GATC"
    assert table["fdr"].iloc[0] < 0.05
    assert table["effect"].iloc[0] == pytest.approx(2, abs=0.4)
    found = set(table[table["fdr"] <= 0.05]["word"])
    assert all(word[1:] in "GATC" or word[:-1] in "GATC" for word in found)
    assert table["fdr"].is_monotonic_increasing
    again = word_effects(scored, SEQUENCES, 4, np.random.default_rng(2))
    assert table.equals(again)


def test_where_nothing_is_planted_nothing_is_found():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        table = word_effects(lambda s, r=rng: r.normal(size=len(s)), SEQUENCES, 3, rng)
        assert (table["fdr"] <= 0.05).sum() <= 1


def test_rare_words_are_left_out():
    assert word_effects(scored, SEQUENCES[:15], 4, np.random.default_rng(2)).empty


def test_rates():
    null = np.array([0.0, 1.5, 2.5, 3.0] * 25)
    rates = false_discovery_rates(np.array([9.0, 1.0, 8.0, 2.0]), null, 25)
    assert rates[0] == rates[2] == pytest.approx(1 / 25 / 2)
    assert rates[3] == pytest.approx(51 / 25 / 3)
    assert rates[1] == pytest.approx(76 / 25 / 4)
    assert false_discovery_rates(np.array([1.0]), np.array([]), 1).tolist() == [1]
    assert len(false_discovery_rates(np.array([]), np.array([1.0]), 1)) == 0
