"""Checksums of the user's own files, as they were when a run was planned.

They are parameters of the rules that read these files: a file with other content and an older date
reruns them, too. Imports nothing heavy: the Snakefile uses it.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aptarank.files import sha256

NOTE = Path(".snakemake/aptarank.inputs.json")


class InputChecksums:
    """SHA-256 of files by name, each computed once for a content and noted on the disk.

    Attributes:
        planned: of a job's own process: what was noted when the run was planned holds, whatever has
            become of the file since.
        keep: write the note; a dry run changes nothing.
    """

    def __init__(self, *, planned: bool, keep: bool, note: Path = NOTE):
        self.planned, self.keep, self.note = planned, keep, note
        self.known = read_note(note)

    def of(self, paths: Sequence[str]) -> list[str]:
        """The checksums of files, in their order."""
        return [self.one(path) for path in paths]

    def one(self, path: str) -> str:
        """The checksum of a file; "" where it cannot be read, which its reader will say."""
        noted = self.known.get(path)
        if noted and (self.planned or noted["state"] == state_of(path)):
            return noted["sha256"]
        try:
            state = state_of(path)
            found = sha256(Path(path))
        except OSError:
            return ""
        self.known[path] = {"state": state, "sha256": found}
        if self.keep:
            write_note(self.known, self.note)
        return found


def state_of(path: str) -> list[int]:
    """What changes with a file's content, whatever date it is given: size, times, inode."""
    about = os.stat(path)
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]


def read_note(note: Path) -> dict[str, dict]:
    """What was noted, as far as it can be read."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        return {
            name: {"state": [*one["state"]], "sha256": one["sha256"] + ""}
            for name, one in found.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_note(known: dict[str, dict], note: Path) -> None:
    """Write the note whole or not at all; without it, files are read once more."""
    partial = note.with_name(f"{note.name}.partial")
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(known), encoding="utf-8")
        partial.replace(note)
