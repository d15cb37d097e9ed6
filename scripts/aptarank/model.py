"""ALBERT with one logit: from scratch at a named size, or from a checkpoint."""

import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AlbertConfig, AlbertForSequenceClassification
from transformers.utils.logging import disable_progress_bar

from aptarank.config import KINDS
from aptarank.errors import InputError
from aptarank.tokenizer import first_line

disable_progress_bar()  # of transformers: weights load and save in no time

LIMIT = 512  # tokens: ALBERT's max_position_embeddings
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")

# Shapes: nano is ours (its weights start at about 1/sqrt(hidden size): with ALBERT's 0.02, so small
# a model learns several times more slowly); the others are those of Lan et al. 2020, table 1.
SIZES = {
    name: dict(
        zip(
            (
                "embedding_size",
                "hidden_size",
                "num_hidden_layers",
                "num_attention_heads",
                "intermediate_size",
                "initializer_range",
            ),
            shape,
            strict=True,
        )
    )
    for name, shape in {
        "nano": (64, 128, 2, 4, 512, 0.12),
        "base": (128, 768, 12, 12, 3072, 0.02),
        "large": (128, 1024, 24, 16, 4096, 0.02),
        "xlarge": (128, 2048, 24, 16, 8192, 0.02),
        "xxlarge": (128, 4096, 12, 64, 16384, 0.02),
    }.items()
}


def new_model(
    size: str, vocabulary: int, padding: int, dropout: float, kind: str
) -> AlbertForSequenceClassification:
    """Build an ALBERT with random weights (from torch's global random state)."""
    config = AlbertConfig(
        vocab_size=vocabulary,
        pad_token_id=padding,
        max_position_embeddings=LIMIT,
        # The same function as ALBERT's own gelu_new, in one fused operation.
        hidden_act="gelu_pytorch_tanh",
        num_labels=1,
        **SIZES[size],
        **dropouts(dropout),
    )
    config.aptarank = {"kind": kind}
    return AlbertForSequenceClassification(config)


def dropouts(rate: float) -> dict[str, float]:
    """One dropout rate for ALBERT's three."""
    return {
        "hidden_dropout_prob": rate,
        "attention_probs_dropout_prob": rate,
        "classifier_dropout_prob": rate,
    }


def checkpoint_config(checkpoint: str) -> AlbertConfig:
    """Read the configuration of an ALBERT checkpoint: a folder, or a Hugging Face name.

    Raises:
        InputError: a folder that is not a checkpoint, a name that cannot be had, another model.
    """
    folder = Path(checkpoint)
    if folder.exists():
        for name in ("config.json", "model.safetensors"):
            if not (folder / name).is_file():
                raise InputError(
                    f"checkpoint {checkpoint}: not a checkpoint folder, it has no {name}; expected "
                    "what save_pretrained writes (config.json, model.safetensors)"
                )
    elif not HUB_NAME.fullmatch(checkpoint):
        raise InputError(f"checkpoint {checkpoint}: no such folder, and no Hugging Face name")
    try:
        found = AlbertConfig.get_config_dict(checkpoint, local_files_only=folder.exists())[0]
    except (OSError, ValueError) as error:
        raise InputError(
            f"checkpoint {checkpoint}: cannot be read: {first_line(error)}\n"
            "Give a folder with config.json and model.safetensors, or a Hugging Face name."
        ) from None
    if found.get("model_type") != "albert":
        raise InputError(
            f"checkpoint {checkpoint}: a model of type {found.get('model_type')!r}, expected albert"
        )
    return AlbertConfig.from_dict(found)


def from_checkpoint(
    checkpoint: str, vocabulary: int, padding: int, dropout: float, kind: str
) -> AlbertForSequenceClassification:
    """Load a checkpoint's weights under a head with one logit (new where it has another).

    Word embeddings are made anew where the vocabulary is another than the checkpoint's.
    """
    config = checkpoint_config(checkpoint)
    new_vocabulary = config.vocab_size != vocabulary
    config.num_labels = 1
    config.vocab_size = vocabulary
    config.pad_token_id = padding
    for name, value in dropouts(dropout).items():
        setattr(config, name, value)
    config.aptarank = {"kind": kind, "checkpoint": Path(checkpoint).name}
    model = load_weights(
        checkpoint, config=config, ignore_mismatched_sizes=True, dtype=torch.float32
    )
    if new_vocabulary:
        nn.init.normal_(
            model.albert.embeddings.word_embeddings.weight, std=config.initializer_range
        )
    return model


def load_model(folder: Path) -> AlbertForSequenceClassification:
    """Load a fine-tuned model folder of ours, in evaluation mode.

    Raises:
        InputError: no model folder, damaged weights, or not fine-tuned by aptarank.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected a model that finetune.py wrote")
    config = checkpoint_config(str(folder))
    if getattr(config, "aptarank", {}).get("kind") not in KINDS:
        raise InputError(
            f"{folder}: not a model fine-tuned by aptarank: its config.json does not say whether "
            "it is of kind rank or pair"
        )
    return load_weights(folder).eval()


def load_weights(source: str | Path, **options) -> AlbertForSequenceClassification:
    """Load safetensors alone: weights in pickle could execute code."""
    try:
        return AlbertForSequenceClassification.from_pretrained(
            source, use_safetensors=True, local_files_only=Path(source).is_dir(), **options
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{source}: its weights cannot be loaded: {first_line(error)}") from None


def kind_of(model: AlbertForSequenceClassification) -> str:
    """`rank` (reads one aptamer) or `pair` (reads two)."""
    return model.config.aptarank["kind"]


def freeze_backbone(model: AlbertForSequenceClassification) -> None:
    """Train the classifier alone, not the encoder under it."""
    model.albert.requires_grad_(False)


def pick_device(wanted: str) -> tuple[torch.device, str | None]:
    """The device, and a warning where the wanted one is not there (`auto` never warns)."""
    if wanted == "cpu":
        return torch.device("cpu"), None
    if torch.cuda.is_available():
        return torch.device("cuda"), None
    if wanted == "cuda":
        return torch.device("cpu"), "no GPU found: running on the CPU, which is slower"
    return torch.device("cpu"), None
