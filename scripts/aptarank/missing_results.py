"""Results that a run's manifest lists and that are not there any more.

Snakemake looks at the files that a rule names, not at those within a folder that a rule makes, nor
at those that nothing else needs. Imports nothing heavy: the Snakefile uses it.
"""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from aptarank.errors import InputError
from aptarank.manifest import MANIFEST, read_manifest


def missing_results(folder: Path) -> list[str]:
    """Names of the files that the manifest of a run lists and that are not in its folder.

    Without a manifest, or with a damaged one, there are none: it is made again.
    """
    if not (folder / MANIFEST).is_file():
        return []
    try:
        listed = read_manifest(folder)["outputs"]
    except InputError:
        return []
    return sorted(name for name in listed if not (folder / name).is_file())


def made_by(names: list[str], folder: str, is_output: Callable[[str], bool]) -> dict[str, str]:
    """What has to be made again for each missing file: it, or the folder that a rule makes.

    Args:
        is_output: whether a path is an output of a rule under the present config. A file that is of
            none is left out: the config has changed since.
    """
    found = {}
    for name in names:
        path = PurePosixPath(folder, name)
        above = [str(path), *map(str, path.parents)][: len(PurePosixPath(name).parts)]
        output = next(filter(is_output, above), None)
        if output:
            found[name] = output
    return found
