"""Splits of mutants of one sequence: by their distance from it, or by the mutated positions."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.pairing.reference import (
    Reference,
    differences,
    find_reference,
    mutations,
    why_unrelated,
)
from aptarank.pairing.splits import MIN_PART, divide_rest, within_group_rank

CLOSE = 0.1  # a share of test this close to the wanted one, relative to it, is as good as any
FAR = 2  # a share of test that is off by this factor is warned of
SHOWN = 12  # distances in a message


def draw_by_distance(
    aptamers: pd.DataFrame,
    given: str | None,
    limit: int,
    fractions: Mapping[str, float],
    seed: int,
) -> pd.Series:
    """Draw the part of each distinct sequence: the test is what is far from the reference.

    Args:
        aptamers: with the columns sequence, group and fitness.
        given: the reference; None: the consensus.
        limit: most differences from it outside of the test.
        fractions: of which only the ratio of train and validation counts, as for `divide_rest`.

    Returns:
        Text, its index the distinct sequences sorted alphabetically.

    Raises:
        InputError: no such reference, aptamers that are no mutants of it, or too few for a part.
    """
    score = within_group_rank(aptamers)
    reference = related_reference(score.index.tolist(), given, "distance")
    test = beyond(differences(score.index.tolist(), reference.sequence), limit, reference)
    parts = divide_rest(test, np.arange(len(test)), score.to_numpy(), fractions, seed)
    return pd.Series(parts, index=score.index)


def draw_by_position(
    aptamers: pd.DataFrame,
    given: str | None,
    positions: str,
    fractions: Mapping[str, float],
    seed: int,
    fold: int = 1,
    folds: int | None = None,
) -> pd.Series:
    """Draw the part of each distinct sequence: the test has mutations at held-out positions.

    Args:
        aptamers, given, fractions: as for `draw_by_distance`; the share of test counts too, unless
            there are folds.
        positions: `contiguous` or `modulo`.
        fold, folds: each fold holds out its own positions, so that an aptamer with several
            mutations may be in the test of several folds.

    Returns:
        As `draw_by_distance`.

    Raises:
        InputError: as there.
    """
    score = within_group_rank(aptamers)
    reference = related_reference(score.index.tolist(), given, "position")
    mutated = mutated_positions(score.index.tolist(), reference)
    if folds:
        held = positions_of_fold(mutated, positions, fold, folds)
        test = having_mutations(mutated, held)
    else:
        held = draw_positions(mutated, positions, fractions["test"], seed)
        test = having_mutations(mutated, held)
        warn_of_share(float(test.mean()), fractions["test"])
    seeds = [seed, fold] if folds else seed
    parts = divide_rest(test, np.arange(len(test)), score.to_numpy(), fractions, seeds)
    return pd.Series(parts, index=score.index)


def related_reference(sequences: Sequence[str], given: str | None, by: str) -> Reference:
    """The reference, which is logged.

    Raises:
        InputError: it is no sequence of bases, or the aptamers are no mutants of it.
    """
    reference = find_reference(sequences, given)
    logger.info("differences are counted from %s", reference.text)
    if reason := why_unrelated(sequences, reference):
        raise InputError(
            f"{reason}: they are not mutants of one sequence, which a split by {by} needs; split "
            "by aptamer, prefix, cluster or length, or give the sequence that they were made from "
            "as split.reference (without primers, if they are cut from the aptamers)"
        )
    return reference


def beyond(distance: np.ndarray, limit: int, reference: Reference) -> np.ndarray:
    """Whether each aptamer is more than `limit` differences away, bool, shape (n,).

    Raises:
        InputError: too few on either side of the limit.
    """
    test = distance > limit
    values, counts = np.unique(distance, return_counts=True)
    shown = [f"{at} ({count})" for at, count in zip(values, counts, strict=True)][:SHOWN]
    found = f"distances (aptamers): {', '.join(shown)}{', …' if len(values) > SHOWN else ''}"
    for name, size, other in (
        (f"at most {limit}", int((~test).sum()), "a larger"),
        (f"more than {limit}", int(test.sum()), "a smaller"),
    ):
        if size < MIN_PART:
            raise InputError(
                f"{size} of {len(test)} aptamers have {name} differences from {reference.text}, "
                f"and a part needs at least {MIN_PART}; {found}; give {other} split.distance"
            )
    logger.info(
        "%d aptamers have at most %d differences, %d more (the test); %s",
        *((~test).sum(), limit, test.sum(), found),
    )
    return test


def mutated_positions(sequences: Sequence[str], reference: Reference) -> np.ndarray:
    """Where each sequence differs from the reference, bool, shape (n_sequences, length).

    Raises:
        InputError: a sequence of another length, or no difference at all.
    """
    others = [sequence for sequence in sequences if len(sequence) != len(reference.sequence)]
    if others:
        raise InputError(
            f"{len(others)} of {len(sequences)} aptamers, the first is {others[0]}, do not have "
            f"the {len(reference.sequence)} bases of {reference.text}, so that their positions are "
            "not known; leave them out, or split by distance, which counts insertions and deletions"
        )
    mutated = mutations(sequences, reference.sequence)
    if not mutated.any():
        raise InputError(f"no aptamer differs from {reference.text}")
    return mutated


def draw_positions(mutated: np.ndarray, positions: str, wanted: float, seed: int) -> np.ndarray:
    """Draw positions at which about the wanted share of the aptamers is mutated.

    Only positions that vary count: a block of them from each start, or every n-th of them from a
    start that is drawn for each n. One of those whose share is about as near as can be is drawn.

    Args:
        mutated: shape (n_sequences, length).
        positions: `contiguous` or `modulo`.
        wanted: share of the aptamers with a mutation at one of them.

    Returns:
        Positions from 0, ascending.
    """
    rng = np.random.default_rng(seed)
    vary = np.flatnonzero(mutated.any(axis=0))
    if positions == "contiguous":
        choices = [block_of_share(mutated, vary[start:], wanted) for start in range(len(vary))]
    else:
        steps = range(2, max(2, len(vary)) + 1)
        choices = [vary[rng.integers(min(step, len(vary))) :: step] for step in steps]
    share = [mutated[:, held].any(axis=1).mean() for held in choices]
    error = np.abs(np.array(share) - wanted)
    return choices[rng.choice(np.flatnonzero(error <= max(error.min(), CLOSE * wanted)))]


def block_of_share(mutated: np.ndarray, vary: np.ndarray, wanted: float) -> np.ndarray:
    """The first of the positions `vary`, as many as bring the share nearest to the wanted one."""
    shares = np.logical_or.accumulate(mutated[:, vary], axis=1).mean(axis=0)
    return vary[: np.abs(shares - wanted).argmin() + 1]


def positions_of_fold(mutated: np.ndarray, positions: str, fold: int, folds: int) -> np.ndarray:
    """The positions that a fold holds out; over all folds, each that varies once.

    Every `folds`-th of them, or a block; all folds have about as many.

    Raises:
        InputError: no such fold, or fewer positions than folds.
    """
    if not 1 <= fold <= folds:
        raise InputError(f"fold {fold} of {folds}; expected 1 to {folds}")
    vary = np.flatnonzero(mutated.any(axis=0))
    if len(vary) < folds:
        raise InputError(
            f"{len(vary)} positions vary, too few for {folds} folds of their own positions; take "
            "fewer folds (split.folds)"
        )
    if positions == "modulo":
        return vary[fold - 1 :: folds]
    return np.array_split(vary, folds)[fold - 1]


def having_mutations(mutated: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Whether each sequence has a mutation at one of the held-out positions, bool, shape (n,).

    Raises:
        InputError: fewer than two have one.
    """
    test = np.logical_or.reduce(mutated[:, held], axis=1)
    where = f"{'position' if len(held) == 1 else 'positions'} {as_ranges(held + 1)}"
    if (size := int(test.sum())) < MIN_PART:
        raise InputError(
            f"{size} aptamers have a mutation at {where}, and the test needs at least {MIN_PART}; "
            "give more aptamers, fewer folds or a larger split.fractions.test"
        )
    logger.info("held out: %s, at which %d of %d aptamers are mutated", where, size, len(test))
    return test


def warn_of_share(share: float, wanted: float) -> None:
    """Warn where the share of test is far from the wanted one."""
    if not wanted / FAR <= share <= wanted * FAR:
        logger.warning(
            "the test holds %.1f %% of the aptamers, and split.fractions.test is %.1f %%: no "
            "positions to hold out come nearer",
            *(100 * share, 100 * wanted),
        )


def as_ranges(numbers: Sequence[int] | np.ndarray) -> str:
    """Ascending whole numbers as text, those in a row as a range: `3, 5 to 9`."""
    rows = groupby(enumerate(map(int, numbers)), key=lambda item: item[1] - item[0])
    runs = [[number for _, number in row] for _, row in rows]
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
