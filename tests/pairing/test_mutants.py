"""Splits of mutants of one sequence: by distance from it, and by mutated positions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Hamming, Levenshtein

from aptarank.core.errors import InputError
from aptarank.pairing.mutants import as_ranges, draw_by_distance, draw_by_position, draw_positions
from aptarank.pairing.reference import (
    consensus,
    differences,
    find_reference,
    known_distances,
    why_unrelated,
)
from made_aptamers import aptamer_table, mutants, random_sequences

PARENT = "GGACUUCGGUCCAGUCAGGCAUCGAUUCGA".replace("U", "T")
FRACTIONS = {"train": 0.6, "validation": 0.2, "test": 0.2}


@pytest.fixture(scope="module")
def library():
    """300 mutants of PARENT with 1 to 4 substitutions and itself, as ingest.py writes them."""
    rng = np.random.default_rng(1)
    found = mutants(PARENT, 300, rng)
    return aptamer_table(found.index, rng.normal(size=len(found)) - found.to_numpy())


sequences_of_one_length = st.integers(1, 6).flatmap(
    lambda size: st.lists(st.text("ACGT", min_size=size, max_size=size), min_size=1, max_size=9)
)


@given(sequences_of_one_length)
def test_a_consensus_has_the_most_common_bases(sequences):
    found = consensus(sequences)
    for place, base in enumerate(found):
        column = [sequence[place] for sequence in sequences]
        assert column.count(base) == max(map(column.count, "ACGT"))


def test_a_consensus_is_of_the_most_common_length():
    assert consensus(["AAAA", "CC", "CG", "CCTTT"]) == "CC"
    assert consensus(["TTT", "AA"]) == "AA"


@given(st.text("ACGT", min_size=3, max_size=9), st.lists(st.text("ACGT", max_size=12), max_size=9))
def test_differences_are_edits_and_of_one_length_substitutions(reference, sequences):
    expected = [
        (Hamming if len(s) == len(reference) else Levenshtein).distance(s, reference)
        for s in sequences
    ]
    assert differences(sequences, reference).tolist() == expected


def test_which_sets_have_a_reference(library):
    """Mutants have, also with a few deletions; random sequences do not, also between flanks."""
    sequences = library["sequence"].tolist()
    found = known_distances(sequences, None)
    assert found.reference == (PARENT, True)
    assert found.differences.loc[PARENT] == 0
    assert known_distances([*sequences, PARENT[1:], PARENT[2:]], None).differences.iloc[-1] == 2
    rng = np.random.default_rng(2)
    insides = random_sequences(200, rng, 12, 12)
    for unrelated in (insides, [f"{PARENT}{s}{PARENT}" for s in insides]):
        assert known_distances(unrelated, None) is None
        said = why_unrelated(unrelated, find_reference(unrelated, None))
        assert "nearly as much as from each other" in said
    assert known_distances(random_sequences(200, rng, 6, 12), None) is None
    for count in (5, 10, 20, 50):
        assert known_distances(random_sequences(count, rng, 30, 30), None) is None
        assert known_distances(sequences[:count], None) is not None
    assert known_distances(sequences, PARENT[1:]) is None
    assert known_distances(["ACGT"], None).differences.tolist() == [0]


def test_by_distance(library):
    parts = draw_by_distance(library, None, 2, FRACTIONS, 1)
    distance = pd.Series(differences(parts.index.tolist(), PARENT), index=parts.index)
    assert ((distance > 2) == (parts == "test")).all()
    near = (distance <= 2).sum()
    assert abs((parts == "validation").sum() - near / 4) <= 1
    assert parts.equals(
        draw_by_distance(library.sample(frac=1, random_state=1), None, 2, FRACTIONS, 1)
    )
    assert not parts.equals(draw_by_distance(library, None, 2, FRACTIONS, 2))
    given = PARENT.replace("T", "U").lower()
    assert parts.equals(draw_by_distance(library, given, 2, FRACTIONS, 1))


@pytest.mark.parametrize("positions", ["contiguous", "modulo"])
@pytest.mark.parametrize("seed", range(4))
def test_by_position(library, positions, seed):
    """The test is what is mutated where nothing else is; its share is about the wanted one."""
    parts = draw_by_position(library, None, positions, FRACTIONS, seed)
    held = held_out(parts)
    if positions == "contiguous":
        assert (np.diff(held) == 1).all()
    else:
        assert len(set(np.diff(held))) <= 1
    assert (parts == "test").mean() == pytest.approx(0.2, abs=0.06)
    rest = (parts != "test").sum()
    assert abs((parts == "validation").sum() - rest / 4) <= 1


def held_out(parts):
    """Positions where only test aptamers are mutated; each of these is mutated at one of them."""
    letters = np.array([list(sequence) for sequence in parts.index]) != list(PARENT)
    test = (parts == "test").to_numpy()
    held = np.flatnonzero(letters.any(axis=0) & ~letters[~test].any(axis=0))
    assert (letters[:, held].any(axis=1) == test).all()
    return held


def test_other_seeds_hold_out_other_positions(library):
    found = [draw_by_position(library, None, "contiguous", FRACTIONS, seed) for seed in range(6)]
    assert len({tuple(held_out(parts)) for parts in found}) > 2


@pytest.mark.parametrize("wanted", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("positions", ["contiguous", "modulo"])
def test_the_share_is_as_near_as_can_be(positions, wanted):
    """One mutation in each, at any of 40 positions: every share of fortieths can be met."""
    mutated = np.eye(40, dtype=bool)
    for seed in range(5):
        held = draw_positions(mutated, positions, wanted, seed)
        nearest = 0.015 if positions == "contiguous" else 0.05  # every 3rd or 4th is 0.33 or 0.25
        assert len(held) / 40 == pytest.approx(wanted, abs=nearest)


@pytest.mark.parametrize("positions", ["contiguous", "modulo"])
def test_each_position_is_held_out_in_one_fold(library, positions):
    held = [
        held_out(draw_by_position(library, None, positions, FRACTIONS, 1, fold, 5))
        for fold in range(1, 6)
    ]
    assert sorted(np.concatenate(held)) == list(range(len(PARENT)))


def test_ranges():
    assert as_ranges(np.array([1, 3, 4, 5, 9])) == "1, 3 to 5, 9"


def refuse(said, table, by, *settings):
    draw = {"distance": draw_by_distance, "position": draw_by_position}[by]
    with pytest.raises(InputError, match=said):
        draw(table, *settings, FRACTIONS, 1)


def test_what_is_refused_of_a_reference(library):
    for by, setting in (("distance", 2), ("position", "modulo")):
        refuse(
            "0 of 300 aptamers have the 29 bases of the reference", library, by, PARENT[1:], setting
        )
        refuse("split.reference: not a base: 'J' at position 2", library, by, "AJC", setting)
        refuse("split.reference: degenerate code: 'N'", library, by, f"{PARENT}N", setting)


def test_where_everything_varies_everywhere():
    rng = np.random.default_rng(3)
    table = aptamer_table(random_sequences(200, rng, 20, 20), rng.normal(size=200))
    for by, setting in (("distance", 2), ("position", "modulo")):
        refuse(r"as from each other.*split by aptamer, prefix, cluster", table, by, None, setting)


def test_nothing_on_one_side_of_the_distance(library):
    far = library[differences(library["sequence"].tolist(), PARENT) > 2]
    said = (
        r"0 of .* at most 2 differences from the reference .*3 \(75\), 4 .* larger split.distance"
    )
    refuse(said, far, "distance", PARENT, 2)
    refuse(
        "0 of 300 aptamers have more than 4 .* smaller split.distance", library, "distance", None, 4
    )


def test_too_few_mutants(library):
    two = library.head(2)
    refuse("split.distance", two, "distance", PARENT, 1)
    refuse("1 aptamers have a mutation at position", two, "position", PARENT, "contiguous")
    refuse("no aptamer differs from the reference", library.head(1), "position", PARENT, "modulo")
    with_deletion = pd.concat([library, aptamer_table([PARENT[1:]], [0.0])])
    refuse("1 of 301 aptamers, the first is GACTT", with_deletion, "position", None, "modulo")
    draw_by_distance(with_deletion, None, 2, FRACTIONS, 1)
    with pytest.raises(InputError, match="30 positions vary, too few for 31 folds"):
        draw_by_position(library, None, "modulo", FRACTIONS, 1, 1, 31)


def test_program(program, tmp_path, library):
    library.to_csv(tmp_path / "aptamers.csv", index=False)
    said = program("split", "aptamers.csv", "--by", "distance", "--distance", 2).output
    assert f"the reference {PARENT} (the consensus, guessed as split.reference is not set)" in said
    assert "150 aptamers have at most 2 differences, 150 more (the test)" in said
    assert pd.read_csv("split.csv")["part"].value_counts()["test"] == 150
    options = ["--by", "position", "--positions", "modulo", "--reference", PARENT]
    said = program("split", "aptamers.csv", *options, "--folds", 5, "--fold", 2).output
    assert f"the reference {PARENT} (given)" in said
    assert "held out: positions 2, 7, 12, 17, 22, 27, at which" in said
    said = program("split", "aptamers.csv", *options, "--test", 0.01, "--train", 0.79).output
    assert "and split.fractions.test is 1.0 %: no positions to hold out come nearer" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--by", "distance"], "give --distance"),
        (["--by", "distance", "--distance", 2, "--folds", 5], "a split by distance has no folds"),
        (["--distance", 2], "split.distance is 2, but split.by is aptamer, which does not use it"),
        (["--by", "prefix", "--positions", "modulo"], "split.positions is 'modulo', but split.by"),
        (["--by", "distance", "--distance", 9], "aptamers.csv: 0 of 300 aptamers have more than 9"),
    ],
)
def test_options_that_contradict(program, tmp_path, library, options, said):
    library.to_csv(tmp_path / "aptamers.csv", index=False)
    assert said in program("split", "aptamers.csv", *options, code=1).output
