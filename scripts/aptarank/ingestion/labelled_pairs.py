"""A ready-made table of labelled pairs, in place of scores."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from aptarank.columns.rows import LabelRow
from aptarank.core.tables import APTAMER_COLUMNS, PAIR_COLUMNS
from aptarank.ingestion.aptamers import lasting_ids, usual_chemistry
from aptarank.ingestion.rejections import keep_valid, rejected_table
from aptarank.values.sequences import (
    as_tokens,
    chemistry,
    has_mixed_case,
    normalise,
    shortened,
)

LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}

RejectedPairs = list[tuple[LabelRow, str]]


class LabelledPair(NamedTuple):
    """Two sequences; the label is 1 if the first is fitter, else 0."""

    first: str
    second: str
    label: int


def clean_labelled_pairs(
    rows: Sequence[LabelRow],
    case: str = "read",
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Accept or reject each labelled pair, merge duplicates, reject those that contradict.

    Args:
        case: `reject` for pairs with a sequence of both small letters and capitals.

    Returns:
        Aptamers (`APTAMER_COLUMNS`; no score, `count` is the number of their pairs), the labelled
        pairs (`PAIR_COLUMNS`), and the rejected rows (`REJECTED_COLUMNS`). Their order does not
        depend on that of the rows.
    """
    rejected: RejectedPairs = []
    parse = partial(parse_pair, case=case)
    pairs = keep_valid(((row, row) for row in rows), parse, rejected)
    chemistries = count_chemistries([pair for _, pair in pairs])
    usual = usual_chemistry(sum(chemistries.values(), Counter()))
    mixed = {key for key, counts in chemistries.items() if counts["DNA"] and counts["RNA"]}
    check = partial(check_pair_chemistry, mixed=mixed, usual=usual)
    winners = merge_pairs(keep_valid(pairs, check, rejected), rejected)
    kinds = {
        sequence: usual if sequence in mixed else (max(counts) or usual)
        for sequence, counts in chemistries.items()
    }
    return make_aptamers(winners, kinds), make_pairs(winners), rejected_table(rejected)


def parse_pair(row: LabelRow, case: str) -> LabelledPair:
    """Read the two sequences of a labelled pair, and its label.

    Raises:
        ValueError: says why it is not a labelled pair.
    """
    if row.problem:
        raise ValueError(row.problem)
    if case == "reject" and (has_mixed_case(row.first) or has_mixed_case(row.second)):
        raise ValueError("mixed case: small letters and capitals in one sequence")
    first, second = normalise(row.first), normalise(row.second)
    if as_tokens(first) == as_tokens(second):
        raise ValueError("same aptamer: both sequences are equal")
    label = LABELS.get(row.label.strip().lower())
    if label is None:
        raise ValueError(f"not a label: {shortened(row.label)!r}; expected 0 or 1")
    return LabelledPair(first, second, label)


def count_chemistries(pairs: Sequence[LabelledPair]) -> dict[str, Counter[str]]:
    """Count how often each sequence (U as T) is there as DNA, as RNA, or as either ("")."""
    counts: dict[str, Counter[str]] = {}
    for first, second, _ in pairs:
        for sequence in (first, second):
            counts.setdefault(as_tokens(sequence), Counter())[chemistry(sequence) or ""] += 1
    return counts


def check_pair_chemistry(pair: LabelledPair, mixed: set[str], usual: str) -> LabelledPair:
    """Return a pair with U written as T.

    Args:
        mixed: sequences that are there as DNA and as RNA.
        usual: the chemistry that these are to have.

    Raises:
        ValueError: a sequence is one of these, in the other chemistry.
    """
    sequences = (pair.first, pair.second)
    if any(as_tokens(each) in mixed and chemistry(each) != usual for each in sequences):
        raise ValueError(f"other chemistry: the same letters are there as {usual}")
    return LabelledPair(as_tokens(pair.first), as_tokens(pair.second), pair.label)


def merge_pairs(
    pairs: Sequence[tuple[LabelRow, LabelledPair]], rejected: RejectedPairs
) -> pd.DataFrame:
    """Merge the copies of a pair; all copies are rejected if they do not have the same winner.

    Returns:
        The sequences `a` and `b` of each pair, in alphabetical order, and the `winner`.
    """
    ordered = [
        (row, min(first, second), max(first, second), first if label else second)
        for row, (first, second, label) in pairs
    ]
    table = pd.DataFrame(ordered, columns=["row", "a", "b", "winner"])
    both_ways = table.groupby(["a", "b"])["winner"].transform("nunique") > 1
    for row in table.loc[both_ways, "row"]:
        rejected.append((row, "contradiction: the same pair has the other label elsewhere"))
    return table[~both_ways].drop_duplicates(["a", "b"]).sort_values(["a", "b"])


def make_pairs(winners: pd.DataFrame) -> pd.DataFrame:
    """Make the table of labelled pairs (`PAIR_COLUMNS`)."""
    label = (winners["winner"] == winners["a"]).astype(int)
    pairs = pd.DataFrame({"Sequence1": winners["a"], "Sequence2": winners["b"], "Label": label})
    return pairs[PAIR_COLUMNS].reset_index(drop=True)


def make_aptamers(winners: pd.DataFrame, chemistries: Mapping[str, str]) -> pd.DataFrame:
    """Make the table of the aptamers that are in a pair (`APTAMER_COLUMNS`)."""
    pair_counts = pd.concat([winners["a"], winners["b"]]).value_counts().sort_index()
    aptamers = pd.DataFrame(
        {
            "id": lasting_ids([""] * len(pair_counts), list(pair_counts.index)),
            "sequence": pair_counts.index,
            **dict.fromkeys(("score", "fitness", "spread", "error", "low", "high"), np.nan),
            "chemistry": [chemistries[sequence] for sequence in pair_counts.index],
            "count": pair_counts.to_numpy(),
            **dict.fromkeys(("replicates", "group", "family"), ""),
        }
    )
    return aptamers[APTAMER_COLUMNS]
