"""A predictor of fitted members, or a blend of predictors and encoders, in a model's folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aptarank.models.encoder import position_limit
from aptarank.models.model_inputs import encode
from aptarank.models.predictor import (
    FIRST_BASE,
    LIMIT,
    Encoder,
    Predictor,
    PredictorConfig,
)
from aptarank.models.spelling import BASES, NO_BASE
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


def beside_linear_path(
    encoder: PreTrainedModel, path: Member | None, columns: Sequence[int] | None
) -> Predictor:
    """An encoder that reads some of the tokens, with or without a linear path beside it, to train.

    With a path, the encoder's classifier starts at zero, so that the sum starts as the path.

    Args:
        columns: indices of the tokens that the encoder reads, of inputs of one length; None: all.
    """
    members = [encoder_member("encoder", encoder, 1.0, columns)]
    modules: list[nn.Module] = [encoder]
    if path is not None:
        members.append({"name": "linear", "form": path.form, "weight": 1.0} | path.sizes)
        modules.append(path.module)
        with torch.no_grad():
            last = [module for module in encoder.modules() if isinstance(module, nn.Linear)][-1]
            for parameter in last.parameters():
                parameter.zero_()
    about = dict(encoder.config.aptarank)
    return with_weights(members, modules, position_limit(encoder.config), about)


def encoder_member(
    name: str, model: PreTrainedModel, weight: float, columns: Sequence[int] | None = None
) -> dict[str, Any]:
    """The entry of an encoder among the members of a predictor's configuration."""
    member = {"name": name, "form": "encoder", "weight": weight, "config": model.config.to_dict()}
    return member | ({} if columns is None else {"columns": list(columns)})


def with_weights(
    members: Sequence[dict[str, Any]],
    modules: Sequence[nn.Module],
    limit: int,
    about: Mapping[str, Any],
) -> Predictor:
    """A predictor of these members, with the weights of these modules: encoders, or members."""
    config = PredictorConfig(members, max_position_embeddings=limit, aptarank=dict(about))
    model = Predictor(config)
    for own, module in zip(model.members, modules, strict=True):
        target = own.model if isinstance(own, Encoder) and not isinstance(module, Encoder) else own
        target.load_state_dict(module.state_dict())
    return model.eval()


def blend(
    models: Mapping[str, PreTrainedModel], weights: Mapping[str, float], name: str
) -> Predictor:
    """A predictor whose score is the weighted sum of the scores of predictors and encoders.

    Args:
        models: by name; the members of a predictor become members of the blend.
        weights: of each.
        name: of the blend.
    """
    parts: list[dict[str, Any]] = []
    modules: list[nn.Module] = []
    for key, model in models.items():
        if isinstance(model, Predictor):
            shares = [
                part | {"weight": part["weight"] * weights[key]} for part in model.config.members
            ]
            parts += shares
            modules += model.members
        else:
            parts.append(encoder_member(key, model, weights[key]))
            modules.append(model)
    used = [index for index, part in enumerate(parts) if part["weight"] > 0] or [0]
    return with_weights(
        [parts[index] for index in used],
        [modules[index] for index in used],
        min(position_limit(model.config) for model in models.values()),
        {"kind": "rank", "predictor": name},
    )


def save(model: Predictor, folder: Path, tokenizer: PreTrainedTokenizerBase | None = None) -> None:
    """Write a predictor and the tokenizer that it reads with, that of bases unless one is given."""
    model.save_pretrained(folder)
    (tokenizer or nucleotide_tokenizer(LIMIT, types=False)).save_pretrained(folder)
