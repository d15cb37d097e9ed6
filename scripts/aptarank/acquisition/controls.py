"""Wells that are not for new candidates: controls, by which plates are compared, and replicates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

LOW = 0.1  # quantile of the fitness of the low control
NEAR = 0.1  # of all aptamers on either side, among which such a control is chosen
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
        known: `sequence`, `fitness` and `count`, each sequence once.
        kinds: of `WHY`.

    Returns:
        `sequence` and `why`, a row for each kind that is possible; no sequence twice.
    """
    order = known.sort_values(["fitness", "sequence"], ascending=[False, True], ignore_index=True)
    best = order["sequence"].iloc[0]
    rows: list[tuple[str, str]] = []
    for kind in kinds:
        if kind == "scrambled":
            sequence = scrambled(best, known, rng)
        elif kind == "best":
            sequence = best
        else:
            sequence = near_quantile(order, 0.5 if kind == "middle" else LOW)
        if sequence and sequence not in {taken for taken, _ in rows}:
            rows.append((sequence, WHY[kind]))
    return pd.DataFrame(rows, columns=["sequence", "why"])


def near_quantile(known: pd.DataFrame, quantile: float) -> str:
    """An aptamer whose fitness is near a quantile: of those within a tenth of all on either side,
    the one with the most measurements, so that it stays from round to round; of equals the nearest.

    Args:
        known: `sequence`, `fitness` and `count`.
    """
    ends = known["fitness"].quantile([max(0, quantile - NEAR), min(1, quantile + NEAR)])
    near = known[known["fitness"].between(*ends)]
    apart = (near["fitness"] - known["fitness"].quantile(quantile)).abs()
    near = near.assign(apart=apart)
    return near.sort_values(["count", "apart", "sequence"], ascending=[False, True, True])[
        "sequence"
    ].iloc[0]


def scrambled(sequence: str, known: pd.DataFrame, rng: np.random.Generator) -> str:
    """The bases in another order: one that was measured before, such as on the last plate, else as
    unlike as of some that are drawn; "" if there is none.

    Args:
        known: `sequence` and `count`.
    """

    def differences(order: str) -> int:
        return sum(a != b for a, b in zip(sequence, order, strict=True))

    bases = sorted(sequence)
    usual = len(sequence) * (
        1 - sum((sequence.count(base) / len(sequence)) ** 2 for base in "ACGT")
    )
    before = [
        order
        for order in known.sort_values(["count", "sequence"], ascending=[False, True])["sequence"]
        if sorted(order) == bases and differences(order) >= usual
    ]
    if before:
        return before[0]
    letters, taken = np.array(list(sequence)), set(known["sequence"])
    orders = ["".join(rng.permutation(letters)) for _ in range(TRIES)]
    new = [order for order in orders if order not in taken]
    return new[int(np.argmax(list(map(differences, new))))] if new else ""


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
