"""Excel files as a person sees them, and sizes that are looked at before the content."""

import gzip
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aptarank.columns.rows import make_options
from aptarank.core import sizes
from aptarank.core.errors import InputError, printable
from aptarank.core.os_errors import explain
from aptarank.core.sizes import gunzipped
from aptarank.reading import sheets
from aptarank.reading.sheets import formatted
from aptarank.training import pretraining
from aptarank.use.candidates import read_candidates
from predict import index_sequences

ROWS = [("ACGTACGTAC", 1.5), ("TTGACCATTG", 3.0), ("TTGACCATTC", 4.5), ("GGCATTAGCC", 0.2)]


def save(path, change=lambda sheet: None, header=("sequence", "Kd"), rows=ROWS):
    """An Excel file of a small table."""
    book = openpyxl.Workbook()
    book.active.append(list(header))
    for row in rows:
        book.active.append(list(row))
    change(book.active)
    book.save(path)
    return path


def fitness(program, path, *options):
    program("ingest", path, "--max-rejected", 1, *options)
    return pd.read_csv("aptamers.csv").set_index("sequence")["fitness"]


def test_units_of_number_formats_are_read(program, tmp_path):
    def units(sheet):
        for row, unit in enumerate(("nM", "µM", "nM", "mM"), start=2):
            sheet.cell(row, 2).number_format = f'0.0" {unit}"'

    found = fitness(program, save(tmp_path / "a.xlsx", units))
    expected = {"ACGTACGTAC": 1.5e-9, "TTGACCATTG": 3e-6, "TTGACCATTC": 4.5e-9, "GGCATTAGCC": 2e-4}
    assert found.to_dict() == pytest.approx({key: -np.log10(kd) for key, kd in expected.items()})


def test_a_text_of_a_number_format_that_is_no_unit_is_said(program, tmp_path):
    def odd(sheet):
        sheet.cell(2, 2).number_format = '0.0" apples"'

    path = save(tmp_path / "a.xlsx", odd, ("sequence", "score"))
    said = program("ingest", path, "--better", "lower", "--max-rejected", 1).output
    assert "'1.5 apples'" in said
    assert "3 aptamers + 1 rejected" in said


@pytest.mark.parametrize(
    ("number_format", "expected"),
    [
        *[("General", ("", "")), ("0.00", ("", "")), ("#,##0.0", ("", "")), ("@", ("", ""))],
        *[('0.0" nM"', ("", " nM")), ('0.0\\ "nM"', ("", " nM")), ('General"µM"', ("", "µM"))],
        *[('"<"0.0', ("<", "")), ('"ca. "0', ("ca. ", "")), ("0.00E+00", ("", ""))],
        *[('0.0" nM";-0.0" nM"', ("", " nM")), ('[Red]0.0" pM"', ("", " pM"))],
        *[('0.0_)" nM"', ("", " nM")), ('0" "', ("", "")), ('_("0"_)0.0', ("0", ""))],
        *[("0%", ("", "")), ("yyyy-mm-dd", ("", "")), ("", ("", ""))],
    ],
)
def test_texts_of_number_formats(number_format, expected):
    found = formatted(number_format, 1.5)
    assert (found.before, found.after) == expected
    assert found.digits
    assert not found.thousands


CONDITIONS = '[<10]0.0" nM";[>=10]0.0," µM"'


@pytest.mark.parametrize(
    ("number_format", "value", "expected"),
    [
        *[('0.0," µM"', 12500, "12.5 µM"), ('0.0,," mM"', 12_500_000, "12.5 mM")],
        *[('[>=1000]0.0," µM";0.0" nM"', 12500, "12.5 µM"), (CONDITIONS, 5, "5 nM")],
        *[('[>=1000]0.0," µM";0.0" nM"', 12, "12 nM"), (CONDITIONS, 12500, "12.5 µM")],
        *[("0.0 [$µM]", 1.5, "1.5µM"), ("[$nM-409] 0.0", 1.5, "nM1.5"), ("[$-409]0.0", 1.5, 1.5)],
        *[('0.0;-0.0;"ND"', 0, "ND"), ('0.0;-0.0;"ND"', 1.5, 1.5), ('"nb"', 3, "nb")],
        *[("General", 1 / 3, 1 / 3), ("0.0", 1 / 3, 1 / 3)],
        *[("#,##0", 12500, 12500), ("0.0,", 12500, 12.5), ('[Red][<1]0" nM";0" pM"', 3, "3 pM")],
    ],
)
def test_a_number_is_read_as_its_format_shows_it(tmp_path, number_format, value, expected):
    def form(sheet):
        sheet.cell(2, 2).number_format = number_format

    path = save(tmp_path / "a.xlsx", form, rows=[("ACGTACGTAC", value)])
    (_, _), (_, row) = sheets.rows_of_sheet(path.read_bytes(), "Sheet", path)
    assert row[1] == expected


RUN = "<r><rPr>{}</rPr><t>{}</t></r>"
RAISED, STRUCK = '<vertAlign val="superscript"/>', "<strike/>"


SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_runs(path, changes):
    """Give texts of an Excel file the runs of rich text that Excel keeps among its strings."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    sheet, types = "xl/worksheets/sheet1.xml", "[Content_Types].xml"
    for number, text in enumerate(changes):
        inline = f' t="inlineStr"><is><t>{text}</t></is>'
        assert parts[sheet].count(inline) == 1
        parts[sheet] = parts[sheet].replace(inline, f' t="s"><v>{number}</v>')
    strings = "".join(f"<si>{runs}</si>" for runs in changes.values())
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    named = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHARED}" /></Types>'
    parts[types] = parts[types].replace("</Types>", named)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def test_raised_and_struck_letters_are_no_digits_of_the_value(program, tmp_path):
    rows = zip((row[0] for row in ROWS), ("12.52", "5 × 10-9 M", "313 nM", "7 nM"), strict=True)
    path = with_runs(
        save(tmp_path / "a.xlsx", rows=rows),
        {
            "12.52": "<r><t>12.5</t></r>" + RUN.format(RAISED, "2"),
            "5 × 10-9 M": "<r><t>5 × 10</t></r>" + RUN.format(RAISED, "-9") + "<r><t> M</t></r>",
            "313 nM": RUN.format(STRUCK, "3") + "<r><t>13 nM</t></r>",
        },
    )
    found = fitness(program, path)
    assert found.to_dict() == pytest.approx(
        {"TTGACCATTG": -np.log10(5e-9), "GGCATTAGCC": -np.log10(7e-9)}
    )


def test_a_stray_cell_far_away_costs_nothing(program, tmp_path):
    def stray(sheet):
        sheet.cell(20_000, 5_000).number_format = "0.0"
        sheet["C3"] = " "

    plain = fitness(program, save(tmp_path / "a.xlsx"), "--score", "Kd", "--format", "excel")
    assert fitness(program, save(tmp_path / "b.xlsx", stray), "--score", "Kd").equals(plain)


def test_content_far_away_is_said(program, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_CELLS", 1000)

    def far(sheet):
        sheet.cell(3, 500, "x")

    path = save(tmp_path / "a.xlsx", far)
    assert "column SF has something" in program("ingest", path, code=1).output


def test_rows_beyond_a_sheet(program, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    path = save(tmp_path / "a.xlsx")
    assert "a row beyond 4, the last of a sheet" in program("ingest", path, code=1).output


def test_merged_cells_hold_for_each_of_their_rows(program, tmp_path):
    def merge(sheet):
        sheet["B3"] = sheet["B4"] = None
        sheet.merge_cells("B2:B4")

    path = save(tmp_path / "a.xlsx", merge, ("sequence", "score"))
    said = program("ingest", path, "--better", "lower").output
    assert "cells merged over rows (B2:B4): each row has their value" in said
    found = pd.read_csv("aptamers.csv").set_index("sequence")["score"]
    assert found.to_dict() == {
        **dict.fromkeys(["ACGTACGTAC", "TTGACCATTG", "TTGACCATTC"], 1.5),
        "GGCATTAGCC": 0.2,
    }


def test_what_unpacks_to_more_than_memory(program, tmp_path, monkeypatch):
    monkeypatch.setattr(sizes, "memory", lambda: 4_000_000)
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        file.write(b"sequence,score\n" + b"\n" * 2_000_000)
    said = program("ingest", tmp_path / "a.csv.gz", "--better", "lower", code=1).output
    assert "a.csv.gz: needs more memory than there is" in said
    table = pa.table({"sequence": ["ACGT"] * 50_000, "score": [1.0] * 50_000})
    pq.write_table(table, tmp_path / "a.parquet")
    said = program("ingest", tmp_path / "a.parquet", "--better", "lower", code=1).output
    assert "it has 50,000 rows of 2 columns" in said
    monkeypatch.setattr(sheets, "memory", lambda: 4_000_000)
    path = save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/spaces.xml", b" " * 1_000_000)
    said = program("ingest", path, "--better", "lower", code=1).output
    assert "xl/spaces.xml in it is" in said


@pytest.mark.parametrize("content", [b"", b"x" * 100, bytes(range(256)) * 1000])
def test_gzip_of_several_members(tmp_path, content):
    data = gzip.compress(content) + gzip.compress(content[:50]) + b"\0" * 20
    assert gunzipped(data, tmp_path) == content + content[:50]
    if content:
        with pytest.raises(EOFError):
            gunzipped(gzip.compress(content)[:-9], tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        pa.lib.ArrowMemoryError("malloc of size 64 failed"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("onnxruntime: Failed to allocate memory for requested buffer of size 1"),
    ],
)
def test_memory_that_ends_is_said(tmp_path, error):
    said = explain(error, tmp_path / "aptamers.csv")
    assert "aptamers.csv: needs more memory than there is" in said
    (tmp_path / "rows.csv").write_bytes(b" " * 1_200_000)
    said = explain(error, tmp_path / "aptamers.csv", [tmp_path / "rows.csv", tmp_path / "none"])
    assert "rows.csv (1.2 MB): needs more memory than there is (" in said
    assert explain(RuntimeError("something else"), tmp_path) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, µ and 核酸\n\tnext", "plain, µ and 核酸\n\tnext"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("over\rwritten", "over\\rwritten"),
        ("left‮right", "left\\u202eright"),
        ("\x9b2J", "\\x9b2J"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_printed(text, shown):
    assert printable(text) == shown
    assert str(InputError(text)) == shown


def test_names_of_files_and_cells_in_messages(program, tmp_path):
    name = "evil\x1b[2J.csv"
    (tmp_path / name).write_text("sequence,score\nACGT\x1b[31mX,1\nGGGT,2\nGGTT,3\n")
    said = program("ingest", name, "--better", "lower", "--max-rejected", 1).output
    assert "\x1b" not in said
    assert "\\x1b[2J" in said


def test_a_list_of_sequences_is_ranked_from_its_first_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("ACGTACGT\nGGCATTAG\nTTGACCAT\n")
    assert read_candidates([str(path)], make_options()).table["sequence"].tolist()[0] == "ACGTACGT"
    long = "ACGT" * 200
    path.write_text(f"{long}\nGGCATTAG\n")
    assert len(read_candidates([str(path)], make_options()).table) == 2
    path.write_text("sequence\nGGCATTAG\n")
    assert len(read_candidates([str(path)], make_options()).table) == 1


@pytest.mark.parametrize("rows", ["1,2\n3,4\n", "A,2.5\n"])
def test_numbers_are_no_sequences(tmp_path, rows):
    (tmp_path / "p.csv").write_text("Sequence1,Sequence2\n" + rows)
    table = pd.read_csv(tmp_path / "p.csv")
    with pytest.raises(InputError, match=r"p\.csv, line 2: .* is not a sequence"):
        index_sequences(table, tmp_path / "p.csv")
    odd = pd.DataFrame({"Sequence1": [["A"], "ACGT"], "Sequence2": ["ACGT", b"AC"]})
    with pytest.raises(InputError, match=r"line 2: .* is not a sequence"):
        index_sequences(odd, tmp_path / "p.parquet")


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xfd7zXZ", b"BZh", b"(\xb5/\xfd"])
def test_archives_are_refused_in_words_wherever_sequences_are_read(tmp_path, magic):
    path = tmp_path / "more.csv"
    path.write_bytes(magic + bytes(range(128, 256)))
    with pytest.raises(InputError, match=r"more\.csv: not text but"):
        pretraining.read_sequences(path)
    with pytest.raises(InputError, match=r"more\.csv: not text but"):
        read_candidates([str(path)], make_options())


def test_advice_on_candidates_names_their_own_keys(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("oligo1,x\nACGTACGT,1\n")
    with pytest.raises(InputError, match=r"in the config: rank\.sequence"):
        read_candidates([str(path)], make_options())
