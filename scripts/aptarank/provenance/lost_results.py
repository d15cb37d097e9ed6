"""Results that a run's manifest lists and that are gone, so that they are made again.

Snakemake looks whether the outputs of its rules are there: of a folder, not whether its files are.
Imports nothing heavy: the Snakefile uses it.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.provenance.manifest import MANIFEST, read_manifest

EMPTY = hashlib.sha256().hexdigest()
NAMED = 3  # files named in a message


def lost_results(folder: Path) -> list[str]:
    """Names in a run's folder of what its manifest lists and is gone or has been emptied.

    The manifest itself where it is damaged; nothing where there is none.
    """
    if not (folder / MANIFEST).exists():
        return []
    try:
        outputs = read_manifest(folder)["outputs"]
    except InputError:
        return [MANIFEST]
    return [
        name
        for name, file in outputs.items()
        if not (folder / name).is_file()
        or (not (folder / name).stat().st_size and file["sha256"] != EMPTY)
    ]


def made_by(lost: Iterable[str], targets: Iterable[str]) -> dict[str, list[str]]:
    """Of each target (a file or folder) what is lost of it; what is of none is left out."""
    wanted, found = set(targets), {}
    for name in lost:
        path = Path(name)
        for place in (path, *path.parents):
            if place.as_posix() in wanted:
                found.setdefault(place.as_posix(), []).append(name)
    return found


def enumerated(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
