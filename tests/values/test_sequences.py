"""Sequences and scores as people write them: what is read, and what is not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.values.measurements import parse_measurement
from aptarank.values.sequences import (
    as_tokens,
    chemistry,
    has_mixed_case,
    named_chemistry,
    normalise,
)


@pytest.mark.parametrize(
    ("text", "sequence"),
    [
        ("  acgu\n", "ACGU"),
        ("ACG TAC", "ACGTAC"),
        ("G A U C", "GAUC"),
        ("5'-ACGT-3'", "ACGT"),
        ("5′-ACGT-3′", "ACGT"),
        ("5' ACG TTT 3'", "ACGTTT"),
        ("5’–acgt–3’", "ACGT"),
        ("DGN DAN DTN", "GAT"),
        ("DG5 DA DT3", "GAT"),
        ("G5 A U3", "GAU"),
        ("DGN", "G"),
        ("dGpdGpdTp", "GGT"),
        ("dGp dGpdTp", "GGT"),
        ("dGpdT", "GT"),
        ("rArCrG", "ACG"),
        ("rG rU rA", "GUA"),
        ("pApC", "AC"),
        ("ApCpGp", "ACG"),
        ("d(ACGT)", "ACGT"),
        ("5'-r(acgu)-3'", "ACGU"),
        ("d(5'-ACG TTT-3')", "ACGTTT"),
        ("r[GpA]", "GA"),
    ],
)
def test_notations_are_read(text, sequence):
    assert normalise(text) == sequence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty sequence"),
        ("5'-3'", "empty sequence"),
        ("3'-ACGT-5'", "wrong direction"),
        ("ACNT", "degenerate code: 'N' .any base. at position 3"),
        ("ACRT", "degenerate code: 'R' .A or G."),
        ("АCGT", "foreign letter: 'А' .cyrillic capital letter a. at position 1"),
        ("AC\u200bGT", "foreign letter: .* at position 3"),
        ("ACUT", "mixed chemistry: T and U in one sequence"),
        ("ACG-T", "not a base: '-' at position 4"),
        ("mAmCGT", "modified residue or linker"),
        ("/5Biosg/ACGT", "modified residue or linker"),
        ("AsCsG", "modified residue or linker"),
        ("(2'F-U)AC", "modified residue or linker"),
        ("d(A*C)", "modified residue or linker"),
        ("rAdC", "mixed chemistry: residues of DNA .d. and RNA .r. in 'rAdC'"),
        ("ACrG", "mixed notation: 'r' at some residues alone"),
        ("d(AC)r(GU)", "mixed notation: d.… is not around all"),
        ("dGdU", "mixed chemistry: U with 'd', the sugar of DNA"),
        ("r(ACGT)", "mixed chemistry: T with 'r', the sugar of RNA"),
        ("d(3'-ACG-5')", "wrong direction"),
        ("d()", "empty sequence"),
        ("MKVL", "not a base: 'L' at position 4"),
    ],
)
def test_nothing_is_repaired(text, reason):
    with pytest.raises(ValueError, match=reason):
        normalise(text)


@given(st.text(alphabet="ACGTUNacgtu 5'-3dprD()", max_size=12))
def test_normalise_loses_no_letter(text):
    """What is accepted has as many bases as there are base letters in the text."""
    try:
        sequence = normalise(text)
    except ValueError:
        return
    assert len(sequence) == sum(letter in "ACGTUacgtu" for letter in text)


def test_the_sugar_names_the_chemistry():
    assert named_chemistry("5'-r(GGA)-3'") == named_chemistry("rGrA") == "RNA"
    assert named_chemistry("d(GGA)") == named_chemistry("pdGpdA") == "DNA"
    assert named_chemistry("GGA") is None
    assert named_chemistry("rgga") is None


def test_mixed_case():
    mixed = ("AcGT", "5'-ACGt-3'", "d(AcG)")
    assert all(map(has_mixed_case, mixed))
    assert not any(map(has_mixed_case, ("ACGT", "acgt", "dGpdT", "rArC", "DG5 DA", "r(acgu)")))


def test_chemistry_and_tokens():
    assert chemistry("ACGU") == "RNA"
    assert chemistry("ACGT") == "DNA"
    assert chemistry("GACC") is None
    assert as_tokens("ACGU") == "ACGT"


INF = math.inf


@pytest.mark.parametrize(
    ("text", "scale", "low", "high"),
    [
        ("-2.50", "number", -2.5, -2.5),
        ("1e-3", "number", 1e-3, 1e-3),
        ("−1.5", "number", -1.5, -1.5),
        ("1.2 × 10^-9", "number", 1.2e-9, 1.2e-9),
        ("-0", "number", 0, 0),
        ("<5", "number", -INF, 5),
        ("≥ 5", "number", 5, INF),
        ("6.5 ± 0.2", "pKd", 6.5, 6.5),
        ("6.5-7.2", "pKd", 6.5, 7.2),
        (">6", "pKd", 6, INF),
        ("0.58 nM", "", 0.58e-9, 0.58e-9),
        ("∼0.17 µM", "", 0.17e-6, 0.17e-6),
        ("Kd<100μM", "", -INF, 100e-6),
        ("25-200 nM", "", 25e-9, 200e-9),
        ("25 nM - 200 nM", "", 25e-9, 200e-9),
        ("58 ± 3 nM", "", 58e-9, 58e-9),
        ("Kd = 1.2 x 10-9 M", "", 1.2e-9, 1.2e-9),
        ("3 pmol/L", "", 3e-12, 3e-12),
        ("58", "nM", 58e-9, 58e-9),
        ("2 µM", "nM", 2e-6, 2e-6),
    ],
)
def test_scores_as_people_write_them(text, scale, low, high):
    found = parse_measurement(text, scale)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    assert str(found.low) != "-0.0"


@pytest.mark.parametrize(
    ("text", "scale", "reason"),
    [
        ("", "number", "missing score"),
        ("  ", "number", "missing score"),
        ("n/a", "number", "not a number: 'n/a'"),
        ("inf", "number", "not finite"),
        ("nan", "number", "not finite"),
        ("1e309", "number", "not finite"),
        ("1_000", "number", "not a number"),
        ("１２", "number", "not a number"),
        ("0x1F", "number", "not a number"),
        ("1,5", "number", "not a number: '1,5' .a decimal comma"),
        ("2024-01-03", "number", "not a number"),
        ("03-05", "number", "not a number"),
        ("0.58 nM", "number", "not a number: .*say format: kd"),
        ("58", "", "no unit"),
        ("58 nm", "", "not a Kd"),
        ("0 nM", "", "not above 0"),
        ("200-25 nM", "", "ends below its start"),
        ("Not Mentioned in Database", "", "not a Kd"),
    ],
)
def test_scores_that_are_none(text, scale, reason):
    with pytest.raises(ValueError, match=reason):
        parse_measurement(text, scale)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_as_it_is(value):
    assert parse_measurement(repr(value)).low == value


@given(st.text(max_size=12), st.sampled_from(["number", "pKd", "", "nM"]))
def test_no_text_breaks_a_score(text, scale):
    try:
        low, high = parse_measurement(text, scale)
    except ValueError:
        return
    assert low <= high
    assert not math.isnan(low + high) or (low, high) == (-INF, INF)
