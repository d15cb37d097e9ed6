"""The files of a trained model in its repository for the Hugging Face Hub.

Imports nothing heavy: the Snakefile asks which variants go into one.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.models.model_files import KNOWN, check_inside

CARD = "README.md"
TOKENIZER = "tokenizer_config.json"
ONNX = "onnx/model.onnx"  # where optimum and transformers.js look for it
# Names that transformers.js knows (dtype: fp16, q8, int8), and similar ones. OpenVINO also reads
# ONNX files. Left out: onnx-fp32, which is model.onnx, and openvino-fp32, which is onnx-fused.
VARIANTS = {
    "onnx-fused": "onnx/model_fused.onnx",
    "onnx-fp16": "onnx/model_fp16.onnx",
    "onnx-int8-dynamic": "onnx/model_quantized.onnx",
    "onnx-int8-static": "onnx/model_int8.onnx",
    "openvino-bf16": "openvino/model_bf16.onnx",
    "openvino-int8": "openvino/model_int8.onnx",
}
# Forms of a model in a repository, with all layers or only the first ones.
FORM_FILE = re.compile(r"(onnx|openvino)/model(_[a-z0-9]+)*\.onnx")


def path_in_repository(variant: str) -> str | None:
    """Return the path of a variant's file in the repository; None if it does not go into it.

    A variant with the first N layers has N in its name: `onnx-fused@6` is
    `onnx/model_fused_6_layers.onnx`.
    """
    form, _, layers = variant.partition("@")
    path = VARIANTS.get(form)
    if path and layers:
        path = path.replace(".onnx", f"_{layers}_layers.onnx")
    return path


def files_of_model(folder: Path, onnx: Path) -> dict[str, Path]:
    """Return the files of a model, with their paths in the repository as keys.

    Only files that save_pretrained writes are included; others in the folder are ignored.

    Raises:
        InputError: a file that from_pretrained needs is missing, or a link leads out of the folder.
    """
    files = {name: folder / name for name in sorted(KNOWN) if (folder / name).is_file()}
    for path in files.values():
        check_inside(path, folder)
    for name in ("config.json", "model.safetensors", "tokenizer.json", TOKENIZER):
        if name not in files:
            raise InputError(
                f"{folder}: no {name}; expected a folder that finetune.py writes. Delete it and "
                "rerun Snakemake to recreate it"
            )
    return files | {ONNX: onnx}


def check_repository(folder: Path, names: Iterable[str]) -> None:
    """Raise InputError for a file that card.py does not write, or a link out of the folder."""
    for name in names:
        check_inside(folder / name, folder)
        if name not in (*KNOWN, CARD) and not FORM_FILE.fullmatch(name):
            raise InputError(
                f"{folder / name}: not a file that card.py writes; move it away, so that it is not "
                "published"
            )


def portable_tokenizer(config: Mapping) -> dict:
    """Return a tokenizer_config.json that transformers 4 and transformers.js understand too.

    transformers 5 has another name for the class, and records how it was loaded.
    """
    portable = {key: config[key] for key in config if key not in ("is_local", "local_files_only")}
    if portable.get("tokenizer_class") == "TokenizersBackend":
        portable["tokenizer_class"] = "PreTrainedTokenizerFast"
    return portable


def sort_files(names: Iterable[str]) -> list[str]:
    """Return names of files in order, those in folders last."""
    return sorted(names, key=lambda name: (name.count("/"), name))
