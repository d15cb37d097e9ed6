"""Calibration against plain loops and data of a known temperature."""

import numpy as np
import pytest
from scipy.special import expit

from aptarank.models.calibration import expected_calibration_error, fit_temperature, reliability


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_temperature_is_that_of_the_data(temperature):
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, 40000)
    label = (rng.random(40000) < expit(honest)).astype(int)
    assert fit_temperature(honest * temperature, label) == pytest.approx(temperature, rel=0.03)
    swapped = fit_temperature(-honest * temperature, 1 - label)
    assert swapped == pytest.approx(fit_temperature(honest * temperature, label))


def test_temperature_is_the_likeliest():
    rng = np.random.default_rng(2)
    logits = rng.normal(1, 3, 500)
    label = (logits + rng.normal(0, 4, 500) > 0).astype(int)
    best = fit_temperature(logits, label)

    def loss(temperature):
        chance = expit(logits / temperature)
        return -np.log(np.where(label == 1, chance, 1 - chance)).mean()

    others = [loss(best * factor) for factor in (0.9, 1.1)]
    assert loss(best) < min(others)


def test_temperature_stays_finite():
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 3, 200)
    agreeing = fit_temperature(logits, (logits > 0).astype(int))
    assert 0.01 < agreeing < 1
    assert fit_temperature(logits, (logits < 0).astype(int)) == pytest.approx(100, rel=0.01)
    assert fit_temperature(np.zeros(4), np.array([0, 1, 1, 0])) == 1
    assert fit_temperature(np.zeros(0), np.zeros(0)) == 1


def test_reliability_by_hand():
    label = np.array([1, 0, 1, 0, 1])
    chance = np.array([0.92, 0.18, 0.28, 0.5, 1.0])
    table = reliability(label, chance, bins=5)  # edges 0.5, 0.6, … 1
    assert table["low"].tolist() == pytest.approx([0.5, 0.7, 0.8, 0.9])
    assert table["n_pairs"].tolist() == [1, 1, 1, 2]
    assert table["predicted"].tolist() == pytest.approx([0.5, 0.72, 0.82, 0.96])
    assert table["observed"].tolist() == [0.5, 0, 1, 1]
    error = (0 + 0.72 + (1 - 0.82) + 2 * 0.04) / 5
    assert expected_calibration_error(label, chance, bins=5) == pytest.approx(error)


def test_calibration_does_not_depend_on_which_is_first():
    rng = np.random.default_rng(4)
    chance, label = rng.random(1000), rng.integers(2, size=1000)
    swap = rng.random(1000) < 0.5
    turned = np.where(swap, 1 - label, label), np.where(swap, 1 - chance, chance)
    found = expected_calibration_error(label, chance)
    assert expected_calibration_error(*turned) == pytest.approx(found)
    # The definition over P in [0, 1], each pair in both orders, with twice as many bins.
    both, true = np.concatenate([chance, 1 - chance]), np.concatenate([label, 1 - label])
    error = 0.0
    for bin in range(30):
        inside = (both >= bin / 30) & (both < (bin + 1) / 30)
        if inside.any():
            error += inside.mean() * abs(both[inside].mean() - true[inside].mean())
    assert found == pytest.approx(error)
