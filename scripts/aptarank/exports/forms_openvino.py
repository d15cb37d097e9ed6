"""Forms of a model that OpenVINO runs, from ONNX files, on the CPU."""

from pathlib import Path

import numpy as np
import torch

from aptarank.exports.forms_onnx import FILE
from aptarank.exports.onnx_files import check_onnx
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs

try:
    import openvino
except ImportError:  # no wheel for this machine: its variants are skipped
    openvino = None

# int8 products stand in the file; the rest is computed in fp32.
HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


def missing(precision: str, device: torch.device) -> str | None:
    """Why this machine cannot run a form, or None."""
    if openvino is None:
        return "OpenVINO is not installed"
    has = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return None if precision.upper() in has else f"this processor has no {precision}"


def read(folder: Path, threads: int, device: torch.device, precision: str) -> Forward:
    """An ONNX file, compiled for this processor."""
    check_onnx(folder / FILE)
    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "NUM_STREAMS": 1,
    }
    compiled = core.compile_model(core.read_model(folder / FILE), "CPU", settings)
    request = compiled.create_infer_request()
    names = [taken.any_name for taken in compiled.inputs]

    def forward(inputs: Inputs) -> np.ndarray:
        found = request.infer({name: inputs[name] for name in names}, share_inputs=True)
        return found[0][:, 0].copy()

    return forward
