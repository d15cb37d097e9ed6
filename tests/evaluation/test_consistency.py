"""Contradictions, counted triple by triple."""

from itertools import combinations

import numpy as np
import pytest

from aptarank.evaluation.consistency import average_of_orders, circular_triads, order_disagreement


def test_order_disagreement_by_hand():
    logit, swapped = np.array([1.0, 1, -2, 0, 3]), np.array([-1.0, 2, -1, 5, -3])
    assert order_disagreement(logit, swapped) == 2 / 5
    assert average_of_orders(logit, swapped).tolist() == [1, -0.5, -0.5, -2.5, 3]
    assert order_disagreement(logit, -logit) == 0


def by_triples(first, second, logits, count):
    sign = np.zeros((count, count))
    known = np.zeros((count, count), dtype=bool)
    for a, b, logit in zip(first, second, logits, strict=True):
        sign[a, b], sign[b, a] = np.sign(logit), -np.sign(logit)
        known[a, b] = known[b, a] = True
    triples = [t for t in combinations(range(count), 3) if all(known[p] for p in pairs_of(t))]
    circular = [t for t in triples if abs(sum(sign[p] for p in pairs_of(t))) == 3]
    return len(circular) / len(triples)


def pairs_of(triple):
    a, b, c = triple
    return [(a, b), (b, c), (c, a)]


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_circular_triads_are_those_of_all_triples(share):
    rng = np.random.default_rng(5)
    first, second = np.array([p for p in combinations(range(15), 2) if rng.random() < share]).T
    swap = rng.random(len(first)) < 0.5
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    logits = np.round(rng.normal(size=len(first)), 1)
    logits[:3] = 0  # draws
    found = circular_triads(first, second, logits, 15)
    assert found == pytest.approx(by_triples(first, second, logits, 15))
    assert found > 0.1


def test_scores_never_go_in_circles():
    rng = np.random.default_rng(6)
    first, second = np.triu_indices(40, 1)
    scores = rng.normal(size=40)
    assert circular_triads(first, second, scores[first] - scores[second], 40) == 0
    assert circular_triads(first[:1], second[:1], scores[:1], 40) is None


def test_a_sample_of_aptamers_is_near_all_of_them():
    rng = np.random.default_rng(7)
    first, second = np.triu_indices(120, 1)
    logits = rng.normal(size=len(first))
    found = circular_triads(first, second, logits, 120, most=60)
    assert found == pytest.approx(0.25, abs=0.02)
    assert found == circular_triads(first, second, logits, 120, most=60)
    assert found != circular_triads(first, second, logits, 120, seed=2, most=60)
