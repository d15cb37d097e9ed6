"""What was measured before: the aptamers of one group, what their values are, and which round."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aptarank.acquisition.sources import read_taken
from aptarank.config.next_settings import check_direction
from aptarank.core.errors import InputError
from aptarank.core.tables import read_aptamers, read_json, read_table
from aptarank.expected.quantity import KD, Quantity, quantity_of
from aptarank.pairing.split_table import read_split
from aptarank.values.sequences import as_tokens

COLUMNS = ["id", "sequence", "fitness", "count", "part", "exact"]
FEWEST = 4  # measured aptamers from which anything can be learnt


@dataclass(frozen=True)
class Known:
    """What is known before a plate is proposed.

    Attributes:
        table: aptamers to learn from: `id`, `sequence` (letters A, C, G, T), `fitness`, `count`,
            `part` and `exact`, whether it has a value, not a bound or range; each sequence once.
        taken: sequences that are not to be proposed: measured or rejected.
        chemistry: DNA, RNA or both.
        quantity: that was measured.
        group: of the measurements, "" where there is one.
        round: number of the plate to propose.
        left_out: number of aptamers with a bound that tells too little.
        primers: 5' and 3' one that ingestion trimmed, "" for none.
    """

    table: pd.DataFrame
    taken: set[str]
    chemistry: set[str]
    quantity: Quantity
    group: str = ""
    round: int = 1
    left_out: int = 0
    primers: tuple[str, str] = ("", "")


def nothing_known(better: str | None, unit: str | None) -> Known:
    """Before anything was measured.

    Args:
        better: higher or lower; None: not known yet.
        unit: of a Kd; None: something else will be measured.

    Raises:
        InputError: a Kd of which higher ones are better.
    """
    check_direction(better, unit)
    quantity = Quantity("", unit or "", "lower" if unit else better or "", KD if unit else "number")
    return Known(pd.DataFrame(columns=COLUMNS), set(), set(), quantity)


def read_known(
    aptamers: Path,
    ingestion: Path,
    rejected: Path | None,
    split: Path | None,
    group: str | None,
    fewest: int = FEWEST,
) -> Known:
    """Read what ingest.py wrote.

    Args:
        fewest: least number of aptamers to learn from.
        rejected: its table of rejected rows, if there is one.
        split: what split.py wrote, which says what trained models have not seen.
        group: whose measurements count; None for the only one.

    Raises:
        InputError: several groups and none is named, labelled pairs, too few measurements, or the
            two files are not of one call.
    """
    table, account = read_aptamers(aptamers), read_json(ingestion)
    quantity = quantity_of(account, ingestion)
    if table["fitness"].notna().any() and account.get("accepted") != len(table):
        raise InputError(
            f"{ingestion}: says that {account.get('accepted')} aptamers were accepted, but "
            f"{aptamers} has {len(table)}; give what one call of ingest.py wrote"
        )
    taken = {as_tokens(sequence) for sequence in table["sequence"]}
    if rejected is not None:
        taken |= read_taken(read_table(rejected, ["sequence"], text=True)["sequence"].tolist())
    chemistry = set(table["chemistry"]) - {""}
    group = the_group(table, group, aptamers)
    if table["fitness"].isna().any():
        raise InputError(
            f"{aptamers}: labelled pairs say which of two is fitter, but not by how much; a plate "
            "can be proposed only where aptamers have values"
        )
    table = table[table["group"] == group]
    table = table.assign(
        sequence=table["sequence"].map(as_tokens), part="train", exact=table["low"] == table["high"]
    )
    telling = tells_enough(table)
    left_out, table = int((~telling).sum()), table[telling]
    if fewest and (len(table) < fewest or table["fitness"].nunique() < 2):
        raise InputError(
            f"{aptamers}: {len(table)} aptamers with a value; expected at least {fewest} that "
            "differ, to choose by what was measured (strategy: spread needs none)"
        )
    if split is not None:
        table["part"] = table["sequence"].map(read_split(split)).fillna("train")
    number, primers = rounds_and_primers(account, ingestion)
    return Known(
        table[COLUMNS].reset_index(drop=True),
        *(taken, chemistry, quantity, group, number, left_out),
        primers,
    )


def rounds_and_primers(account: Mapping[str, Any], source: Path) -> tuple[int, tuple[str, str]]:
    """Number of the plate to propose, by those that ingestion read; and the primers it trimmed.

    Raises:
        InputError: these are not what ingest.py writes.
    """
    try:
        number = 1 + max((int(plate["round"]) for plate in account.get("plates", ())), default=0)
        five, three = map(as_tokens, account.get("primers", ("", "")))
    except (TypeError, KeyError, ValueError, AttributeError):
        raise InputError(
            f"{source}: its plates or primers are not as ingest.py writes them; run it again"
        ) from None
    return number, (five, three)


def the_group(table: pd.DataFrame, group: str | None, source: Path) -> str:
    """The group whose measurements count.

    Raises:
        InputError: there are several and none is named, or it is not there.
    """
    groups = sorted(table["group"].unique())
    if group is None and len(groups) > 1:
        raise InputError(
            f"{source}: has {len(groups)} groups, and a plate is measured for one; name it as "
            f"group (next.group): {', '.join(map(repr, groups))}"
        )
    if group is not None and group not in groups:
        names = ", ".join(map(repr, groups))
        raise InputError(f"{source}: no group {group!r}; expected one of: {names}")
    return groups[0] if group is None else group


def tells_enough(table: pd.DataFrame) -> pd.Series:
    """Which aptamers can be learnt from by their `fitness`: those with a value or a range, and with
    a bound that says on which side of the median of these they are.

    The fitness of a bound is the bound itself: a Kd above 1000 nM counts as 1000 nM, and is among
    the worst.
    """
    low, high = table["low"], table["high"]
    finite = np.isfinite(low) & np.isfinite(high)
    middle = table.loc[finite, "fitness"].median()
    below = np.isneginf(low) & (high <= middle)
    above = np.isposinf(high) & (low >= middle)
    return finite | below | above


def check_as_known(better: str | None, unit: str | None, quantity: Quantity) -> None:
    """Raise InputError where what is said of a first plate is not what was measured since."""
    is_kd = quantity.scale == KD
    if (better and better != quantity.better) or (unit and not is_kd):
        raise InputError(
            f"next: better is {better!r} and unit {unit!r}, but what was measured is {quantity}; "
            "leave both out: they are of a first plate"
        )


def is_test(known: Known) -> np.ndarray:
    """Whether trained models have not seen each aptamer: it is in the test part; shape (n,)."""
    return (known.table["part"] == "test").to_numpy()
