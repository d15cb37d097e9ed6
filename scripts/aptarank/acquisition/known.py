"""What was measured before: the aptamers of one group, what their values are, and which round."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.acquisition.sources import read_taken
from aptarank.core.errors import InputError
from aptarank.core.tables import read_aptamers, read_json, read_table
from aptarank.expected.quantity import KD, Quantity, quantity_of
from aptarank.pairing.split_table import read_split
from aptarank.values.sequences import as_tokens

COLUMNS = ["id", "sequence", "fitness", "count", "part"]
FEWEST = 4  # measured aptamers from which anything can be learnt


@dataclass(frozen=True)
class Known:
    """What is known before a plate is proposed.

    Attributes:
        table: aptamers with a value: `id`, `sequence` (letters A, C, G, T), `fitness`, `count` and
            `part`; each sequence once.
        taken: sequences that are not to be proposed: measured, also as bounds, or rejected.
        chemistry: DNA, RNA or both.
        quantity: that was measured.
        group: of the measurements, "" where there is one.
        round: number of the plate to propose.
    """

    table: pd.DataFrame
    taken: set[str]
    chemistry: set[str]
    quantity: Quantity
    group: str = ""
    round: int = 1


def nothing_known(better: str | None, unit: str | None) -> Known:
    """Before anything was measured.

    Args:
        better: higher or lower; None: not known yet.
        unit: of a Kd; None: something else will be measured.
    """
    quantity = Quantity("", unit or "", better or "", KD if unit else "number")
    return Known(pd.DataFrame(columns=COLUMNS), set(), set(), quantity)


def read_known(
    aptamers: Path, ingestion: Path, rejected: Path | None, split: Path | None, group: str | None
) -> Known:
    """Read what ingest.py wrote.

    Args:
        rejected: its table of rejected rows, if there is one.
        split: what split.py wrote, which says what trained models have not seen.
        group: whose measurements count; None for the only one.

    Raises:
        InputError: several groups and none is named, labelled pairs, or too few measurements.
    """
    table, account = read_aptamers(aptamers), read_json(ingestion)
    taken = {as_tokens(sequence) for sequence in table["sequence"]}
    if rejected is not None:
        taken |= read_taken(read_table(rejected, ["sequence"], text=True)["sequence"].tolist())
    chemistry = set(table["chemistry"]) - {""}
    groups = sorted(table["group"].unique())
    if group is None and len(groups) > 1:
        raise InputError(
            f"{aptamers}: has {len(groups)} groups, and a plate is measured for one; name it as "
            f"group (next.group): {', '.join(map(repr, groups))}"
        )
    if group is not None and group not in groups:
        names = ", ".join(map(repr, groups))
        raise InputError(f"{aptamers}: no group {group!r}; expected one of: {names}")
    group = groups[0] if group is None else group
    if table["fitness"].isna().any():
        raise InputError(
            f"{aptamers}: labelled pairs say which of two is fitter, but not by how much; a plate "
            "can be proposed only where aptamers have values"
        )
    table = table[(table["group"] == group) & (table["low"] == table["high"])]
    table = table.assign(sequence=table["sequence"].map(as_tokens), part="train")
    if len(table) < FEWEST or table["fitness"].nunique() < 2:
        raise InputError(
            f"{aptamers}: {len(table)} aptamers with a value; expected at least {FEWEST} that "
            "differ, to choose by what was measured (strategy: spread needs none)"
        )
    if split is not None:
        table["part"] = table["sequence"].map(read_split(split)).fillna("train")
    number = 1 + max((plate["round"] for plate in account.get("plates", ())), default=0)
    return Known(
        table[COLUMNS].reset_index(drop=True),
        *(taken, chemistry, quantity_of(account, ingestion), group, number),
    )


def is_test(known: Known) -> np.ndarray:
    """Whether trained models have not seen each aptamer: it is in the test part; shape (n,)."""
    return (known.table["part"] == "test").to_numpy()
