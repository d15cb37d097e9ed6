"""A trained model as a repository of the Hugging Face Hub: which file of it comes from where.

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
# Names that transformers.js knows (dtype: fp16, q8, int8), and others beside them. OpenVINO reads
# ONNX files too. Left out: onnx-fp32, which is model.onnx, and openvino-fp32, which is onnx-fused.
VARIANTS = {
    "onnx-fused": "onnx/model_fused.onnx",
    "onnx-fp16": "onnx/model_fp16.onnx",
    "onnx-int8-dynamic": "onnx/model_quantized.onnx",
    "onnx-int8-static": "onnx/model_int8.onnx",
    "openvino-bf16": "openvino/model_bf16.onnx",
    "openvino-int8": "openvino/model_int8.onnx",
}
# Forms of a model in a repository, of all of its layers or of the first ones.
FORM_FILE = re.compile(r"(onnx|openvino)/model(_[a-z0-9]+)*\.onnx")


def place_of(variant: str) -> str | None:
    """Where a variant's file stands in the repository; None for one that does not go into it.

    A variant of the first N layers has them in its name: `onnx-fused@6` is
    `onnx/model_fused_6_layers.onnx`.
    """
    form, _, layers = variant.partition("@")
    place = VARIANTS.get(form)
    if place and layers:
        place = place.replace(".onnx", f"_{layers}_layers.onnx")
    return place


def files_of_model(folder: Path, onnx: Path) -> dict[str, Path]:
    """The files of a model by their places: config, weights, tokenizer, ONNX.

    Only those that save_pretrained writes: whatever else lies in the folder stays there.

    Raises:
        InputError: the folder lacks what from_pretrained needs, or links lead out of it.
    """
    found = {name: folder / name for name in sorted(KNOWN) if (folder / name).is_file()}
    for path in found.values():
        check_inside(path, folder)
    for name in ("config.json", "model.safetensors", "tokenizer.json", TOKENIZER):
        if name not in found:
            raise InputError(
                f"{folder}: no {name}; expected a folder that finetune.py writes. Remove it and "
                "run Snakemake again, which makes it anew"
            )
    return found | {ONNX: onnx}


def check_repository(folder: Path, names: Iterable[str]) -> None:
    """Raise InputError where a file is not one that card.py writes, or a link leads out."""
    for name in names:
        check_inside(folder / name, folder)
        if name not in (*KNOWN, CARD) and not FORM_FILE.fullmatch(name):
            raise InputError(
                f"{folder / name}: not a file that card.py writes; move it away, so that it is not "
                "published"
            )


def portable_tokenizer(config: Mapping) -> dict:
    """A tokenizer_config.json that transformers 4 and transformers.js understand too.

    transformers 5 has another name for the class, and notes how it was loaded.
    """
    found = {key: config[key] for key in config if key not in ("is_local", "local_files_only")}
    if found.get("tokenizer_class") == "TokenizersBackend":
        found["tokenizer_class"] = "PreTrainedTokenizerFast"
    return found


def in_order(names: Iterable[str]) -> list[str]:
    """Names of files, those of folders last."""
    return sorted(names, key=lambda name: (name.count("/"), name))
