"""Models of random weights, and the settings to train them."""

import numpy as np
import torch

from aptarank.config.model_kinds import KINDS
from aptarank.config.resolution import resolve
from aptarank.exports.onnx_model import export_onnx
from aptarank.models.encoder import new_model
from aptarank.models.fused import fused
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.training.optimisation import TrainingSettings
from aptarank.training.processes import World

CPU = torch.device("cpu")
ALONE = World(CPU)
TOKENIZER = nucleotide_tokenizer(512)


def settings(kind, **changes):
    changes = {"learning_rate": KINDS[kind].learning_rate} | changes
    chosen = resolve({"models": {kind: changes}})["models"][kind]
    return TrainingSettings.of(chosen, None)  # the rate is given


def model(kind, dropout=0.0, seed=1):
    torch.manual_seed(seed)
    return new_model("nano", len(TOKENIZER), TOKENIZER.pad_token_id, dropout, kind)


def saved(folder, kind="rank"):
    """A model and its tokenizer in a folder as finetune.py leaves it; returns the model."""
    made = model(kind).eval()
    made.save_pretrained(folder)
    TOKENIZER.save_pretrained(folder)
    return made


def exported(made, path):
    """A rank model as an ONNX file, fused."""
    inputs = {
        "input_ids": np.random.default_rng(1).integers(5, 9, (2, 12)),
        "attention_mask": np.ones((2, 12), dtype=np.int64),
    }
    export_onnx(fused(made), inputs, path, 20)
