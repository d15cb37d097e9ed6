"""Find results that a run's manifest lists and that are gone, so that they are made again.

Snakemake only checks that the outputs of its rules exist, not the files in an output folder.
Imports nothing heavy: the Snakefile uses it.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.provenance.manifest import MANIFEST, read_manifest

EMPTY = hashlib.sha256().hexdigest()
MAX_NAMES = 3  # files named in a message


def lost_results(folder: Path) -> list[str]:
    """Return the files that a run's manifest lists and that are gone or were emptied.

    Only the manifest itself if it is damaged; nothing if there is none.
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
    """Return the lost files of each target (a file or folder), without files of no target."""
    names, lost_of_target = set(targets), dict[str, list[str]]()
    for name in lost:
        path = Path(name)
        for target in (path.as_posix(), *(parent.as_posix() for parent in path.parents)):
            if target in names:
                lost_of_target.setdefault(target, []).append(name)
    return lost_of_target


def enumerated(names: list[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
