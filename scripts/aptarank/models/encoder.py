"""An encoder with one logit: ALBERT from scratch at a named size, or any from a checkpoint."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    CONFIG_MAPPING,
    AlbertConfig,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from aptarank.config.input_files import check_checkpoint
from aptarank.config.model_kinds import KINDS, ModelKind
from aptarank.core.errors import InputError, first_line
from aptarank.core.log import logger
from aptarank.models.model_files import (
    PREDICTOR,
    about_of,
    check_parameters,
    read_config,
    without_runtime,
)
from aptarank.models.predictor import ENCODERS, Predictor
from aptarank.models.tokenizer import LIMIT

LITTLE_DROPOUT = 0.02  # for labels with little noise
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


def make_model(
    settings: Mapping, tokenizer: PreTrainedTokenizerBase, init: Path | None = None
) -> PreTrainedModel:
    """Build the model that the settings ask for, with one logit, ready to be fine-tuned.

    Args:
        settings: those of one model, resolved: `kind`, `size`, `checkpoint`, `tokenizer`, ….
        tokenizer: what makes its inputs.
        init: folder of a model of ours to start from, fine-tuned or pretrained, which has the same
            tokenizer; it takes the checkpoint's place.

    Raises:
        InputError: the checkpoint, or `init`, cannot be loaded or is not an encoder.
    """
    return build(AutoModelForSequenceClassification, settings, tokenizer, init)


def make_masked_model(settings: Mapping, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """Build the encoder of `make_model` under a head that restores masked tokens."""
    return build(AutoModelForMaskedLM, settings, tokenizer)


def build(
    auto: Any, settings: Mapping, tokenizer: PreTrainedTokenizerBase, init: Path | None = None
) -> PreTrainedModel:
    """Build a model of one of transformers' auto classes, as `make_model` says."""
    source = init or settings["checkpoint"]
    make = {
        "vocabulary": len(tokenizer),
        "padding": tokenizer.pad_token_id,
        # None where training has no aptamers to choose it by, as pretraining.
        "dropout": LITTLE_DROPOUT if settings["dropout"] is None else settings["dropout"],
        "kind": settings["kind"],
    }
    if source is None:
        return auto.from_config(new_config(settings["size"], **make))
    if init or settings["tokenizer"] == "pretrained":
        # The vocabulary is the source's own, whose table of embeddings may be longer.
        rows = checkpoint_config(str(source)).vocab_size
        if len(tokenizer) > rows:
            raise InputError(
                f"checkpoint {source}: its tokenizer has {len(tokenizer)} tokens, but its weights "
                f"have word embeddings for only {rows}"
            )
        make["vocabulary"] = rows
    model = from_checkpoint(str(source), **make, auto=auto)
    if init:
        del model.config.aptarank["checkpoint"]  # a folder of the run
        model.config.aptarank |= {
            key: settings[key] for key in ("checkpoint", "init_from") if settings.get(key)
        }
    return model


def new_config(
    size: str, vocabulary: int, padding: int, dropout: float, kind: str
) -> PreTrainedConfig:
    """The configuration of an ALBERT of a named size."""
    config = AlbertConfig(
        vocab_size=vocabulary,
        pad_token_id=padding,
        max_position_embeddings=LIMIT,
        # The same function as ALBERT's own gelu_new, in one fused operation.
        hidden_act="gelu_pytorch_tanh",
        num_labels=1,
        **SIZES[size],
    )
    set_dropout(config, dropout)
    config.aptarank = {"kind": kind}
    return config


def new_model(
    size: str, vocabulary: int, padding: int, dropout: float, kind: str
) -> PreTrainedModel:
    """Build an ALBERT with random weights (from torch's global random state)."""
    config = new_config(size, vocabulary, padding, dropout, kind)
    return AutoModelForSequenceClassification.from_config(config)


def set_dropout(config: PreTrainedConfig, rate: float) -> None:
    """Set every rate that a configuration calls a dropout: each architecture names its own."""
    for name, value in config.to_dict().items():
        if "dropout" in name and not isinstance(value, bool):
            setattr(config, name, rate)
    for member in getattr(config, "members", ()):  # of a predictor
        inner = member.get("config", {})
        names = [name for name in inner if "dropout" in name and not isinstance(inner[name], bool)]
        inner |= dict.fromkeys(names, rate)


def checkpoint_config(checkpoint: str) -> PreTrainedConfig:
    """Read the configuration of a checkpoint: a folder, or a Hugging Face name.

    Raises:
        InputError: a folder that is not a checkpoint, a name that cannot be loaded, or not an
            encoder of transformers' own.
    """
    folder = Path(checkpoint)
    if folder.exists():
        check_checkpoint(checkpoint)
    elif not HUB_NAME.fullmatch(checkpoint):
        raise InputError(f"checkpoint {checkpoint}: no such folder, and not a Hugging Face name")
    try:
        if folder.exists():
            found = read_config(folder)
        else:
            theirs = PreTrainedConfig.get_config_dict(checkpoint)[0]
            found = without_runtime(theirs, f"checkpoint {checkpoint}")
        kind = found.get("model_type")
        loaded = kind in ENCODERS or kind == PREDICTOR
        config = CONFIG_MAPPING[kind].from_dict(found) if loaded else None
    except (InputError, MemoryError):
        raise
    except Exception as error:  # transformers' checks of values raise classes of their own
        raise InputError(
            f"checkpoint {checkpoint}: cannot be read: {first_line(error)}\n"
            "Give a folder with config.json and model.safetensors, or a Hugging Face name."
        ) from None
    if config is None or config.is_encoder_decoder or getattr(config, "is_decoder", False):
        why = (
            "needs code of its own, which is never run"
            if found.get("auto_map") and kind not in CONFIG_MAPPING
            else "is not an encoder with which transformers can classify sequences"
        )
        raise InputError(
            f"checkpoint {checkpoint}: a model of type {kind!r} {why}.\n"
            "Expected an encoder such as albert, bert, roberta, distilbert or electra."
        )
    if folder.exists():
        check_parameters(shapeless(config, checkpoint).num_parameters(), folder)
    return config


def shapeless(config: PreTrainedConfig, source: str) -> PreTrainedModel:
    """A model of this configuration without its weights, which takes no memory.

    Raises:
        InputError: no such model can be made.
    """
    try:
        with torch.device("meta"):
            return AutoModelForSequenceClassification.from_config(config)
    except Exception as error:  # whatever a number makes of the arithmetic of sizes
        raise InputError(
            f"{source}: no model of type {config.model_type!r} can be made of its config.json: "
            f"{first_line(error)}"
        ) from None


def from_checkpoint(
    checkpoint: str,
    vocabulary: int,
    padding: int,
    dropout: float,
    kind: str,
    auto: Any = AutoModelForSequenceClassification,
) -> PreTrainedModel:
    """Load a checkpoint's weights under a head with one logit (new where it has another).

    Word embeddings are new if the vocabulary is not the checkpoint's.
    """
    config = checkpoint_config(checkpoint)
    config.num_labels = 1
    config.vocab_size = vocabulary
    config.pad_token_id = padding
    set_dropout(config, dropout)
    config.aptarank = {"kind": kind, "checkpoint": Path(checkpoint).name}
    return load_weights(
        checkpoint, auto, config=config, ignore_mismatched_sizes=True, dtype=torch.float32
    )


def load_model(folder: Path, device: torch.device | None = None) -> PreTrainedModel:
    """Load a fine-tuned model folder of ours, in evaluation mode, on a device (None: the CPU).

    Raises:
        InputError: no model folder, damaged weights, or not fine-tuned by aptarank.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected a model that finetune.py wrote")
    config = checkpoint_config(str(folder))
    kind_in(config, folder)
    model = load_weights(folder, config=config, dtype="auto").eval()
    nn.Module.to(model, device)  # transformers hides the types of its own `to`
    return model


def kind_in(config: PreTrainedConfig, folder: Path) -> ModelKind:
    """The kind of a fine-tuned model by its configuration.

    Raises:
        InputError: it is not a model of ours.
    """
    name = about_of({"aptarank": getattr(config, "aptarank", None)}, folder)["kind"]
    if config.num_labels != 1:
        raise InputError(f"{folder}: a model with {config.num_labels} logits; expected one")
    return KINDS[name]


def load_weights(
    source: str | Path, auto: Any = AutoModelForSequenceClassification, **options: Any
) -> PreTrainedModel:
    """Load safetensors alone: weights in pickle could execute code.

    Raises:
        InputError: they cannot be read, or are not those of the encoder that config.json says. (A
            head and a pooler, which is below it, may be new, and word embeddings of another size.)
    """
    try:
        model, info = auto.from_pretrained(
            source,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=Path(source).is_dir(),
            output_loading_info=True,
            **options,
        )
    except (InputError, MemoryError):
        raise
    except Exception as error:  # transformers and what it asks have dozens of classes
        raise InputError(f"{source}: its weights cannot be loaded: {first_line(error)}") from None
    if lost := sorted(lost_weights(model, info)):
        raise InputError(
            f"{source}: its weights are not those of its config.json: {len(lost)} of the encoder's "
            f"are missing or of another size, the first is {lost[0]}"
        )
    return model


def lost_weights(model: PreTrainedModel, info: Mapping[str, Any]) -> set[str]:
    """Names of weights that were not loaded but must be.

    Args:
        info: transformers' account of what was loaded.
    """
    resized = {name for name, *_ in info["mismatched_keys"]}
    if isinstance(model, Predictor):
        return info["missing_keys"] | resized
    words = model.get_input_embeddings().weight
    of_words = next(name for name, weight in model.named_parameters() if weight is words)
    return {
        name
        for name in info["missing_keys"] | (resized - {of_words})
        if name.startswith(f"{model.base_model_prefix}.") and "pooler" not in name
    }


def position_limit(config: PreTrainedConfig) -> int:
    """Most tokens of one input.

    RoBERTa and its kin count positions from the padding token's id on, and lose as many.
    """
    model = shapeless(config, "the model")
    lost = [
        module.padding_idx + 1
        for name, module in model.named_modules()
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None
    ]
    return getattr(config, "max_position_embeddings", LIMIT) - max(lost, default=0)


def token_types(config: PreTrainedConfig) -> bool:
    """Whether the model can tell the second aptamer of a pair by its token type."""
    return getattr(config, "type_vocab_size", 0) > 1


def kind_of(model: PreTrainedModel) -> ModelKind:
    """The kind of a model of ours, loaded or to be trained."""
    return KINDS[model.config.aptarank["kind"]]


def freeze_backbone(model: PreTrainedModel) -> None:
    """Train the classifier alone, not the encoder under it."""
    model.base_model.requires_grad_(False)


def pick_device(name: str) -> torch.device:
    """The device of a program's `--device`: `auto`, `cpu` or `cuda`.

    Without a GPU it is the CPU; if `cuda` was asked for, a warning says so.
    """
    if name != "cpu" and torch.cuda.is_available():
        return torch.device("cuda")
    if name == "cuda":
        logger.warning("no GPU found: running on the CPU, which is slower")
    return torch.device("cpu")
