"""Limits on the size of unpacked files, by the available memory.

They are checked before anything is read: a few megabytes of gzip can contain gigabytes.
"""

import os
import resource
import zlib
from pathlib import Path

from aptarank.core.errors import InputError

BYTES_PER_BYTE = 4  # bytes of memory per byte of text, at least: the text, its lines, their fields
BYTES_PER_CELL = 100  # bytes of memory per cell of a table that is read as text
CHUNK = 2**24  # bytes that are decompressed at a time
MOST_CELLS = 50_000_000  # of a sheet: Excel's own limit is more than any program can show


def memory() -> int:
    """Return how many bytes of memory this process can have."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return physical if limit == resource.RLIM_INFINITY else min(physical, limit)


def stay_within_memory() -> None:
    """Make allocations fail with an error if they exceed the memory of the machine.

    How much a model allocates is not known from its file. Without this limit, the machine would
    swap, or the process would be killed without a message.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > memory():
        resource.setrlimit(resource.RLIMIT_DATA, (memory(), hard))


def too_large(path: Path, reason: str) -> InputError:
    """Return the error for a file whose content needs more memory than there is."""
    return InputError(
        f"{path}: needs more memory than there is ({memory() / 1e9:.1f} GB): {reason}.\n"
        "Give the job more memory, or split the file into parts with fewer rows."
    )


def gunzipped(data: bytes, path: Path) -> bytes:
    """Return the content of a gzip file.

    Raises:
        InputError: larger than memory allows.
        EOFError: cut short.
        zlib.error: damaged.
    """
    limit = memory() // BYTES_PER_BYTE
    chunks, total = [], 0
    while data:  # a file may have several members, one after the other
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            chunk = member.decompress(data, CHUNK)
            data = member.unconsumed_tail
            total += len(chunk)
            if total > limit:
                raise too_large(path, f"it unpacks to more than {limit / 1e9:.1f} GB")
            chunks.append(chunk)
            if not chunk and not data and not member.eof:
                raise EOFError
        data = member.unused_data.lstrip(b"\0")
    return b"".join(chunks)


def check_cells(rows: int, columns: int, path: Path) -> None:
    """Raise InputError if a table has more cells than fit into memory as text."""
    if rows * columns * BYTES_PER_CELL > memory():
        raise too_large(path, f"it has {rows:,} rows of {columns:,} columns")
