"""What is said of an aptamer: by models whose truth is known, since it was planted."""

import numpy as np
import pandas as pd
import pytest

from aptarank.core.errors import InputError
from aptarank.explanation.changes import Explained
from aptarank.explanation.edits import doubles, single_edits, windows
from aptarank.explanation.maps import (
    dependency_map,
    importance,
    mutation_map,
    region_of,
    shortest_within,
    truncation_scan,
)
from aptarank.predictors.assemble import assemble, save
from aptarank.predictors.fit import PREDICTORS
from aptarank.use.load_scorer import load_scorer
from made_aptamers import random_sequences

RNG = np.random.default_rng(31)
LENGTH = 12
TRAIN = random_sequences(1500, RNG, LENGTH, LENGTH)
PAIRED = ("AT", "TA", "CG", "GC")


def additive(sequences):
    """The third base counts most, the tenth a little."""
    return np.array([3.0 * (s[2] == "G") + 1.0 * (s[9] == "C") for s in sequences])


def with_pair(sequences):
    """And the second pairs with the eleventh."""
    return additive(sequences) + [4.0 * (s[1] + s[10] in PAIRED) for s in sequences]


def learnt(name, fitness, folder):
    member = PREDICTORS[name](TRAIN, fitness(TRAIN), 1)
    save(assemble({name: member}, {name: 1.0}, name), folder)
    return load_scorer(folder, 1, "cpu")


@pytest.fixture(scope="module")
def by_ridge(tmp_path_factory):
    return Explained([learnt("ridge", additive, tmp_path_factory.mktemp("ridge"))])


@pytest.fixture(scope="module")
def by_pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    return Explained([learnt("additive_pairwise", with_pair, folder)])


def test_all_edits_of_one_base():
    edits = single_edits("ACGT")
    kinds = pd.Series([edit.kind for edit in edits]).value_counts()
    assert kinds.to_dict() == {"substitution": 12, "deletion": 4, "insertion": 20}
    named = {edit.name: edit.sequence for edit in edits}
    assert len(named) == 36
    assert named["A1C"] == "CCGT"
    assert named["G3del"] == "ACT"
    assert named["ins1T"] == "TACGT"
    assert named["ins5T"] == "ACGTT"
    assert {edit.kind for edit in single_edits("A")} == {"substitution", "insertion"}


def test_all_windows_and_doubles():
    found = windows("ACGT", 2)
    assert [window.sequence for window in found] == ["ACGT", "ACG", "CGT", "AC", "CG", "GT"]
    assert (found[2].start, found[2].end) == (2, 4)
    both = doubles("ACGTA", 2, 4)
    assert len(both) == 27
    assert all(double.sequence[0] == "A" and double.sequence[4] == "A" for double in both)
    assert len({double.sequence for double in both}) == 27


def test_the_map_shows_what_was_planted(by_ridge):
    sequence = "TTGTTTTTTCTT"
    table = mutation_map(by_ridge, sequence)
    assert len(table) == 3 * LENGTH + LENGTH + 4 * (LENGTH + 1)
    assert table["spread"].isna().all()
    weight = importance(table)
    assert weight.idxmax() == 3
    assert weight.drop(3).idxmax() == 10
    assert weight[3] > 2 * weight[10] > 0
    by_name = table.set_index("name")["change"]
    assert (by_name[["G3A", "G3C", "G3T"]] < 0).all()
    same = table[table["sequence"] == sequence]  # a T lost and put back elsewhere is no change
    assert (same["change"].abs() < 1e-6).all()


def test_several_seeds_have_a_spread(by_ridge, by_pairs):
    both = Explained([*by_ridge.scorers, *by_pairs.scorers])
    table = mutation_map(both, "TTGTTTTTTCTT")
    one, other = (mutation_map(each, "TTGTTTTTTCTT")["change"] for each in (by_ridge, by_pairs))
    assert np.allclose(table["change"], (one + other) / 2)
    assert np.allclose(table["spread"], (one - other).abs() / np.sqrt(2))


def test_bases_that_pair_stand_out(by_pairs):
    table = dependency_map(by_pairs, "TAGTTTTTTCTT", 1, LENGTH)
    assert len(table) == LENGTH * (LENGTH - 1) / 2
    first = table.sort_values("strength", ascending=False).iloc[0]
    assert (first["first"], first["second"]) == (2, 11)
    assert first["strength"] > 5 * table["strength"].median()
    assert first["bases"] in PAIRED  # another pair takes back what each change costs
    assert first["strongest"] > 0


def test_nothing_stands_out_where_bases_add_up(by_ridge, by_pairs):
    strongest = [
        dependency_map(each, "TTGTTTTTTCTT", 1, LENGTH)["strength"].max()
        for each in (by_ridge, by_pairs)
    ]
    assert strongest[0] < strongest[1] / 3


def test_the_shortest_window(by_ridge):
    scan = truncation_scan(by_ridge, "TTGTTTTTTCTT", 4)
    assert len(scan) == sum(LENGTH - size + 1 for size in range(4, LENGTH + 1))
    assert scan["change"].iloc[0] == 0
    assert scan["length"].iloc[0] == LENGTH
    whole = shortest_within(scan.assign(change=[0.0, *[-9.0] * (len(scan) - 1)]), 1.0)
    assert whole["length"] == LENGTH
    chosen = shortest_within(scan, 1e9)
    assert chosen["length"] == 4
    assert chosen["change"] == scan.loc[scan["length"] == 4, "change"].max()


def test_a_region():
    assert region_of("ACGT", None, 4, "x") == (1, 4)
    assert region_of("A", None, 4, "x") is None
    assert region_of("ACGTA", None, 4, "x") is None
    assert region_of("ACGTA", (2, 4), 4, "x") == (2, 4)
    for region, said in (((3, 2), "from 3 to 2"), ((2, 6), "x has 5 bases"), ((1, 5), "at most 4")):
        with pytest.raises(InputError, match=said):
            region_of("ACGTA", region, 4, "x")
