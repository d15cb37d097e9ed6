"""ONNX files, checked before any runtime loads them: a file from elsewhere is data."""

import math
from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import numpy_helper

from aptarank.core.errors import InputError, first_line

INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
OUTPUT = "logits"
# Those of ONNX and of ONNX Runtime itself; operators of others are libraries that would be run.
DOMAINS = {"", "ai.onnx", "com.microsoft"}
# A loop may never end; the others hold programs or files of a device's own.
REFUSED = {"Loop", "Scan", "SequenceMap", "EPContext", "PyOp"}
LARGEST = 2**31  # bytes, the limit of protobuf
LARGEST_TENSOR = 2**28  # elements that a shape in the file may ask for: 1 GiB in fp32
SHAPED = {"ConstantOfShape", "Expand", "Tile", "RandomNormal", "RandomUniform", "Pad", "Range"}


def check_onnx(path: Path) -> onnx.ModelProto:
    """Load a model that is complete in its file and has only known operators.

    Raises:
        InputError: no ONNX model, or one that reads other files, has operators of others, asks for
            memory beyond reason, or is not of aptamers.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected an ONNX model")
    if path.stat().st_size >= LARGEST:
        raise InputError(f"{path}: larger than an ONNX file can be (2 GiB)")
    try:
        model = onnx.load(path, format="protobuf", load_external_data=False)
    except Exception as error:  # protobuf has exceptions of its own
        raise InputError(
            f"{path}: not an ONNX model that can be loaded: {first_line(error)}"
        ) from None
    if not model.graph.node:
        raise InputError(f"{path}: not an ONNX model that can be loaded: it has no graph")
    reason = why_not(model)
    if reason:
        raise InputError(f"{path}: {reason}; expected a model that aptarank wrote")
    return model


def why_not(model: onnx.ModelProto) -> str | None:
    """Why an ONNX model is not run, or None."""
    domains = {opset.domain for opset in model.opset_import}
    domains |= {node.domain for node in nodes_of(model.graph)}
    if model.functions:
        return "it has functions of its own"
    if others := sorted(domains - DOMAINS):
        return f"operators of {others[0]!r}, which would be code from elsewhere"
    for node in nodes_of(model.graph):
        if node.op_type in REFUSED:
            return f"an operator {node.op_type}, which is not run"
    for tensor in tensors_of(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            return "it has its weights in another file"
    if huge := largest_shape(model.graph):
        return f"it makes a tensor of {huge:,} elements"
    taken = [value.name for value in model.graph.input]
    stored = {tensor.name for tensor in model.graph.initializer}
    names = set(taken) - stored
    if not names or not names <= INPUTS:
        return f"its inputs are {', '.join(sorted(names)) or 'none'}"
    if OUTPUT not in {value.name for value in model.graph.output}:
        return f"it has no output {OUTPUT}"
    return None


def graphs_of(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph, and those that stand in its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            inner = [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]
            for each in inner:
                yield from graphs_of(each)


def nodes_of(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes, also of graphs in nodes."""
    for each in graphs_of(graph):
        yield from each.node


def tensors_of(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """All stored tensors, also those of sparse ones and of attributes."""
    for each in graphs_of(graph):
        yield from each.initializer
        for sparse in each.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in each.node:
            for attribute in node.attribute:
                yield from attribute.tensors
                if attribute.HasField("t"):
                    yield attribute.t
                sparse = [*attribute.sparse_tensors, attribute.sparse_tensor]
                yield from (tensor for some in sparse for tensor in (some.values, some.indices))


def largest_shape(graph: onnx.GraphProto) -> int | None:
    """The largest size beyond reason that a stored shape gives to a node that makes tensors."""
    stored = {tensor.name: tensor for tensor in tensors_of(graph) if tensor.name}
    for node in nodes_of(graph):
        for attribute in node.attribute if node.op_type == "Constant" else ():
            stored[node.output[0]] = attribute.t
    for node in nodes_of(graph):
        sizes = [stored[name] for name in node.input if name in stored]
        if node.op_type not in SHAPED:
            continue
        shapes = [list(a.ints) for a in node.attribute if a.name == "shape"]
        for tensor in sizes:
            if tensor.data_type == onnx.TensorProto.INT64 and math.prod(tensor.dims) <= 16:
                shapes.append(numpy_helper.to_array(tensor).ravel().tolist())
        for shape in shapes:
            size = math.prod(max(1, abs(int(number))) for number in shape)
            if size > LARGEST_TENSOR:
                return size
    return None
