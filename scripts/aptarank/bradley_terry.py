"""From labelled pairs to a ranking."""

import numpy as np
from scipy.sparse import csr_array, vstack
from sklearn.linear_model import LogisticRegression

from aptarank.pairs import Pairs


def bradley_terry(pairs: Pairs, count: int) -> np.ndarray:
    """Strengths of `count` aptamers under which the labels are likely, shape (count,), mean 0.

    P(a beats b) = sigmoid(strength a − strength b) (Bradley and Terry 1952, doi:10.2307/2334029),
    with a normal prior of variance 1 that keeps those who never lose finite: a logistic regression
    on +1 and −1 for the two of a pair. 0 for an aptamer without pairs.
    """
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
    # Each pair in both directions, so that there are two classes whatever the labels.
    both = vstack([design, -design])
    labels = np.concatenate([pairs.label, 1 - pairs.label])
    weights = np.full(len(labels), 0.5)
    model = LogisticRegression(fit_intercept=False, C=1.0, max_iter=1000, tol=1e-8)
    strength = model.fit(both, labels, sample_weight=weights).coef_[0]
    return strength - strength.mean()
