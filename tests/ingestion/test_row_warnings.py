"""What is read, and said all the same: letter case, versions of MAWS, why nothing can be learnt."""

import re

import pytest

from aptarank.columns.rows import Row, make_options
from aptarank.ingestion.aptamers import clean_rows
from aptarank.ingestion.ingest import ingest_files
from aptarank.ingestion.row_warnings import collect_warnings


def warned(given, **more):
    return collect_warnings(given, make_options(**more))


def rows(*pairs):
    return [Row("f.csv", line, *pair) for line, pair in enumerate(pairs, start=2)]


def test_mixed_case_is_said_with_its_line():
    mixed = rows(("TTGACC", "9"), ("TtGACC", "2"), ("ttGAcC", "1"), ("TTGACA", "4"))
    within, apart = warned(mixed)
    assert within.startswith("f.csv, line 3: capitals and small letters in one sequence ('TtGACC';")
    assert "2 of 4 rows" in within
    assert "case: reject" in within
    assert "line 3: 'TtGACC' has the score '2'; line 2 has '9' for the same but for case" in apart


def test_all_small_and_all_capital_are_one():
    assert warned(rows(("TTGACC", "9"), ("ttgacc", "9"), ("ttgaca", "1"))) == []
    (apart,) = warned(rows(("TTGACC", "9"), ("ttgacc", "8")))
    assert "the median score" in apart


def test_notations_are_no_mixed_case():
    assert warned(rows(("dTpdG", "1"), ("rGrA", "2"), ("d(TTA)", "3"), ("DG5 DA3", "4"))) == []


def test_what_is_rejected_anyway_is_no_mixed_case():
    assert warned(rows(("/5Biosg/ACGT", "1"), ("mAmC", "2"), ("ACGT-x", "3"))) == []
    mixed = rows(("TTGACC", "9"), ("TtGACC", "2"), ("ttgacc", "9"))
    assert warned(mixed, case="reject") == []
    assert len(warned(mixed)) == 2


def test_mixed_case_can_be_rejected():
    mixed = rows(("TTGACC", "9"), ("TtGACC", "2"), ("ttgaca", "1"), ("dTdG", "3"))
    aptamers, rejected = clean_rows(mixed, "higher", make_options(case="reject"))
    assert sorted(aptamers["sequence"]) == ["TG", "TTGACA", "TTGACC"]
    assert rejected["line"].tolist() == [3]
    assert rejected["reason"].iloc[0].startswith("mixed case: ")


LONG = "-0.25234843992003112564831896272118436353699026207944170376"
LOGS = {
    "2015": "Ntide: DGN entropy: -0.19\nDG5 DA3 : -0.2\n",
    "2017 to 2023": f"SEQUENCE: G ENTROPY: {LONG} ENERGY: -1197.7\n",
    "2025 (digits": "SEQUENCE: G ENTROPY: -0.15168192852820378 ENERGY: -1129.8\n",
    "2025, an early": "SEQUENCE DT DG  ENTROPY 4.628700  ENERGY -1162.49\n",
}


@pytest.mark.parametrize("first", LOGS)
@pytest.mark.parametrize("second", LOGS)
def test_versions_of_maws_are_not_pooled_in_silence(tmp_path, first, second):
    (tmp_path / "a.log").write_text(LOGS[first] * 2)
    (tmp_path / "b.log").write_text(LOGS[second] * 2)
    found = ingest_files([str(tmp_path / "a.log"), str(tmp_path / "b.log")], make_options())
    warnings = [text for text in found.summary["warnings"] if "versions of MAWS" in text]
    assert len(warnings) == (first != second)
    for warning in warnings:
        assert f"a.log, line 1: {first}" in warning
        assert f"b.log, line 1: {second}" in warning
        assert "0.15 M" in warning


BASES = ("AA", "AC", "AG", "AT", "CA", "CC", "CG", "CT", "GA", "GC")


@pytest.mark.parametrize(
    ("scores", "scale", "said"),
    [
        (["51.5", "48", "60", "55", "47", "999"], "number", "'999' a missing value. It is there 1"),
        (["51.5", "48", "60", "55", "47", "0", "0"], "number", "'0' .* all others are from 47"),
        (["5 nM", "8 nM", "12 nM", "3 nM", "9 nM", "9999 nM"], "", "'9999 nM' a missing value"),
    ],
)
def test_missing_values_written_as_numbers_are_said(scores, scale, said):
    column = rows(*zip(BASES, scores, strict=False))
    (warning,) = warned([row._replace(scale=scale) for row in column])
    assert re.search(said, warning)
    assert "leave these cells empty" in warning


def test_bounds_and_broken_rows_are_no_missing_values():
    column = rows(*zip(BASES, ["5", "8", "12", "3", "9", ">999", "x", ""], strict=False))
    assert warned(column) == []


def test_short_numbers_do_not_say_the_version(tmp_path):
    (tmp_path / "a.log").write_text(LOGS["2017 to 2023"] + LOGS["2017 to 2023"].replace(LONG, "-1"))
    assert ingest_files([str(tmp_path / "a.log")], make_options()).summary["warnings"] == []


def test_warnings_are_printed(program, tmp_path):
    (tmp_path / "case.csv").write_text("sequence,score\nTTGACC,9\nTtGACC,2\nTTGACA,1\n")
    output = program("ingest", "case.csv", "--better", "higher").output
    assert "case.csv, line 3: capitals and small letters in one sequence" in output


def test_what_was_rejected_is_said_where_too_little_is_left(program, tmp_path):
    (tmp_path / "few.csv").write_text("sequence,score\nTTGACC,9\nTTXACC,2\nTT*ACC,3\n")
    output = program("ingest", "few.csv", "--better", "higher", "--max-rejected", 1, code=1).output
    assert "one aptamer is left, with the score 9: there is nothing to learn." in output
    assert "2 of 3 rows were rejected. The commonest reasons:" in output
    assert "Is score the right column?" not in output
