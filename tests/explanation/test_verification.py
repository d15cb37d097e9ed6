"""Whether an explanation is true, by measurements that it has not seen."""

import numpy as np
import pandas as pd
import pytest

from aptarank.explanation.edits import single_edits
from aptarank.explanation.verification import NO_ORDER, NOT_VERIFIED, verify
from aptarank.use.screening import mutants

SEQUENCE = "ACGTACGTACGTACG"
WEIGHTS = np.array([5, 4, 4, 3, 3, *[0.1] * 10])  # the first third matters


def true_fitness(texts):
    differs = np.array([[a != b for a, b in zip(text, SEQUENCE, strict=True)] for text in texts])
    return -(differs @ WEIGHTS)


@pytest.fixture
def mutations():
    """A map that is true."""
    table = pd.DataFrame(single_edits(SEQUENCE))
    same = table["sequence"].str.len() == len(SEQUENCE)
    table["change"] = 0.0
    table.loc[same, "change"] = true_fitness(table.loc[same, "sequence"])
    return table


def held_out(texts, seed=1, noise=0.5):
    fitness = true_fitness(texts) + np.random.default_rng(seed).normal(0, noise, len(texts))
    return pd.DataFrame({"sequence": texts, "fitness": fitness})


def some(changes, count):
    texts = [each.text for each in mutants(SEQUENCE, 2)]
    texts = [t for t in texts if sum(a != b for a, b in zip(t, SEQUENCE, strict=True)) == changes]
    return [texts[at] for at in np.random.default_rng(2).permutation(len(texts))[:count]]


def test_single_mutants(mutations):
    verdict = verify(mutations, SEQUENCE, held_out(some(1, 30)), 1)
    assert verdict.mutants == 30
    assert verdict.value > 0.6
    assert verdict.low < verdict.value < verdict.high
    assert "Spearman's rho" in str(verdict)
    turned = verify(
        mutations.assign(change=-mutations["change"]), SEQUENCE, held_out(some(1, 30)), 1
    )
    assert turned.value == pytest.approx(-verdict.value)
    assert verify(mutations, SEQUENCE, held_out(some(1, 30)), 1) == verdict


def test_no_order(mutations):
    """Where all changes are alike, there is no rank correlation."""
    flat = verify(mutations.assign(change=1.0), SEQUENCE, held_out(some(1, 30)), 1)
    assert str(flat) == NO_ORDER
    assert flat.as_json() == {"by": NO_ORDER, "mutants": 30}


def test_other_mutants_where_single_ones_are_too_few(mutations):
    verdict = verify(mutations, SEQUENCE, held_out(some(2, 100)), 1)
    assert verdict.mutants == 100
    assert verdict.low > 0
    assert "changed where the map says that it matters" in str(verdict)
    shuffled = mutations.copy()
    rows = shuffled["kind"] == "substitution"
    rng = np.random.default_rng(4)
    shuffled.loc[rows, "change"] = rng.permutation(np.repeat(rng.normal(size=15), 3))
    wrong = verify(shuffled, SEQUENCE, held_out(some(2, 100)), 1)
    assert wrong.value < verdict.value


def test_too_few(mutations):
    for texts in ([], some(1, 9), some(2, 12)):
        frame = held_out(texts) if texts else pd.DataFrame({"sequence": [], "fitness": []})
        verdict = verify(mutations, SEQUENCE, frame, 1)
        assert verdict.value is None
        assert str(verdict) == NOT_VERIFIED
    assert verdict.as_json() == {"by": NOT_VERIFIED, "mutants": 12}
