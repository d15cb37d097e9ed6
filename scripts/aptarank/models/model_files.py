"""The files of a model folder, checked before any of them is used: a folder from elsewhere is data.

Imports no library that reads a model: what is refused here has taken neither memory nor time.
"""

import hashlib
import json
import math
import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aptarank.config.model_kinds import KINDS
from aptarank.core.errors import InputError
from aptarank.core.files import sha256

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
PREDICTOR = "aptarank-predictor"  # model_type of sums of several parts: models/predictor.py
# What save_pretrained writes of a model and its tokenizer: nothing else of a folder is copied.
KNOWN = (
    *(CONFIG, WEIGHTS, "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    *("added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"),
)
LARGEST_JSON = 50_000_000  # bytes; a vocabulary of 250,000 tokens has 17 million
LARGEST_HEADER = 100_000_000  # bytes; safetensors' own limit
# How a model is run, not what it is: the program decides, whatever config.json says.
RUNTIME = (
    *("_attn_implementation", "attn_implementation", "_attn_implementation_internal"),
    *("_experts_implementation", "experts_implementation", "use_kernels", "torchscript"),
    *("dtype", "torch_dtype", "chunk_size_feed_forward", "return_dict", "use_return_dict"),
    *("output_attentions", "output_hidden_states", "gradient_checkpointing", "pruned_heads"),
    *("base_model_tp_plan", "base_model_pp_plan", "name_or_path", "_name_or_path"),
)
DEEPEST = 1000  # layers, where one layer's weights are used again and again as in ALBERT
LAYERED = ("num_hidden_groups", "inner_group_num", "block_repeats", "block_sizes")
LARGEST = 1_000_000_000  # of any other number; the parameters are counted before they are made
# Sizes that no weights are stored of, but memory or time is taken by.
MOST = {
    "num_labels": 100_000,
    "max_position_embeddings": 1_000_000,
    "attention_window": 4096,
}
# Weights that config.json may ask for beyond those stored: a head or a pooler that is made new.
HEAD = 50_000_000


def read_object(path: Path, what: str) -> dict[str, Any]:
    """The object of JSON in a file.

    Args:
        what: it holds, for the message.

    Raises:
        InputError: no file, one too large, or not an object of JSON.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise InputError(f"{path}: not a file; expected {what}")
        if about.st_size > LARGEST_JSON:
            raise InputError(
                f"{path}: {about.st_size / 1e6:.0f} MB; {what} has at most "
                f"{LARGEST_JSON / 1e6:.0f} MB"
            )
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected {what}") from None
    except (ValueError, RecursionError) as error:  # also of text that is not UTF-8
        raise InputError(f"{path}: damaged: {error}; expected {what}, an object of JSON") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: {type(found).__name__} at its top; expected {what}, an object")
    return found


def read_config(folder: Path) -> dict[str, Any]:
    """The config.json of a model folder, without what says how to run the model.

    Raises:
        InputError: not an object of JSON, quantised weights, an adapter, or sizes beyond those of
            the stored weights.
    """
    path = folder / CONFIG
    found = read_object(path, "the configuration of a model")
    if (folder / "adapter_config.json").exists():
        raise InputError(
            f"{folder}: an adapter (adapter_config.json), no whole model; merge it into its model"
        )
    check_sizes(found, len(stored_shapes(folder)), path)
    return without_runtime(found, path)


def without_runtime(config: Mapping[str, Any], source: str | Path) -> dict[str, Any]:
    """A config.json, of a folder or of the Hub, without what says how to run the model.

    Raises:
        InputError: quantised weights.
    """
    if config.get("quantization_config") is not None:
        raise InputError(
            f"{source}: quantization_config: weights that a library of its own reads are not "
            "loaded; save the model in fp32, bf16 or fp16"
        )
    return {key: value for key, value in config.items() if key not in RUNTIME}


def about_of(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What the config.json of a fine-tuned model says for aptarank: `kind` and `temperature`.

    Raises:
        InputError: it is not a model of ours.
    """
    about = config.get("aptarank")
    if not isinstance(about, dict) or about.get("kind") not in tuple(KINDS):
        raise InputError(
            f"{folder}: not a model fine-tuned by aptarank: its config.json does not say whether "
            f"it is of kind {' or '.join(KINDS)}"
        )
    warmth = about.get("temperature", 1.0)
    if isinstance(warmth, bool) or not isinstance(warmth, int | float) or not 0 < warmth < math.inf:
        raise InputError(
            f"{folder / CONFIG}: aptarank.temperature is {warmth!r}; expected a number above 0"
        )
    return about


def check_sizes(config: Mapping[str, Any], tensors: int, path: Path) -> None:
    """Raise InputError where a model of these sizes would have more layers than weights, or tables
    beyond reason that no weights are stored of, such as those of positions.

    Each layer is an object in memory, whatever its size, so that this is to be known before a model
    is made even without weights.

    Args:
        tensors: stored next to config.json.
    """
    for member in config.get("members") or []:  # of a predictor
        for part in (member, member.get("config") if isinstance(member, dict) else None):
            if isinstance(part, dict):
                check_sizes(part, tensors, path)
    shared = config.get("model_type") == "albert"
    for key, value in config.items():
        sizes = numbers_in(value)
        if "layers" in key or key in LAYERED:  # some models list them block by block
            most = DEEPEST if shared and key == "num_hidden_layers" else tensors
            if not sum(sizes) <= most:
                raise InputError(
                    f"{path}: {key} is {value}; expected at most {most}, as the folder's weights "
                    f"are {tensors} tensors"
                )
        elif key != "aptarank" and not max(sizes, default=0) <= (most := MOST.get(key, LARGEST)):
            raise InputError(f"{path}: {key} is {value}; expected at most {most:,}")
    if shared:
        groups = [config.get(key, 1) for key in ("num_hidden_groups", "inner_group_num")]
        if all(isinstance(size, int) for size in groups) and math.prod(groups) > tensors:
            raise InputError(f"{path}: {groups[0]} x {groups[1]} layers, but {tensors} tensors")


def numbers_in(value: Any) -> list[float]:
    """The numbers of a value of config.json that may be a list."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, int | float) and not isinstance(each, bool)]


def check_parameters(implied: int, folder: Path) -> None:
    """Raise InputError where config.json implies many more parameters than the folder stores."""
    stored = sum(math.prod(shape) for shape in stored_shapes(folder).values())
    if implied > 2 * stored + HEAD:
        raise InputError(
            f"{folder}: {CONFIG} is of a model with {implied:,} parameters, but its weights are "
            f"{stored:,}; the two files do not belong together"
        )


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model folder: one, or those that its index names.

    Raises:
        InputError: there are none, or the index names a file elsewhere.
    """
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    index = folder / INDEX
    if not index.exists():
        raise InputError(
            f"{folder}: no {WEIGHTS}; expected what save_pretrained writes; weights in pickle are "
            "never read, for they can hold code"
        )
    listed = read_object(index, "the index of the files of weights").get("weight_map")
    names: set[Any] = set(listed.values()) if isinstance(listed, dict) and listed else {None}
    for name in names:
        if not is_safetensors_name(name):
            raise InputError(
                f"{index}: weight_map names {name!r}; expected safetensors files of this folder"
            )
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: no such file, but {INDEX} names it")
    return [folder / name for name in sorted(names)]


def weights_checksum(folder: Path) -> str:
    """The SHA-256 of a model's weights; of several files, that of their checksums.

    Raises:
        InputError: there are none.
    """
    checksums = [sha256(path) for path in weight_files(folder)]
    if len(checksums) == 1:
        return checksums[0]
    return hashlib.sha256("".join(checksums).encode()).hexdigest()


def is_safetensors_name(name: object) -> bool:
    """Whether this is the name of a safetensors file in the folder itself."""
    return isinstance(name, str) and name.endswith(".safetensors") and Path(name).name == name


def stored_shapes(folder: Path) -> dict[str, list[int]]:
    """Name and shape of each stored tensor, from the headers of the files alone.

    The format is that of https://huggingface.co/docs/safetensors: the length of a JSON object, 8
    bytes, little-endian; the object; the data.

    Raises:
        InputError: not a safetensors file, or sizes that are not those of its data.
    """
    shapes: dict[str, list[int]] = {}
    for path in weight_files(folder):
        shapes |= header_of(path)
    if not shapes:
        raise InputError(f"{folder}: its weights are not tensors")
    return shapes


def header_of(path: Path) -> dict[str, list[int]]:
    """Name and shape of each tensor of one safetensors file."""
    if not path.is_file():
        raise InputError(f"{path}: not a file; expected safetensors")
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size - 8, LARGEST_HEADER):
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        shapes = {name: about["shape"] for name, about in header.items()}
        ends = [about["data_offsets"] for about in header.values()]
        stored, elements = sum(end - start for start, end in ends), 0
        for shape in shapes.values():
            if not all(isinstance(n, int) and 0 <= n < 2**40 for n in shape):
                raise ValueError("a shape is not made of sizes")
            elements += math.prod(shape)
        if not elements <= stored <= size:  # a byte each, at the least
            raise ValueError("its sizes are not those of its data")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InputError(f"{path}: not a whole safetensors file: {error}") from None
    except struct.error:
        raise InputError(f"{path}: not a whole safetensors file: {size} bytes") from None
    return shapes


def check_inside(path: Path, folder: Path) -> None:
    """Raise InputError where a file of a folder is a link that leads out of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{path}: a link that leads out of its folder; put a copy of the file in its place"
        )
