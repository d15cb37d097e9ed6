"""Rows that are not accepted, each with its reason."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import pandas as pd

from aptarank.columns.rows import LabelRow, Row

REJECTED_COLUMNS = ["source", "line", "sequence", "score", "reason"]

Rejected = list[tuple[Row, str]]  # each with its reason, `kind: detail`

AnyRow = TypeVar("AnyRow", Row, LabelRow)
Value = TypeVar("Value")
Result = TypeVar("Result")


def keep_valid(
    rows: Iterable[tuple[AnyRow, Value]],
    step: Callable[[Value], Result],
    rejected: list[tuple[AnyRow, str]],
) -> list[tuple[AnyRow, Result]]:
    """Apply a step to the value of each row; a row for which it raises ValueError is rejected.

    Args:
        rows: each row with what is known of it.
        rejected: gets the rejected rows, each with the error's text as the reason.

    Returns:
        The other rows, each with the step's result.
    """
    accepted = []
    for row, value in rows:
        try:
            accepted.append((row, step(value)))
        except ValueError as reason:
            rejected.append((row, str(reason)))
    return accepted


def rejected_table(rejected: Iterable[tuple[Row | LabelRow, str]]) -> pd.DataFrame:
    """Make the table of rejected rows (`REJECTED_COLUMNS`), sorted by source and line."""
    return pd.DataFrame(
        [(row.source, row.line, *sequence_and_score(row), reason) for row, reason in rejected],
        columns=REJECTED_COLUMNS,
    ).sort_values(["source", "line"], kind="stable", ignore_index=True)


def sequence_and_score(row: Row | LabelRow) -> tuple[str, str]:
    """The texts that a row has as its sequence and score; both sequences of a labelled pair."""
    if isinstance(row, LabelRow):
        return f"{row.first} {row.second}".strip(), row.label
    return row.sequence, row.score
