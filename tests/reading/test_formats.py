"""The registry of input formats is the one place that knows their names."""

import ast

import pytest

from aptarank.columns.read_as import ReadAs
from aptarank.columns.rows import Row, make_options
from aptarank.config.schema import schema
from aptarank.reading import read_file
from aptarank.reading.formats import FORMAT_NAMES, TABLE_FORMATS, TEXT_FORMATS
from aptarank.reading.input_format import InputFormat, Kind, ReadRows
from snakemake_runs import ROOT


def test_the_schema_has_the_same_names():
    names = schema()["$defs"]["dataset"]["properties"]["format"]["enum"]
    assert sorted(names) == sorted(FORMAT_NAMES)
    assert len(set(FORMAT_NAMES)) == len(FORMAT_NAMES)


def test_no_code_tests_the_name_of_a_format():
    """Other than `enrichment`, which is also a kind of quantity, and `auto`."""
    names = set(FORMAT_NAMES) - {"auto", "enrichment"}
    for path in (ROOT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
                assert not texts & names, f"{path}, line {node.lineno}"


@pytest.mark.parametrize("each", [*TEXT_FORMATS, *TABLE_FORMATS], ids=lambda each: each.name)
def test_entries_are_valid(each):
    assert each.better in ("", "higher", "lower")
    assert each.group in ("", "length")


def read_lines(text, source, options):
    """Lines such as `APT ACGT 1.5`."""
    lines = (line.split() for line in text.splitlines())
    rows = [
        Row(source=str(source), line=number, sequence=sequence, score=score)
        for number, (_, sequence, score) in enumerate(lines, start=1)
    ]
    return ReadRows(ReadAs("the second word", "the third word", because="it is so"), rows)


def test_an_entry_is_all_that_a_format_needs(monkeypatch, tmp_path):
    """Its direction and its group are those that it declares, unless the user says otherwise."""
    entry = InputFormat(
        "aptlines",
        Kind.LOG,
        read_lines,
        lambda text, options: text.startswith("APT "),
        better="lower",
        group="length",
    )
    monkeypatch.setattr(read_file, "TEXT_FORMATS", (entry, *TEXT_FORMATS))
    path = tmp_path / "lines.txt"
    path.write_text("APT ACGT 1.5\nAPT ACGTAC 2\n", encoding="utf-8")
    for name in ("auto", "aptlines"):
        reading = read_file.read_file(path, make_options(format=name))
        assert (reading.format, reading.better) == (entry, "lower")
        assert [(row.sequence, row.group) for row in reading.rows] == [
            ("ACGT", "4"),
            ("ACGTAC", "6"),
        ]
        assert reading.read_as.group == "the length"
    assert not read_file.read_file(path, make_options(group="none")).read_as.group
