"""Missing values that are written as numbers, and scores that only look like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.values.missing_values import PLACEHOLDERS, find_placeholders

MELTING = [51.2, 48.9, 60.1, 55.5, 47.0, 58.3, 62.2]
KD = [0.4, 1.2, 3.5, 8.0, 15.0, 22.0, 41.0, 80.0]
FRACTION = [0.12, 0.31, 0.55, 0.81, 0.93, 0.42]


@pytest.mark.parametrize(
    ("values", "placeholder", "count"),
    [
        ([*MELTING, 0, 0], 0, 2),
        ([*MELTING, 999], 999, 1),
        ([*MELTING, -1, -1, -1], -1, 3),
        ([*MELTING, -999], -999, 1),
        ([*KD, 9999], 9999, 1),
        ([*KD, 999, 999], 999, 2),
        ([*KD, *[0.01] * 5], 0.01, 5),
        ([*KD, *[-1] * 4], -1, 4),
        ([*FRACTION, -9, -9], -9, 2),
        ([*FRACTION, 99], 99, 1),
        ([-3.5, -1.2, 0.4, 2.2, 3.1, 1.0, 9999, 9999], 9999, 2),
        ([-8.1, -7.5, -6.2, -9.0, -5.5, 999], 999, 1),
    ],
)
def test_placeholders_are_found(values, placeholder, count):
    assert [(each.value, each.occurrences) for each in find_placeholders(values)] == [
        (placeholder, count)
    ]


def test_several_placeholders_in_one_column():
    found = find_placeholders([*MELTING, 999, -1, -1, -1])
    assert [each.value for each in found] == [999, -1]
    assert found[0].why == "all others are from -1 to 62.2"


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1, 2, 3],
        [-1, -1, -1, -1, -1],
        list(range(-1, 30)),
        list(range(1200)),
        [*range(0, 100, 3), 99],
        [-1, -1, 1, 1, 1, 2, 3, 4, 0.5],  # log2 of ratios of a few reads
        [0, 0, 0, 0, 1, 2, 5, 30, 800, 12],  # reads
        [0, 0, 0, 0.2, 0.31, 0.84, 0.9, 0.55],  # fractions
        [0.01, 0.02, 0.02, 0.03, 0.05, 0.4, 0.9],
        [0.01, 0.1, 1, 10, 100, 1000, 10000],  # Kd over powers of ten
        [1.5, 20, 300, 999, 4500, 12000],
        [1, 5, 20, 80, 300, 999],
        [10, 20, 45, 80, 96, 99, 99],  # per cent
        [-1161.8, -1098.6, -999.0, -1202.7, -1221.3, -1175.1],  # energies
        [-4.87] * 9 + [-1.2, 0.3, 0.8, 1.4, 2.2],  # a floor, but none that means missing
    ],
)
def test_scores_are_left_alone(values):
    assert find_placeholders(values) == []


@given(st.lists(st.floats(0.05, 90), min_size=8, max_size=40, unique=True))
def test_a_column_without_these_numbers_has_none(values):
    """Nor any number that is there several times, which may stand for a missing value too."""
    assert find_placeholders([value for value in values if value not in PLACEHOLDERS]) == []


@given(st.lists(st.floats(0.1, 1), min_size=8, max_size=40, unique=True), st.randoms())
def test_the_order_of_rows_does_not_matter(values, random):
    column = [*values, 999.0]
    random.shuffle(column)
    assert [each.value for each in find_placeholders(column)] == [999.0]
