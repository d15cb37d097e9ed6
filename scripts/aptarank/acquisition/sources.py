"""Candidates for a plate: from files or mutants of the best, those that may be proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aptarank.columns.rows import Options
from aptarank.core.errors import InputError
from aptarank.core.log import Track, logger
from aptarank.use.candidates import read_candidates
from aptarank.use.constraints import Space, to_codes
from aptarank.use.screening import count_mutants, mutants
from aptarank.values.sequences import as_tokens, normalise

MOST = 300_000  # candidates, for which some 3 GB are needed
COLUMNS = ["sequence", "name"]


@dataclass(frozen=True)
class Left:
    """What became of the candidates.

    Attributes:
        table: `sequence` (letters A, C, G, T) and `name` of those that may be proposed.
        counts: how many were left out, by the reason.
    """

    table: pd.DataFrame
    counts: dict[str, int]


def from_files(
    paths: Sequence[str], options: Options, chemistry: set[str], track: Track = iter
) -> pd.DataFrame:
    """Candidates of files, of any format that ingestion reads, with their `chemistry`.

    Args:
        chemistry: of the measured aptamers, of which theirs is to be one; empty: any.

    Raises:
        InputError: a file that cannot be read, too many candidates, or of another chemistry.
    """
    found = read_candidates(paths, options, track, use="next")
    rejected = len(found.rejected)
    if rejected:
        first = found.rejected.iloc[0]
        logger.warning(
            "%d candidates were rejected, the first for: %s (%s, line %s)",
            *(rejected, first["reason"], first["source"], first["line"]),
        )
    table = found.table
    theirs = set(table["chemistry"])
    if chemistry and not table.empty and not theirs & chemistry:
        raise InputError(
            f"{', '.join(paths)}: the candidates are {' and '.join(sorted(theirs))}, but what was "
            f"measured is {' and '.join(sorted(chemistry))}; expected candidates of its chemistry"
        )
    other = table["chemistry"].isin({"DNA", "RNA"} - chemistry) if chemistry else table.index < 0
    if other.any():
        logger.warning(
            "%d candidates left out: of another chemistry than what was measured, %s",
            *(other.sum(), " and ".join(sorted(chemistry))),
        )
        table = table[~other]
    if len(table) > MOST:
        raise InputError(
            f"{', '.join(paths)}: {len(table):,} candidates; expected at most {MOST:,}: "
            "screen them first, and take those of the shortlist (source: screen)"
        )
    return table.assign(name=table["id"])[[*COLUMNS, "chemistry"]]


def from_best(known: pd.DataFrame, parents: int, within: int, *, rna: bool) -> pd.DataFrame:
    """All mutants of the best measured aptamers.

    Args:
        known: `sequence`, `id` and `fitness`, each sequence once.
        parents: how many of the best.
        within: most substitutions.
        rna: whether bases are written as those of RNA in names.
    """
    best = known.sort_values(["fitness", "sequence"], ascending=[False, True]).head(parents)
    return mutants_of(dict(best[["id", "sequence"]].itertuples(index=False)), within, rna=rna)


def mutants_of(parents: Mapping[str, str], within: int, *, rna: bool) -> pd.DataFrame:
    """All mutants of sequences of A, C, G, T, each once.

    Args:
        parents: by name.

    Raises:
        InputError: they are too many.
    """
    count = sum(count_mutants(len(sequence), within) for sequence in parents.values())
    if count > MOST:
        raise InputError(
            f"next: {count:,} mutants of {len(parents)} aptamers within {within} substitutions; "
            f"expected at most {MOST:,}: lower within or parents, or give candidates"
        )
    found: dict[str, str] = {}
    for name, sequence in parents.items():
        for mutant in mutants(sequence, min(within, len(sequence))):
            changed = mutant.name.replace("+", " ")
            found.setdefault(mutant.text, f"{name} {changed.replace('T', 'U') if rna else changed}")
    return pd.DataFrame(found.items(), columns=COLUMNS)


def allowed(candidates: pd.DataFrame, space: Space, taken: set[str]) -> Left:
    """The candidates that may be proposed.

    Args:
        space: of the constraints.
        taken: sequences that were measured or rejected before.
    """
    table = candidates.drop_duplicates("sequence")
    counts = {"given twice": len(candidates) - len(table)}
    is_taken = table["sequence"].isin(taken)
    counts["measured or rejected before"] = int(is_taken.sum())
    table = table[~is_taken]
    sequences = table["sequence"].tolist()
    lengths = np.array(list(map(len, sequences)), dtype=int)
    fits = (lengths >= space.shortest) & (lengths <= space.longest)
    codes = to_codes([s for s, fit in zip(sequences, fits, strict=True) if fit], space.longest)
    fits[fits] = space.allows(codes, lengths[fits])
    counts["against the constraints"] = int((~fits).sum())
    table = table[fits]
    near = ~space.far(table["sequence"].tolist())
    counts["too near to a measured one"] = int(near.sum())
    return Left(table[~near].reset_index(drop=True), {why: n for why, n in counts.items() if n})


def check_enough(left: Left, wanted: int) -> None:
    """Raise InputError if there are fewer candidates than wells to fill."""
    if len(left.table) >= wanted:
        return
    why = "; ".join(f"{count:,} {reason}" for reason, count in left.counts.items())
    raise InputError(
        f"next: {len(left.table):,} candidates for {wanted} wells (left out: {why or 'none'}); "
        "lower size, relax the constraints, or give more candidates (candidates, within, parents)"
    )


def read_taken(sequences: Sequence[str]) -> set[str]:
    """Sequences as tokens, of those that are any: rejected rows may hold anything."""
    found = set()
    for text in sequences:
        try:
            found.add(as_tokens(normalise(text)))
        except (ValueError, TypeError, AttributeError):
            continue
    return found
