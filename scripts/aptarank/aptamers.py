"""From rows as they were read to aptamers that can be learnt from."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from aptarank.errors import InputError
from aptarank.readers import Row
from aptarank.sequences import as_tokens, chemistry, normalise

APTAMER_COLUMNS = ["id", "sequence", "score", "fitness", "chemistry", "count", "spread"]
REJECTED_COLUMNS = ["source", "line", "sequence", "score", "reason"]


def parse_score(text: str) -> float:
    """The score as a finite number.

    Raises:
        ValueError: missing, not a number, or not finite.
    """
    text = text.strip()
    if not text:
        raise ValueError("missing score")
    try:
        score = float(text)
    except ValueError:
        raise ValueError(f"score {text!r} is not a number") from None
    if not math.isfinite(score):
        raise ValueError(f"score {text!r} is not finite")
    return score


def clean(rows: Iterable[Row], better: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accept or reject each row, then merge the rows of one sequence.

    Merged rows get the median of their scores, their count, and as spread the sample standard
    deviation (empty for a single row). `fitness` is the score with its sign such that higher is
    better. Aptamers are in order of their sequence, so that the order of the rows does not matter.

    Args:
        better: `higher` or `lower`, the direction of the score.

    Returns:
        Aptamers (`APTAMER_COLUMNS`) and rejected rows (`REJECTED_COLUMNS`).
    """
    accepted: list[tuple[Row, str, float]] = []
    rejected: list[tuple[Row, str]] = []
    for row in rows:
        try:
            accepted.append((row, normalise(row.sequence), parse_score(row.score)))
        except ValueError as reason:
            rejected.append((row, str(reason)))

    # A file's own chemistry decides for the sequences that have neither T nor U. The model reads U
    # as T, so the same letters in the other chemistry would be one key with two meanings.
    seen = Counter(chemistry(sequence) for _, sequence, _ in accepted)
    usual = "RNA" if seen["RNA"] > seen["DNA"] else "DNA"
    kinds = {}
    for _, sequence, _ in accepted:
        kind = chemistry(sequence) or usual
        key = as_tokens(sequence)
        kinds[key] = usual if kinds.get(key, kind) != kind else kind
    kept = []
    for row, sequence, score in accepted:
        kind = chemistry(sequence) or usual
        key = as_tokens(sequence)
        if kind == kinds[key]:
            kept.append((key, score, kind, row.name))
        else:
            other = f"the same letters are there as {kinds[key]}: the model cannot tell them apart"
            rejected.append((row, other))

    table = pd.DataFrame(kept, columns=["sequence", "score", "chemistry", "name"])
    aptamers = (
        table.groupby("sequence", sort=True)
        .agg(
            score=("score", "median"),
            chemistry=("chemistry", "first"),
            count=("score", "size"),
            spread=("score", "std"),
            name=("name", "min"),
        )
        .reset_index()
    )
    aptamers["fitness"] = aptamers["score"] * (1 if better == "higher" else -1)
    aptamers["id"] = identifiers(aptamers.pop("name"))
    rejects = pd.DataFrame(
        [(row.source, row.line, row.sequence, row.score, reason) for row, reason in rejected],
        columns=REJECTED_COLUMNS,
    ).sort_values(["source", "line"], kind="stable")
    return aptamers[APTAMER_COLUMNS], rejects


def identifiers(names: Sequence[str | None]) -> list[str]:
    """The input's own names where every aptamer has one and no two are equal; else numbers."""
    given = [name for name in names if isinstance(name, str) and name]
    if len(given) == len(names) == len(set(given)):
        return given
    width = max(4, len(str(len(names))))
    return [f"apt{number:0{width}d}" for number in range(1, len(names) + 1)]


def check_learnable(aptamers: pd.DataFrame, rejected: pd.DataFrame, source: str) -> None:
    """Raise InputError where no two aptamers differ in fitness."""
    if aptamers.empty:
        reason = rejected["reason"].value_counts().index[0]
        raise InputError(
            f"{source}: all {len(rejected)} rows were rejected, most for: {reason}.\n"
            "Are sequence and score the right columns?"
        )
    if aptamers["fitness"].nunique() < 2:
        score = aptamers["score"].iloc[0]
        raise InputError(
            f"{source}: all {len(aptamers)} aptamers have the score {score:g}: there is nothing to "
            "learn.\nIs score the right column?"
        )
