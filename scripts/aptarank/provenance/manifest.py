"""What a run was made from and what came of it, as manifest.json holds it."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from aptarank.config.schema import HOME
from aptarank.core.errors import InputError
from aptarank.core.files import sha256

MANIFEST = "manifest.json"


def git_state() -> dict | None:
    """Commit of this workflow and whether files differ from it.

    None outside of git, and where the workflow lies within another's repository.
    """
    # GIT_DIR and its kin name another repository, as they do within a hook.
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str:
        command = ["git", "-C", HOME, *words]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=elsewhere
        ).stdout.rstrip("\n")

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != HOME.resolve():
            return None
        return {"commit": git("rev-parse", "HEAD"), "modified": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def seeds_of(config: Mapping) -> dict:
    """All seeds of a config: those of the trainings, and those of its parts by their names."""
    parts = {key: part["seed"] for key, part in config.items() if "seed" in as_mapping(part)}
    return {"models": config.get("seeds", [])} | parts


def as_mapping(value: object) -> Mapping:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def checksums(names: Iterable[str], folder: Path = Path()) -> dict[str, dict[str, str]]:
    """The SHA-256 of files by name."""
    return {name: {"sha256": sha256(folder / name)} for name in names}


def check_unchanged(found: Mapping[str, Mapping], before: Mapping[str, str]) -> None:
    """Raise InputError where an input is not what it was when the run began.

    Args:
        found: as `checksums` gives them.
        before: SHA-256 by name; "" where it is not known.
    """
    changed = [name for name, known in before.items() if known not in ("", found[name]["sha256"])]
    if changed:
        raise InputError(
            f"{', '.join(changed)}: changed after the run began, so that results may be of what it "
            "was before; run snakemake again, which makes anew what depends on it"
        )


def read_manifest(folder: Path) -> dict:
    """The manifest of a run.

    Raises:
        InputError: there is none, or it is not one of manifest.py's.
    """
    path = folder / MANIFEST
    not_a_manifest = InputError(f"{path}: not a manifest; delete it and run snakemake again")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; finish the run, which writes it at the end"
        ) from None
    except (OSError, ValueError):
        raise not_a_manifest from None
    content = as_mapping(manifest)
    datasets = as_mapping(content.get("config")).get("datasets")
    parts = (datasets, content.get("inputs"), content.get("outputs"))
    if not all(isinstance(part, Mapping) for part in parts):
        raise not_a_manifest
    return manifest
