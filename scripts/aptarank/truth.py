"""What is known of aptamers, to train baselines on and to measure against."""

import numpy as np
import pandas as pd

from aptarank.bradley_terry import bradley_terry
from aptarank.pairs import Pairs


def known_fitness(aptamers: pd.DataFrame, sequences: pd.Index, pairs: Pairs) -> pd.DataFrame:
    """The fitness of `sequences`, a row a measurement: `sequence`, `group`, `fitness`.

    Where the input was a table of labelled pairs, it is estimated from `pairs` (indices into
    `sequences`; those of one part alone, so that nothing of another leaks in). Bounds without a
    value are left out.
    """
    if aptamers["fitness"].isna().any():
        used = np.unique(np.concatenate([pairs.first, pairs.second]))
        strength = bradley_terry(pairs, len(sequences))
        return pd.DataFrame({"sequence": sequences[used], "group": "", "fitness": strength[used]})
    exact = np.isfinite(aptamers["low"]) & np.isfinite(aptamers["high"])
    rows = aptamers[exact & aptamers["sequence"].isin(sequences)]
    return rows[["sequence", "group", "fitness"]].reset_index(drop=True)


def contradicting(strength: np.ndarray, pairs: Pairs) -> float:
    """Share of labelled pairs that the ranking by `strength` orders the other way round.

    Of labels that were made from scores, about as many are wrong.
    """
    first_fitter = strength[pairs.first] > strength[pairs.second]
    return float(np.mean(first_fitter != (pairs.label == 1)))


def centred(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with their fitness relative to the mean of their group; a group of one says nothing."""
    groups = rows.groupby("group")["fitness"]
    rows = rows.assign(fitness=rows["fitness"] - groups.transform("mean"))
    return rows[groups.transform("size") > 1]
