"""Measured values as people write them: every notation, and what can be read in two ways."""

import contextlib
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.values.measured import exponent_of, parse_value, tidy_text
from aptarank.values.measurements import parse_measurement, to_count, with_point
from measured_texts import printed

INF = math.inf


@given(st.randoms())
def test_what_is_printed_is_read(random):
    kd = printed(random)
    low, high = parse_measurement(kd.text, "")
    assert (low, high) == pytest.approx((kd.low, kd.high))
    found = parse_value(tidy_text(kd.text))
    if kd.error is not None:
        assert found.error * 10.0 ** exponent_of(found.low_unit) == pytest.approx(kd.error)


@given(st.randoms())
def test_a_decimal_comma_says_the_same(random):
    kd = printed(random)
    text = kd.text.replace(".", ",").replace("ca,", "ca.").replace("nmol,L", "nmol.L")
    assert parse_measurement(with_point(text, ","), "") == parse_measurement(kd.text, "")


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("7.1 ± 0.4 × 10⁻⁸ M", 7.1e-8, 7.1e-8),
        ("7.1+/-0.4x10-8 M", 7.1e-8, 7.1e-8),
        ("7.1e-8 ± 0.4e-8 M", 7.1e-8, 7.1e-8),
        ("7.1 ± 0.4 x 10^2 nM", 7.1e-7, 7.1e-7),
        ("7.1 nM ± 0.4 x 10^-9 M", 7.1e-9, 7.1e-9),
        ("3-6 x 10^-8 M", 3e-8, 6e-8),
        ("3 x 10^-8 - 6 x 10^-8 M", 3e-8, 6e-8),
        ("(3–6) × 10⁻⁸ M", 3e-8, 6e-8),
        ("7.1 (0.4) nM", 7.1e-9, 7.1e-9),
        ("(7.1 ± 0.4 nM)", 7.1e-9, 7.1e-9),
        ("from 300 to 2,000 nM", 3e-7, 2e-6),
        ("300–2,000 nM", 3e-7, 2e-6),
        ("2,000 ± 150 nM", 2e-6, 2e-6),
        ("2,000,000 pM", 2e-6, 2e-6),
        ("2,345.5 nM", 2.3455e-6, 2.3455e-6),
        ("10⁻⁷ M", 1e-7, 1e-7),
        ("apparent KD ≈ 7 nM", 7e-9, 7e-9),
        ("Kd,app: 7 nM", 7e-9, 7e-9),
        ("Less than 7 Nanomolar", -INF, 7e-9),
        ("KD ≥ 7 nmol per litre", 7e-9, INF),
        (">100 mM", 0.1, INF),
    ],
)
def test_a_kd_is_read(text, low, high):
    assert parse_measurement(text, "") == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("7100 ± 0.4 × 10^3 nM", "write it with each"),
        ("7.1 ± 0.4e-8 M", "write it with each"),
        ("3-6 x 10^3 nM", "write it with each"),
        ("7 (3) nM", "write 7 ± 3"),
        ("7.1 (5.2) nM", "write 7.1 ± 5.2"),
        ("2,000 nM", "a decimal comma.*between thousands. take it out"),
        ("2,000-3,000 nM", "between thousands. take it out"),
        ("2,5 nM", "decimal: ','.$"),
        ("between 500 and 2,5 nM", "decimal: ','.$"),
        ("7 nm", "capital M"),
        ("7 NM", "write the unit as nM"),
        ("7 nmol", "an amount"),
        ("7 ng/mL", "not a molar unit"),
        ("1e-8 M-1", "association constant"),
        ("1 × 10⁸ M⁻¹", "association constant"),
        ("Ki = 7 nM", "another constant"),
        ("IC50: 7 nM", "another constant"),
        ("pKd = 7", "its column is named pKd"),
        ("7 nM; 9 nM", "several values"),
        ("7 nM and 9 nM", "several values"),
        ("Kd: 7.1/7.4/9 nM", "several values"),
        ("7 nM, 9 µM", "several values"),
        ("7 100 nM", "a blank within a number"),
        ("7.1 M", "7.1 mol/L, and none is above 0.1"),
        ("101 mM", "0.101 mol/L"),
        (">7-9 nM", "a bound and a range at once"),
        ("7%", "not a molar unit"),
        ("7x105 nM", "expected a number with a unit"),
        ("7 aM", "expected a number with a unit"),
    ],
)
def test_what_is_no_kd_says_what_to_write(text, advice):
    with pytest.raises(ValueError, match=advice):
        parse_measurement(text, "")


def test_an_error_in_a_column_of_plain_numbers():
    with pytest.raises(ValueError, match="an error beside the value"):
        parse_measurement("7.1 ± 0.4")


def test_a_unit_in_the_header_is_that_of_all_without_one():
    assert parse_measurement("7.1 ± 0.4 × 10⁻⁸", "M") == pytest.approx((7.1e-8, 7.1e-8))
    assert parse_measurement("3-6", "nmol/L") == pytest.approx((3e-9, 6e-9))
    assert parse_measurement("7 µM", "nM") == pytest.approx((7e-6, 7e-6))


def test_per_cent():
    assert parse_measurement("45.5 %", "%") == (45.5, 45.5)
    assert parse_measurement("<5%", "%") == (-INF, 5)
    assert parse_measurement("5 ± 1 %", "%") == (5, 5)
    with pytest.raises(ValueError, match="write the sign in each, or in none"):
        parse_measurement("0.45", "%")
    with pytest.raises(ValueError, match="write the sign in each row, or in none"):
        parse_measurement("45%")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        *(("0", 0), ("12.0", 12), ("1e+05", 100_000), ("3e3", 3000), ("1.5E+04", 15_000)),
        *(("1,234", 1234), ("1,234,567", 1_234_567), (" 7 ", 7)),
    ],
)
def test_reads(text, reads):
    assert to_count(text) == reads


@pytest.mark.parametrize(
    "text", ["1.5", "1.5e0", "1e-05", "-3", "1e99", "1,23", "1,234.5", "x", "", "9" * 16]
)
def test_no_reads(text):
    with pytest.raises(ValueError, match="reads are whole numbers"):
        to_count(text)


PIECES = (
    "1",
    "1,000",
    "e",
    "±",
    "(",
    ")",
    "-",
    "–",
    "10^",
    "x 10^-9",
    " ",
    "nM",
    "mol",
    "L-1",
    "<",
)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from(["number", "pKd", "", "%"]))
def test_no_text_takes_long_or_breaks(pieces, scale):
    start = time.process_time()
    with contextlib.suppress(ValueError):
        low, high = parse_measurement("".join(pieces), scale)
        assert low <= high
    assert time.process_time() - start < 0.1
