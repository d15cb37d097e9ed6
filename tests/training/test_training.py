"""Fine-tuning: both kinds learn, the same seed gives the same bytes, settings do what they say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from aptarank.models.encoder import new_model
from aptarank.models.model_inputs import TokenizedAptamers
from aptarank.models.torch_inference import torch_scorer
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.soft_labels import ByFitness, ByLabels
from aptarank.training.batch_sampler import sample_pairs
from aptarank.training.loop import Training, finetune
from aptarank.training.losses import LOSSES
from aptarank.training.objectives import RankObjective
from aptarank.training.optimisation import (
    Schedule,
    count_steps,
    make_optimizer,
    pick_learning_rate,
)
from small_models import ALONE, CPU, TOKENIZER, model, settings


@pytest.mark.parametrize(("kind", "steps", "floor"), [("rank", 60, 0.9), ("pair", 120, 0.75)])
def test_both_kinds_learn(parts, kind, steps, floor):
    chosen = settings(kind, steps=steps, evaluate_every=20, batch_size=64)
    trained = model(kind)
    history = finetune(trained, *parts, chosen, 1, ALONE)
    assert history["step"].tolist() == list(range(20, steps + 1, 20))
    assert history["validation_accuracy"].max() > floor
    # The weights kept are those of the best evaluation.
    pairs = parts[1].pairs
    scorer = torch_scorer(trained, TOKENIZER, CPU)
    logits = scorer.pair_logits(parts[1].encoded, pairs.first, pairs.second)
    accuracy = np.mean((logits > 0) == (pairs.label == 1))
    assert accuracy == pytest.approx(history["validation_accuracy"].max(), abs=1e-6)


@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_same_seed_same_bytes(parts, kind, tmp_path):
    chosen = settings(kind, steps=6, evaluate_every=3, batch_size=16, dropout=0.1)
    for run in ("one", "two"):
        trained = model(kind, dropout=0.1)
        finetune(trained, *parts, chosen, 5, ALONE)
        trained.save_pretrained(tmp_path / run)
    weights = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("one", "two")]
    assert weights[0] == weights[1]


def test_a_rank_model_cannot_contradict_itself(parts):
    encoded, trained = parts[0].encoded, model("rank").eval()
    a, b, c = np.array([0]), np.array([1]), np.array([2])
    scorer = torch_scorer(trained, TOKENIZER, CPU)
    ab, ba = scorer.pair_logits(encoded, a, b), scorer.pair_logits(encoded, b, a)
    assert ab == -ba
    bc, ac = scorer.pair_logits(encoded, b, c), scorer.pair_logits(encoded, a, c)
    assert ab + bc == pytest.approx(ac, abs=1e-5)


@pytest.mark.parametrize("softness", [0, 0.3])
def test_rank_loss_is_that_of_all_labelled_pairs(parts, softness):
    """Against a plain loop over pairs, with bounds, a tie, groups and a margin."""
    low = np.array([1.0, 3.0, 1.2, 3.0, 9.0, 2.0])
    high = np.array([1.0, 3.0, 1.2, 3.0, 9.0, 9.0])
    group = np.array([0, 0, 0, 0, 1, 0])
    # Share of the four exact ones of group 0 that is no fitter, ties in the middle.
    place = [0.25, 0.875, 0.5, 0.875, 1.0, None]
    compared = ByFitness(np.arange(6), group, low, high, 0.5)
    part = replace(parts[0], comparison=compared)
    task = RankObjective(part, 6, 1, softness, LOSSES["ranknet"])
    scores = torch.tensor([0.1, -0.3, 0.7, 2.0, 0.0, 1.0])
    terms = []
    for i in range(6):
        for j in range(6):
            soft = softness and None not in (place[i], place[j])
            if i == j or group[i] != group[j]:
                continue
            win, lose = (torch.log1p(torch.exp(s * (scores[i] - scores[j]))) for s in (-1, 1))
            p = 1 / (1 + np.exp(-(place[i] - place[j]) / softness)) if soft else 1.0
            if low[i] - high[j] > 0.5:
                terms.append(p * win + (1 - p) * lose)
            elif soft and i < j and low[i] == low[j]:
                terms.append((win + lose) / 2)
    batch = task.batch(0, ALONE)
    loss, count = task.loss(scores[batch.aptamers], batch.target)
    assert count == len(terms) == (7 if softness else 6)
    assert loss.item() == pytest.approx(torch.stack(terms).mean().item())
    tied, none = task.loss(scores.requires_grad_(), torch.full((6, 6), torch.nan))
    tied.backward()
    assert (tied.item(), none) == (0.0, 0)


def test_soft_labels_of_pairs(parts):
    """As in a batch; hard where an aptamer was measured in two groups."""
    fitness, aptamers = np.array([1.0, 2.0, 5.0, 3.0]), np.array([0, 1, 2, 2])
    compared = ByFitness(aptamers, np.array([0, 0, 0, 1]), fitness, fitness, 0.0)
    pairs = Pairs(np.array([1, 0]), np.array([0, 2]), np.array([1, 0], dtype=np.int8))
    soft = compared.of_pairs(pairs, 0.5)
    assert soft == pytest.approx([1 / (1 + np.exp(-(2 / 3 - 1 / 3) / 0.5)), 0])
    assert soft[0] == pytest.approx(compared.of_batch(np.array([1, 0]), 0.5)[0, 1])
    assert compared.of_pairs(pairs, 0).tolist() == [1, 0]


def test_accumulated_gradients_are_those_of_one_large_batch(parts):
    """Two passes of 16 pairs step as one of 32 does (of one length, so in the same order)."""
    ids, lengths, *special = parts[0].encoded
    alike = TokenizedAptamers(ids, np.full_like(lengths, 6), *special)
    parts = replace(parts[0], encoded=alike), parts[1]
    states = []
    for size, passes in ((32, 1), (16, 2)):
        trained = model("pair")
        chosen = settings("pair", steps=1, batch_size=size, accumulate=passes, evaluate_every=1)
        finetune(trained, *parts, chosen, 3, ALONE)
        states.append(torch.cat([p.detach().flatten() for p in trained.parameters()]))
    start = torch.cat([p.detach().flatten() for p in model("pair").parameters()])
    assert not torch.equal(states[0], start)
    moved = [state - start for state in states]
    assert torch.cosine_similarity(*moved, dim=0) > 0.99


def test_a_frozen_backbone_does_not_move(parts):
    trained = model("rank")
    before = {name: p.detach().clone() for name, p in trained.named_parameters()}
    finetune(trained, *parts, settings("rank", steps=3, freeze=True, evaluate_every=3), 1, ALONE)
    for name, parameter in trained.named_parameters():
        assert torch.equal(parameter, before[name]) == name.startswith("albert."), name


def test_the_rate_falls_once_nothing_improves(parts):
    """In a tenth of the steps, as it would at the end, and training ends then."""
    still = settings("rank", steps=500, learning_rate=1e-9, evaluate_every=2, patience=5)
    training = Training(model("rank"), *parts, still, 1, ALONE)
    while training.step < training.schedule.steps:
        training.train_step()
        if training.step % 2 == 0:
            training.evaluate()
            training.end_soon()
    stalled = training.best_step + 10
    assert training.schedule.steps == round(stalled / 0.9) < 30
    history = finetune(model("rank"), *parts, still, 1, ALONE)
    assert history["step"].iloc[-1] == training.schedule.steps


def test_bf16_trains(parts):
    chosen = settings("rank", steps=40, batch_size=64, evaluate_every=20, precision="bf16")
    trained = model("rank")
    history = finetune(trained, *parts, chosen, 1, ALONE)
    assert history["validation_accuracy"].max() > 0.8
    assert all(p.dtype == torch.float32 for p in trained.parameters())


def test_no_decay_on_biases_and_norms():
    trained = model("rank")
    decayed, free = make_optimizer(trained, settings("rank")).param_groups
    names = {id(p): name for name, p in trained.named_parameters()}
    assert decayed["weight_decay"] > 0
    assert free["weight_decay"] == 0
    assert all(
        "bias" in names[id(p)] or "LayerNorm" in names[id(p)] or "layer_norm" in names[id(p)]
        for p in free["params"]
    )
    assert not any("bias" in names[id(p)] for p in decayed["params"])
    assert len(names) == len(decayed["params"]) + len(free["params"])


def test_schedule_rises_stays_and_falls_to_zero():
    factor = Schedule.of(100, 0.1, 0.2).factor
    assert factor(0) == pytest.approx(0.1)
    assert factor(9) == factor(10) == factor(80) == 1
    assert factor(90) == pytest.approx(0.5)
    assert factor(100) == 0
    linear = Schedule.of(100, 0.1, 0.9).factor
    assert [linear(9), linear(10), linear(55)] == pytest.approx([1, 1, 0.5])


def test_a_schedule_that_falls_early():
    schedule = Schedule.of(1000, 0.1, 0.2)
    schedule.fall_from(400)
    assert schedule.steps == 500
    assert [schedule.factor(step) for step in (0, 99, 400, 450, 500)] == [0.01, 1, 1, 0.5, 0]
    schedule.fall_from(410)  # it does already
    assert schedule.steps == 500
    for decay, steps in ((0, 400), (1, 1000)):
        schedule = Schedule.of(1000, 0.1, decay)
        schedule.fall_from(400)
        assert schedule.steps == steps


def test_the_average_follows_the_weights(parts):
    """It is the exponential mean of all weights, and what is evaluated and kept."""
    chosen = settings("rank", steps=30, average=0.9, evaluate_every=30, batch_size=16)
    training = Training(model("rank"), *parts, chosen, 1, ALONE)
    weight = training.model.classifier.weight
    expected = None
    for step in range(30):
        training.train_step()
        keep = min(0.9, step / (step + 10))
        now = weight.detach().clone()
        expected = now if expected is None else keep * expected + (1 - keep) * now
    kept = training.ema_model.module.classifier.weight
    assert torch.allclose(kept, expected, atol=1e-6)
    assert not torch.allclose(kept, weight)
    training.evaluate()
    assert torch.equal(training.best_weights["classifier.weight"], kept)
    alone = Training(model("rank"), *parts, replace(chosen, average=0), 1, ALONE)
    for _ in range(3):
        alone.train_step()
    assert torch.equal(alone.ema_model.module.classifier.weight, alone.model.classifier.weight)


def test_ready_made_labels_teach_what_they_say_and_no_more():
    pairs = Pairs(np.array([0, 2, 1]), np.array([1, 0, 3]), np.array([1, 0, 1], dtype=np.int8))
    compared = ByLabels(pairs, 4)
    label = compared.of_batch(np.array([1, 3, 0]), 0.02)
    # 0 beats 1, 0 beats 2, 1 beats 3; 0 and 3 were never compared.
    none = np.nan
    assert np.array_equal(label, [[none, 1, 0], [0, none, none], [1, none, none]], equal_nan=True)


def test_validation_pairs_are_drawn_from_all(parts):
    """The table's first pairs are those that the first aptamers win."""
    pairs = parts[0].pairs

    def winner(some):
        """Median place of the fitter aptamer, from 0 to 1."""
        fitter = np.where(some.label == 1, some.first, some.second)
        return np.median(fitter) / len(parts[0].encoded)

    few = sample_pairs(pairs, 300, 1)
    assert few.total == 300
    assert winner(few) == pytest.approx(winner(pairs), abs=0.1)
    assert winner(pairs.take(np.arange(300))) < 0.15
    assert np.array_equal(sample_pairs(pairs, 10**9, 1), pairs)


def test_epochs_become_steps():
    assert count_steps(settings("pair", epochs=2, batch_size=10), 100) == 20
    assert count_steps(settings("pair", epochs=0.5, batch_size=10, accumulate=2), 100) == 3
    assert count_steps(settings("pair", steps=7), 100) == 7


@pytest.mark.parametrize(
    ("kind", "size", "rate"),
    [
        ("rank", "nano", 1e-3),
        ("pair", "nano", 5e-4),
        ("rank", "base", 1e-4),
        ("pair", "base", 1e-4),
    ],
)
def test_wide_encoders_learn_at_lower_rates(kind, size, rate):
    made = new_model(size, len(TOKENIZER), TOKENIZER.pad_token_id, 0.0, kind)
    left = {"kind": kind, "learning_rate": None, "freeze": False}
    assert pick_learning_rate(left, made) == rate
    assert pick_learning_rate(left | {"learning_rate": 0.01}, made) == 0.01
