"""Splits: no aptamer or family in two parts, whatever is asked."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from aptarank.core.errors import InputError
from aptarank.pairing import clusters
from aptarank.pairing.clusters import BY, find_families, link_similar
from aptarank.pairing.splits import (
    PARTS,
    draw_parts,
    split_by_fold,
    split_by_fractions,
    split_by_table,
    within_group_rank,
)
from made_aptamers import aptamer_table, random_sequences

FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}


def alone(count, score=None):
    """As many families of one, without scores or with these."""
    return np.arange(count), np.full(count, np.nan) if score is None else score


@given(st.integers(30, 500), st.integers(0, 2**32))
def test_parts_have_their_share(count, seed):
    parts = split_by_fractions(*alone(count), FRACTIONS, seed)
    assert len(parts) == count
    for part, share in FRACTIONS.items():
        assert abs((parts == part).sum() - share * count) <= 1
    assert (parts == split_by_fractions(*alone(count), FRACTIONS, seed)).all()


def test_another_seed_is_another_split():
    first, second = (split_by_fractions(*alone(100), FRACTIONS, seed) for seed in (1, 2))
    assert (first != second).any()


def test_too_few_aptamers():
    with pytest.raises(InputError, match="12 aptamers leave 1 for validation"):
        split_by_fractions(*alone(12), FRACTIONS, 1)


def test_fractions_add_up():
    with pytest.raises(InputError, match=r"add up to 1\.1"):
        split_by_fractions(*alone(100), FRACTIONS | {"train": 0.9}, 1)


@given(st.integers(0, 2**32))
def test_scores_are_alike_in_all_parts(seed):
    """Of each tenth of the scores, each part has its share to within two aptamers."""
    score = np.random.default_rng(seed).permutation(300) ** 3.0
    parts = split_by_fractions(*alone(300, score), FRACTIONS, seed)
    tenth = pd.Series(score).rank(pct=True).mul(10).apply(np.ceil)
    for part, share in FRACTIONS.items():
        held = tenth[parts == part].value_counts().reindex(range(1, 11), fill_value=0)
        assert (abs(held - share * 30) <= 2).all()


family_sizes = st.lists(st.integers(1, 40), min_size=6, max_size=60).filter(
    lambda sizes: sum(sizes) >= 30
)


@given(family_sizes, st.integers(0, 1000))
def test_no_family_is_divided(sizes, seed):
    family = np.repeat(np.arange(len(sizes)), sizes)
    score = np.random.default_rng(seed).normal(size=len(family))
    parts = split_by_fractions(family, score, FRACTIONS, seed)
    assert pd.Series(parts).groupby(family).nunique().max() == 1
    for part, share in FRACTIONS.items():
        assert (parts == part).sum() >= 2
        assert abs((parts == part).sum() - share * len(family)) <= 2 * max(sizes)


@pytest.mark.parametrize("largest", [3, 512])
def test_families_fill_their_share(largest):
    """Small ones by the score, and large ones from the largest on."""
    sizes = np.tile([1, 2, 3], 100) if largest == 3 else 2 ** np.arange(10)
    family = np.repeat(np.arange(len(sizes)), sizes)
    score = np.random.default_rng(1).normal(size=len(family))
    fractions = {"train": 0.5, "validation": 0.25, "test": 0.25}
    parts = split_by_fractions(family, score, fractions, 1)
    for part, share in fractions.items():
        assert abs((parts == part).sum() - share * len(family)) <= 3


def test_the_last_families_are_kept_for_parts_without_any():
    family = np.repeat(np.arange(3), 300)
    assert set(split_by_fractions(family, np.zeros(900), FRACTIONS, 1)) == set(PARTS)


def test_too_few_families():
    family = np.repeat(np.arange(2), [60, 40])
    with pytest.raises(InputError, match=r"leave 0 for test.*families: 2, the largest has 60"):
        split_by_fractions(family, np.zeros(100), FRACTIONS, 1)


@given(
    st.lists(st.integers(1, 8), min_size=40, max_size=60), st.integers(2, 5), st.integers(0, 1000)
)
def test_each_aptamer_is_tested_in_one_fold(sizes, folds, seed):
    family = np.repeat(np.arange(len(sizes)), sizes)
    score = np.random.default_rng(seed).normal(size=len(family))
    fractions = {"train": 0.6, "validation": 0.3, "test": 0.1}
    every = [split_by_fold(family, score, k + 1, folds, fractions, seed) for k in range(folds)]
    assert (sum((parts == "test").astype(int) for parts in every) == 1).all()
    for parts in every:
        assert set(parts) == set(PARTS)
        assert pd.Series(parts).groupby(family).nunique().max() == 1


def test_folds_are_of_one_size_and_alike_in_score():
    score = np.random.default_rng(1).normal(size=103)
    for fold in range(1, 6):
        parts = split_by_fold(*alone(103, score), fold, 5, FRACTIONS, 1)
        sizes = [(parts == part).sum() for part in PARTS]
        assert sizes[2] in (20, 21)
        assert abs(sizes[1] - (103 - sizes[2]) / 9) <= 1
        assert abs(score[parts == "test"].mean() - score.mean()) < 0.15


@pytest.mark.parametrize(
    ("count", "fold", "folds", "said"),
    [
        (100, 0, 5, "fold 0 of 5; expected 1 to 5"),
        (100, 6, 5, "fold 6 of 5; expected 1 to 5"),
        (100, 1, 60, "100 aptamers in 100 families leave 1 for the test of one of 60 folds"),
        (14, 1, 5, "11 aptamers outside of the test leave 1 for validation"),
    ],
)
def test_bad_folds(count, fold, folds, said):
    with pytest.raises(InputError, match=said):
        split_by_fold(*alone(count), fold, folds, FRACTIONS, 1)


def test_percentiles_are_within_a_group():
    table = aptamer_table(
        ["AA", "CC", "GG", "AA", "CC", "TT"], [1, 2, 3, 900, 800, np.nan], group=list("aaabbb")
    )
    expected = {"AA": (1 / 3 + 1) / 2, "CC": (2 / 3 + 1 / 2) / 2, "GG": 1, "TT": np.nan}
    assert within_group_rank(table).to_dict() == pytest.approx(expected, nan_ok=True)


def grouped(rng, count=60):
    """Aptamers some of which are in several groups and of several families."""
    sequences = rng.choice(random_sequences(count, rng), size=2 * count)
    return aptamer_table(
        sequences,
        rng.normal(size=2 * count),
        group=rng.choice([f"g{number}" for number in range(25)], size=2 * count),
        family=rng.choice(["", *(f"f{a} | f{a + 1}" for a in range(0, 60, 2))], size=2 * count),
    ).drop_duplicates(["group", "sequence"], ignore_index=True)


@pytest.mark.parametrize("folds", [None, 3])
@pytest.mark.parametrize("by", ["aptamer", "prefix", "cluster", "length"])
def test_the_order_of_the_rows_does_not_matter(by, folds):
    table = grouped(np.random.default_rng(5))
    shuffled = table.sample(frac=1, random_state=1, ignore_index=True)
    family, other = (find_families(rows, by, k=2, identity=0.7) for rows in (table, shuffled))
    assert family.equals(other)
    fractions = {"train": 0.4, "validation": 0.3, "test": 0.3}
    parts = draw_parts(table, family, fractions, 1, 2, folds)
    assert parts.equals(draw_parts(shuffled, other, fractions, 1, 2, folds))
    assert parts.groupby(family).nunique().max() == 1


@pytest.mark.parametrize("by", BY)
def test_families_share_what_they_are_named_for(by):
    """Against the definition: families are the components of the pairs that share it."""
    table = grouped(np.random.default_rng(6))
    family = find_families(table, by, k=3, identity=0.75)
    values = {"group": table["group"], "column": table["family"].str.split(" | ", regex=False)}
    own = values.get(by, table["sequence"]).groupby(table["sequence"]).agg(list)
    held = {sequence: set(np.hstack(texts)) - {""} for sequence, texts in own.items()}
    same = {
        "prefix": lambda a, b: a[:3] == b[:3],
        "length": lambda a, b: len(a) == len(b),
        "cluster": lambda a, b: 4 * Levenshtein.distance(a, b) <= max(len(a), len(b)),
    }.get(by, lambda a, b: bool(held[a] & held[b]))
    assert as_sets(family) == components(sorted(set(table["sequence"])), same)


def as_sets(family):
    return {frozenset(family.index[family == number]) for number in set(family)}


def components(sequences, same):
    """Single linkage, slowly."""
    found = {sequence: {sequence} for sequence in sequences}
    for a, b in combinations(sequences, 2):
        if same(a, b) and found[a] is not found[b]:
            found[a] |= found[b]
            for member in found[b]:
                found[member] = found[a]
    return set(map(frozenset, found.values()))


short = st.lists(st.text("AC", min_size=1, max_size=12), min_size=1, max_size=25, unique=True)


@given(short, st.sampled_from([50, 60, 75, 80, 90, 100]), st.integers(1, 60))
def test_clusters_against_the_definition(sequences, percent, cells):
    """In whole numbers, where 1 − 0.8 is no less than 0.2; in blocks of any size."""

    def same(a, b):
        longer = max(len(a), len(b))
        return 100 * (longer - Levenshtein.distance(a, b)) >= percent * longer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "CELLS", cells)
        family = pd.Series(link_similar(sequences, percent / 100), index=sequences)
    assert as_sets(family) == components(sequences, same)


def test_clusters_at_the_limit():
    """One edit in five bases is an identity of 0.8, though 5 × (1 − 0.8) is below 1 in floats."""
    assert len(set(link_similar(["AAAAA", "AAAAC"], 0.8))) == 1


def mutate(sequence, edits, rng):
    """A sequence after as many insertions, deletions and substitutions."""
    letters = list(sequence)
    for _ in range(edits):
        place, base = rng.integers(len(letters)), rng.choice(list("ACGT"))
        change = [[base], [], [letters[place], base]][rng.integers(3)]
        letters[place : place + 1] = change
    return "".join(letters)


@pytest.mark.parametrize("length", [10, 15, 40, 100])
def test_planted_families_are_found_and_stay_together(length):
    """Mutants at up to a tenth of the bases; founders that are further apart than their mutants."""
    rng = np.random.default_rng(length)
    founders: list[str] = []
    while len(founders) < 20:
        new = "".join(rng.choice(list("ACGT"), size=length))
        if all(Levenshtein.distance(new, other) > 0.4 * length for other in founders):
            founders.append(new)
    planted = {
        mutant: number
        for number, founder in enumerate(founders)
        for mutant in [founder, *(mutate(founder, length // 10, rng) for _ in range(14))]
    }
    table = aptamer_table(list(planted), rng.normal(size=len(planted)))
    family = find_families(table, "cluster")
    assert as_sets(family) == as_sets(pd.Series(planted))
    parts = draw_parts(table, family, FRACTIONS, 1)
    assert parts.groupby(planted).nunique().max() == 1
    assert set(parts) == set(PARTS)
    # What a split by aptamer does not do.
    assert (
        draw_parts(table, find_families(table, "aptamer"), FRACTIONS, 1)
        .groupby(planted)
        .nunique()
        .max()
        > 1
    )


@pytest.mark.parametrize(
    ("by", "said"), [("group", "no aptamer has a group.*datasets"), ("column", "split.column")]
)
def test_nothing_to_keep_together(by, said):
    with pytest.raises(InputError, match=said):
        find_families(aptamer_table(["AA", "CC"], [1.0, 2.0]), by)


SIX = pd.Series(["AA", "CC", "GG", "TT", "AC", "AG"])
TABLE = pd.DataFrame(
    {
        "sequence": ["aa", "CC", "GG", "UU", "AC", "AG"],
        "part": ["train", "train", "validation", "validation", "test", "test"],
    }
)


def test_a_table_is_read_as_sequences_are():
    parts = split_by_table(SIX, TABLE, "s.csv")
    assert parts.tolist() == TABLE["part"].tolist()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.rename(columns={"part": "set"}), "no column 'part'.*'sequence', 'set'"),
        (lambda t: t.replace("test", "holdout"), "line 6: part 'holdout'; expected one of train"),
        (lambda t: pd.concat([t, t.iloc[:1].assign(part="test")]), "line 8: aa is in test and in"),
        (lambda t: t.iloc[1:], "1 of 6 aptamers have no part, the first is AA"),
        (lambda t: t.replace("AC", "ACN"), "line 6: .*'N'.* at position 3"),
        (
            lambda t: t.assign(part=["train"] * 3 + ["validation"] * 2 + ["test"]),
            "1 aptamers for t",
        ),
    ],
)
def test_bad_tables(change, said):
    with pytest.raises(InputError, match=said):
        split_by_table(SIX, change(TABLE), "s.csv")


@pytest.fixture
def aptamers(tmp_path, scored):
    """The table of `scored`, as aptamers.csv; two aptamers are in a second group."""
    table = aptamer_table(scored["sequence"], scored["score"], group="a")
    more = table.iloc[:2].assign(group="b", id=["x", "y"])
    pd.concat([table, more]).to_csv(tmp_path / "aptamers.csv", index=False)
    return table


def test_program(program, tmp_path, aptamers):
    program("split", "aptamers.csv")
    first = (tmp_path / "split.csv").read_bytes()
    split = pd.read_csv("split.csv")
    assert list(split.columns) == ["id", "sequence", "part"]
    assert split[["id", "sequence"]].equals(aptamers[["id", "sequence"]])
    assert split["part"].value_counts().to_dict() == {"train": 96, "validation": 12, "test": 12}
    program("split", "aptamers.csv")
    assert (tmp_path / "split.csv").read_bytes() == first
    split.sample(frac=1, random_state=1).to_csv("mine.csv", index=False)
    program("split", "aptamers.csv", "--file", "mine.csv", "-o", "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == first


def test_program_by_family(program, aptamers):
    said = program("split", "aptamers.csv", "--by", "prefix", "--k", 3).output
    split = pd.read_csv("split.csv")
    assert split["part"].groupby(split["sequence"].str[:3]).nunique().max() == 1
    assert f"120 aptamers in {split['sequence'].str[:3].nunique()} families by prefix" in said
    said = program("split", "aptamers.csv", "--by", "cluster", "--identity", 0.2, code=1).output
    assert "holds 120 of 120 aptamers" in said
    assert "a higher split.identity" in said
    assert "aptamers.csv: 120 aptamers leave 0 for validation" in said


def test_a_reference_of_other_aptamers_is_said(program, aptamers):
    said = program("split", "aptamers.csv", "--reference", "ACGT").output
    assert "split.reference: no figures by distance from it: only 0 of 120" in said
    assert "split.reference" not in program("split", "aptamers.csv").output


def test_aptamers_without_a_family_are_said(program, aptamers):
    aptamers.assign(family=["a", "b", "c", ""] * 30).to_csv("aptamers.csv", index=False)
    said = program("split", "aptamers.csv", "--by", "column").output
    assert "30 of 120 aptamers have no value in split.column" in said


def test_program_by_pair(program, aptamers):
    said = program("split", "aptamers.csv", "--by", "pair").output
    assert "not those of unseen aptamers" in said
    assert set(pd.read_csv("split.csv")["part"]) == {"all"}


def test_program_by_fold(program, aptamers):
    program("split", "aptamers.csv", "--folds", 5, "--fold", 2)
    split = pd.read_csv("split.csv")
    assert split["part"].value_counts().to_dict() == {"train": 85, "test": 24, "validation": 11}
    said = program("split", "aptamers.csv", "--folds", 5, "--by", "pair", code=1).output
    assert "a split by pairs has no folds" in said


def test_a_small_test_is_said(program):
    """With what can be done: twenty aptamers leave two; in a cross-validation, all are tested."""
    aptamer_table(random_sequences(20, np.random.default_rng(1), 12, 12), np.arange(20.0)).to_csv(
        "few.csv", index=False
    )
    said = program("split", "few.csv").output
    assert "only 2 aptamers are in the test" in said
    assert "split.folds: 5, all 20 are tested" in said
    assert "only" not in program("split", "few.csv", "--folds", 5, "--fold", 1).output
    pd.read_csv("split.csv").to_csv("mine.csv", index=False)
    said = program("split", "few.csv", "--file", "mine.csv").output
    assert "too few to tell predictors apart" in said
    assert "folds" not in said
