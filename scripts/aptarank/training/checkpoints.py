"""Checkpoints of a training: written whole or not at all, and checked before they are used.

A checkpoint is one safetensors file, `step-<n>-<digest>.safetensors`: tensors (weights, optimiser,
random states) and, as JSON in its header, plain values. The digest of the content in its name tells
a damaged file.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from aptarank.core.errors import InputError
from aptarank.core.log import logger

KEPT = 2
FORMER = "former"  # of a training with other settings, until the present one has ended
NAME = re.compile(r"step-(\d{8})-([0-9a-f]{16})\.safetensors")


def digest(content: bytes) -> str:
    """The first 16 digits of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def save_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, torch.Tensor], values: Mapping
) -> Path:
    """Write a checkpoint and remove all but the last `KEPT`.

    Args:
        values: what JSON can hold.

    Raises:
        InputError: it cannot be written, as the disk is full; those before it stay.
    """
    held = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = save(held, {"values": json.dumps(values)})
    path = folder / f"step-{step:08d}-{digest(content)}.safetensors"
    partial = folder / f"{path.name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_through(partial, content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        before = checkpoints(folder)
        last = (
            f"the last is of step {step_and_digest(before[-1])[0]}"
            if before
            else "there is none before"
        )
        raise InputError(
            f"{folder}: the checkpoint of step {step} cannot be written: {error.strerror}; {last}\n"
            f"Make room (it needs {len(content) / 1e6:.0f} MB) and run again: training goes on "
            "from there."
        ) from None
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink()
    return path


def write_through(path: Path, content: bytes) -> None:
    """Write a file through to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, oldest first."""
    return sorted(path for path in folder.glob("step-*") if NAME.fullmatch(path.name))


def step_and_digest(path: Path) -> tuple[int, str]:
    """The step after which a checkpoint was written, and the digest of its content, by its name."""
    match = NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path}: not the name of a checkpoint")
    return int(match[1]), match[2]


def load_checkpoint(folder: Path, training: str) -> tuple[dict[str, torch.Tensor], dict] | None:
    """The newest checkpoint that is whole and of this training.

    Those of another training are moved to `FORMER` in the folder, those of this one that are there
    come back; only damaged ones are removed.

    Args:
        training: what its values must have as `training`: what tells one training from another.

    Returns:
        Its tensors and values, or None where there is no such checkpoint.
    """
    set_aside(folder, training)
    for path in reversed(checkpoints(folder)):
        content = path.read_bytes()
        try:
            if digest(content) != step_and_digest(path)[1]:
                raise ValueError("its checksum differs")
            return load(content), values_of(path)
        except (ValueError, KeyError, SafetensorError) as error:
            logger.warning("%s: damaged (%s): the one before is used", path, error)
            path.unlink()
    return None


def values_of(path: Path) -> dict:
    """The values of a checkpoint, from its header alone.

    Raises:
        ValueError, KeyError: it is damaged.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > path.stat().st_size:
            raise ValueError("its header is cut short")
        return json.loads(json.loads(file.read(size))["__metadata__"]["values"])


def set_aside(folder: Path, training: str) -> None:
    """Leave the checkpoints of this training alone in a folder.

    Those of another are moved to `FORMER`, from where they come back when its settings do. One
    former training is kept, the one that came furthest: a slip of a minute must not cost hours.
    """
    aside = folder / FORMER
    found: dict[str, list[Path]] = {}  # checkpoints by their training
    for path in [*checkpoints(folder), *checkpoints(aside)]:
        try:
            found.setdefault(values_of(path)["training"], []).append(path)
        except (ValueError, KeyError, TypeError):  # of a header that is not as it was written
            logger.warning("%s: damaged (its checksum differs): the one before is used", path)
            path.unlink()
    for path in found.pop(training, []):
        path.replace(folder / path.name)
    *others, former = sorted(
        found.values(), key=lambda paths: max(map(step_and_digest, paths))
    ) or [[]]
    for path in [path for paths in others for path in paths]:
        path.unlink()
    for path in former:
        if path.parent != aside:
            logger.warning(
                "%s: of other settings, data or programs: not used\n"
                "Kept in %s until this training has ended; the former settings go on from it.",
                *(path, aside),
            )
            aside.mkdir(exist_ok=True)
            path.replace(aside / path.name)
    if aside.is_dir() and not any(aside.iterdir()):
        aside.rmdir()


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints, those of a former training too, and the folders left empty."""
    for directory in (folder / FORMER, folder):
        for path in [*checkpoints(directory), *directory.glob("*.partial")]:
            path.unlink()
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


def with_prefix(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Those tensors of a checkpoint whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The state of an optimiser for a checkpoint: `optimizer.<parameter>.<name>`."""
    return {
        f"optimizer.{number}.{name}": tensor
        for number, state in optimizer.state_dict()["state"].items()
        for name, tensor in state.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]
) -> None:
    """Put what `optimizer_tensors` gave back."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in with_prefix(tensors, "optimizer.").items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
