"""A ready-made table of labelled pairs, in place of scores."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from aptarank.columns.rows import LabelRow
from aptarank.core.tables import APTAMER_COLUMNS, PAIR_COLUMNS
from aptarank.ingestion.aptamers import REJECTED_COLUMNS, make_ids
from aptarank.values.sequences import as_tokens, chemistry, normalise, shortened

LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


def read_pair(row: LabelRow) -> tuple[str, str, int]:
    """The two sequences of a labelled pair, and its label.

    Raises:
        ValueError: says why it is not one.
    """
    if row.problem:
        raise ValueError(row.problem)
    first, second = normalise(row.first), normalise(row.second)
    if as_tokens(first) == as_tokens(second):
        raise ValueError("same aptamer: both sequences are equal")
    label = LABELS.get(row.label.strip().lower())
    if label is None:
        raise ValueError(f"not a label: {shortened(row.label)!r}; expected 0 or 1")
    return first, second, label


def clean_labelled_pairs(
    rows: Sequence[LabelRow],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Accept or reject each labelled pair, merge those said twice, reject those that contradict.

    Returns:
        Aptamers (`APTAMER_COLUMNS`; no score, `count` is the number of their pairs), the labelled
        pairs (`PAIR_COLUMNS`), and the rejected rows (`REJECTED_COLUMNS`). All are in an order that
        does not depend on the rows'.
    """
    rejected: list[tuple[LabelRow, str]] = []
    read = []
    seen: dict[str, Counter] = {}  # chemistries of each sequence
    for row in rows:
        try:
            pair = read_pair(row)
        except ValueError as reason:
            rejected.append((row, str(reason)))
            continue
        read.append((row, *pair))
        for sequence in pair[:2]:
            seen.setdefault(as_tokens(sequence), Counter())[chemistry(sequence) or ""] += 1
    totals = sum(seen.values(), Counter())
    usual = "RNA" if totals["RNA"] > totals["DNA"] else "DNA"
    mixed = {key for key, kinds in seen.items() if kinds["DNA"] and kinds["RNA"]}
    accepted = []
    for row, *pair, label in read:
        first, second = map(as_tokens, pair)
        if any(as_tokens(s) in mixed and chemistry(s) != usual for s in pair):
            rejected.append((row, f"other chemistry: the same letters are there as {usual}"))
            continue
        winner = first if label else second
        accepted.append((row, min(first, second), max(first, second), winner))

    table = pd.DataFrame(accepted, columns=["row", "a", "b", "winner"])
    both_ways = table.groupby(["a", "b"])["winner"].transform("nunique") > 1
    for row in table.loc[both_ways, "row"]:
        rejected.append((row, "contradiction: the same pair has the other label elsewhere"))
    table = table[~both_ways].drop_duplicates(["a", "b"]).sort_values(["a", "b"])
    fitter_first = table["winner"] == table["a"]
    pairs = pd.DataFrame(
        {"Sequence1": table["a"], "Sequence2": table["b"], "Label": fitter_first.astype(int)}
    )[PAIR_COLUMNS].reset_index(drop=True)

    played = pd.concat([table["a"], table["b"]]).value_counts().sort_index()
    aptamers = pd.DataFrame(
        {
            "id": make_ids([""] * len(played)),
            "sequence": played.index,
            **dict.fromkeys(("score", "fitness", "spread", "low", "high"), np.nan),
            "chemistry": [
                usual if sequence in mixed else (max(seen[sequence]) or usual)
                for sequence in played.index
            ],
            "count": played.to_numpy(),
            "group": "",
            "family": "",
        }
    )
    rejects = pd.DataFrame(
        [
            (row.source, row.line, f"{row.first} {row.second}".strip(), row.label, reason)
            for row, reason in rejected
        ],
        columns=REJECTED_COLUMNS,
    ).sort_values(["source", "line"], kind="stable", ignore_index=True)
    return aptamers[APTAMER_COLUMNS], pairs, rejects
