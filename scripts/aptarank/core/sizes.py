"""How large a file of a user's may be once it is unpacked, by the memory that there is.

Looked at before anything is read: a few megabytes of gzip can hold gigabytes.
"""

import os
import resource
import zlib
from pathlib import Path

from aptarank.core.errors import InputError

SHARE = 4  # bytes of memory for each byte of text, at the least: the text, its lines, their fields
CELL = 100  # bytes of memory for each cell of a table that is read as text
PIECE = 2**24  # bytes that are decompressed at a time
MOST_CELLS = 50_000_000  # of a sheet: Excel's own limit is more than any program can show


def memory() -> int:
    """Bytes of memory that this process can have."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return there if limit == resource.RLIM_INFINITY else min(there, limit)


def stay_within_memory() -> None:
    """Let what asks for more memory than the machine has fail at once, with an error.

    What a model makes on its way is not known from its file; without this, the machine would swap,
    or the process be killed without a word.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > memory():
        resource.setrlimit(resource.RLIMIT_DATA, (memory(), hard))


def too_large(path: Path, what: str) -> InputError:
    """The error for a file whose content needs more memory than there is."""
    return InputError(
        f"{path}: needs more memory than there is ({memory() / 1e9:.1f} GB): {what}.\n"
        "Give the job more memory, or split the file into parts with fewer rows."
    )


def gunzipped(data: bytes, path: Path) -> bytes:
    """The content of a gzip file.

    Raises:
        InputError: larger than memory allows.
        EOFError: cut short.
        zlib.error: damaged.
    """
    most = memory() // SHARE
    found, total = [], 0
    while data:  # a file may have several members, one after the other
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            piece = member.decompress(data, PIECE)
            data = member.unconsumed_tail
            total += len(piece)
            if total > most:
                raise too_large(path, f"it unpacks to more than {most / 1e9:.1f} GB")
            found.append(piece)
            if not piece and not data and not member.eof:
                raise EOFError
        data = member.unused_data.lstrip(b"\0")
    return b"".join(found)


def check_cells(rows: int, columns: int, path: Path) -> None:
    """Raise InputError where a table has more cells than memory can hold as texts."""
    if rows * columns * CELL > memory():
        raise too_large(path, f"it has {rows:,} rows of {columns:,} columns")
