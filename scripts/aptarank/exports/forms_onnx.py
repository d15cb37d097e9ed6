"""Forms of a model that ONNX Runtime runs (and OpenVINO reads)."""

import contextlib
import copy
import logging
import platform
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from transformers import PreTrainedModel

from aptarank.exports.onnx_model import export_onnx
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.fused import fused
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs

FILE = "model.onnx"
PRODUCTS = ("MatMul", "Gemm")


def no_cuda(device: torch.device) -> str | None:
    """Why ONNX Runtime cannot compute in fp16, or None."""
    if device.type == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        return None
    return "fp16 is for GPUs: it needs one, and onnxruntime-gpu"


def read(folder: Path, threads: int, device: torch.device) -> Forward:
    """A session of ONNX Runtime."""
    return onnx_forward(folder / FILE, threads, device.type)


def write_plain(model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path) -> dict:
    """The model's own graph."""
    export_onnx(model, examples[0], folder / FILE, opset)
    return {}


def write_fused(model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path) -> dict:
    """The graph of the fused model, its weights laid out as they are multiplied."""
    export_onnx(fused(model), examples[0], folder / FILE, opset)
    graph = onnx.load(folder / FILE)
    fold_transposes(graph.graph)
    onnx.save(graph, folder / FILE)
    return {}


def write_fp16(model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path) -> dict:
    """The fused model in fp16, weights and arithmetic."""
    half = fused(copy.deepcopy(model).half())
    export_onnx(half, examples[0], folder / FILE, opset)
    return {}


def write_bf16_weights(
    model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path
) -> dict:
    """The fused graph with matrices stored in bf16; in which precision they are multiplied is up to
    what runs it.
    """
    write_fused(model, examples, opset, folder)
    graph = onnx.load(folder / FILE)
    store_as_bf16(graph.graph)
    onnx.save(graph, folder / FILE)
    return {}


def fold_transposes(graph: onnx.GraphProto) -> None:
    """Store each weight that the graph transposes before use as it is used, once.

    A Linear layer becomes MatMul(x, Transpose(weight)), where what quantises a MatMul by a constant
    sees none.
    """
    weights = {weight.name: weight for weight in graph.initializer}
    found: dict[tuple, str] = {}
    renamed: dict[str, str] = {}
    for node in [node for node in graph.node if node.op_type == "Transpose"]:
        if node.input[0] not in weights:
            continue
        order = tuple(helper.get_attribute_value(node.attribute[0]))
        key = (node.input[0], order)
        if key not in found:
            found[key] = f"{node.input[0]}.transposed"
            values = numpy_helper.to_array(weights[node.input[0]]).transpose(order)
            graph.initializer.append(
                numpy_helper.from_array(np.ascontiguousarray(values), found[key])
            )
        renamed[node.output[0]] = found[key]
        graph.node.remove(node)
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)
    used = {name for node in graph.node for name in node.input}
    for weight in [weight for weight in graph.initializer if weight.name not in used]:
        graph.initializer.remove(weight)


def store_as_bf16(graph: onnx.GraphProto) -> None:
    """Store matrices in bf16, cast to fp32 where they enter the graph."""
    casts = []
    for weight in [w for w in graph.initializer if w.data_type == TensorProto.FLOAT]:
        if len(weight.dims) < 2:
            continue
        values = torch.from_numpy(numpy_helper.to_array(weight).copy()).bfloat16()
        name = f"{weight.name}.bf16"
        raw = values.view(torch.int16).numpy().tobytes()
        graph.initializer.append(
            helper.make_tensor(name, TensorProto.BFLOAT16, weight.dims, raw, raw=True)
        )
        casts.append(helper.make_node("Cast", [name], [weight.name], to=TensorProto.FLOAT))
        graph.initializer.remove(weight)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


@contextlib.contextmanager
def unadvised() -> Iterator[None]:
    """Without the quantiser's advice to optimise the graph first, which has been done."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class Reader(CalibrationDataReader):
    """Batches for ONNX Runtime to see the range of each activation by."""

    def __init__(self, batches: Iterable[Inputs]):
        self.batches = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.batches, None)


def saturates() -> bool:
    """Whether this processor adds up products of uint8 and int8 in 16 bits, which overflow: x86
    without VNNI (docs of ONNX Runtime, Quantize ONNX models). Weights then get 7 bits.
    """
    found = torch.cpu.get_capabilities()
    vnni = any(found.get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8"))
    return platform.machine().lower() in ("x86_64", "amd64") and not vnni


def settings_of(graph: onnx.GraphProto) -> dict:
    """How products by a constant are quantised: a scale for each column of a weight; all but the
    last, whose one column is the logit.
    """
    products = [node for node in graph.node if node.op_type in PRODUCTS]
    return {
        "op_types_to_quantize": list(PRODUCTS),
        "per_channel": True,
        "reduce_range": saturates(),
        "weight_type": QuantType.QInt8,
        # Dynamic quantisation renames a Gemm before it looks at its name.
        "nodes_to_exclude": [products[-1].name, f"{products[-1].name}_MatMul"],
        "extra_options": {"MatMulConstBOnly": True},
    }


def write_int8_dynamic(
    model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path
) -> dict:
    """The fused graph in int8, activations quantised batch by batch."""
    with tempfile.TemporaryDirectory() as scratch, unadvised():
        write_fused(model, examples, opset, Path(scratch))
        before = Path(scratch) / FILE
        quantize_dynamic(before, folder / FILE, **settings_of(onnx.load(before).graph))
    return quantised(folder / FILE)


def write_int8_static(
    model: PreTrainedModel,
    examples: list[Inputs],
    opset: int,
    folder: Path,
    *,
    symmetric: bool = False,
) -> dict:
    """The fused graph in int8, activations by the ranges that the examples have.

    Args:
        symmetric: activations in int8 around 0, which OpenVINO multiplies at once; ONNX Runtime is
            twice as fast with uint8.
    """
    with tempfile.TemporaryDirectory() as scratch, unadvised():
        write_fused(model, examples, opset, Path(scratch))
        before = Path(scratch) / FILE
        settings = settings_of(onnx.load(before).graph)
        settings["extra_options"]["ActivationSymmetric"] = symmetric
        quantize_static(
            before,
            folder / FILE,
            Reader(examples),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QInt8 if symmetric else QuantType.QUInt8,
            **settings,
        )
    return quantised(folder / FILE)


def quantised(path: Path) -> dict:
    """How many products by a constant are in int8, of how many, and the share of the weights.

    Products of two activations, which attention has, are not counted.
    """
    graph = onnx.load(path).graph
    weights = {weight.name: weight for weight in graph.initializer}
    small = {
        name
        for name, weight in weights.items()
        if weight.data_type in (TensorProto.INT8, TensorProto.UINT8) and weight.dims
    }
    # Static quantisation leaves MatMul, with a weight that is dequantised before it.
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in small:
            small.add(node.output[0])
    constant = weights.keys() | small
    products = [
        node
        for node in graph.node
        if node.op_type in (*PRODUCTS, "MatMulInteger") and node.input[1] in constant
    ]
    sizes = {
        name: int(np.prod(weight.dims))
        for name, weight in weights.items()
        if not name.endswith(("_scale", "_zero_point"))
    }
    return {
        "quantised_products": sum(node.input[1] in small for node in products),
        "products": len(products),
        "quantised_weights": sum(sizes.get(name, 0) for name in small) / sum(sizes.values()),
        "reduced_range": saturates(),
    }
