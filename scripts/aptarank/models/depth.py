"""How many layers of an ALBERT are run: they share their weights, so any number can be."""

from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedConfig, PreTrainedModel

from aptarank.core.errors import InputError
from aptarank.models.predictor import encoder_in


def shares_layers(config: PreTrainedConfig) -> bool:
    """Whether all layers are one and the same, run again and again (Lan et al. 2020)."""
    return config.model_type == "albert" and config.num_hidden_groups * config.inner_group_num == 1


def check_depth(model: PreTrainedModel, layers: int) -> None:
    """Raise InputError where a model cannot be run with this many layers."""
    encoder = encoder_in(model)
    if encoder is None:
        raise InputError(f"a predictor without an encoder cannot be run with {layers} layers")
    config = encoder.config
    if not shares_layers(config):
        raise InputError(
            f"a model of type {config.model_type} cannot be run with {layers} layers: its own do "
            "not share their weights, as those of an ALBERT with one group do"
        )
    if not 1 <= layers <= config.num_hidden_layers:
        raise InputError(f"{layers} layers were asked for, of {config.num_hidden_layers}")


def set_depth(model: PreTrainedModel, layers: int) -> None:
    """Run this many layers from now on; `check_depth` says which numbers can be."""
    encoder = encoder_in(model)
    assert encoder is not None
    encoder.config.num_hidden_layers = layers


def layers_of(model: PreTrainedModel) -> int | None:
    """The layers that are run, of the first encoder; None for a predictor without one."""
    encoder = encoder_in(model)
    return None if encoder is None else encoder.config.num_hidden_layers


def depths_of(model: PreTrainedModel, depths: Sequence[int]) -> list[int]:
    """The depths to train at: these and the model's own, in order.

    Raises:
        InputError: the model cannot be run at one of them.
    """
    for layers in depths:
        check_depth(model, layers)
    own = layers_of(model)
    return sorted({*depths, own}) if depths and own is not None else []


def depth_of_step(depths: Sequence[int], seed: int, step: int) -> int:
    """One of the depths, drawn for a step of training (as layers are in LayerDrop, Fan et al. 2019,
    arXiv:1909.11556). A function of seed and step, so that a resumed training draws the same.
    """
    return depths[int(np.random.default_rng([seed, step]).integers(len(depths)))]
