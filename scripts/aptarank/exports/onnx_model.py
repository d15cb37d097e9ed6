"""A fine-tuned model as ONNX, and ONNX Runtime as one more way to run it."""

import contextlib
import io
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from aptarank.core.errors import InputError, first_line
from aptarank.core.sizes import stay_within_memory
from aptarank.exports.onnx_files import OUTPUT, check_onnx
from aptarank.models.inference import Forward, Inputs

CUDA = "CUDAExecutionProvider"
# By default it multiplies fp32 in TF32, which moves logits by 0.003.
PROVIDER_OPTIONS = {CUDA: {"use_tf32": "0"}}


def export_onnx(module: nn.Module, example: Inputs, path: Path, opset: int) -> None:
    """Write a model as ONNX with dynamic batch and sequence axes.

    Inputs are those of `build_inputs`, int64, shape (batch, sequence); the output is `logits`,
    shape (batch, 1).

    Args:
        example: inputs to trace it with, of at least two aptamers.
    """
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.cpu().eval(),
            kwargs=example,
            input_names=list(example),
            output_names=["logits"],
            dynamic_shapes=dict.fromkeys(example, axes),
            opset_version=opset,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # as dynamo makes it
    model = program.model_proto
    strip(model)
    onnx.save(model, path)


def opset_of(path: Path) -> int:
    """The version of ONNX's own operators that a file is written in."""
    opsets = onnx.load(path, load_external_data=False).opset_import
    return next(opset.version for opset in opsets if not opset.domain)


def strip(model: onnx.ModelProto) -> None:
    """Remove what nothing needs to run it: notes on shapes, which quantisers take for promises, and
    where in the source each node comes from, a quarter of a small file.
    """
    graph = model.graph
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""


def providers_of(device: torch.device) -> list[str]:
    """ONNX Runtime's execution providers for a device, the CPU's last."""
    wanted = [CUDA] if device.type == "cuda" else []
    there = onnxruntime.get_available_providers()
    return [*(name for name in wanted if name in there), "CPUExecutionProvider"]


def onnx_forward(path: Path, threads: int, device: torch.device | None = None) -> Forward:
    """Run batches through an ONNX file, on the CPU unless a device is given.

    Raises:
        InputError: no such file, or not an ONNX model that is run (`aptarank.exports.onnx_files`).
    """
    check_onnx(path)
    if device is None or device.type == "cpu":
        stay_within_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # it writes names of the file as they are; errors are raised too
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Or its threads keep a processor busy for a while after each batch.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    providers = providers_of(device or torch.device("cpu"))
    try:
        # Without its fallback, which prints, and tries again what has failed.
        session = onnxruntime.InferenceSession(
            path,
            options,
            providers=providers,
            provider_options=[PROVIDER_OPTIONS.get(name, {}) for name in providers],
            enable_fallback=0,
        )
    except MemoryError:
        raise
    except Exception as error:  # of a dozen classes of its own
        raise InputError(
            f"{path}: not an ONNX model that can be loaded: {first_line(error)}"
        ) from None
    names = [taken.name for taken in session.get_inputs()]

    def forward(inputs: Inputs) -> np.ndarray:
        taken = {name: inputs[name].numpy() for name in names}
        return session.run([OUTPUT], taken)[0][:, 0].astype(np.float32)

    return forward
