"""Labelled pairs: antisymmetric, balanced, without ties, complete, within a group, in a stream."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.core.errors import InputError
from aptarank.pairing.pair_store import PairWriter, read_margin, read_pairs
from aptarank.pairing.pairs import (
    Pairs,
    absolute_margin,
    comparable_count,
    decided_pairs,
    difference_bands,
    draw_numbers,
    equal_quotas,
    label_pairs,
    sample_without_replacement,
    split_stream,
)
from aptarank.pairing.splits import PARTS

fitness_lists = st.lists(st.integers(-5, 5).map(float), min_size=0, max_size=25).map(np.array)
# Bounds of fitness and a group for each aptamer; a few bounds are open.
measured = st.lists(
    st.tuples(
        st.one_of(st.integers(-5, 5).map(float), st.just(-np.inf)),
        st.one_of(st.integers(0, 3).map(float), st.just(np.inf)),
        st.integers(0, 2),
    ),
    max_size=20,
)


def joined(chunks):
    chunks = list(chunks)
    if not chunks:
        return Pairs(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    return Pairs(*map(np.concatenate, zip(*chunks, strict=True)))


def pairs_of(fitness, margin=0.0, max_pairs=None, seed=1, **more):
    fitness = np.asarray(fitness, dtype=float)
    groups = np.zeros(len(fitness), dtype=int)
    rng = np.random.default_rng(seed)
    return joined(label_pairs(fitness, fitness, groups, margin, max_pairs, rng, **more))


@given(measured, st.sampled_from([0.0, 0.5, 1.0, 3.0]), st.sampled_from([1, 3, 1000]))
def test_all_decided_pairs_and_no_other(rows, margin, chunk):
    """Against the double loop that this replaces, with bounds and groups."""
    low = np.array([start for start, _, _ in rows], dtype=float)
    high = np.array([max(start, -5.0) + width for start, width, _ in rows], dtype=float)
    group = np.array([code for _, _, code in rows], dtype=int)
    pairs = joined(
        label_pairs(low, high, group, margin, None, np.random.default_rng(1), chunk=chunk)
    )
    expected = {
        (i, j)
        for a, b in combinations(range(len(rows)), 2)
        for i, j in ((a, b), (b, a))
        if group[i] == group[j] and low[i] - high[j] > margin
    }
    fitter = np.where(pairs.label == 1, pairs.first, pairs.second).tolist()
    other = np.where(pairs.label == 1, pairs.second, pairs.first).tolist()
    found = list(zip(fitter, other, strict=True))
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert decided_pairs(low, high, group, margin).total == len(expected)
    assert comparable_count(group) >= len(expected)


@given(fitness_lists, st.integers(0, 1000), st.sampled_from([1, 4, 1000]))
def test_classes_balance(fitness, seed, chunk):
    label = pairs_of(fitness, seed=seed, chunk=chunk).label
    assert abs(2 * int(label.sum()) - len(label)) <= 1


@given(fitness_lists)
def test_swapping_fitness_swaps_labels(fitness):
    """The reversed order of fitness decides the same pairs the other way round."""
    table, other = (
        {tuple(sorted(p[:2])): (p[0] < p[1]) == p[2] for p in zip(*pairs_of(f), strict=True)}
        for f in (fitness, -fitness)
    )
    assert table.keys() == other.keys()
    assert all(table[pair] != other[pair] for pair in table)


def test_the_label_does_not_depend_on_the_place():
    """Orientation is drawn: neither class sits with the aptamers that come first in the file."""
    pairs = pairs_of(np.arange(200.0))
    assert 0.45 < (pairs.first < pairs.second).mean() < 0.55
    assert abs(np.corrcoef(pairs.first + pairs.second, pairs.label)[0, 1]) < 0.05


@pytest.mark.parametrize("chunk", [20, 10_000])
def test_sample_is_uniform_and_without_replacement(chunk):
    counts = np.zeros((40, 40))
    for seed in range(400):
        pairs = pairs_of(np.arange(40.0), max_pairs=78, seed=seed, chunk=chunk)
        low, high = np.minimum(pairs[0], pairs[1]), np.maximum(pairs[0], pairs[1])
        assert len(set(zip(low.tolist(), high.tolist(), strict=True))) == 78
        counts[low, high] += 1
    drawn = counts[np.triu_indices(40, 1)]
    assert drawn.mean() == pytest.approx(40)  # 78 of 780 pairs, 400 times
    assert drawn.min() > 15
    assert drawn.max() < 70


@given(st.integers(1, 1000), st.floats(0, 1), st.integers(0, 100), st.integers(1, 300))
def test_numbers_drawn_in_a_stream(total, share, seed, chunk):
    size = int(total * share)
    rng = np.random.default_rng(seed)
    chunks = list(draw_numbers(total, size, rng, chunk))
    numbers = np.concatenate([*chunks, np.empty(0, dtype=int)])
    assert all(len(c) <= chunk for c in chunks)
    assert len(numbers) == size
    assert (np.diff(numbers) > 0).all()
    assert size == 0 or (numbers[0] >= 0 and numbers[-1] < total)


def test_numbers_beyond_what_numpy_can_draw():
    total = 5 * 10**9
    numbers = np.concatenate(list(draw_numbers(total, 10_000, np.random.default_rng(1), 1000)))
    assert len(np.unique(numbers)) == 10_000
    assert np.mean(numbers) == pytest.approx(total / 2, rel=0.05)


@given(st.integers(1, 1000), st.floats(0, 1), st.integers(0, 100))
def test_sample_without_replacement(total, share, seed):
    size = int(total * share)
    numbers = sample_without_replacement(total, size, np.random.default_rng(seed))
    assert len(np.unique(numbers)) == size
    assert size == 0 or (numbers.min() >= 0 and numbers.max() < total)


def test_bands_of_the_difference_weigh_alike():
    fitness = np.arange(200.0)
    bands = difference_bands(fitness, fitness, np.zeros(200, dtype=int), 0.0)
    assert sum(band.total for band in bands) == 19_900
    pairs = pairs_of(fitness, max_pairs=1000, by_difference=True)
    assert len(pairs.label) == 1000
    difference = np.abs(fitness[pairs.first] - fitness[pairs.second])
    counts = np.histogram(difference, bins=10, range=(0, 199))[0]
    assert counts.min() >= 95
    assert counts.max() <= 105
    uniform = pairs_of(fitness, max_pairs=1000)
    apart = np.abs(fitness[uniform.first] - fitness[uniform.second])
    assert np.histogram(apart, bins=10, range=(0, 199))[0].min() < 40


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).map(np.array), st.integers(0, 200))
def test_shares_are_even_and_never_too_large(counts, total):
    quotas = equal_quotas(counts, total)
    assert (quotas <= counts).all()
    assert quotas.sum() == min(total, counts.sum())
    unfilled = quotas[quotas < counts]
    assert len(unfilled) == 0 or unfilled.min() >= quotas.max() - 1


@given(st.integers(1, 60), st.integers(1, 20))
def test_pairs_divided_among_parts_are_all_there_once(count, chunk):
    pairs = Pairs(np.arange(count), np.arange(count) + 1, np.ones(count, dtype=np.int8))
    chunks = [Pairs(*(c[i : i + chunk] for c in pairs)) for i in range(0, count, chunk)]
    sizes = [count // 2, count // 3, count - count // 2 - count // 3]
    stream = list(split_stream(iter(chunks), sizes, np.random.default_rng(1)))
    parts = [joined([pairs for name, pairs in stream if name == part]) for part in PARTS]
    assert [len(part.label) for part in parts] == sizes
    assert sorted(np.concatenate([part.first for part in parts])) == list(range(count))


def test_margin_in_units_of_the_replicates():
    spread = np.array([0.1, 0.3, np.nan, 0.2])
    count = np.array([2, 3, 1, 2])
    pooled = np.sqrt((0.1**2 + 2 * 0.3**2 + 0.2**2) / 4)
    assert absolute_margin(2, "spread", spread, count) == pytest.approx(2 * pooled)
    assert absolute_margin(2, "fitness", spread, count) == 2
    with pytest.raises(InputError, match="no aptamer was measured twice"):
        absolute_margin(2, "spread", spread[2:3], count[2:3])


def test_tables_of_pairs_keep_their_margin(tmp_path):
    path = tmp_path / "pairs.parquet"
    with PairWriter(path, ["AA", "CC", "GG"], 0.25) as writer:
        writer.add(Pairs(np.array([0, 2]), np.array([1, 0]), np.array([1, 0], dtype=np.int8)))
        writer.add(Pairs(np.array([1]), np.array([2]), np.array([1], dtype=np.int8)))
    assert (writer.count, writer.ones) == (3, 2)
    assert read_margin(path) == 0.25
    table = pd.read_parquet(path)
    assert table.to_numpy().tolist() == [["AA", "CC", 1], ["GG", "AA", 0], ["CC", "GG", 1]]
    pairs = read_pairs(path, pd.Index(["CC", "AA", "GG"]))
    assert pairs.first.tolist() == [1, 2, 0]


def read_parts(folder):
    return {p: pd.read_parquet(folder / f"{p}.parquet") for p in ("train", "validation", "test")}


def members(table):
    return set(table["Sequence1"]) | set(table["Sequence2"])


def test_program_alone(program, tmp_path, scored):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher", "-o", "lab/aptamers.csv")
    said = program("pairing", "-d", "lab/aptamers.csv").output
    assert "train: 4560 pairs of one group; dropped: 0 ties, 0 within the margin" in said
    value = pd.read_csv("lab/aptamers.csv").set_index("sequence")["fitness"]
    parts = read_parts(tmp_path / "lab/pairs")
    for pairs in parts.values():
        assert list(pairs.columns) == ["Sequence1", "Sequence2", "Label"]
        fitter = pairs["Sequence1"].map(value) > pairs["Sequence2"].map(value)
        assert (fitter == (pairs["Label"] == 1)).all()
    for one, other in combinations(parts, 2):
        assert not members(parts[one]) & members(parts[other])
    first = (tmp_path / "lab/pairs/train.parquet").read_bytes()
    program("pairing", "-d", "lab/aptamers.csv")
    assert (tmp_path / "lab/pairs/train.parquet").read_bytes() == first
    # A lab's own table goes straight in, once the direction is said.
    assert "better" in program("pairing", "-d", "scored.csv", code=1).output
    program("pairing", "-d", "scored.csv", "--better", "higher", "--max-pairs", 50, "-o", "own")
    assert len(pd.read_parquet("own/train.parquet")) == 50


def test_groups_margins_and_ties_in_the_program(program, tmp_path, scored):
    half = scored.assign(target=["x", "y"] * 60, score=scored["score"].round())
    half.to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher", "--group", "target")
    said = program("pairing", "-d", "aptamers.csv", "--margin", 1, "-o", "pairs").output
    assert " ties, " in said
    assert "0 ties" not in said
    table = pd.read_csv("aptamers.csv").set_index("sequence")
    for pairs in read_parts(tmp_path / "pairs").values():
        one, other = (table.loc[pairs[name]] for name in ("Sequence1", "Sequence2"))
        assert (one["group"].to_numpy() == other["group"].to_numpy()).all()
        assert (np.abs(one["fitness"].to_numpy() - other["fitness"].to_numpy()) > 1).all()
    assert read_margin(tmp_path / "pairs/test.parquet") == 1


def test_a_split_of_pairs_leaks_and_says_so(program, tmp_path, scored):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    assert "all" in program("split", "aptamers.csv", "--by", "pair").output
    program("pairing", "-d", "aptamers.csv", "--split", "split.csv", "-o", "pairs")
    parts = read_parts(tmp_path / "pairs")
    assert [len(table) for table in parts.values()] == [5712, 714, 714]
    keys = [frozenset(pair) for t in parts.values() for pair in t.iloc[:, :2].to_numpy().tolist()]
    assert len(set(keys)) == 7140
    assert members(parts["test"]) <= members(parts["train"])
    program(
        *("pairing", "-d", "aptamers.csv", "--split", "split.csv", "-o", "few"),
        *("--max-pairs", 400),
    )
    assert [len(table) for table in read_parts(tmp_path / "few").values()] == [400, 50, 50]


def test_margin_that_leaves_no_pair(program, tmp_path, scored):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    said = program(
        "pairing", "-d", "scored.csv", "--better", "higher", "--margin", 99, code=1
    ).output
    assert "no two train aptamers of one group differ in fitness by more than the margin 99" in said
