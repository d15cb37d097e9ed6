"""The fused model in training: transformers' gradients, dropouts and layers."""

import numpy as np
import pytest
import torch

from aptarank.models.depth import set_depth
from aptarank.models.fused import fused
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.torch_inference import as_tensors
from small_models import TOKENIZER, model

LAYER = "albert.encoder.albert_layer_groups.0.albert_layers.0.attention"
DROPOUTS = (
    "albert.embeddings.dropout",
    f"{LAYER}.attention_dropout",
    f"{LAYER}.output_dropout",
    "dropout",
)


def inputs_of(kind):
    """Two inputs of unlike length."""
    sides = [np.array([0, 1]), np.array([2, 0])]
    encoded = encode(TOKENIZER, ["ACGTTA", "GG", "TTACG"])
    return as_tensors(build_inputs(encoded, *sides[: 1 if kind == "rank" else 2]))


@pytest.mark.parametrize("kind", ["rank", "pair"])
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_gradients_are_those_of_transformers(kind, layers):
    made, inputs = model(kind), inputs_of(kind)
    module = fused(made).train()
    set_depth(made, layers)  # as it is changed between steps
    found = []
    for logits in (made.train()(**inputs).logits, module(**inputs)):
        made.zero_grad()
        logits.square().sum().backward()
        found.append([p.grad.clone() for p in made.parameters() if p.grad is not None])
    theirs, ours = found
    assert len(ours) == len(theirs) > 20
    largest = max(gradient.abs().max() for gradient in theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert (one - other).abs().max() <= 1e-5 * largest


@pytest.mark.parametrize("place", DROPOUTS)
def test_each_dropout_of_training(place):
    made, inputs = model("pair"), inputs_of("pair")
    module = fused(made)
    made.get_submodule(place).p = 0.5
    with torch.no_grad():
        assert torch.equal(module(**inputs), module(**inputs))
        module.train()
        ours = torch.stack([module(**inputs) for _ in range(50)])
        theirs = torch.stack([made.train()(**inputs).logits for _ in range(50)])
    assert ours.std(0).min() > 0
    assert 0.4 < ours.std(0).mean() / theirs.std(0).mean() < 2.5
