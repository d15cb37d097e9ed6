"""Say what a run was made from: config, versions, git commit, inputs."""

import hashlib
import json
import subprocess
from pathlib import Path

import click

from aptarank import machine
from aptarank.cli import PATH, Program, logger


@click.command(cls=Program)
@click.argument("inputs", type=PATH, nargs=-1, required=True)
@click.option("--config", "config", required=True, help="The resolved config, JSON.")
@click.option("-o", "--output", type=PATH, default="manifest.json")
def main(inputs, config, output):
    """Write the manifest of a run that read INPUTS.

    Example: python scripts/manifest.py scored.csv --config '{"run": "mine"}'
    """
    manifest = {
        "config": json.loads(config),
        "git": git_state(),
        "versions": machine.versions(),
        "machine": machine.describe(),
        "inputs": {str(path): {"sha256": sha256(path)} for path in sorted(inputs)},
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    logger.info("%s", output)


def git_state() -> dict | None:
    """Commit of this workflow and whether files differ from it; None outside of git."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", here, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "modified": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def sha256(path: Path) -> str:
    """Checksum of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
