"""The losses, against plain loops; and that each teaches."""

import math

import numpy as np
import pytest
import torch

from aptarank.config.model_kinds import KINDS
from aptarank.config.schema import schema
from aptarank.training.loop import finetune
from aptarank.training.losses import LOSSES, hinge, listmle
from aptarank.training.objectives import OBJECTIVES
from small_models import ALONE, model, settings

NAN = math.nan


def test_listmle_of_a_total_order_is_its_plackett_luce_likelihood():
    scores = torch.tensor([0.3, -1.0, 2.0, 0.5])
    order = [2, 0, 3, 1]  # best first
    place = np.argsort(order)
    labels = torch.tensor([[float(place[i] < place[j]) for j in range(4)] for i in range(4)])
    left = [scores[i].item() for i in order]
    likelihood = sum(
        math.log(math.exp(left[i]) / sum(math.exp(score) for score in left[i:])) for i in range(3)
    )
    assert listmle(scores, labels).item() == pytest.approx(-likelihood / 3, rel=1e-6)


def test_listmle_lets_only_labelled_pairs_take_part():
    """Two groups of two and one that nothing is known of: two choices, each between two."""
    labels = torch.full((5, 5), NAN)
    labels[0, 1], labels[1, 0], labels[2, 3], labels[3, 2] = 1, 0, 0.2, 0.8
    scores = torch.tensor([1.0, 0.5, 2.0, -1.0, 9.0], requires_grad=True)
    loss = listmle(scores, labels)
    expected = (math.log1p(math.exp(-0.5)) + math.log1p(math.exp(3.0))) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    loss.backward()
    assert scores.grad[4] == 0
    assert torch.isfinite(scores.grad).all()


def test_hinge():
    logits, labels = torch.tensor([2.0, 0.4, 0.4, 3.0]), torch.tensor([1.0, 1.0, 0.25, 0.5])
    # Beyond the margin; 0.6 within it; on the wrong side, half certain; a draw.
    assert hinge(logits, labels).item() == pytest.approx((0 + 0.6 + 0.5 * 1.4 + 0) / 4)


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_labels_teaches_nothing(name, parts):
    objective = OBJECTIVES["rank"](parts[0], 4, 1, 0.0, LOSSES[name])
    scores = torch.zeros(4, requires_grad=True)
    loss, count = objective.loss(scores, torch.full((4, 4), NAN))
    loss.backward()
    assert (loss.item(), count, scores.grad.tolist()) == (0, 0, [0] * 4)


def test_the_config_offers_what_a_kind_can_learn_by():
    for kind in KINDS.values():
        offered = schema()["$defs"][kind.name]["properties"]["loss"]["enum"]
        fitting = [name for name in LOSSES if kind.scores_aptamers or LOSSES[name].of_pairs]
        assert offered == fitting


@pytest.mark.parametrize(
    ("kind", "name"), [("rank", "hinge"), ("rank", "listmle"), ("pair", "hinge")]
)
def test_models_learn_by_it(kind, name, parts):
    steps = 150 if kind == "rank" else 300
    chosen = settings(kind, loss=name, steps=steps, evaluate_every=50, batch_size=32)
    history = finetune(model(kind), *parts, chosen, 1, ALONE)
    assert history["validation_accuracy"].max() > 0.85
    ranknet = finetune(model(kind), *parts, settings(kind, steps=1), 1, ALONE)
    assert history["train_loss"].iloc[0] != ranknet["train_loss"].iloc[0]
