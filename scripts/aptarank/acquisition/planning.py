"""A whole plate: its candidates, controls and replicates, what to expect of each, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aptarank.acquisition.choosing import (
    Batch,
    Measured,
    Opinion,
    Settings,
    propose,
    reasons,
    roles,
)
from aptarank.acquisition.controls import choose_controls, choose_replicates
from aptarank.acquisition.first_plate import single_mutants, spread_out
from aptarank.acquisition.known import Known, is_test
from aptarank.acquisition.sources import COLUMNS, from_best, from_files, mutants_of
from aptarank.columns.rows import Options
from aptarank.config.limits import NO_PRIMER, bases
from aptarank.config.next_settings import SPREAD
from aptarank.core.errors import InputError
from aptarank.core.log import Track
from aptarank.use.constraints import Constraints, Space
from aptarank.values.sequences import chemistry as chemistry_of
from aptarank.values.sequences import normalise

EXPECTED = ["expected", "expected_low", "expected_high"]


@dataclass(frozen=True)
class Wanted:
    """What a plate is to be, as `next` in config.schema.yaml says."""

    size: int
    strategy: str
    kappa: float
    diversity: float
    controls: tuple[str, ...]
    replicates: int
    parent: str | None
    parents: int
    within: int
    length: tuple[int, int] | None
    gc: tuple[float, float]
    forbidden: tuple[str, ...]
    homopolymer: int | None
    five_primer: str | None
    three_primer: str | None
    min_distance: int
    chemistry: str | None
    seed: int


def find_candidates(
    files: Sequence[str],
    options: Options,
    known: Known,
    wanted: Wanted,
    chemistry: set[str],
    track: Track = iter,
) -> pd.DataFrame:
    """Candidates of files; without any, mutants of the parent or of the best measured aptamers.

    Args:
        chemistry: that those of files are to be of; empty: any.

    Raises:
        InputError: there is nothing to take them from, or it cannot be read.
    """
    if files and wanted.parent:
        raise InputError("next: candidates and parent exclude each other; leave one out")
    if files:
        return from_files(files, options, chemistry, track)
    rna = is_rna(wanted, known, pd.DataFrame(columns=COLUMNS))
    if wanted.parent:
        parent = bases(wanted.parent, "parent", "next")
        if known.table.empty:
            return single_mutants(parent, rna=rna)
        return mutants_of({"parent": parent}, wanted.within, rna=rna)
    if known.table.empty:
        raise InputError(
            "next: nothing was measured, so where do candidates come from? Give files of them "
            "(candidates), or a sequence whose mutants are measured first (parent)"
        )
    return from_best(known.table, wanted.parents, wanted.within, rna=rna)


def is_rna(wanted: Wanted, known: Known, candidates: pd.DataFrame) -> bool:
    """Whether RNA is ordered: as the user says, or what was measured is; else the candidates or
    their parent.

    Raises:
        InputError: the user says another chemistry than that of what was measured.
    """
    present = known.chemistry
    if wanted.chemistry and present and wanted.chemistry not in present:
        raise InputError(
            f"next: chemistry is {wanted.chemistry}, but what was measured is "
            f"{' and '.join(sorted(present))}: other molecules, whose values could not be "
            "compared. If that is RNA written with T, write U in its files"
        )
    if not present and "chemistry" in candidates:
        present = set(candidates["chemistry"])
    if not present and wanted.parent:
        present = {chemistry_of(normalise(wanted.parent)) or "DNA"}
    return wanted.chemistry == "RNA" if wanted.chemistry else present == {"RNA"}


def space_of(wanted: Wanted, known: Known, candidates: pd.DataFrame, threads: int) -> Space:
    """The constraints; lengths are by default those of the candidates.

    Raises:
        InputError: they contradict each other.
    """
    lengths = candidates["sequence"].str.len()
    usual = (int(lengths.min()), int(lengths.max())) if len(lengths) else (1, 1)
    limits = Constraints(
        *(wanted.length or usual, wanted.gc, wanted.forbidden, wanted.homopolymer),
        bases(primer(wanted.five_primer, known.primers[0]), "five_primer", "next"),
        bases(primer(wanted.three_primer, known.primers[1]), "three_primer", "next"),
        wanted.min_distance,
        "next",
    )
    return Space(limits, known.table["sequence"].tolist(), threads=threads)


def primer(wanted: str | None, trimmed: str) -> str:
    """The primer to order: as the user says, else that which ingestion trimmed."""
    if wanted is None:
        return trimmed
    return "" if wanted == NO_PRIMER else wanted


def extra_wells(known: Known, wanted: Wanted) -> pd.DataFrame:
    """Controls and replicates: `sequence`, `name`, `role`, `why` and what is expected.

    What is expected of a measured aptamer is its value.
    """
    table = known.table[known.table["exact"].astype(bool)]  # a bound is no value to compare with
    columns = [*COLUMNS, "role", "why", *EXPECTED]
    if table.empty:
        parent = bases(wanted.parent or "", "parent", "next")
        rows = [(parent, "parent", "control", "the parent of the mutants")] if parent else []
        return pd.DataFrame(rows, columns=columns[:4]).reindex(columns=columns)
    controls = choose_controls(table, wanted.controls, np.random.default_rng(wanted.seed))
    again = choose_replicates(table, wanted.replicates, controls["sequence"].tolist())
    both = pd.concat([controls.assign(role="control"), again.assign(role="replicate")])
    of = table.set_index("sequence")
    both["name"] = both["sequence"].map(of["id"]).fillna("")
    fitness = both["sequence"].map(of["fitness"]).astype(float)
    both["expected"] = known.quantity.value_of(fitness)
    return both.reindex(columns=columns).reset_index(drop=True)


def wells_left(wanted: Wanted, extra: pd.DataFrame) -> int:
    """How many wells are for new aptamers.

    Raises:
        InputError: none.
    """
    if len(extra) >= wanted.size:
        raise InputError(
            f"next: {wanted.size} wells for {len(extra)} controls and replicates leave none for "
            "candidates; give more wells (size) or fewer controls and replicates"
        )
    return wanted.size - len(extra)


def choose_new(
    candidates: pd.DataFrame, count: int, known: Known, wanted: Wanted, opinion: Opinion | None
) -> tuple[pd.DataFrame, Batch | None]:
    """The new aptamers of a plate, as `extra_wells` has the others; and the batch, if it was chosen
    by what was measured.

    Args:
        candidates: `sequence` and `name`, at least `count` that may be proposed.
        opinion: of trained models on the measured ones and on the candidates.
    """
    sequences = candidates["sequence"].tolist()
    if wanted.strategy == SPREAD or known.table.empty:
        in_order = bool(wanted.parent) and known.table.empty
        known_ones = known.table["sequence"].tolist()
        rows = np.arange(count)
        if not in_order:
            rows = spread_out(sequences, known_ones, count, wanted.seed)
        why = "a single mutant of the parent" if in_order else "unlike all chosen before it"
        chosen = candidates.iloc[rows].assign(role="explore", why=why)
        return chosen.reindex(columns=[*COLUMNS, "role", "why", *EXPECTED]), None
    measured = Measured(
        known.table["sequence"].tolist(), known.table["fitness"].to_numpy(), is_test(known)
    )
    settings = Settings(wanted.strategy, count, wanted.kappa, wanted.diversity, wanted.seed)
    batch = propose(measured, sequences, settings, opinion)
    low, high = known.quantity.ends(batch.low[batch.rows], batch.high[batch.rows])
    chosen = candidates.iloc[batch.rows].assign(
        role=roles(batch),
        why=reasons(batch, wanted.strategy),
        expected=known.quantity.value_of(batch.fitness[batch.rows]),
        expected_low=low,
        expected_high=high,
    )
    return chosen, batch
