"""Files of another kind than text, and files that are not there."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

from hostile_cases import folder, link_to, locked, missing, pipe, reads, refused, table

TABLE = table("ACGT,1", "ACGG,2.5")
READ = {"ACGT": 1, "ACGG": 2.5}
ROWS = [f"ACG{a}{b}{c}" for a in "ACGT" for b in "ACGT" for c in "ACGT"]
GZIP = gzip.compress(table(*(f"{row},{n}" for n, row in enumerate(ROWS))).encode(), mtime=0)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("_", ".")), text)
    return buffer.getvalue()


def tarred(text: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("scores.csv")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


KINDS = [
    reads("table.csv.gz", "gzip", gzip.compress(TABLE.encode(), mtime=0), READ),
    reads("gzip.csv", "gzip under a wrong name", gzip.compress(TABLE.encode(), mtime=0), READ),
    refused("cut.csv.gz", "gzip cut short", GZIP[:-20], "cut.csv.gz: the gzip file is cut short"),
    refused(
        "damaged.csv.gz",
        "gzip with wrong bytes in the middle",
        GZIP[:30] + b"\0\0\0\0" + GZIP[34:],
        "damaged.csv.gz: a damaged gzip file",
    ),
    refused(
        "garbage.csv.gz",
        "gzip followed by other bytes",
        GZIP + b"<html>",
        "garbage.csv.gz: a damaged gzip file",
    ),
    refused(
        "plain.csv.gz",
        "neither gzip nor text",
        b"\x1f\x8a" + TABLE.encode(),
        "plain.csv.gz, line 1: byte 0x8a",
    ),
    reads("text.csv.gz", "plain text named .gz", TABLE, READ),
    refused(
        "nothing.csv.gz",
        "gzip of an empty file",
        gzip.compress(b"", mtime=0),
        "nothing.csv.gz: the file is empty",
    ),
    refused(
        "twice.csv.gz",
        "gzip of a gzip file",
        gzip.compress(GZIP, mtime=0),
        "twice.csv.gz: not text but compressed with gzip twice",
    ),
    refused(
        "table.zip",
        "a zip archive",
        zipped(scores_csv=TABLE),
        "table.zip: not text but a zip archive",
    ),
    refused(
        "table.ods",
        "LibreOffice's own format",
        zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_xml="<x/>"),
        "table.ods: not text but a zip archive (so are .ods, .docx and .numbers files): unpack it",
    ),
    refused("table.tar", "a tar archive", tarred(TABLE), "table.tar: not text but a tar archive"),
    refused(
        "table.tar.gz",
        "a compressed tar archive",
        gzip.compress(tarred(TABLE), mtime=0),
        "table.tar.gz: not text but a tar archive",
    ),
    refused(
        "table.csv.bz2",
        "bzip2",
        bz2.compress(TABLE.encode()),
        "compressed with bzip2: decompress it",
    ),
    refused(
        "table.csv.xz", "xz", lzma.compress(TABLE.encode()), "compressed with xz: decompress it"
    ),
    refused("table.csv.zst", "zstd", b"(\xb5/\xfd\x04\x00" + bytes(9), "compressed with zstd"),
    refused("table.7z", "7-Zip", b"7z\xbc\xaf\x27\x1c" + bytes(20), "a 7-Zip archive"),
    refused(
        "paper.pdf",
        "a PDF",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "paper.pdf: not text but a PDF",
    ),
    refused("figure.csv", "a picture of a table", PNG, "figure.csv: not text but a picture"),
    refused(
        "letter.csv",
        "a word processor document",
        b"{\\rtf1\\ansi sequence,score\\par}",
        "letter.csv: not text but a word processor's file",
    ),
    refused("old.xls", "an old Excel file (.xls)", XLS, "old.xls: not text but an old Excel file"),
    refused(
        "locked.xlsx",
        "an Excel file with a password",
        XLS,
        "locked.xlsx: not text but an old Excel file (.xls) or one with a password",
    ),
    refused(
        "program.csv",
        "a program renamed to .csv",
        ELF,
        "program.csv, line 1: a NUL byte: a binary file",
    ),
    refused(
        "array.csv",
        "a NumPy array renamed to .csv",
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}",
        "array.csv, line 1: byte 0x93 is not UTF-8",
    ),
    refused(
        "~$table.xlsx",
        "Excel's lock file next to an open table",
        b"\x05Maria" + bytes(50),
        "~$table.xlsx, line 1: a NUL byte",
    ),
    refused(
        "._table.csv",
        "macOS's shadow file",
        b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X",
        "._table.csv, line 1: a NUL byte",
    ),
    refused(
        "error.csv",
        "a web page instead of the download",
        "\n<!DOCTYPE html>\n<html><body>404, not found</body></html>\n",
        "error.csv, line 2: a web page (HTML)",
    ),
    refused(
        "export.xls",
        "an HTML table, as some instruments export",
        "<table border=1><tr><td>sequence,x</td></tr></table>",
        "export.xls, line 1: a web page (HTML)",
    ),
    refused(
        "table.xml",
        "XML",
        '<?xml version="1.0"?>\n<rows><row seq="ACGT"/></rows>',
        "table.xml, line 1: a web page (HTML) or XML, not data",
    ),
    refused(
        "table.json",
        "JSON",
        json.dumps([{"sequence": "ACGT", "score": 1}]),
        "table.json, line 1: JSON, not a table",
    ),
    refused(
        "reads.fastq",
        "raw reads (FASTQ) instead of counts",
        "@r1\nACGTN\n+\nIIIII\n@r2\nACGG\n+\nIIII\n",
        "reads.fastq, line 1: FASTQ, raw reads without a score",
    ),
    refused(
        "table.gb",
        "a GenBank file",
        "LOCUS       X 12 bp    DNA\nORIGIN\n        1 acgtacgtac gt\n//\n",
        "table.gb, line 1: no delimiter",
    ),
]

PLACES = [
    refused("gone.csv", "no such file", missing, "gone.csv: no such file"),
    refused(
        "link.csv",
        "a link to a file that is gone",
        link_to("away.csv"),
        "link.csv: a link to a file that is not there",
    ),
    refused("loop.csv", "a link to itself", link_to("loop.csv"), "loop.csv: cannot be read"),
    refused(
        "locked.csv",
        "a file without read permission",
        locked,
        "locked.csv: no permission to read it",
    ),
    refused("data", "a folder", folder, "data: is a folder; expected a file"),
    refused(
        "file.csv/x.csv",
        "a path through a file as if it were a folder",
        missing,
        "x.csv: cannot be read",
        others={"y": TABLE},
        named=("y/x.csv",),
    ),
    refused(
        "pipe.csv", "a named pipe that nobody writes to", pipe, "pipe.csv: is a pipe or a device"
    ),
    refused("null", "a device", missing, "/dev/null: is a pipe or a device", named=("/dev/null",)),
    refused("empty.csv", "an empty file", b"", "empty.csv: the file is empty"),
    refused("white.csv", "only white space", " \n\t\r\n  \n", "white.csv: the file is empty"),
    refused("mark.csv", "only a byte order mark", b"\xff\xfe", "mark.csv: the file is empty"),
    refused(
        "run-1.log",
        "a pattern that matches no file",
        missing,
        "runs/*.log: no file matches this pattern",
        named=("runs/*.log",),
    ),
    refused(
        "twice.csv",
        "the same file named twice",
        TABLE,
        "twice.csv: named twice; its rows would count twice",
        named=("twice.csv", "./twice.csv"),
    ),
    refused(
        "linked.csv",
        "the same file under two names",
        TABLE,
        "again.csv: the same file as linked.csv",
        others={"again.csv": link_to("linked.csv")},
    ),
    refused(
        "m\udcb5.csv",
        "a file name that is not UTF-8",
        missing,
        "not a file's name in UTF-8; rename the file",
        named=("m\udcb5.csv",),
    ),
    reads("[1] scores;a.csv", "wildcard characters in a file name", TABLE, READ),
    refused("n" * 300 + ".csv", "a name that is too long", missing, "cannot be read: [Errno 36]"),
    refused(
        "a/x.csv",
        "two files with the same name as groups",
        TABLE,
        "b/x.csv: has the same name as a/x.csv",
        options="--group file",
        others={"b/x.csv": TABLE},
    ),
]

CASES = [*KINDS, *PLACES]
