"""The hardware and versions that a result was computed with."""

import contextlib
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

PACKAGES = (
    "adjusttext",
    "biopython",
    "click",
    "huggingface_hub",
    "jinja2",
    "jsonschema",
    "logomaker",
    "matplotlib",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "openpyxl",
    "openvino",
    "pandas",
    "pyarrow",
    "pyyaml",
    "rapidfuzz",
    "safetensors",
    "scikit-learn",
    "scipy",
    "threadpoolctl",
    "snakemake",
    "snakemake-executor-plugin-slurm",
    "snakemake-executor-plugin-slurm-jobstep",
    "tokenizers",
    "torch",
    "transformers",
)


def describe() -> dict[str, str | int | list[str] | None]:
    """Return operating system, processor, number of threads, and GPUs."""
    return {
        "system": platform.platform(),
        "processor": processor(),
        "threads": os.cpu_count(),
        "gpus": gpus(),
    }


def processor() -> str:
    """Return the name of the processor, from Linux if possible, else from Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def gpus() -> list[str]:
    """Return name and driver of each NVIDIA GPU, as nvidia-smi lists them."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return done.stdout.splitlines()


def may_have_gpu() -> bool:
    """Whether this machine has a GPU that PyTorch may use, found without importing it."""
    devices = ("/dev/kfd", "/dev/dxg")  # AMD's, and Windows' below WSL
    return bool(
        gpus() or any(Path("/dev").glob("nvidia[0-9]*")) or any(map(os.path.exists, devices))
    )


def versions() -> dict[str, str | None]:
    """Return the versions of Python and our packages; None for one that is not installed."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def version(package: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def memory(*, peak: bool = False) -> int | None:
    """Return the memory of this process in bytes, now or at its peak; None if not on Linux."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        key = "VmHWM:" if peak else "VmRSS:"
        return 1024 * int(next(line for line in lines if line.startswith(key)).split()[1])
    except (OSError, StopIteration):
        return None


def forget_peak() -> None:
    """Reset the peak of this process's memory, if Linux allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
