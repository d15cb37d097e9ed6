"""Designed aptamers as tables: the best of them, and whom they come from."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from aptarank.pairing.nearest import nearest
from aptarank.use.constraints import Space
from aptarank.use.genetic import NONE

BRED = ["generation", "operation", "parents"]
VALUED = ["score", "uncertainty", "lcb"]


def candidates(
    scored: pd.DataFrame, keep: int, space: Space, names: list[str], *, rna: bool = False
) -> pd.DataFrame:
    """The best designed aptamers, by the lower confidence bound and then in the order of scoring.

    Those nearer to known ones than `min_distance`, which only known ones of the first generation
    can be, are left out.

    Args:
        scored: what `evolve` gives.
        names: of the known aptamers.
        rna: whether to write the whole molecule with U.

    Returns:
        rank, id, sequence (the designed region, as the model reads it), aptamer (with primers),
        score, uncertainty, lcb, generation, operation, parents, length, gc, nearest (known aptamer)
        and distance (edits).
    """
    order = scored.sort_values("lcb", ascending=False, kind="stable")
    rows = [np.arange(0)]
    count = 0
    for start in range(0, len(order), max(keep, 1)):
        some = np.arange(start, min(start + keep, len(order)))
        far = space.far(order["sequence"].iloc[some].tolist())
        rows.append(some[far][: keep - count])
        count += len(rows[-1])
        if count == keep:
            break
    best = readable(order.iloc[np.concatenate(rows)])
    sequences = best["sequence"].tolist()
    _, _, closest = nearest(sequences, space.known, space.threads)
    limits = space.constraints
    whole = [limits.five + sequence + limits.three for sequence in sequences]
    best.insert(0, "rank", np.arange(1, len(best) + 1))
    best.insert(3, "aptamer", [text.replace("T", "U") if rna else text for text in whole])
    best["length"] = best["sequence"].str.len()
    best["gc"] = best["sequence"].str.count("[GC]") / best["length"]
    best["nearest"] = [names[row] for row in closest]
    best["distance"] = [
        Levenshtein.distance(sequence, space.known[row])
        for sequence, row in zip(sequences, closest, strict=True)
    ]
    return best


def readable(scored: pd.DataFrame) -> pd.DataFrame:
    """id, sequence, score, uncertainty, lcb, generation, operation, parents: numbers as ids."""
    parents = scored[["parent1", "parent2"]].to_numpy().tolist()
    table = scored.assign(
        id=[name(number) for number in scored.index.tolist()],
        parents=[" ".join(name(one) for one in both if one != NONE) for both in parents],
    )
    return table[["id", "sequence", *VALUED, *BRED]].reset_index(drop=True)


def name(number: int) -> str:
    """The id of a scored aptamer."""
    return f"d{number + 1}"


def ancestry(scored: pd.DataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """The aptamers with these ids and all their ancestors, as `readable` has them."""
    parents = scored[["parent1", "parent2"]].to_numpy().tolist()
    count: set[int] = set()
    waiting = [int(text[1:]) - 1 for text in ids]
    while waiting:
        number = waiting.pop()
        if number not in count:
            count.add(number)
            waiting += [parent for parent in parents[number] if parent != NONE]
    return readable(scored.loc[sorted(count)])
