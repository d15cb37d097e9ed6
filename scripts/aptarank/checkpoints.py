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

from aptarank.errors import InputError
from aptarank.log import logger

KEPT = 2
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
        last = f"the last is of step {step_of(before[-1])}" if before else "there is none before"
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


def step_of(path: Path) -> int:
    """The step after which a checkpoint was written."""
    return int(NAME.fullmatch(path.name)[1])


def load_checkpoint(folder: Path, training: str) -> tuple[dict[str, torch.Tensor], dict] | None:
    """The newest checkpoint that is whole and of this training; those that are not are removed.

    Args:
        training: what its values must have as `training`: what tells one training from another.

    Returns:
        Its tensors and values, or None where there is no such checkpoint.
    """
    for path in reversed(checkpoints(folder)):
        content = path.read_bytes()
        try:
            if digest(content) != NAME.fullmatch(path.name)[2]:
                raise ValueError("its checksum differs")
            size = int.from_bytes(content[:8], "little")
            values = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["values"])
            tensors = load(content)
        except (ValueError, KeyError, SafetensorError) as error:
            logger.warning("%s: damaged (%s): the one before is used", path, error)
        else:
            if values["training"] == training:
                return tensors, values
            logger.info("%s: of other settings, data or programs: not used", path)
        path.unlink()
    return None


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints, and the folder where nothing else is in it."""
    for path in [*checkpoints(folder), *folder.glob("*.partial")]:
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def under(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
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
    for name, tensor in under(tensors, "optimizer.").items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
