"""Families of aptamers that a split keeps together.

Distances are Levenshtein's (insertions, deletions, substitutions), by rapidfuzz, all of them: the
shared words by which MMseqs2 and CD-HIT find candidates are often missing between mutants of 10–20
bases.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from aptarank.core.errors import InputError
from aptarank.core.log import Track
from aptarank.pairing.nearest import CELLS

BY = ("aptamer", "prefix", "cluster", "length", "group", "column", "distance", "position", "pair")
JOIN = " | "  # between the values of a family's column that merged rows had


def find_families(
    aptamers: pd.DataFrame,
    by: str,
    k: int = 4,
    identity: float = 0.8,
    threads: int = -1,
    track: Track = iter,
) -> pd.Series:
    """Number the families of the distinct sequences.

    Args:
        aptamers: with the columns sequence, group and family; a sequence may have several rows.
        by: one of `BY`; where it keeps no aptamers together (`aptamer`, `distance`, `position`,
            `pair`), each sequence is a family of its own.
        k: bases that a family by `prefix` shares.
        identity: smallest similarity by which a `cluster` is linked, see `link_similar`.
        threads: of the processor; -1 for all.
        track: wraps the blocks of distances, for progress.

    Returns:
        int64, 0 … n_families − 1, its index the distinct sequences sorted alphabetically: the
        same for any order of the rows.

    Raises:
        InputError: by `group` or `column` where no aptamer has one.
    """
    rows, sequences = pd.factorize(aptamers["sequence"].to_numpy(dtype=object), sort=True)
    match by:
        case "aptamer" | "distance" | "position" | "pair":
            keys = np.arange(len(sequences))
        case "prefix":
            keys = np.array([sequence[:k] for sequence in sequences])
        case "length":
            keys = np.array([len(sequence) for sequence in sequences])
        case "cluster":
            keys = link_similar(sequences, identity, threads, track)
        case "group":
            keys = link_shared(rows, aptamers["group"], len(sequences))
        case "column":
            keys = link_shared(
                rows, aptamers["family"].str.split(JOIN, regex=False), len(sequences)
            )
        case _:
            raise ValueError(f"a split by {by!r}; expected one of {', '.join(BY)}")
    return pd.Series(pd.factorize(keys)[0], index=sequences)


def link_shared(rows: np.ndarray, values: pd.Series, count: int) -> np.ndarray:
    """Families of the sequences that share a value, directly or by way of others.

    Args:
        rows: the number of each row's sequence, below `count`; shape (n_rows,).
        values: a text or a list of texts for each row; "" links nothing.

    Returns:
        Shape (count,).

    Raises:
        InputError: no row has a value.
    """
    links = pd.DataFrame({"sequence": rows, "value": values.to_numpy()}).explode("value")
    links = links[links["value"] != ""]
    if links.empty:
        raise InputError(
            f"no aptamer has a {values.name}, by which the split keeps them together; name the "
            "column of the input file that holds it (datasets.<name>.group for a split by group, "
            "split.column for a split by column) and ingest it again"
        )
    codes, names = pd.factorize(links["value"])
    ends = (links["sequence"].to_numpy(), count + codes)
    graph = coo_array((np.ones(len(codes), bool), ends), shape=(count + len(names),) * 2)
    return connected_components(graph, directed=False)[1][:count]


def link_similar(
    sequences: Sequence[str], identity: float, threads: int = -1, track: Track = iter
) -> np.ndarray:
    """Families by single linkage: 1 − edits / length of the longer is at least `identity`.

    Two aptamers of different families are thus less similar than that. Exact, see the module's
    docstring; a pair whose lengths alone differ by more is not compared.

    Returns:
        Shape (n_sequences,).
    """
    order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
    ranked = [sequences[index] for index in order]
    lengths = np.array([len(sequence) for sequence in ranked])
    # Edits that are allowed to an aptamer that is not longer; 1e-9: 1 − 0.8 is below 0.2.
    allowed = np.floor((1 - identity) * lengths + 1e-9).astype(int)
    # From this position on, aptamers are too long to be similar.
    reach = np.searchsorted(lengths - allowed, lengths, side="right")
    component = np.arange(len(ranked))
    step = max(1, CELLS // max(1, len(ranked)))
    for start in track(range(0, len(ranked), step)):
        stop = min(start + step, len(ranked))
        end = reach[stop - 1]
        edits = cdist(
            ranked[start:stop],
            ranked[start:end],
            scorer=Levenshtein.distance,
            score_cutoff=int(allowed[end - 1]),
            dtype=np.int32,
            workers=threads,
        )
        first, second = np.nonzero(edits <= allowed[start:end])
        component = merge(component, start + first, start + second)
    family = np.empty_like(component)
    family[order] = component
    return family


def merge(component: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Components after also linking `first[k]` with `second[k]`; shape (n,) as before.

    Block by block, so that links need not be kept: there may be as many as pairs.
    """
    ends = (component[first], component[second])
    graph = coo_array((np.ones(len(first), bool), ends), shape=(len(component),) * 2)
    return connected_components(graph, directed=False)[1][component]
