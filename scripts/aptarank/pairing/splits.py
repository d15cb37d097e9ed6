"""Splits of aptamers (never of pairs) into parts that share none, nor a family of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.values.sequences import as_tokens, normalise

PARTS = ("train", "validation", "test")
ALL_PARTS = "all"  # the one part of a split of pairs: each aptamer is in training and in test
MIN_PART = 2  # a part needs at least one pair
STRATA = 10


def within_group_rank(aptamers: pd.DataFrame) -> pd.Series:
    """Each distinct sequence's rank within its group, as a fraction in (0, 1]; 1 is the fittest.

    Fitness of one group cannot be compared with another's, but ranks can. A sequence in several
    groups gets the mean; one without any fitness, NaN.

    Args:
        aptamers: with the columns sequence, group and fitness.

    Returns:
        float64, its index the distinct sequences sorted alphabetically.
    """
    rows = aptamers.sort_values(["sequence", "group"])  # no sum depends on the order of the rows
    share = rows.groupby("group")["fitness"].rank(pct=True)
    return share.groupby(rows["sequence"]).mean()


def draw_parts(
    aptamers: pd.DataFrame,
    family: pd.Series,
    fractions: Mapping[str, float],
    seed: int,
    fold: int = 1,
    folds: int | None = None,
) -> pd.Series:
    """Draw the part of each distinct sequence: the same for any order of the rows.

    Args:
        aptamers: with the columns sequence, group and fitness.
        family: what `clusters.find_families` gives for them.
        fractions, seed, fold, folds: as for `split_by_fractions` and `split_by_fold`.

    Returns:
        Text, its index as that of `family`.

    Raises:
        InputError: see these two.
    """
    known = (family.to_numpy(), within_group_rank(aptamers).reindex(family.index).to_numpy())
    if folds:
        parts = split_by_fold(*known, fold, folds, fractions, seed)
    else:
        parts = split_by_fractions(*known, fractions, seed)
    return pd.Series(parts, index=family.index)


def split_by_fractions(
    family: np.ndarray, score: np.ndarray, fractions: Mapping[str, float], seed: int
) -> np.ndarray:
    """Draw a part for each sequence, none for a family twice, with scores alike in all parts.

    Args:
        family: number of each sequence's family, 0 … n_families − 1, shape (n_sequences,).
        score: of each sequence, NaN where it has none, shape (n_sequences,).
        fractions: the share of each of `PARTS`; they add up to 1.

    Returns:
        Array of part names, shape (n_sequences,).

    Raises:
        InputError: fractions that do not add up, or too few aptamers or families for one pair in
            every part.
    """
    total = sum(fractions[part] for part in PARTS)
    if abs(total - 1) > 1e-9:
        shares = ", ".join(f"{part} {fractions[part]:g}" for part in PARTS)
        raise InputError(f"split fractions add up to {total:g}, not 1: {shares}")
    wanted = whole_sizes(len(family), [fractions[part] for part in PARTS])
    for part, size in zip(PARTS, wanted, strict=True):
        if size < MIN_PART:
            raise InputError(
                f"{len(family)} aptamers leave {size} for {part}, which needs at least {MIN_PART}; "
                f"give more aptamers or a larger fraction than {fractions[part]:g}"
            )
    part_of = assign_families(family, score, wanted, seed)
    parts = np.array(PARTS, dtype=object)[part_of]
    check_parts(parts, family)
    return parts


def split_by_fold(
    family: np.ndarray,
    score: np.ndarray,
    fold: int,
    folds: int,
    fractions: Mapping[str, float],
    seed: int,
) -> np.ndarray:
    """One fold of a cross-validation: families are dealt to `folds` tests of like size and scores.

    What is not in the test of this fold is divided into train and validation in the ratio of their
    fractions.

    Args:
        fold: 1 … `folds`.
        family, score: as for `split_by_fractions`.

    Returns:
        Array of part names, shape (n_sequences,); over all folds each sequence is in test once.

    Raises:
        InputError: no such fold, or too few aptamers or families.
    """
    if not 1 <= fold <= folds:
        raise InputError(f"fold {fold} of {folds}; expected 1 to {folds}")
    count = len(family)
    part_of = assign_families(family, score, whole_sizes(count, [1 / folds] * folds), seed)
    if (least := int(np.bincount(part_of, minlength=folds).min())) < MIN_PART:
        raise InputError(
            f"{count} aptamers in {len(np.unique(family))} families leave {least} for the test of "
            f"one of {folds} folds, which needs at least {MIN_PART}; take fewer folds "
            "(split.folds), smaller families, or give more aptamers"
        )
    return divide_rest(part_of == fold - 1, family, score, fractions, [seed, fold])


def divide_rest(
    test: np.ndarray,
    family: np.ndarray,
    score: np.ndarray,
    fractions: Mapping[str, float],
    seed: int | Sequence[int],
) -> np.ndarray:
    """Divide what is not in the test into train and validation, in the ratio of their fractions.

    Args:
        test: whether each sequence is in the test, bool, shape (n_sequences,).
        family, score: as for `split_by_fractions`; no family is in the test and outside of it.

    Returns:
        Array of part names, shape (n_sequences,).

    Raises:
        InputError: too few aptamers or families outside of the test.
    """
    rest = ~test
    train, validation = fractions["train"], fractions["validation"]
    share = validation / (train + validation)
    wanted = whole_sizes(int(rest.sum()), [1 - share, share])
    if wanted[1] < MIN_PART:
        raise InputError(
            f"{rest.sum()} aptamers outside of the test leave {wanted[1]} for validation, which "
            f"needs at least {MIN_PART}; give more aptamers or a larger split.fractions.validation "
            f"than {validation:g}"
        )
    parts = np.full(len(test), "test", dtype=object)
    part_of = assign_families(pd.factorize(family[rest])[0], score[rest], wanted, seed)
    parts[rest] = np.array(PARTS[:2], dtype=object)[part_of]
    check_parts(parts, family)
    return parts


def whole_sizes(count: int, shares: Sequence[float]) -> list[int]:
    """Sizes that add up to `count`, each within one of its share (by cumulative rounding)."""
    ends = [round(count * sum(shares[: i + 1])) for i in range(len(shares))]
    return np.diff([0, *ends]).tolist()


def assign_families(
    family: np.ndarray, score: np.ndarray, wanted: Sequence[int], seed: int | Sequence[int]
) -> np.ndarray:
    """Assign whole families to parts of about the wanted sizes, with similar scores in all parts.

    Families that would upset a stratum of the smallest part come first, the largest first, each to
    the part with the most room. The others follow by the tenth that their median score is in, at
    random within it, each to the part that is furthest behind its share so far. Where each family
    is one sequence, the sizes are those wanted.

    (scikit-learn's StratifiedGroupKFold makes equal folds alone, and may leave one without a pair.)

    Args:
        family: number of each sequence's family, 0 … n_families − 1, shape (n_sequences,).
        score: shape (n_sequences,), NaN where there is none.
        wanted: number of sequences of each part; they add up to n_sequences.

    Returns:
        Number of each sequence's part, shape (n_sequences,).
    """
    by_family = pd.Series(score).groupby(family)
    size = by_family.size().to_numpy()
    stratum = np.ceil(by_family.median().rank(pct=True) * STRATA).fillna(0).to_numpy()
    drawn = np.random.default_rng(seed).permutation(len(size))
    is_large = size > max(1, min(wanted) / STRATA)
    by_size, by_stratum = np.lexsort((drawn, -size)), np.lexsort((drawn, stratum))
    parts = OpenParts(wanted, size)
    part_of = np.empty(len(size), dtype=np.int64)
    for member in by_size[is_large[by_size]]:
        part_of[member] = parts.with_most_room(int(size[member]))
    parts.share_rest()
    for member in by_stratum[~is_large[by_stratum]]:
        part_of[member] = parts.furthest_behind(int(size[member]))
    return part_of[family]


class OpenParts:
    """The parts of a split while families are assigned to them, one after another.

    Args:
        wanted: number of sequences of each part.
        sizes: of all families, that will be assigned.
    """

    def __init__(self, wanted: Sequence[int], sizes: np.ndarray):
        self.wanted, self.room = list(wanted), list(wanted)
        self.single = int((sizes < MIN_PART).sum())  # families of one sequence that are left
        self.plural = int((sizes >= MIN_PART).sum())  # larger families that are left
        self.share: list[int] = []
        self.behind = [0] * len(wanted)

    def with_most_room(self, count: int) -> int:
        """Assign a family of `count` sequences to the part with the most room; return the part."""
        part = max(self.open(count), key=self.room.__getitem__)
        self.room[part] -= count
        return part

    def share_rest(self) -> None:
        """From now on, each part has a claim to a share of each family: its room."""
        self.share = [max(0, room) for room in self.room]

    def furthest_behind(self, count: int) -> int:
        """Assign a family of `count` sequences to the part that is furthest behind its share."""
        open_parts = self.open(count)
        # Whole numbers, so that equal claims are equal: counts are taken sum(share) times.
        self.behind = [
            owed + share * count for owed, share in zip(self.behind, self.share, strict=True)
        ]
        part = max(open_parts, key=self.behind.__getitem__)
        self.behind[part] -= sum(self.share) * count
        self.room[part] -= count
        return part

    def open(self, count: int) -> Sequence[int]:
        """The parts that a family of `count` sequences may go to.

        Where the families after it could not give every part a pair, only the parts without one.
        """
        self.single -= count < MIN_PART
        self.plural -= count >= MIN_PART
        missing = [
            max(0, MIN_PART - (wanted - room))
            for wanted, room in zip(self.wanted, self.room, strict=True)
        ]
        if can_fill(missing, self.single, self.plural):
            return range(len(self.wanted))
        return [part for part, lacking in enumerate(missing) if lacking]


def can_fill(missing: Sequence[int], single: int, plural: int) -> bool:
    """Whether the remaining families can still give every part `MIN_PART` sequences.

    Args:
        missing: sequences that each part lacks, 0 where none.
        single, plural: number of families of one sequence, and of `MIN_PART` or more.
    """
    needs = sorted(need for need in missing if need)
    return sum(needs[: max(0, len(needs) - plural)]) <= single


def check_parts(parts: np.ndarray, family: np.ndarray) -> None:
    """Raise InputError where families that are not divided left a part without a pair."""
    for part in PARTS:
        if (size := int((parts == part).sum())) < MIN_PART:
            sizes = np.bincount(family)
            raise InputError(
                f"{len(parts)} aptamers leave {size} for {part}, which needs at least {MIN_PART}: "
                f"a family is not divided (families: {len(sizes)}, the largest has {sizes.max()}); "
                "take smaller families (a larger split.k, a higher split.identity, another "
                "split.by), fewer folds, or give more aptamers"
            )


def split_by_table(sequences: pd.Series, table: pd.DataFrame, source: str) -> np.ndarray:
    """Look up the part of each aptamer in a user's table with the columns `sequence,part`.

    Raises:
        InputError: a missing column, an unknown part, a sequence in two parts, an aptamer without
            a part, or a part with fewer than two aptamers.
    """
    for column in ("sequence", "part"):
        if column not in table.columns:
            found = ", ".join(repr(name) for name in table.columns)
            raise InputError(f"{source}: no column {column!r}; the columns are {found}")
    chosen: dict[str, str] = {}
    rows = zip(table["sequence"], table["part"], strict=True)
    for line, (text, part) in enumerate(rows, start=2):
        if part not in PARTS:
            raise InputError(
                f"{source}, line {line}: part {part!r}; expected one of {', '.join(PARTS)}"
            )
        try:
            sequence = as_tokens(normalise(text))
        except ValueError as reason:
            raise InputError(f"{source}, line {line}: {reason}") from None
        if chosen.setdefault(sequence, part) != part:
            raise InputError(
                f"{source}, line {line}: {text} is in {part} and in {chosen[sequence]}; "
                "an aptamer belongs to one part"
            )
    missing = sequences[~sequences.isin(chosen)]
    if len(missing):
        raise InputError(
            f"{source}: {len(missing)} of {len(sequences)} aptamers have no part, the first is "
            f"{missing.iloc[0]}; give each a line"
        )
    parts = sequences.map(chosen).to_numpy(dtype=object)
    for part in PARTS:
        if (size := int((parts == part).sum())) < MIN_PART:
            raise InputError(
                f"{source}: {size} aptamers for {part}, which needs at least {MIN_PART}"
            )
    return parts
