"""What stands in the folder of a variant: `variant.json`."""

import json
from collections.abc import Mapping
from pathlib import Path

from aptarank.errors import InputError

ABOUT = "variant.json"


def read_about(folder: Path) -> dict:
    """What `variant.json` of a folder holds.

    Raises:
        InputError: there is none, or it is damaged.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        str(about["variant"])
        if about["skipped"] is None:
            int(about["limit"]), {**about["files"]}
        return about
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"{folder}: not a variant of a model; expected a folder of variant.py's, with {ABOUT}"
        ) from None


def write_about(folder: Path, about: Mapping) -> None:
    """Write `variant.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
