"""The manifest of a run: what it was made from and what it made."""

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
    """Return the commit of this workflow and whether files differ from it.

    None outside of git, and if the workflow is inside another repository.
    """
    # GIT_DIR and similar variables may name another repository, as they do within a hook.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str:
        # A site's checkout may belong to another user, and its code is trusted: it runs here.
        trusted = f"safe.directory={HOME.resolve()}"
        command = ["git", "-C", str(HOME), "-c", trusted, *words]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout.rstrip("\n")

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != HOME.resolve():
            return None
        return {"commit": git("rev-parse", "HEAD"), "modified": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def seeds_of(config: Mapping) -> dict:
    """Return all seeds of a config: those of the trainings, and those of its sections by name."""
    parts = {key: part["seed"] for key, part in config.items() if "seed" in as_mapping(part)}
    return {"models": config.get("seeds", [])} | parts


def as_mapping(value: object) -> Mapping:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def checksums(names: Iterable[str], folder: Path = Path()) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of files by name."""
    return {name: {"sha256": sha256(folder / name)} for name in names}


def check_unchanged(now: Mapping[str, Mapping], before: Mapping[str, str]) -> None:
    """Raise InputError if an input is not what it was when the run began.

    Args:
        now: what `checksums` returns.
        before: SHA-256 by name; "" if it is not known.
    """
    changed = [name for name, sha in before.items() if sha not in ("", now[name]["sha256"])]
    if changed:
        raise InputError(
            f"{', '.join(changed)}: changed after the run began, so results may be of the old "
            "content; run snakemake again, which makes what depends on it again"
        )


def read_manifest(folder: Path) -> dict:
    """Read the manifest of a run.

    Raises:
        InputError: there is none, or it was not written by manifest.py.
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
