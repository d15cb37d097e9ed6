"""Checksums of the user's files as Snakemake found them when it started.

Snakemake compares dates: it would not notice that a file was replaced by an older one. The
checksums are parameters of the rules that read the files, and the manifest compares them with the
files at the end. They are stored, so that a file is read again only if its size or a time differs.
Imports nothing heavy: the Snakefile uses it.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from aptarank.core.files import sha256

STORE = Path(".snakemake/aptarank-inputs.json")


class StoredChecksum(TypedDict):
    """A file's checksum, and the state of the file that it belongs to."""

    state: list[int]
    sha256: str


def find_checksums(files: Iterable[str], *, write: bool) -> dict[str, str]:
    """Return the SHA-256 of files by name, without unreadable ones, which Snakemake reports.

    Args:
        write: store them, for the next start and for the jobs of this one.
    """
    before = read_store()
    checksums: dict[str, StoredChecksum] = {}
    for name in files:
        with contextlib.suppress(OSError):
            state = file_state(name)
            stored = before.get(name)
            if stored is None or stored["state"] != state:
                stored = {"state": state, "sha256": sha256(Path(name))}
            checksums[name] = stored
    if write and any(before.get(name) != checksum for name, checksum in checksums.items()):
        partial = STORE.with_suffix(".partial")
        partial.write_text(json.dumps(before | checksums), encoding="utf-8")
        partial.replace(STORE)
    return {name: checksum["sha256"] for name, checksum in checksums.items()}


def file_state(name: str) -> list[int]:
    """Return what changes when a file is written or replaced: size, times in nanoseconds."""
    status = Path(name).stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def stored_checksums() -> dict[str, str]:
    """Return the checksums that `find_checksums` stored, by name."""
    return {name: checksum["sha256"] for name, checksum in read_store().items()}


def read_store() -> dict[str, StoredChecksum]:
    """Return the stored checksums by name; nothing if they are missing or damaged."""
    try:
        content = json.loads(STORE.read_text(encoding="utf-8"))
        return {name: {"state": c["state"], "sha256": c["sha256"]} for name, c in content.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def combine_checksums(checksums: Iterable[str]) -> str:
    """Return one checksum for several files in this order; "" for no files."""
    text = "\n".join(checksums)
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
