"""What a result was computed on: hardware and versions."""

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
    "snakemake",
    "snakemake-executor-plugin-slurm",
    "snakemake-executor-plugin-slurm-jobstep",
    "tokenizers",
    "torch",
    "transformers",
)


def describe() -> dict[str, str | int | list[str] | None]:
    """Operating system, processor and its threads, GPUs."""
    return {
        "system": platform.platform(),
        "processor": processor(),
        "threads": os.cpu_count(),
        "gpus": gpus(),
    }


def processor() -> str:
    """The processor's name as Linux gives it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def gpus() -> list[str]:
    """Names of NVIDIA's GPUs and their driver, as nvidia-smi lists them."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return done.stdout.splitlines()


def versions() -> dict[str, str | None]:
    """Python's version and those of our packages, None where an environment lacks one."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def version(package: str) -> str | None:
    """Installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def memory(peak: bool = False) -> int | None:
    """Bytes of memory that this process has (or has had at most); None where Linux does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        key = "VmHWM:" if peak else "VmRSS:"
        return 1024 * int(next(line for line in lines if line.startswith(key)).split()[1])
    except (OSError, StopIteration):
        return None


def forget_peak() -> None:
    """Let the peak of this process's memory count from now on, where Linux does."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
