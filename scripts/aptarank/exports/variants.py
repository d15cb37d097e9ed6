"""The forms in which a trained model can be run, each with what writes it and what runs it.

A variant is a form, of the whole model or of its first layers: `onnx-fused`, `onnx-fused@6`. It has
a folder with the model in that form and `variant.json`, which says what it is.
"""

import functools
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from aptarank.core.errors import InputError, first_line
from aptarank.core.files import sha256
from aptarank.exports import forms_onnx, forms_openvino, forms_torch
from aptarank.exports.variant_info import ABOUT, BASELINE, is_program, read_about, write_about
from aptarank.models.depth import check_depth, layers_of
from aptarank.models.encoder import kind_of, position_limit
from aptarank.models.inference import Forward, run_safely
from aptarank.models.model_inputs import Inputs

BITS = {"fp32": 32, "bf16": 16, "fp16": 16, "int8": 8}
SLACK = 1.1  # of an artefact's size over that of its weights
GRAPH = 200_000  # bytes that the description of a graph may take besides


@dataclass(frozen=True)
class Form:
    """A way to write a model, and to run what was written.

    Attributes:
        precision: of most of the arithmetic: fp32, bf16, fp16 or int8.
        library: that runs it.
        write: writes the model into a folder; returns what there is to know of it, such as the
            share of the weights that was quantised.
        read: gives what runs the folder, with a number of threads, on a device.
        missing: why a device cannot run it, or None.
        gpu: whether it runs on a GPU where that is the device; else it stays on the CPU.
        note: for the table.
    """

    precision: str
    library: str
    write: Callable[[PreTrainedModel, list[Inputs], int, Path], dict]
    read: Callable[[Path, int, torch.device], Forward]
    missing: Callable[[torch.device], str | None] = lambda device: None
    gpu: bool = False
    note: str = ""


def of_torch(precision: str, write: Callable, read: Callable, **more: Any) -> Form:
    """A form that PyTorch runs."""
    return Form(precision, "torch", write, read, **more)


def of_onnx(precision: str, write: Callable, **more: Any) -> Form:
    """A form that ONNX Runtime runs."""
    return Form(precision, "onnxruntime", write, forms_onnx.read, gpu=True, **more)


def of_openvino(precision: str, write: Callable) -> Form:
    """A form that OpenVINO runs, in the given precision."""
    read = functools.partial(forms_openvino.read, precision=precision)
    missing = functools.partial(forms_openvino.missing, precision)
    return Form(precision, "openvino", write, read, missing)


def of_weights(dtype: torch.dtype, read: Callable = forms_torch.read_weights, **more: Any) -> Form:
    """A folder of safetensors, which PyTorch runs."""
    precision = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[dtype]
    write = functools.partial(forms_torch.write_weights, dtype=dtype)
    missing = functools.partial(forms_torch.missing, precision)
    return of_torch(precision, write, read, **{"missing": missing, "gpu": True} | more)


FORMS = {
    BASELINE: of_weights(torch.float32, forms_torch.read_eager, note="eager, by transformers"),
    "torch-bf16": of_weights(torch.bfloat16),
    "torch-fp16": of_weights(torch.float16),
    "torch-compile": of_weights(
        torch.float32, forms_torch.read_compiled, missing=forms_torch.no_compiler
    ),
    "torch-int8": of_torch(
        "int8", forms_torch.write_int8, forms_torch.read_script, note="dynamic, Linear layers"
    ),
    "torchscript": of_torch(
        "fp32", forms_torch.write_script, forms_torch.read_script, note="legacy: traced and frozen"
    ),
    "torch-export": of_torch("fp32", forms_torch.write_export, forms_torch.read_export),
    "onnx-fp32": of_onnx("fp32", forms_onnx.write_plain, note="the model's own graph"),
    "onnx-fused": of_onnx("fp32", forms_onnx.write_fused),
    "onnx-fp16": of_onnx("fp16", forms_onnx.write_fp16, missing=forms_onnx.no_cuda),
    "onnx-int8-dynamic": of_onnx("int8", forms_onnx.write_int8_dynamic),
    "onnx-int8-static": of_onnx("int8", forms_onnx.write_int8_static),
    "openvino-fp32": of_openvino("fp32", forms_onnx.write_fused),
    "openvino-bf16": of_openvino("bf16", forms_onnx.write_bf16_weights),
    "openvino-int8": of_openvino(
        "int8", functools.partial(forms_onnx.write_int8_static, symmetric=True)
    ),
}


def split_name(name: str) -> tuple[str, int | None]:
    """Form and number of layers of a variant (None: all).

    Raises:
        InputError: there is no such form, or the layers are no number.
    """
    form, at, layers = name.partition("@")
    if form not in FORMS or (at and not re.fullmatch("[0-9]{1,4}", layers)):
        raise InputError(
            f"no variant {name}; expected one of: {', '.join(FORMS)}; or one and @ and a number "
            "of layers"
        )
    return form, int(layers) if at else None


def why_not(name: str, model: PreTrainedModel, device: torch.device) -> str | None:
    """Why this machine or this model cannot have a variant, or None."""
    form, layers = split_name(name)
    if layers is not None:
        try:
            check_depth(model, layers)
        except InputError as error:
            return str(error)
    return FORMS[form].missing(device)


def write_variant(
    name: str, model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path
) -> dict:
    """Write a variant's folder, all but `variant.json`; returns what that is to hold.

    Args:
        model: at the variant's depth; it is left in evaluation mode.
        examples: model inputs, to trace and calibrate with: of several aptamers and lengths.

    Raises:
        InputError: what was written is far larger than its weights.
    """
    form = FORMS[split_name(name)[0]]
    if (folder / ABOUT).is_file():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(
            f"{folder}: it holds other files; give a folder that is new or a variant's"
        )
    write_about(folder, {"variant": name, "skipped": "it was not finished"})
    found = form.write(model, examples, opset, folder)
    written = sorted(path for path in folder.iterdir() if path.is_file() and path.name != ABOUT)
    fp32 = 4 * sum(parameter.numel() for parameter in model.parameters())
    share = found.get("quantised_weights", 1.0)
    bits = share * BITS[form.precision] + (1 - share) * 32
    size = sum(path.stat().st_size for path in written)
    if size > SLACK * fp32 * bits / 32 + GRAPH:
        raise InputError(
            f"{folder}: {size / 1e6:.1f} MB, its weights have {fp32 * bits / 32 / 1e6:.1f} MB at "
            f"{bits:.3g} bits: some are in it more than once. Please report it"
        )
    return {
        "variant": name,
        "precision": form.precision,
        "layers": layers_of(model),
        "kind": kind_of(model).name,
        "limit": position_limit(model.config),
        "note": form.note,
        "bits": round(bits, 2),
        "bytes": size,
        "size": round(size / fp32, 4),
        "files": {path.name: checksum(path) for path in written},
        **found,
    }


def checksum(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    return sha256(path) if path.is_file() else None


def remove_program(folder: Path) -> None:
    """Remove the files of a variant that is a program, once it is proven; its account stays."""
    about = read_about(folder)
    for name in about["files"]:
        (folder / name).unlink()
    write_about(folder, about | {"files": {}})


def load_variant(
    folder: Path, threads: int, device: torch.device, *, made_here: bool = False
) -> Forward:
    """What runs a variant.

    Args:
        made_here: this very process wrote the folder, or the one that asked for this: then it may
            be a program. What `variant.json` says, its checksums included, is the folder's own word
            and cannot tell.

    Raises:
        InputError: not a variant, one that was skipped, a program from elsewhere, or its files are
            cut short or damaged.
    """
    about = read_about(folder)
    if about["skipped"] is not None:
        raise InputError(f"{folder}: there is nothing to run: {about['skipped']}")
    if is_program(about["variant"]) and not made_here:
        raise InputError(
            f"{folder}: {about['variant']} is a program, which is made, proven and timed within a "
            f"run and never loaded from a folder; use {BASELINE}, onnx-fused or openvino-int8"
        )
    if not about["files"]:
        raise InputError(f"{folder}: {ABOUT} names no file. Write it again with variant.py")
    for name, expected in about["files"].items():
        if checksum(folder / name) != expected:
            raise InputError(
                f"{folder / name}: missing, cut short or changed: its checksum is not that of "
                f"{ABOUT}. Write it again with variant.py"
            )
    try:
        form = FORMS[split_name(about["variant"])[0]]
    except InputError as error:
        raise InputError(f"{folder / ABOUT}: {error}") from None
    missing = form.missing(device)
    if missing:
        raise InputError(f"{folder}: {missing}")
    try:
        return guarded(form.read(folder, threads, device), about["limit"], folder)
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # each runtime has exceptions of its own
        raise InputError(f"{folder}: cannot be loaded: {first_line(error)}") from None


def guarded(forward: Forward, limit: int, folder: Path) -> Forward:
    """The same for batches that a runtime has no answer or only a puzzling error for."""

    def checked(inputs: Inputs) -> np.ndarray:
        batch, tokens = inputs["input_ids"].shape
        if tokens > limit:
            raise InputError(
                f"{folder}: an input has {tokens} tokens; the model reads at most {limit}"
            )
        if not batch:
            return np.empty(0, dtype=np.float32)
        return run_safely(forward, inputs, folder)

    return checked
