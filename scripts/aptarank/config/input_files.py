"""Check that the files in a config exist and have names that Snakemake can handle.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.core.files import expand

WILDCARDS = re.compile(r"\{[^{}]+\}|<[a-z][a-z0-9_]*>")  # Snakemake's, and its path variables

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # except tabs and line breaks


def check_home(home: str) -> None:
    """Raise InputError if the workflow's own path has a character that Snakemake would replace, or
    a browser that shows the report would interpret."""
    if match := re.search(r"[{}<>]", home):
        raise InputError(
            f"the path of aptarank, {home!r}, has {match[0]} in it, which Snakemake would replace; "
            "move it to a folder without { } < >"
        )


def check_files(config: Mapping) -> None:
    """Raise InputError, naming key and file, if a file of a resolved config is missing."""
    files = []
    inputs = {f"datasets.{name}.path": data["path"] for name, data in config["datasets"].items()}
    inputs |= {
        f"{use}.candidates": config[use]["candidates"] or [] for use in ("rank", "screen", "next")
    }
    checkpoints = [
        (f"models.{name}.checkpoint", model["checkpoint"] or "")
        for name, model in config["models"].items()
    ]
    for key, paths in inputs.items():
        try:
            expanded = expand([paths] if isinstance(paths, str) else paths) if paths else []
        except InputError as error:
            raise InputError(f"config: {key}: {error}") from None
        files += [(key, str(path)) for path in expanded]
    for name, model in config["models"].items():
        if model["unlabelled"]:
            files.append((f"models.{name}.unlabelled", model["unlabelled"]))
    if config["split"]["file"]:
        files.append(("split.file", config["split"]["file"]))
    for key, path in [*files, *checkpoints]:
        if CONTROLS.search(path):
            raise InputError(
                f"config: {key} is {path!r}: it contains a control character; rename the file"
            )
        if match := WILDCARDS.search(path):
            raise InputError(
                f"config: {key} is {path!r}: Snakemake would replace {match[0]} in the name of a "
                "file; rename the file"
            )
    for key, path in files:
        check_file(key, path)
    for _, path in checkpoints:
        if path and Path(path).is_dir():
            check_checkpoint(path)


def check_checkpoint(folder: str) -> None:
    """Raise InputError if a folder lacks what a checkpoint has."""
    for name, pattern in (
        ("config.json", "config.json"),
        ("model.safetensors", "*.safetensors"),  # large ones are in several files
    ):
        if not any(Path(folder).glob(pattern)):
            raise InputError(
                f"checkpoint {folder}: not a checkpoint folder, it has no {name}; expected "
                "what save_pretrained writes (config.json, model.safetensors); weights in "
                "pickle are never read, for they can hold code"
            )


def check_file(key: str, path: str) -> None:
    """Raise InputError if a path is not that of a file."""
    try:
        if Path(path).is_file():
            return
        problem = "no such file"
        if Path(path).is_dir():
            problem = f"a folder; name the files in it, such as {str(Path(path) / '*.csv')!r}"
    except OSError as error:
        problem = f"no such file ({error.strerror})"
    shown = path if len(path) <= 200 else f"{path[:100]}…{path[-50:]}"
    raise InputError(
        f"config: {key} is {shown!r}: {problem}\n"
        f"Paths are relative to the working directory, {Path.cwd()}"
    )
