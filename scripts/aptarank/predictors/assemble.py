"""A predictor of fitted members, or a blend of predictors and encoders, in a model's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aptarank.models.encoder import position_limit
from aptarank.models.model_inputs import encode
from aptarank.models.predictor import (
    FIRST_BASE,
    LIMIT,
    NO_BASE,
    Encoder,
    Predictor,
    PredictorConfig,
)
from aptarank.models.spelling import BASES
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.predictors.fit import Member


def assemble(members: Mapping[str, Member], weights: Mapping[str, float], name: str) -> Predictor:
    """A predictor whose score is the weighted sum of its members' scores.

    Args:
        members: by name.
        weights: of those that take part; differences of the sum are log-odds.
        name: of the predictor.
    """
    parts = [
        {"name": key, "form": members[key].form, "weight": float(weight)} | members[key].sizes
        for key, weight in weights.items()
    ]
    model = Predictor(PredictorConfig(parts, aptarank={"kind": "rank", "predictor": name}))
    for own, key in zip(model.members, weights, strict=True):
        own.load_state_dict(members[key].module.state_dict())
    return model.eval()


def reads_bases(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether each base is one token, with the id that predictors know it by."""
    encoded = encode(tokenizer, ["".join(BASES)])
    return encoded.ids.tolist() == [list(range(FIRST_BASE, FIRST_BASE + NO_BASE))]


def blend(
    stack: Predictor | None,
    encoders: Mapping[str, PreTrainedModel],
    weights: Mapping[str, float],
    name: str,
) -> Predictor:
    """A predictor whose score is the weighted sum of a stack's and of encoders' scores.

    Args:
        encoders: by name.
        weights: of the stack, by its own name, and of the encoders.
    """
    parts: list[dict[str, Any]] = []
    modules: list[nn.Module] = []
    if stack is not None:
        share = weights[stack.config.aptarank["predictor"]]
        parts = [part | {"weight": part["weight"] * share} for part in stack.config.members]
        modules = list(stack.members)
    limits = [LIMIT]
    for key, model in encoders.items():
        config = model.config.to_dict()
        parts.append({"name": key, "form": "encoder", "weight": weights[key], "config": config})
        modules.append(model)
        limits.append(position_limit(model.config))
    used = [index for index, part in enumerate(parts) if part["weight"] > 0] or [0]
    about = {"kind": "rank", "predictor": name}
    blended = Predictor(
        PredictorConfig(
            [parts[index] for index in used], max_position_embeddings=min(limits), aptarank=about
        )
    )
    for own, index in zip(blended.members, used, strict=True):
        target = own.model if isinstance(own, Encoder) else own
        target.load_state_dict(modules[index].state_dict())
    return blended.eval()


def save(model: Predictor, folder: Path, tokenizer: PreTrainedTokenizerBase | None = None) -> None:
    """Write a predictor and the tokenizer that it reads with, that of bases unless one is given."""
    model.save_pretrained(folder)
    (tokenizer or nucleotide_tokenizer(LIMIT, types=False)).save_pretrained(folder)
