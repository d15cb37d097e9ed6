"""Labelled pairs: antisymmetric, balanced, without ties, complete."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.pairs import decided_pairs, label_pairs, sample_without_replacement

fitness_lists = st.lists(st.integers(-5, 5).map(float), min_size=0, max_size=25).map(np.array)


def pairs_of(fitness, margin=0.0, max_pairs=None, seed=1):
    return label_pairs(fitness.astype(float), margin, max_pairs, np.random.default_rng(seed))


@given(fitness_lists, st.sampled_from([0.0, 0.5, 1.0, 3.0]))
def test_all_decided_pairs_and_no_other(fitness, margin):
    """Against the double loop that this replaces."""
    pairs = pairs_of(fitness, margin)
    expected = {
        frozenset((i, j))
        for i, j in combinations(range(len(fitness)), 2)
        if abs(fitness[i] - fitness[j]) > margin
    }
    found = [
        frozenset(pair) for pair in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert decided_pairs(fitness.astype(float), margin).count == len(expected)
    assert ((fitness[pairs.first] > fitness[pairs.second]) == (pairs.label == 1)).all()


@given(fitness_lists, st.integers(0, 1000))
def test_classes_balance(fitness, seed):
    label = pairs_of(fitness, seed=seed).label
    assert abs(2 * int(label.sum()) - len(label)) <= 1


@given(fitness_lists)
def test_swapping_fitness_swaps_labels(fitness):
    """The reversed order of fitness decides the same pairs the other way round."""
    table = {
        tuple(sorted(p[:2])): (p[0] < p[1]) == p[2] for p in zip(*pairs_of(fitness), strict=True)
    }
    other = {
        tuple(sorted(p[:2])): (p[0] < p[1]) == p[2] for p in zip(*pairs_of(-fitness), strict=True)
    }
    assert table.keys() == other.keys()
    assert all(table[pair] != other[pair] for pair in table)


def test_the_label_does_not_depend_on_the_place():
    """Orientation is drawn: neither class sits with the aptamers that come first in the file."""
    fitness = np.arange(200.0)
    pairs = pairs_of(fitness)
    assert 0.45 < (pairs.first < pairs.second).mean() < 0.55
    assert abs(np.corrcoef(pairs.first + pairs.second, pairs.label)[0, 1]) < 0.05


def test_sample_is_uniform_and_without_replacement():
    fitness = np.arange(40.0)
    counts = np.zeros((40, 40))
    for seed in range(400):
        pairs = pairs_of(fitness, max_pairs=78, seed=seed)
        low, high = np.minimum(pairs[0], pairs[1]), np.maximum(pairs[0], pairs[1])
        assert len(set(zip(low.tolist(), high.tolist(), strict=True))) == 78
        counts[low, high] += 1
    drawn = counts[np.triu_indices(40, 1)]
    assert drawn.mean() == pytest.approx(40)  # 78 of 780 pairs, 400 times
    assert drawn.min() > 15
    assert drawn.max() < 70


@given(st.integers(1, 1000), st.floats(0, 1), st.integers(0, 100))
def test_sample_without_replacement(total, share, seed):
    size = int(total * share)
    numbers = sample_without_replacement(total, size, np.random.default_rng(seed))
    assert len(np.unique(numbers)) == size
    assert size == 0 or (numbers.min() >= 0 and numbers.max() < total)


def test_program_alone(program, tmp_path, scored):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher", "-o", "lab/aptamers.csv")
    said = program("pairing", "-d", "lab/aptamers.csv").output
    assert "96 train aptamers" in said or "of 96 aptamers" in said
    value = pd.read_csv("lab/aptamers.csv").set_index("sequence")["fitness"]
    members = {}
    for part in ("train", "validation", "test"):
        pairs = pd.read_parquet(f"lab/pairs/{part}.parquet")
        assert list(pairs.columns) == ["Sequence1", "Sequence2", "Label"]
        fitter = pairs["Sequence1"].map(value) > pairs["Sequence2"].map(value)
        assert (fitter == (pairs["Label"] == 1)).all()
        members[part] = set(pairs["Sequence1"]) | set(pairs["Sequence2"])
    assert not members["train"] & members["test"]
    assert not members["train"] & members["validation"]
    assert not members["validation"] & members["test"]
    first = (tmp_path / "lab/pairs/train.parquet").read_bytes()
    program("pairing", "-d", "lab/aptamers.csv")
    assert (tmp_path / "lab/pairs/train.parquet").read_bytes() == first
    # A lab's own table goes straight in, once the direction is said.
    assert "--better" in program("pairing", "-d", "scored.csv", code=1).output
    program("pairing", "-d", "scored.csv", "--better", "higher", "--max-pairs", 50, "-o", "own")
    assert len(pd.read_parquet("own/train.parquet")) == 50


def test_margin_that_leaves_no_pair(program, tmp_path, scored):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    said = program(
        "pairing", "-d", "scored.csv", "--better", "higher", "--margin", 99, code=1
    ).output
    assert "no two of the 96 train aptamers differ in fitness by more than the margin 99" in said
