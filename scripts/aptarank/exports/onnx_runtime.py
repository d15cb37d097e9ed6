"""ONNX Runtime as one more way to run a model; it does not need PyTorch."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime

from aptarank.core.errors import InputError, first_line
from aptarank.core.log import logger
from aptarank.core.sizes import stay_within_memory
from aptarank.exports.onnx_files import OUTPUT, check_onnx
from aptarank.models.inference import Forward
from aptarank.models.model_inputs import Inputs

CUDA = "CUDAExecutionProvider"
# By default it multiplies fp32 in TF32, which moves logits by 0.003.
PROVIDER_OPTIONS = {CUDA: {"use_tf32": "0"}}


def providers_of(device: str) -> list[str]:
    """ONNX Runtime's execution providers for a device, the CPU's last.

    Whether there is a GPU is asked of PyTorch, and only by an ONNX Runtime that could use one.
    """
    wanted = device != "cpu" and CUDA in onnxruntime.get_available_providers()
    if wanted and find_spec("torch") is not None:
        import torch

        if torch.cuda.is_available():
            return [CUDA, "CPUExecutionProvider"]
    if device == "cuda":
        logger.warning("no GPU for ONNX Runtime: running on the CPU, which is slower")
    return ["CPUExecutionProvider"]


def onnx_forward(path: Path, threads: int, device: str = "cpu") -> Forward:
    """Run batches through an ONNX file, on a device: `auto`, `cpu` or `cuda`.

    Raises:
        InputError: no such file, or not an ONNX model that is run (`aptarank.exports.onnx_files`).
    """
    check_onnx(path)
    providers = providers_of(device)
    if CUDA not in providers:
        stay_within_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # it writes names of the file as they are; errors are raised too
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Or its threads keep a processor busy for a while after each batch.
    options.add_session_config_entry("session.force_spinning_stop", "1")
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
        taken = {name: inputs[name] for name in names}
        return session.run([OUTPUT], taken)[0][:, 0].astype(np.float32)

    return forward
