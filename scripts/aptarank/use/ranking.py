"""From what models say of candidates to a ranking, and whether the models can know it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aptarank.core.log import Track
from aptarank.models.inference import probability
from aptarank.pairing.nearest import nearest
from aptarank.pairing.reference import differences, known_distances

FAR = 0.99  # share of the known aptamers that are as near to another known one
NAMED = 5  # changes that a reason names
ROUNDING = 1e-9

RANKING_COLUMNS = [
    *("rank", "id", "sequence", "score", "win_probability", "uncertainty", "wins"),
    *("nearest", "distance", "outside"),
]


def summarise(scores: np.ndarray) -> pd.DataFrame:
    """What several models say of each candidate together.

    Scores of one model are log-odds whose zero means nothing, so that each model's are taken from
    those of its median candidate before they are averaged.

    Args:
        scores: shape (n_models, n_candidates).

    Returns:
        `score`; `win_probability` against the median candidate; `uncertainty`, the standard
        deviation of the score over the models, NaN of one model alone.
    """
    centred = scores - np.median(scores, axis=1, keepdims=True)
    several = len(scores) > 1
    spread = centred.std(axis=0, ddof=1) if several else np.full(scores.shape[1], np.nan)
    return pd.DataFrame(
        {
            "score": centred.mean(axis=0),
            "win_probability": probability(centred).mean(axis=0),
            "uncertainty": spread,
        }
    )


def wins_by_score(score: np.ndarray) -> np.ndarray:
    """The share of the other candidates that each beats, where the higher score wins; a draw is
    half a win. Shape (n,); NaN of a single candidate.
    """
    if len(score) < 2:
        return np.full(len(score), np.nan)
    return (pd.Series(score).rank().to_numpy() - 1) / (len(score) - 1)


def wins_of_pairs(
    first: np.ndarray, second: np.ndarray, logits: np.ndarray, count: int
) -> np.ndarray:
    """The share of its comparisons that each of `count` candidates won; a draw is half a win."""
    won = (np.sign(logits) + 1) / 2
    times = np.bincount(first, minlength=count) + np.bincount(second, minlength=count)
    total = np.bincount(first, won, count) + np.bincount(second, 1 - won, count)
    return np.divide(total, times, out=np.full(count, np.nan), where=times > 0)


def novelty(
    candidates: pd.DataFrame, known: pd.DataFrame, threads: int = -1, track: Track = iter
) -> pd.DataFrame:
    """The nearest known aptamer to each candidate, and why the model may not know it.

    A candidate lies outside of what the model has seen if it is shorter or longer than every known
    aptamer, of the other chemistry, farther from all of them than 99 in 100 of them are from
    their nearest, if it has another base where all known aptamers have the same, or, where these
    are mutants of one sequence, more mutations than any of them.

    Args:
        candidates: with sequence and chemistry.
        known: aptamers that the model was trained on: id, sequence and chemistry; at least two.

    Returns:
        `nearest` (its id), `distance` (edits / length of the longer) and `outside`, the reasons,
        empty for none; a row for each candidate.
    """
    distinct = known.drop_duplicates("sequence")
    sequences = distinct["sequence"].tolist()
    far = usual_distance(sequences, threads)
    _, distance, closest = nearest(candidates["sequence"].tolist(), sequences, threads, track)
    lengths = distinct["sequence"].str.len()
    shortest, longest = lengths.min(), lengths.max()
    chemistries = set(known["chemistry"])
    fixed = never_varying(sequences)
    apart, most = mutations_known(candidates["sequence"].tolist(), sequences)
    reasons = []
    for row, away, count in zip(candidates.itertuples(), distance, apart, strict=True):
        found = []
        if not shortest <= len(row.sequence) <= longest:
            found.append(f"length {len(row.sequence)}, known {shortest} to {longest}")
        if row.chemistry not in chemistries:
            found.append(f"{row.chemistry}, known {' and '.join(sorted(chemistries))}")
        if away > far:
            found.append(f"distance {away:.2f}, known up to {far:.2f}")
        changed = changes(row.sequence, fixed) if len(row.sequence) == longest else []
        if changed:
            more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
            found.append(f"{', '.join(changed[:NAMED])}{more}: never varies in known aptamers")
        if count > most:
            found.append(f"{count} differences from the consensus, known up to {most}")
        reasons.append("; ".join(found))
    ids = distinct["id"].to_numpy()[closest]
    return pd.DataFrame({"nearest": ids, "distance": distance, "outside": reasons})


def mutations_known(sequences: Sequence[str], known: Sequence[str]) -> tuple[np.ndarray, int]:
    """How many differences each has from the consensus of known aptamers, shape (n,), and the most
    that a known one has; zeros where these are not mutants of one sequence.
    """
    mutants = known_distances(known, None)
    if mutants is None:
        return np.zeros(len(sequences), dtype=np.int64), 0
    apart = differences(sequences, mutants.reference.sequence)
    return apart, int(mutants.differences.max())


def never_varying(sequences: Sequence[str]) -> dict[int, str]:
    """The base of each position (from 0) at which all have the same; none where lengths differ."""
    if len(set(map(len, sequences))) != 1:
        return {}
    columns = zip(*sequences, strict=True)
    return {position: bases[0] for position, bases in enumerate(columns) if len(set(bases)) == 1}


def changes(sequence: str, fixed: Mapping[int, str]) -> list[str]:
    """Where a sequence differs from fixed bases, as A12G: position 12, counted from 1."""
    return [
        f"{base}{position + 1}{sequence[position]}"
        for position, base in fixed.items()
        if sequence[position] != base
    ]


def interval_holds(novel: pd.DataFrame, farthest: float) -> pd.Series:
    """Whether an interval was ever tested on aptamers like each candidate.

    Args:
        novel: what `novelty` returns.
        farthest: the greatest distance of a validation aptamer from its nearest known one.

    Returns:
        False for a candidate outside of what the model has seen, or farther from known aptamers.
    """
    return (novel["outside"] == "") & (novel["distance"] <= farthest + ROUNDING)


def usual_distance(sequences: Sequence[str], threads: int = -1) -> float:
    """How far known aptamers are from the nearest other one: the quantile `FAR`."""
    _, apart, _ = nearest(sequences, sequences, threads, itself=False)
    return float(np.quantile(apart, FAR))
