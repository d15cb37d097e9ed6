"""What stands in the folder of a variant: `variant.json`."""

import re
from collections.abc import Mapping
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.models.model_files import read_object

ABOUT = "variant.json"
BASELINE = "torch-fp32"  # the variant that all others are compared with: eager PyTorch in fp32
# Forms that are programs (TorchScript, torch.export), which can do whatever code can: they are
# made, proven and timed within a run, never kept, and never loaded from a path that somebody gives.
PROGRAMS = ("torch-int8", "torchscript", "torch-export")
CHECKSUM = re.compile("[0-9a-f]{64}")


def is_program(variant: str) -> bool:
    """Whether a variant is a program, by its name."""
    return variant.partition("@")[0] in PROGRAMS


def is_name(value: object) -> bool:
    """Whether this is the name of a file in the folder itself."""
    return isinstance(value, str) and len(value) < 256 and value == Path(value).name != ""


def are_files(value: object) -> bool:
    """Whether these are names of files with their checksums."""
    return isinstance(value, dict) and all(
        is_name(name) and isinstance(sum_, str) and CHECKSUM.fullmatch(sum_)
        for name, sum_ in value.items()
    )


VARIANT = re.compile(r"[a-z0-9-]{1,99}(@[0-9]{1,4})?")
# What is right for each key: always, and where the variant was not skipped.
RULES = {
    "variant": lambda value: isinstance(value, str) and bool(VARIANT.fullmatch(value)),
    "skipped": lambda value: value is None or isinstance(value, str),
}
WHOLE = {
    "limit": lambda value: type(value) is int and 0 < value <= 1_000_000,
    "files": are_files,
}


def read_about(folder: Path) -> dict:
    """What `variant.json` of a folder holds.

    Raises:
        InputError: there is none, or it is damaged.
    """
    if not (folder / ABOUT).is_file():
        raise InputError(f"{folder}: not a variant of a model; expected {ABOUT}, of variant.py")
    about = read_object(folder / ABOUT, "what variant.py writes")
    wrong = next((key for key in RULES if key not in about or not RULES[key](about[key])), None)
    if wrong is None and about["skipped"] is None:
        wrong = next((key for key, right in WHOLE.items() if not right(about.get(key))), None)
    if wrong:
        raise InputError(
            f"{folder / ABOUT}: not a variant of a model: {wrong} is {about.get(wrong)!r}; "
            "write it again with variant.py"
        )
    return about


def write_about(folder: Path, about: Mapping) -> None:
    """Write `variant.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(about, folder / ABOUT)
