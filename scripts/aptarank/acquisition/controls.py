"""Wells that are not for new candidates: controls, by which plates are compared, and replicates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

LOW = 0.1  # quantile of the fitness of the low control
TRIES = 100  # orders of the bases that are drawn for the scrambled control
WHY = {
    "best": "the best that was measured",
    "middle": "near the median of those that were measured",
    "low": "near the lowest tenth of those that were measured",
    "scrambled": "the bases of the best in another order: it should not work",
}


def choose_controls(
    known: pd.DataFrame, kinds: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Controls among the measured aptamers, and the scrambled one.

    Args:
        known: `sequence` and `fitness`, each sequence once.
        kinds: of `WHY`.

    Returns:
        `sequence` and `why`, a row for each kind that is possible; no sequence twice.
    """
    order = known.sort_values(["fitness", "sequence"], ascending=[False, True], ignore_index=True)
    best = order["sequence"].iloc[0]
    rows: list[tuple[str, str]] = []
    for kind in kinds:
        if kind == "scrambled":
            sequence = scrambled(best, set(known["sequence"]), rng)
        elif kind == "best":
            sequence = best
        else:
            wanted = order["fitness"].quantile(0.5 if kind == "middle" else LOW)
            apart = (order["fitness"] - wanted).abs()
            sequence = order["sequence"].iloc[int(apart.to_numpy().argmin())]
        if sequence and sequence not in {taken for taken, _ in rows}:
            rows.append((sequence, WHY[kind]))
    return pd.DataFrame(rows, columns=["sequence", "why"])


def scrambled(sequence: str, known: set[str], rng: np.random.Generator) -> str:
    """The bases in another order, as unlike as of some that are drawn; "" if there is none."""
    letters = np.array(list(sequence))
    orders = ["".join(rng.permutation(letters)) for _ in range(TRIES)]
    new = [order for order in orders if order not in known]
    apart = [sum(a != b for a, b in zip(sequence, order, strict=True)) for order in new]
    return new[int(np.argmax(apart))] if new else ""


def choose_replicates(known: pd.DataFrame, count: int, but: Sequence[str]) -> pd.DataFrame:
    """The best measured aptamers, to be measured again, those with the fewest measurements first
    among equals.

    Args:
        known: `sequence`, `fitness` and `count`, each sequence once.
        but: sequences that are on the plate already.

    Returns:
        `sequence` and `why`.
    """
    left = known[~known["sequence"].isin(but)]
    left = left.sort_values(["fitness", "count", "sequence"], ascending=[False, True, True])
    chosen = left.head(count)
    times = chosen["count"].map(
        lambda n: f"measured {n} time{'s' if n > 1 else ''}, among the best"
    )
    return pd.DataFrame({"sequence": chosen["sequence"], "why": times}).reset_index(drop=True)
