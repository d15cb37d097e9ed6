"""What many aptamers have in common: what each base at each position adds, and words of bases."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV

from aptarank.explanation.edits import BASES
from aptarank.predictors.features import base_codes, one_hot

ALPHAS = np.logspace(-3, 3, 13)  # penalties of the ridge regression that takes positions away
SHUFFLES = 50  # of all sequences, by which it is known what chance does
RAREST = 10  # aptamers with a word, and without it, from which it can be judged
WORD_COLUMNS = ["word", "with", "effect", "z", "fdr"]

Score = Callable[[Sequence[str]], np.ndarray]  # of sequences, shape (n,)


def position_effects(score: Score, sequences: Sequence[str]) -> np.ndarray:
    """What each base at each position adds to the score: the mean over aptamers of the score with
    that base there, less the mean of the scores with each of the four (in silico mutagenesis).

    Args:
        sequences: of one length; letters A, C, G, T.

    Returns:
        Shape (length, 4), in the order of `BASES`; each row sums to 0.
    """
    length = len(sequences[0])
    variants = [
        text[:at] + base + text[at + 1 :]
        for text in sequences
        for at in range(length)
        for base in BASES
    ]
    distinct = list(dict.fromkeys(variants))
    found = dict(zip(distinct, score(distinct), strict=True))
    scores = np.array([found[text] for text in variants]).reshape(len(sequences), length, 4)
    return (scores - scores.mean(axis=2, keepdims=True)).mean(axis=0)


def word_effects(
    score: Score, sequences: Sequence[str], size: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Words of bases whose presence goes with a higher or lower score, wherever they are.

    What the bases at each position explain (ridge regression) is taken away first. The same is then
    asked of each aptamer's bases in random orders, beside its own score: these have its
    composition, and words that its score cannot come from. A word's false-discovery rate is the
    share of their statistics that are as large, over the share here (Storey and Tibshirani 2003,
    doi:10.1073/pnas.1530509100, with all null hypotheses true).

    Args:
        score: of the model.
        sequences: letters A, C, G, T.
        size: bases of a word.
        rng: shuffles.

    Returns:
        `word`, how many aptamers are `with` it, `effect` (mean score with less without it, beyond
        positions), `z` (that over its standard error) and `fdr`, the lowest rate first. Words that
        fewer than `RAREST` aptamers have, or lack, are left out.
    """
    scores = score(sequences)
    positions = one_hot(base_codes(sequences, max(map(len, sequences))))
    left = scores - RidgeCV(alphas=ALPHAS).fit(positions, scores).predict(positions)
    table = word_statistics(sequences, left, size)
    null = [
        word_statistics(["".join(rng.permutation(list(text))) for text in sequences], left, size)
        for _ in range(SHUFFLES)
    ]
    by_chance = pd.concat(null)["z"].abs().to_numpy()
    table["fdr"] = false_discovery_rates(table["z"].abs().to_numpy(), by_chance, SHUFFLES)
    order = table.assign(size=-table["z"].abs()).sort_values(["fdr", "size", "word"])
    return order[WORD_COLUMNS].reset_index(drop=True)


def word_statistics(sequences: Sequence[str], left: np.ndarray, size: int) -> pd.DataFrame:
    """`word`, `with`, `effect` and `z` of each word that is neither too rare nor too frequent.

    Args:
        left: what positions leave of the scores.
    """
    having: dict[str, set[int]] = {}
    for row, text in enumerate(sequences):
        for at in range(len(text) - size + 1):
            having.setdefault(text[at : at + size], set()).add(row)
    total, squares, everyone = left.sum(), (left**2).sum(), len(sequences)
    rows = []
    for word, found in sorted(having.items()):
        count, others = len(found), everyone - len(found)
        if min(count, others) < RAREST:
            continue
        own = left[sorted(found)]
        means = own.mean(), (total - own.sum()) / others
        variances = own.var(ddof=1), (squares - (own**2).sum()) / others - means[1] ** 2
        error = np.sqrt(variances[0] / count + max(variances[1], 0) / (others - 1))
        effect = means[0] - means[1]
        rows.append((word, count, effect, effect / error if error > 0 else 0.0))
    return pd.DataFrame(rows, columns=WORD_COLUMNS[:-1])


def false_discovery_rates(found: np.ndarray, null: np.ndarray, times: int) -> np.ndarray:
    """The false-discovery rate at each statistic, by those that arise without any effect.

    Args:
        found, null: statistics, larger for larger effects; shapes (n,) and (m,).
        times: how often what made `found` was repeated without effects, to make `null`.

    Returns:
        Shape (n,): expected share of false ones among those at least as large, at most 1, and never
        smaller for a smaller statistic. 1 where there is no null.
    """
    if not len(null) or not len(found):
        return np.ones(len(found))
    order = np.argsort(-found, kind="stable")
    larger = len(null) - np.searchsorted(np.sort(null), found[order], side="left")
    expected = (larger + 1) / times  # false ones; one more, so that no rate is 0
    rates = np.minimum(expected / np.arange(1, len(found) + 1), 1)
    result = np.empty(len(found))
    result[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return result
