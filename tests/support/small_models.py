"""Models of random weights, and the settings to train them."""

import dataclasses

import torch

from aptarank.config.resolution import resolve
from aptarank.models.encoder import new_model
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.training.optimisation import Settings
from aptarank.training.processes import World

CPU = torch.device("cpu")


ALONE = World(CPU)


TOKENIZER = nucleotide_tokenizer(512)


def settings(kind, **changes):
    chosen = resolve({"models": {kind: changes}})["models"][kind]
    return Settings(**{field.name: chosen[field.name] for field in dataclasses.fields(Settings)})


def model(kind, dropout=0.0, seed=1):
    torch.manual_seed(seed)
    return new_model("nano", len(TOKENIZER), TOKENIZER.pad_token_id, dropout, kind)
