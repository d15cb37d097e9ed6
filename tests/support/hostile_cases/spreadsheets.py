"""Excel files."""

import datetime
import io
import zipfile

import openpyxl

from hostile_cases import reads, refused

ROWS = [["sequence", "score"], ["ACGT", 1], ["ACGG", 2.5]]
READ = {"ACGT": 1, "ACGG": 2.5}
WHEN = datetime.datetime(2024, 5, 6)


def excel(rows=ROWS, *, hidden=False, **others) -> bytes:
    """An Excel file of one sheet, Sheet1, and others behind it."""
    book = openpyxl.Workbook()
    book.active.title = "Sheet1"
    book.active.sheet_state = "hidden" if hidden else "visible"
    for row in rows:
        book.active.append(row)
    for name, more in others.items():
        added = book.create_sheet(name)
        for row in more:
            added.append(row)
    book.properties.created = book.properties.modified = WHEN
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def without(data: bytes, part: str) -> bytes:
    """An Excel file that lacks one of its parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if part not in name:
                new.writestr(zipfile.ZipInfo(name), old.read(name))
    return buffer.getvalue()


def edited(data: bytes, old: str, new: str) -> bytes:
    """An Excel file with other text in its first sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(old.encode(), new.encode())
            target.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


EXCEL = excel()
SIZED = 'ref="A1:B3"'

CASES = [
    reads("table.xlsx", "a good Excel file", EXCEL, READ),
    reads("excel.csv", "an Excel file named .csv", EXCEL, READ),
    refused("cut.xlsx", "an Excel file cut short", EXCEL[:-300], "cut.xlsx: a damaged Excel file"),
    refused(
        "damaged.xlsx",
        "an Excel file with wrong bytes in the middle",
        EXCEL[:900] + bytes(600) + EXCEL[1500:],
        "damaged.xlsx: a damaged Excel file",
    ),
    refused(
        "no-sheet.xlsx",
        "an Excel file that lacks its sheet",
        without(EXCEL, "sheet1"),
        "no-sheet.xlsx: a damaged Excel file",
    ),
    refused(
        "no-types.xlsx",
        "an Excel file that lacks its list of contents",
        without(EXCEL, "Content_Types"),
        "no-types.xlsx: a damaged Excel file",
    ),
    reads(
        "wrong-size.xlsx",
        "an Excel file that declares a wrong size for its sheet",
        edited(EXCEL, SIZED, 'ref="A1"'),
        READ,
    ),
    reads(
        "sheets.xlsx",
        "several sheets, of which the first is read, as the log says",
        excel(notes=[["sequence", "score"], ["AAAA", 5]]),
        READ,
    ),
    reads(
        "sheet-hidden.xlsx",
        "a hidden sheet before the table",
        excel([["settings", 1]], hidden=True, data=ROWS),
        READ,
    ),
    reads(
        "sheets-said.xlsx",
        "several sheets, with one given",
        excel([["read me"]], data=ROWS),
        READ,
        {},
        "--sheet data",
    ),
    refused(
        "sheets-wrong.xlsx",
        "a sheet that does not exist",
        excel(data=ROWS),
        "no sheet 'Data'; there are 'Sheet1', 'data'",
        "--sheet Data",
    ),
    refused(
        "sheets-first.xlsx",
        "a first sheet of notes",
        excel([["measured by", "Maria"]], data=ROWS),
        "no column 'sequence'; the columns are 'measured by', 'Maria'",
    ),
    refused("sheet-empty.xlsx", "an empty sheet", excel([]), "sheet-empty.xlsx: no row in it"),
    reads(
        "gaps.xlsx",
        "empty rows and columns, and a note next to the table",
        excel(
            [
                [],
                [None, "sequence", "score"],
                [],
                [None, "ACGT", 1],
                [None, "AXG", 2],
                [None, "ACGG", 2.5, None, "checked"],
            ]
        ),
        READ,
        {5: "not a base"},
    ),
    reads(
        "text.xlsx",
        "numbers as text, some with decimal commas",
        excel([*ROWS, ["AAAA", "3.5"], ["AAAC", "4,5"], ["AAAG", "'5"]]),
        {**READ, "AAAA": 3.5},
        {5: "not a number: '4,5' (a decimal comma?", 6: "not a number"},
    ),
    reads(
        "text-said.xlsx",
        "the same, with the decimal separator given, which applies to texts",
        excel([*ROWS, ["AAAA", "3,5"], ["AAAC", "4.5"]]),
        {**READ, "AAAA": 3.5},
        {5: "not a number: '4.5' has a point"},
        "--decimal ,",
    ),
    reads(
        "dates.xlsx",
        "dates, times and yes or no instead of numbers",
        excel(
            [
                *ROWS,
                ["AAAA", WHEN],
                ["AAAC", WHEN.date()],
                ["AAAG", datetime.time(1, 2)],
                ["AAAT", True],
                ["AACA", datetime.timedelta(hours=30)],
            ]
        ),
        READ,
        {
            4: "not a number: '2024-05-06 00:00:00' (a date?",
            **dict.fromkeys(range(5, 9), "not a number"),
        },
    ),
    reads(
        "errors.xlsx",
        "formula errors",
        excel([*ROWS, ["AAAA", "#DIV/0!"], ["AAAC", "#N/A"], ["#REF!", 3]]),
        READ,
        {4: "not a number: '#DIV/0!'", 5: "not a number: '#N/A'", 6: "not a base: '#'"},
    ),
    reads(
        "formulas.xlsx",
        "formulas that were never computed",
        excel([*ROWS, ["AAAA", "=B2*2"], ['=UPPER("acgt")', "=B2+1"]]),
        READ,
        {4: "not a number: '=B2*2' (a formula", 5: "modified residue"},
    ),
    reads(
        "title.xlsx",
        "a header in several lines of one cell",
        excel([["Sequence\n(5'-3')", "Kd\n(nM)"], *ROWS[1:]]),
        READ,
        {},
        "--sequence 1",
        better=None,
    ),
    refused(
        "banner.xlsx",
        "a title above the table",
        excel([["Table S1. Aptamers", None], *ROWS]),
        "Is the first row a title? Delete what is above the header.",
    ),
    reads(
        "zeros.xlsx",
        "a leading apostrophe, spaces, and zeros",
        excel([*ROWS, [" acga ", 0], ["'ACGC", 7]]),
        {**READ, "ACGA": 0},
        {5: "not a base"},
    ),
]
