"""Whether the files that a config names are there, and can be given to Snakemake.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.core.files import expand

SNAKEMAKES = re.compile(r"\{[^{}]+\}|<[a-z][a-z0-9_]*>")  # its wildcards and path variables

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # but for tabs and line breaks


def check_home(home: str) -> None:
    """Raise InputError where Snakemake would put something else in the place of part of the
    workflow's own path, or a browser that shows the report would."""
    if found := re.search(r"[{}<>]", home):
        raise InputError(
            f"the path of aptarank, {home!r}, has {found[0]} in it, in whose place Snakemake puts "
            "something else; move it to a folder without { } < >"
        )


def check_files(config: Mapping) -> None:
    """Raise InputError, naming key and file, where a file of a resolved config is missing."""
    files = []
    inputs = {f"datasets.{name}.path": data["path"] for name, data in config["datasets"].items()}
    inputs |= {f"{use}.candidates": config[use]["candidates"] or [] for use in ("rank", "screen")}
    checkpoints = [
        (f"models.{name}.checkpoint", model["checkpoint"] or "")
        for name, model in config["models"].items()
    ]
    for key, paths in inputs.items():
        try:
            found = expand([paths] if isinstance(paths, str) else paths) if paths else []
        except InputError as error:
            raise InputError(f"config: {key}: {error}") from None
        files += [(key, str(path)) for path in found]
    for name, model in config["models"].items():
        if model["unlabelled"]:
            files.append((f"models.{name}.unlabelled", model["unlabelled"]))
    if config["split"]["file"]:
        files.append(("split.file", config["split"]["file"]))
    for key, path in [*files, *checkpoints]:
        if CONTROLS.search(path):
            raise InputError(
                f"config: {key} is {path!r}: a character that controls terminals; rename it"
            )
        if found := SNAKEMAKES.search(path):
            raise InputError(
                f"config: {key} is {path!r}: Snakemake puts something else in the place of "
                f"{found[0]} in a file's name; rename it"
            )
    for key, path in files:
        check_file(key, path)


def check_file(key: str, path: str) -> None:
    """Raise InputError where a path is not that of a file."""
    try:
        if Path(path).is_file():
            return
        found = "no such file"
        if Path(path).is_dir():
            found = f"a folder; name the files in it, such as {str(Path(path) / '*.csv')!r}"
    except OSError as error:
        found = f"no such file ({error.strerror})"
    shown = path if len(path) <= 200 else f"{path[:100]}…{path[-50:]}"
    raise InputError(
        f"config: {key} is {shown!r}: {found}\n"
        f"Paths are relative to the working directory, {Path.cwd()}"
    )
