"""Fine-tuning: both kinds learn, the same seed gives the same bytes, settings do what they say."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import torch

from aptarank.comparison import ByFitness, ByLabels
from aptarank.config import resolve
from aptarank.encoding import Encoded, encode
from aptarank.inference import pair_logits
from aptarank.model import new_model
from aptarank.pairs import Pairs, label_pairs
from aptarank.tokenizer import nucleotide_tokenizer
from aptarank.training import (
    Part,
    RankTask,
    Settings,
    count_steps,
    endless_batches,
    finetune,
    linear_schedule,
    make_optimizer,
    sample_pairs,
)

CPU = torch.device("cpu")
TOKENIZER = nucleotide_tokenizer(512)


def settings(kind, **changes):
    chosen = resolve({"models": {kind: changes}})["models"][kind]
    return Settings(**{field.name: chosen[field.name] for field in dataclasses.fields(Settings)})


def model(kind, dropout=0.0, seed=1):
    torch.manual_seed(seed)
    return new_model("nano", len(TOKENIZER), TOKENIZER.pad_token_id, dropout, kind)


@pytest.fixture
def parts(scored):
    def part(rows):
        fitness, group = rows["score"].to_numpy(), np.zeros(len(rows), dtype=int)
        (pairs,) = label_pairs(fitness, fitness, group, 0.0, None, np.random.default_rng(1))
        compared = ByFitness(np.arange(len(rows)), group, fitness, fitness, 0.0)
        return Part(encode(TOKENIZER, rows["sequence"]), pairs, compared)

    return part(scored.iloc[:90]), part(scored.iloc[90:])


@pytest.mark.parametrize(("kind", "steps", "floor"), [("rank", 60, 0.9), ("pair", 120, 0.75)])
def test_both_kinds_learn(parts, kind, steps, floor):
    chosen = settings(kind, steps=steps, evaluate_every=20, batch_size=64)
    trained = model(kind)
    history = finetune(trained, *parts, chosen, 1, CPU)
    assert history["step"].tolist() == list(range(20, steps + 1, 20))
    assert history["validation_accuracy"].max() > floor
    # The weights kept are those of the best evaluation.
    pairs = parts[1].pairs
    logits = pair_logits(trained, parts[1].encoded, pairs.first, pairs.second, CPU)
    accuracy = np.mean((logits > 0) == (pairs.label == 1))
    assert accuracy == pytest.approx(history["validation_accuracy"].max(), abs=1e-6)


@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_same_seed_same_bytes(parts, kind, tmp_path):
    chosen = settings(kind, steps=6, evaluate_every=3, batch_size=16, dropout=0.1)
    for run in ("one", "two"):
        trained = model(kind, dropout=0.1)
        finetune(trained, *parts, chosen, 5, CPU)
        trained.save_pretrained(tmp_path / run)
    weights = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("one", "two")]
    assert weights[0] == weights[1]


def test_a_rank_model_cannot_contradict_itself(parts):
    encoded, trained = parts[0].encoded, model("rank").eval()
    a, b, c = np.array([0]), np.array([1]), np.array([2])
    ab, ba = pair_logits(trained, encoded, a, b, CPU), pair_logits(trained, encoded, b, a, CPU)
    assert ab == -ba
    bc, ac = pair_logits(trained, encoded, b, c, CPU), pair_logits(trained, encoded, a, c, CPU)
    assert ab + bc == pytest.approx(ac, abs=1e-5)


def test_rank_loss_is_that_of_all_decided_pairs(parts):
    """Against a plain loop over pairs, with bounds, groups and a margin."""
    low, high = np.array([1.0, 3.0, 1.2, 3.0, 9.0, 2.0]), np.array([1.0, 3.0, 1.2, 3.0, 9.0, 9.0])
    group = np.array([0, 0, 0, 0, 1, 0])
    task = RankTask(replace(parts[0], comparison=ByFitness(np.arange(6), group, low, high, 0.5)))
    scores = torch.tensor([0.1, -0.3, 0.7, 2.0, 0.0, 1.0])
    terms = [
        torch.log1p(torch.exp(-(scores[i] - scores[j])))
        for i in range(6)
        for j in range(6)
        if low[i] - high[j] > 0.5 and group[i] == group[j]
    ]
    _, decided = task.batch(np.arange(6), np.random.default_rng(1))
    loss, count = task.loss(scores, decided)
    assert count == len(terms) == 6
    assert loss.item() == pytest.approx(torch.stack(terms).mean().item())
    tied, none = task.loss(scores.requires_grad_(), torch.zeros(6, 6, dtype=bool))
    tied.backward()
    assert (tied.item(), none) == (0.0, 0)


def test_accumulated_gradients_are_those_of_one_large_batch(parts):
    """Two passes of 16 pairs step as one of 32 does (of one length, so in the same order)."""
    ids, lengths, *special = parts[0].encoded
    alike = Encoded(ids, torch.full_like(lengths, 6), *special)
    parts = replace(parts[0], encoded=alike), parts[1]
    states = []
    for size, passes in ((32, 1), (16, 2)):
        trained = model("pair")
        chosen = settings("pair", steps=1, batch_size=size, accumulate=passes, evaluate_every=1)
        finetune(trained, *parts, chosen, 3, CPU)
        states.append(torch.cat([p.detach().flatten() for p in trained.parameters()]))
    start = torch.cat([p.detach().flatten() for p in model("pair").parameters()])
    assert not torch.equal(states[0], start)
    moved = [state - start for state in states]
    assert torch.cosine_similarity(*moved, dim=0) > 0.99


def test_a_frozen_backbone_does_not_move(parts):
    trained = model("rank")
    before = {name: p.detach().clone() for name, p in trained.named_parameters()}
    finetune(trained, *parts, settings("rank", steps=3, freeze=True, evaluate_every=3), 1, CPU)
    for name, parameter in trained.named_parameters():
        assert torch.equal(parameter, before[name]) == name.startswith("albert."), name


def test_stops_early(parts):
    chosen = settings("rank", steps=500, learning_rate=1e-9, evaluate_every=2, patience=3)
    history = finetune(model("rank"), *parts, chosen, 1, CPU)
    assert len(history) < 30


def test_bf16_trains(parts):
    chosen = settings("rank", steps=40, batch_size=64, evaluate_every=20, precision="bf16")
    trained = model("rank")
    history = finetune(trained, *parts, chosen, 1, CPU)
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


def test_schedule_rises_and_falls_to_zero():
    factor = linear_schedule(100, 0.1)
    assert factor(0) == pytest.approx(0.1)
    assert factor(9) == factor(10) == 1
    assert factor(55) == pytest.approx(0.5)
    assert factor(100) == 0


def test_an_epoch_sees_each_example_once():
    same = np.zeros(10, dtype=int)
    batches = endless_batches(same, same, 5, np.random.default_rng(1))
    for _ in range(3):
        assert sorted(np.concatenate([next(batches), next(batches)])) == list(range(10))
    assert (
        len(
            next(endless_batches(np.zeros(3, dtype=int), np.zeros(3), 64, np.random.default_rng(1)))
        )
        == 3
    )


def test_a_batch_has_whole_groups():
    """Of 40 groups of 4, batches of 8 hold two each, others in each epoch."""
    groups = np.tile(np.arange(40), 4)
    batches = endless_batches(groups, groups % 3, 8, np.random.default_rng(1))
    epochs = [[np.sort(groups[next(batches)]) for _ in range(20)] for _ in range(2)]
    for epoch in epochs:
        assert all((np.bincount(batch, minlength=40) % 4 == 0).all() for batch in epoch)
        assert (np.bincount(np.concatenate(epoch)) == 4).all()
    assert {tuple(b) for b in epochs[0]} != {tuple(b) for b in epochs[1]}


def test_a_batch_is_of_like_lengths():
    """Padding is a small part of a batch, whatever the lengths; each epoch sees all once."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(10, 200, 6400)
    batches = endless_batches(np.zeros(6400, dtype=int), lengths, 64, rng)
    for _ in range(2):
        epoch = [next(batches) for _ in range(100)]
        assert sorted(np.concatenate(epoch)) == list(range(6400))
        padded = sum(64 * lengths[batch].max() for batch in epoch)
        assert padded < 1.05 * lengths.sum()
        assert np.corrcoef([lengths[b].mean() for b in epoch], np.arange(100))[0, 1] < 0.5


def test_few_examples_of_many_lengths_all_get_their_turn():
    """Fewer than a pool and no whole number of batches: neither left out nor in order of length."""
    rng = np.random.default_rng(1)
    lengths = np.arange(10, 110)
    batches = endless_batches(np.zeros(100, dtype=int), lengths, 8, rng)
    drawn = [next(batches) for _ in range(12 * 20)]
    assert set(np.concatenate(drawn)) == set(range(100))
    firsts = [lengths[batch].max() for batch in drawn[::12]]
    assert max(firsts) > 80


def test_ready_made_labels_teach_what_they_say_and_no_more():
    pairs = Pairs(np.array([0, 2, 1]), np.array([1, 0, 3]), np.array([1, 0, 1], dtype=np.int8))
    compared = ByLabels(pairs, 4)
    wins = compared.decided(np.array([1, 3, 0]))
    # 0 beats 1, 0 beats 2, 1 beats 3; 0 and 3 were never compared.
    assert wins.tolist() == [[False, True, False], [False] * 3, [True, False, False]]


def test_validation_pairs_are_drawn_from_all(parts):
    """The table's first pairs are those that the first aptamers win."""
    pairs = parts[0].pairs

    def winner(some):
        """Median place of the fitter aptamer, from 0 to 1."""
        fitter = np.where(some.label == 1, some.first, some.second)
        return np.median(fitter) / len(parts[0].encoded)

    few = sample_pairs(pairs, 300, np.random.default_rng(1))
    assert len(few.label) == 300
    assert winner(few) == pytest.approx(winner(pairs), abs=0.1)
    assert winner(Pairs(*(column[:300] for column in pairs))) < 0.15
    assert sample_pairs(pairs, 10**9, np.random.default_rng(1)) is pairs


def test_epochs_become_steps():
    assert count_steps(settings("pair", epochs=2, batch_size=10), 100) == 20
    assert count_steps(settings("pair", epochs=0.5, batch_size=10, accumulate=2), 100) == 3
    assert count_steps(settings("pair", steps=7), 100) == 7


@pytest.mark.gpu
def test_trains_on_a_gpu(parts):
    chosen = settings("pair", steps=120, batch_size=64, evaluate_every=20, precision="bf16")
    history = finetune(model("pair"), *parts, chosen, 1, torch.device("cuda"))
    assert history["validation_accuracy"].max() > 0.75
