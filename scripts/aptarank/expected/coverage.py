"""Whether intervals hold: the share of test aptamers within them, overall and in parts."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from aptarank.expected.score_map import ScoreMap
from aptarank.pairing.reference import consensus, differences

COVERAGE_COLUMNS = [
    *("model", "of", "at", "n_aptamers", "coverage", "coverage_low", "coverage_high"),
    *("mean_width", "mean_error"),
]
ALL, HOLDS, SCORE, GROUP, DIFFERENCES = "all", "holds", "score", "group", "differences"
THIRDS = ("lowest third", "middle third", "highest third")


def judged(
    rows: pd.DataFrame, score: np.ndarray, maps: Mapping[str, ScoreMap], model: str
) -> pd.DataFrame:
    """Test aptamers with what a model's maps expect of them; those of groups without a map are
    left out.

    Args:
        rows: with group and fitness, one for each score.

    Returns:
        The rows with `model`, `score`, `expected`, `half_width` and `third` (of the scores), all
        in units of the fitness.
    """
    rows = rows.assign(model=model, score=score, expected=np.nan, half_width=np.nan)
    for group, each in maps.items():
        own = rows["group"] == group
        rows.loc[own, "expected"] = each.expected(rows.loc[own, "score"].to_numpy())
        rows.loc[own, "half_width"] = each.half_width
    rows = rows[rows["group"].isin(list(maps))]
    place = rows["score"].rank(method="first").to_numpy() - 1
    return rows.assign(third=np.array(THIRDS)[(3 * place // max(1, len(rows))).astype(int)])


def coverage_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The coverage of the intervals of one model (`COVERAGE_COLUMNS`).

    Args:
        rows: what `judged` returns; with `holds` (empty for unknown) and `differences` (from the
            consensus, NaN for unknown).

    Returns:
        A row for all test aptamers, then for those for which the interval is said to hold and the
        others, for each third of the scores, each group if there are several, and each number of
        differences. `coverage_low` and `coverage_high` bound the coverage with 95 % confidence
        (Clopper and Pearson 1934); width and error are in units of the fitness.
    """
    if rows.empty:
        return pd.DataFrame(columns=COVERAGE_COLUMNS)
    parts = [(ALL, "", rows)]
    parts += [(HOLDS, "yes" if holds else "no", own) for holds, own in rows.groupby("holds")][::-1]
    parts += [(SCORE, third, rows[rows["third"] == third]) for third in THIRDS]
    if rows["group"].nunique() > 1:
        parts += [(GROUP, group, own) for group, own in rows.groupby("group")]
    parts += [(DIFFERENCES, f"{count:.0f}", own) for count, own in rows.groupby("differences")]
    found = [
        {"model": rows["model"].iloc[0], "of": of, "at": at} | measured(own)
        for of, at, own in parts
        if len(own)
    ]
    return pd.DataFrame(found, columns=COVERAGE_COLUMNS)


def measured(rows: pd.DataFrame) -> dict[str, float]:
    """Number of aptamers, coverage with its bounds, mean width and mean error."""
    error = (rows["fitness"] - rows["expected"]).abs()
    inside = int((error <= rows["half_width"]).sum())
    low, high = binomtest(inside, len(rows)).proportion_ci()
    return {
        "n_aptamers": len(rows),
        "coverage": inside / len(rows),
        "coverage_low": low,
        "coverage_high": high,
        "mean_width": 2 * rows["half_width"].mean(),  # infinite if one is
        "mean_error": error.mean(),
    }


def differences_from_consensus(sequences: Sequence[str], train: Sequence[str]) -> np.ndarray:
    """Positions at which each differs from the consensus of the training aptamers, shape (n,); NaN
    where not all aptamers have one length.
    """
    if len({len(sequence) for sequence in [*sequences, *train]}) != 1:
        return np.full(len(sequences), np.nan)
    return differences(sequences, consensus(train)).astype(float)
