"""Forms of a model that PyTorch runs."""

import copy
import shutil
import warnings
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from aptarank.models.encoder import load_model
from aptarank.models.fused import fused
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs
from aptarank.models.torch_inference import CPU, as_tensors, run, torch_forward

SCRIPT, EXPORTED = "model.pt", "model.pt2"
# What a processor must have for a precision to be faster than fp32.
CAPABILITIES = {"bf16": ("avx512_bf16", "amx_bf16"), "fp16": ("avx512_fp16", "amx_fp16")}
# Of a graph's nodes: where in the source they come from. A fifth of a small file.
ORIGINS = ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node")


def missing(precision: str, device: torch.device) -> str | None:
    """Why a device cannot compute in a precision, or None."""
    if precision == "fp32" or (device.type == "cuda" and precision == "fp16"):
        return None
    if device.type == "cuda":
        has = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        found = torch.cpu.get_capabilities()
        has = any(found.get(name, False) for name in CAPABILITIES[precision])
    what = "GPU" if device.type == "cuda" else "processor"
    return None if has else f"this {what} has no {precision}"


def no_compiler(device: torch.device) -> str | None:
    """Why torch.compile cannot be used, or None."""
    if device.type == "cuda" or shutil.which("g++") or shutil.which("c++"):
        return None
    return "torch.compile needs a C++ compiler, and there is none"


def write_weights(
    model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path, dtype: torch.dtype
) -> dict:
    """A folder of Hugging Face's with safetensors."""
    copy.deepcopy(model).to(dtype).save_pretrained(folder)
    return {}


def read_eager(folder: Path, threads: int, device: torch.device) -> Forward:
    """The model as transformers runs it."""
    torch.set_num_threads(threads)
    return torch_forward(load_model(folder, device), device)


def read_weights(folder: Path, threads: int, device: torch.device) -> Forward:
    """The fused model, in the precision of its weights."""
    torch.set_num_threads(threads)
    return run(fused(load_model(folder)).to(device), device)


def read_compiled(folder: Path, threads: int, device: torch.device) -> Forward:
    """The fused model, compiled for any batch size and length when it is first used."""
    torch.set_num_threads(threads)
    return run(torch.compile(fused(load_model(folder)).to(device), dynamic=True), device)


def traced(module: nn.Module, example: Inputs, path: Path) -> None:
    """Write a module as frozen TorchScript."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that TorchScript is legacy, which the table says
        made = torch.jit.trace(module, example_kwarg_inputs=as_tensors(example))
        torch.jit.freeze(made).save(path)


def write_script(model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path) -> dict:
    """TorchScript."""
    traced(fused(model.cpu()), examples[0], folder / SCRIPT)
    return {}


def write_int8(model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path) -> dict:
    """TorchScript of the model with Linear layers in int8, inputs quantised batch by batch."""
    module = fused(copy.deepcopy(model).cpu())
    linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    weights = sum(layer.weight.numel() for layer in linear)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = torch.ao.quantization.quantize_dynamic(module, {nn.Linear}, dtype=torch.qint8)
    traced(small, examples[0], folder / SCRIPT)
    return {
        "quantised_products": len(linear),
        "products": len(linear),
        "quantised_weights": weights / sum(p.numel() for p in model.parameters()),
    }


def read_script(folder: Path, threads: int, device: torch.device) -> Forward:
    """TorchScript, on the CPU: its int8 runs nowhere else."""
    torch.set_num_threads(threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(torch.jit.load(folder / SCRIPT, map_location=CPU), CPU)


def write_export(model: PreTrainedModel, examples: list[Inputs], opset: int, folder: Path) -> dict:
    """An exported program (torch.export) with dynamic batch and sequence axes."""
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    shapes = dict.fromkeys(examples[0], axes)
    example = as_tensors(examples[0])
    program = torch.export.export(fused(model.cpu()), (), kwargs=example, dynamic_shapes=shapes)
    for node in program.graph.nodes:
        for key in ORIGINS:
            node.meta.pop(key, None)
    torch.export.save(program, folder / EXPORTED)
    return {}


def read_export(folder: Path, threads: int, device: torch.device) -> Forward:
    """An exported program, on the CPU, which it was made for."""
    torch.set_num_threads(threads)
    return run(torch.export.load(folder / EXPORTED).module(), CPU)
