"""Files that a user names, checksums, and writing JSON.

Imports nothing heavy: the Snakefile uses it.
"""

import glob
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from aptarank.core.errors import InputError


def expand(paths: Sequence[str]) -> list[Path]:
    """Return files in the order given; a pattern such as `runs/*.log` stands for those it matches.

    Raises:
        InputError: a pattern that matches nothing, a file named twice, or a name that is not UTF-8.
    """
    files: dict[str, Path] = {}  # by real path, without links and `..`
    for path in paths:
        pattern = glob.has_magic(path) and not os.path.lexists(path)
        names = sorted(glob.glob(path)) if pattern else [path]
        if not names:
            raise InputError(f"{path}: no file matches this pattern (from {Path.cwd()})")
        for name in names:
            if re.search("[\0\ud800-\udfff]", name):
                raise InputError(f"{name!a}: not a file's name in UTF-8; rename the file")
            real = os.path.realpath(name)
            if real in files:
                raise InputError(f"{name}: {named_twice(files[real], name)}")
            files[real] = Path(name)
    return list(files.values())


def named_twice(first: Path, again: str) -> str:
    """Return the message for two names of one file."""
    same = "named twice" if first == Path(again) else f"the same file as {first}"
    return f"{same}; its rows would count twice"


def sha256(path: Path) -> str:
    """Return the SHA-256 checksum of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(content: Mapping, path: Path, *, allow_nan: bool = True) -> None:
    """Write an object of JSON, indented, with a line break at its end; make its folder.

    Raises:
        ValueError: a number is NaN or infinite, which JSON does not have, and `allow_nan` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(content, allow_nan=allow_nan), encoding="utf-8")


def as_json(content: Mapping, *, allow_nan: bool = True) -> str:
    """Return an object as JSON, as `write_json` writes it."""
    return json.dumps(content, indent=2, allow_nan=allow_nan) + "\n"
