"""How much a change of a sequence changes its score, by one model or several seeds of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aptarank.core.log import Track
from aptarank.expected.interpretation import Meaning
from aptarank.models.inference import BATCH
from aptarank.models.model_inputs import check_fits
from aptarank.models.scorer import Scorer


@dataclass(frozen=True)
class Explained:
    """The models that are asked.

    Attributes:
        scorers: one for each seed.
        meaning: what their scores mean in the measured unit; None where that is not known.
        batch_size: sequences in a batch.
        track: wraps the batches, for progress.
    """

    scorers: Sequence[Scorer]
    meaning: Meaning | None = None
    batch_size: int = BATCH
    track: Track = iter


def changes(models: Explained, original: str, variants: Sequence[str]) -> pd.DataFrame:
    """How the score changes from an aptamer to each of its variants.

    Args:
        original: letters A, C, G, T.
        variants: the same; each distinct one is read once.

    Returns:
        `change`, the log-odds that the variant is fitter than the original, a mean over the models,
        and `spread`, their standard deviation (NaN for one model); with a meaning also `expected`,
        `expected_low` and `expected_high` of the variant in the measured unit.

    Raises:
        InputError: one is longer than a model reads, or of another alphabet.
    """
    distinct = list(dict.fromkeys([original, *variants]))
    at = {text: number for number, text in enumerate(distinct)}
    rows = np.array([at[text] for text in variants], dtype=int)
    scores = [scores_against_first(scorer, distinct, models) for scorer in models.scorers]
    each = np.stack([found[rows] - found[0] for found in scores])
    table = pd.DataFrame({"change": each.mean(axis=0)})
    table["spread"] = each.std(axis=0, ddof=1) if len(each) > 1 else np.nan
    if models.meaning is not None:
        table = table.join(models.meaning.of([found[rows] for found in scores]))
    return table


def mean_score(models: Explained, sequences: Sequence[str]) -> np.ndarray:
    """The score of each sequence, a mean over the models, shape (n,)."""
    found = [scores_against_first(scorer, sequences, models) for scorer in models.scorers]
    return np.mean(found, axis=0)


def scores_against_first(scorer: Scorer, sequences: Sequence[str], models: Explained) -> np.ndarray:
    """Scores of sequences, float64, shape (n,): of a model that compares two aptamers, the log-odds
    against the first of them, a mean over both orders.
    """
    if scorer.kind.scores_aptamers:
        return scorer.scores(sequences, models.batch_size, models.track)
    encoded = scorer.encode(sequences)
    check_fits(encoded, sequences, sequences, scorer.kind, scorer.limit)
    every, first = np.arange(len(sequences)), np.zeros(len(sequences), dtype=int)
    orders = [(every, first), (first, every)]
    ahead, behind = (
        scorer.pair_logits(encoded, *order, models.batch_size, models.track) for order in orders
    )
    found = (ahead.astype(np.float64) - behind) / 2
    found[0] = 0.0
    return found
