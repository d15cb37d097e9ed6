"""Is an explanation true? What it says of an aptamer against what was measured of its mutants."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from aptarank.explanation.edits import SUBSTITUTION
from aptarank.explanation.maps import importance
from aptarank.pairing.reference import mutations as differing

FEWEST = 10  # held-out mutants from which a map can be judged
NEAR = 6  # most substitutions of a mutant that tells of positions
RESAMPLES = 2000
LEVEL = 0.95
NOT_VERIFIED = "not verified: too few held-out mutants of this aptamer were measured"
NO_ORDER = "not verified: the held-out single mutants all have one predicted or measured value"


@dataclass(frozen=True)
class Verdict:
    """How far measurements agree with a map.

    Attributes:
        by: what it was judged by, in words.
        mutants: number of measured ones.
        value: Spearman's ρ of predicted and measured changes; or the difference in fitness.
        low, high: its 95 % interval.
    """

    by: str
    mutants: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """The verdict in a sentence."""
        if self.value is None:
            return self.by
        interval = f"{self.low:.2f} to {self.high:.2f}"
        return f"{self.value:.2f} ({interval}), {self.by} ({self.mutants} mutants)"

    def as_json(self) -> dict:
        """The fields that are known."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def verify(mutations: pd.DataFrame, sequence: str, held_out: pd.DataFrame, seed: int) -> Verdict:
    """Judge a mutation map by aptamers that the model was not trained on.

    By single mutants of the aptamer, where enough were measured. Else by other mutants of it: those
    that are changed at positions that the map calls important, against as many with as many changes
    elsewhere.

    Args:
        mutations: what `maps.mutation_map` gives.
        sequence: the aptamer.
        held_out: `sequence` (letters A, C, G, T) and `fitness` of aptamers with a value.
        seed: of the resampling.
    """
    single = mutations[mutations["kind"] == SUBSTITUTION].set_index("sequence")["change"]
    measured = held_out.drop_duplicates("sequence").set_index("sequence")["fitness"]
    known = single.index.intersection(measured.index)
    rng = np.random.default_rng(seed)
    if len(known) >= FEWEST:
        return by_single_mutants(single[known].to_numpy(), measured[known].to_numpy(), rng)
    return by_positions(importance(mutations), sequence, measured, rng)


def by_single_mutants(
    predicted: np.ndarray, measured: np.ndarray, rng: np.random.Generator
) -> Verdict:
    """Spearman's ρ of predicted changes and measured fitness, by a bootstrap over mutants."""
    count = len(predicted)
    value = spearman(predicted, measured)
    if np.isnan(value):
        return Verdict(NO_ORDER, mutants=count)
    drawn = rng.integers(count, size=(RESAMPLES, count))
    resampled = [spearman(predicted[rows], measured[rows]) for rows in drawn]
    low, high = np.nanquantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Verdict(
        "Spearman's rho of predicted change and measured fitness of held-out single mutants",
        *(count, value, float(low), float(high)),
    )


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's ρ, NaN where one of the two is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(spearmanr(first, second).statistic)


def by_positions(
    weight: pd.Series, sequence: str, measured: pd.Series, rng: np.random.Generator
) -> Verdict:
    """How much lower the fitness of mutants is that are changed where it matters by the map, than
    of as many with as many changes elsewhere. To which bases they are changed is not compared.

    Args:
        weight: of each position, from 1.
        measured: fitness by sequence.
    """
    texts = [text for text in measured.index if len(text) == len(sequence)]
    differs = differing(texts, sequence) if texts else np.zeros((0, len(sequence)), dtype=bool)
    counts = differs.sum(axis=1)
    usable = (counts > 0) & (counts <= NEAR)
    differs, counts = differs[usable], counts[usable]
    fitness = measured[[text for text, kept in zip(texts, usable, strict=True) if kept]].to_numpy()
    weights = weight.reindex(range(1, len(sequence) + 1)).to_numpy()
    matters = differs @ weights / np.maximum(counts, 1)
    halves = []
    for number in np.unique(counts):  # as many changes on both sides
        rows = np.flatnonzero(counts == number)
        order = rows[np.argsort(-matters[rows], kind="stable")]
        half = len(order) // 2
        halves += list(zip(order[:half], order[len(order) - half :], strict=True))
    if len(halves) < FEWEST:
        return Verdict(NOT_VERIFIED, mutants=len(fitness))
    apart = np.array([fitness[other] - fitness[important] for important, other in halves])
    drawn = rng.integers(len(apart), size=(RESAMPLES, len(apart)))
    low, high = np.quantile(apart[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Verdict(
        "how much lower the measured fitness is of held-out mutants that are changed where the map "
        "says that it matters, than of as many with as many changes elsewhere",
        *(len(apart) * 2, float(apart.mean()), float(low), float(high)),
    )
