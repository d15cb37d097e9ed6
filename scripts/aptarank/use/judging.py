"""What a model of either kind says of candidates."""

from collections.abc import Sequence

import numpy as np

from aptarank.core.errors import InputError
from aptarank.core.extras import require
from aptarank.core.log import logger, tracker
from aptarank.evaluation.consistency import average_of_orders
from aptarank.models.scorer import Scorer
from aptarank.use.ranking import wins_by_score, wins_of_pairs


def judge_candidates(
    scorer: Scorer,
    sequences: Sequence[str],
    *,
    full: int,
    comparisons: float,
    seed: int,
    batch_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """A model's score of each candidate, and the share of the others that it beats.

    Args:
        full: a model that compares reads all pairs of up to this many candidates.
        comparisons: of more it reads this many pairs, times N log2 N.

    Raises:
        InputError: these are too few to link all candidates.
    """
    if scorer.kind.scores_aptamers:
        score = scorer.scores(sequences, batch_size, tracker("scoring"))
        return score, wins_by_score(score)
    require("sklearn", f"ranking by a model of kind {scorer.kind.name}")
    from aptarank.use.tournament import adaptive, every_pair, strengths

    encoded, count = scorer.encode(sequences), len(sequences)

    def compare(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        orders = (first, second), (second, first)
        logits = [
            scorer.pair_logits(encoded, *order, batch_size, tracker("comparing"))
            for order in orders
        ]
        return average_of_orders(*logits)

    if count <= full:
        pairs = every_pair(count)
        logits = compare(*pairs)
        return strengths(*pairs, logits, count), wins_of_pairs(*pairs, logits, count)
    every = count * (count - 1) // 2
    budget = min(every, round(comparisons * count * np.log2(count)))
    if budget < count - 1:
        raise InputError(
            f"comparisons is {comparisons:g}, which makes {budget} pairs: {count} candidates need "
            f"at least {count - 1}, or nothing links some of them with the others"
        )
    logger.info("%d of %d pairs are compared", budget, every)
    first, second, logits = adaptive(compare, count, budget, seed)
    score = strengths(first, second, logits, count)
    return score, wins_by_score(score)
