"""What is known of aptamers, to train baselines on and to measure against."""

import numpy as np
import pandas as pd

from aptarank.pairing.bradley_terry import bradley_terry
from aptarank.pairing.pairs import Pairs


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


def fitness_difference(truth: pd.DataFrame, sequences: pd.Index, pairs: Pairs) -> np.ndarray:
    """How far apart the two of each pair are, |fitness difference|, shape (n_pairs,).

    The mean over the groups that both were measured in (a pair does not name its group); NaN where
    there is none.

    Args:
        truth: what `known_fitness` gives.
    """
    measured = pd.DataFrame(
        {
            "aptamer": sequences.get_indexer(truth["sequence"]),
            "group": pd.factorize(truth["group"])[0],
            "fitness": truth["fitness"].to_numpy(),
        }
    )
    numbered = pd.DataFrame({"pair": np.arange(pairs.total), "first": pairs.first})
    both = numbered.assign(second=pairs.second).merge(measured, left_on="first", right_on="aptamer")
    both = both.merge(measured, left_on=["second", "group"], right_on=["aptamer", "group"])
    apart = (both["fitness_x"] - both["fitness_y"]).abs().groupby(both["pair"]).mean()
    return apart.reindex(numbered["pair"]).to_numpy()


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
