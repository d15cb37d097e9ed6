"""Files as text: compressed or not, in any encoding, with errors that name file and line."""

import gzip
import re
import stat
import zlib
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.core.sizes import gunzipped

BINARY = {
    b"PK\x03\x04": "a zip archive (so are .ods, .docx and .numbers files): unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls) or one with a password: save it as .xlsx or "
    ".csv, without a password",
    b"%PDF": "a PDF",
    b"{\\rtf": "a word processor's file (RTF)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BZh": "compressed with bzip2: decompress it, or use gzip",
    b"\xfd7zXZ": "compressed with xz: decompress it, or use gzip",
    b"(\xb5/\xfd": "compressed with zstd: decompress it, or use gzip",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"\x1f\x8b": "compressed with gzip twice: decompress it once",
}
MARKS = {  # byte order marks; UTF-32's begins with UTF-16's
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
FASTQ = "FASTQ, raw reads without a score; count them first, such as with FASTAptamer"
# Texts that are not a table, FASTA or log, by how they begin.
OTHER_TEXT = {
    r"<(!|\?|[a-z]+[ >/:\n])": "a web page (HTML) or XML, not data; was an error page downloaded?",
    r"[\[{]\s*[\[{\"]": "JSON, not a table; save it as CSV",
    r"@[^\n]*\n[a-z.*]+\n\+": FASTQ,
}
GZIP_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)
TAR = slice(257, 262)  # where a tar archive says "ustar"


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes as they are.

    Raises:
        InputError: not there, not a file, or not readable.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(
                f"{path}: is a folder; expected a file (name the files in it: '{path}/*.csv')"
            )
        if not stat.S_ISREG(mode):  # reading one might never end
            raise InputError(f"{path}: is a pipe or a device; write its content to a file first")
        return path.read_bytes()
    except FileNotFoundError:
        problem = "a link to a file that is not there" if path.is_symlink() else "no such file"
        where = "" if path.is_absolute() else f"; paths are relative to {Path.cwd()}"
        raise InputError(f"{path}: {problem}{where}") from None
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def decompress(data: bytes, path: Path) -> bytes:
    """Return a file's bytes, decompressed if they are gzip (by content, not by name).

    Raises:
        InputError: empty, or damaged gzip.
    """
    if data[:2] == b"\x1f\x8b":
        try:
            data = gunzipped(data, path)
        except GZIP_ERRORS as error:
            raise damaged_gzip(path, error) from None
    if not data.strip():
        raise empty_file_error(path)
    return data


def damaged_gzip(path: Path, error: Exception) -> InputError:
    """The error for a gzip file that cannot be decompressed (one of `GZIP_ERRORS`)."""
    if isinstance(error, EOFError):
        return InputError(f"{path}: the gzip file is cut short; fetch it again")
    return InputError(f"{path}: a damaged gzip file: {error}; fetch it again")


def is_parquet(data: bytes) -> bool:
    """Whether this is a Parquet file."""
    return data[:4] == b"PAR1"


def empty_file_error(path: Path) -> InputError:
    """The error for a file without content."""
    return InputError(f"{path}: the file is empty; expected aptamers with scores")


def decode_text(data: bytes, path: Path, encoding: str = "utf-8") -> str:
    r"""Return the text of a file, with \n at the end of lines and without a byte order mark.

    A byte order mark decides the encoding, whatever `encoding` says.

    Raises:
        InputError: binary, a web page, or not in this encoding (names the line).
    """
    content = next((content for magic, content in BINARY.items() if data.startswith(magic)), None)
    if data[TAR] == b"ustar":
        content = "a tar archive: unpack it"
    if content:
        raise InputError(f"{path}: not text but {content}; expected a table, FASTA or log")
    mark = next((mark for mark in MARKS if data.startswith(mark)), None)
    try:
        text = data.decode(MARKS[mark] if mark else encoding)
    except UnicodeDecodeError as error:
        # The codec may have been given the data without its mark.
        byte, before = error.object[error.start], error.object[: error.start]
        raise InputError(
            f"{path}, line {line_number_after(before.decode('latin-1'))}: byte 0x{byte:02x} is not "
            f"{error.encoding.upper()} text.\n"
            "Save the file as UTF-8, or give its encoding (--encoding; cp1252 is Windows' in the "
            "West)."
        ) from None
    except (LookupError, UnicodeError, ValueError):
        raise InputError(f"{path}: encoding {encoding!r} is not known; try utf-8, cp1252") from None
    text = re.sub("\r\n?", "\n", text)
    refuse_binary_text(text, path, data)
    if not text.strip():
        raise empty_file_error(path)
    start = text[:2000].lstrip().lower()
    for pattern, content in OTHER_TEXT.items():
        if re.match(pattern, start):
            line = line_number_after(text[: len(text) - len(text.lstrip())])
            raise InputError(f"{path}, line {line}: {content}")
    return text


def line_number_after(before: str) -> int:
    """The number of the line, from 1, in which a text ends."""
    return len(re.findall("\r\n|\r|\n", before)) + 1


def refuse_binary_text(text: str, path: Path, data: bytes) -> None:
    """Raise InputError for characters that no text has: NUL, or half of a surrogate pair."""
    character = re.search("[\0\ud800-\udfff]", text) if "\0" in text or not text.isascii() else None
    if not character:
        return
    line = line_number_after(text[: character.start()])
    if character[0] != "\0":
        raise InputError(f"{path}, line {line}: half a character: is encoding right?")
    # In UTF-16, a zero byte stands next to each Latin letter's byte, always on the same side.
    sides = [data[side:1000:2].count(0) for side in (0, 1)]
    likely = "utf-16-be" if sides[0] > sides[1] else "utf-16-le"
    raise InputError(
        f"{path}, line {line}: a NUL byte: a binary file, or text in UTF-16 without its mark "
        f"(then say encoding: {likely})"
    )
