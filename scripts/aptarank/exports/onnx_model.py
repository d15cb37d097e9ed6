"""A fine-tuned model written as ONNX."""

import contextlib
import io
import logging
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

from aptarank.models.model_inputs import Inputs
from aptarank.models.torch_inference import as_tensors


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
            kwargs=as_tensors(example),
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
