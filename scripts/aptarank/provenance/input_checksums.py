"""Checksums of the user's files as Snakemake found them when it started.

Snakemake goes by dates: it would not see that a file was replaced by an older one. The checksums
are parameters of the rules that read the files, and the manifest compares them with what is there
at the end. They are noted, so that a file is read again only where its size or a time differs.
Imports nothing heavy: the Snakefile uses it.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from aptarank.core.files import sha256

NOTES = Path(".snakemake/aptarank-inputs.json")


def find_checksums(files: Iterable[str], write: bool) -> dict[str, str]:
    """SHA-256 of files by name; those that cannot be read are left out, for Snakemake to tell.

    Args:
        write: note them, for the next start and for the jobs of this one.
    """
    before = read_notes()
    notes = {}
    for name in files:
        with contextlib.suppress(OSError):
            state = state_of(name)
            known = before.get(name, {})
            same = known.get("state") == state
            notes[name] = {"state": state, "sha256": known["sha256"] if same else sha256(name)}
    if write and any(before.get(name) != note for name, note in notes.items()):
        partial = NOTES.with_suffix(".partial")
        partial.write_text(json.dumps(before | notes), encoding="utf-8")
        partial.replace(NOTES)
    return {name: note["sha256"] for name, note in notes.items()}


def state_of(name: str) -> list[int]:
    """What differs where a file was written or replaced: its size and times in nanoseconds."""
    status = Path(name).stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def noted_checksums() -> dict[str, str]:
    """What `find_checksums` noted."""
    return {name: note["sha256"] for name, note in read_notes().items()}


def read_notes() -> dict[str, dict]:
    """The notes by name; none where they are missing or damaged."""
    try:
        notes = json.loads(NOTES.read_text(encoding="utf-8"))
        return {name: {"state": n["state"], "sha256": n["sha256"]} for name, n in notes.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def together(checksums: Iterable[str]) -> str:
    """One checksum for several files in this order; "" for none."""
    text = "\n".join(checksums)
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
