"""Fewer layers than a model has: a training that is stopped, an encoder that cannot."""

import pytest
import torch

from aptarank.core.errors import InputError
from aptarank.models.depth import depths_of
from aptarank.models.encoder import from_checkpoint
from aptarank.training.loop import Training, finetune
from aptarank.training.resuming import CheckpointPolicy, resume
from architectures import save_checkpoint
from small_models import ALONE, model, settings


def test_a_stop_among_depths_changes_nothing(parts, tmp_path):
    """Bit for bit, after any number of steps: the depth of a step is a function of the step."""
    chosen = settings("rank", depths=[1], steps=8, evaluate_every=3, batch_size=16, dropout=0.1)
    whole = model("rank", dropout=0.1)
    history = finetune(whole, *parts, chosen, 5, ALONE)
    for stop in (1, 4):
        keep = CheckpointPolicy(tmp_path / str(stop), "this")
        first = Training(model("rank", dropout=0.1), *parts, chosen, 5, ALONE)
        resume(first, keep)
        for _ in range(stop):
            first.train_step()
            if first.step % 3 == 0:
                first.evaluate()
        first.save(keep)
        again = model("rank", dropout=0.1)
        assert finetune(again, *parts, chosen, 5, ALONE, keep).equals(history)
        assert again.config.num_hidden_layers == 2
        for ours, theirs in zip(again.parameters(), whole.parameters(), strict=True):
            assert torch.equal(ours, theirs)


def test_depths_of_a_bert(tmp_path):
    bert = from_checkpoint(str(save_checkpoint("bert", tmp_path)), 14, 0, 0.0, "rank")
    assert depths_of(bert, []) == []
    with pytest.raises(InputError, match="type bert cannot be run with 1 layers"):
        depths_of(bert, [1])
