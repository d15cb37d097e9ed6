"""From labelled pairs to a ranking."""

import numpy as np
from scipy.sparse import csr_array, vstack

from aptarank.pairing.pairs import Pairs


def bradley_terry(pairs: Pairs, count: int) -> np.ndarray:
    """Strengths of `count` aptamers under which the labels are likely, shape (count,), mean 0.

    P(a beats b) = sigmoid(strength a − strength b) (Bradley and Terry 1952, doi:10.2307/2334029),
    with a normal prior of variance 1 that keeps those who never lose finite: a logistic regression
    on +1 and −1 for the two of a pair. 0 for an aptamer without pairs.

    Args:
        pairs: a label may also be a probability that the first wins.
    """
    # Half a second, in each training, for what only labelled pairs need.
    from sklearn.linear_model import LogisticRegression

    if not len(pairs.label):
        return np.zeros(count)
    rows = np.arange(len(pairs.label))
    design = csr_array(
        (
            np.repeat([1.0, -1.0], len(rows)),
            (np.tile(rows, 2), np.concatenate([pairs.first, pairs.second])),
        ),
        shape=(len(rows), count),
    )
    # Each pair won and lost, as far as it was.
    labels = np.repeat([1, 0], len(rows))
    weights = np.concatenate([pairs.label, 1 - pairs.label]).astype(float)
    model = LogisticRegression(fit_intercept=False, C=1.0, max_iter=1000, tol=1e-8)
    strength = model.fit(vstack([design, design]), labels, sample_weight=weights).coef_[0]
    return strength - strength.mean()
