"""A fine-tuned model as ONNX, and ONNX Runtime as one more way to run it."""

import contextlib
import io
import logging
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
)
from torch import nn

from aptarank.encoding import Encoded, compose
from aptarank.errors import InputError
from aptarank.inference import Forward
from aptarank.model import kind_of


def export_onnx(model: nn.Module, encoded: Encoded, path: Path, opset: int) -> None:
    """Write `model` as ONNX with dynamic batch and sequence axes.

    Inputs are those of `compose`, int64, shape (batch, sequence); the output is `logits`, float32,
    shape (batch, 1).

    Args:
        encoded: aptamers to trace the model with, at least two.
    """
    first, second = torch.tensor([0, 1]), torch.tensor([1, 0])
    example = compose(encoded, first, second if kind_of(model) == "pair" else None)
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.cpu().eval(),
            kwargs=example,
            f=path,
            input_names=list(example),
            output_names=["logits"],
            dynamic_shapes={name: axes for name in example},
            opset_version=opset,
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def onnx_forward(path: Path, threads: int) -> Forward:
    """Run batches through an ONNX file on the CPU.

    Raises:
        InputError: no such file, or not an ONNX model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile) as error:
        raise InputError(f"{path}: not an ONNX model that can be loaded: {error}") from None
    names = [taken.name for taken in session.get_inputs()]

    def forward(inputs: dict[str, torch.Tensor]) -> np.ndarray:
        taken = {name: inputs[name].numpy() for name in names}
        return session.run(["logits"], taken)[0][:, 0]

    return forward
