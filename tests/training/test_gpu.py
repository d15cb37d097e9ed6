"""Training and inference on a GPU; skipped where there is none."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from aptarank.exports.variant_info import write_about
from aptarank.exports.variants import FORMS, load_variant, write_variant
from aptarank.models.encoder import new_model
from aptarank.models.model_inputs import build_inputs
from aptarank.models.torch_inference import torch_forward, torch_scorer
from aptarank.training.checkpoints import load_checkpoint
from aptarank.training.loop import Training, finetune
from aptarank.training.optimisation import WIDE_RATE
from aptarank.training.processes import World
from aptarank.training.resuming import CheckpointPolicy
from small_models import ALONE, CPU, TOKENIZER, model, settings

pytestmark = pytest.mark.gpu
CUDA = torch.device("cuda")
GPU_FORMS = [name for name, form in FORMS.items() if form.gpu or name == "torch-compile"]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(("kind", "steps", "floor"), [("rank", 60, 0.9), ("pair", 120, 0.75)])
def test_models_learn(parts, kind, steps, floor, precision):
    chosen = settings(
        kind, steps=steps, batch_size=64, evaluate_every=20, precision=precision, compile=False
    )
    trained = model(kind)
    history = finetune(trained, *parts, chosen, 1, World(CUDA))
    assert history["validation_accuracy"].max() > floor
    # The weights give the same answers on the CPU.
    pairs = parts[1].pairs
    scorer = torch_scorer(trained.cpu(), TOKENIZER, CPU)
    logits = scorer.pair_logits(parts[1].encoded, pairs.first, pairs.second)
    accuracy = np.mean((logits > 0) == (pairs.label == 1))
    assert accuracy == pytest.approx(history["validation_accuracy"].max(), abs=0.01)


def test_compiled_training_learns(parts):
    chosen = settings("rank", steps=60, batch_size=64, evaluate_every=20, compile=True)
    history = finetune(model("rank"), *parts, chosen, 1, World(CUDA))
    assert history["validation_accuracy"].max() > 0.9


def test_loss_curve_is_that_of_the_cpu(parts):
    chosen = settings("rank", steps=20, batch_size=32, evaluate_every=5, precision="fp32")
    on_cpu, on_gpu = (finetune(model("rank"), *parts, chosen, 1, w) for w in (ALONE, World(CUDA)))
    for column in ("train_loss", "validation_loss"):
        assert np.allclose(on_cpu[column], on_gpu[column], rtol=1e-3), column


@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_a_checkpoint_resumes(parts, kind, tmp_path):
    """With dropout, whose random state is the GPU's."""
    chosen = settings(
        kind, steps=30, batch_size=16, evaluate_every=10, dropout=0.1, precision="fp32"
    )
    policy = CheckpointPolicy(tmp_path, "this")

    def start():
        return Training(model(kind, dropout=0.1), *parts, chosen, 1, World(CUDA))

    def advance(training):
        for _ in range(10):
            training.train_step()
        training.evaluate()
        return training.history[-1]["train_loss"]

    whole = start()
    advance(whole)
    whole.save(policy)
    expected = advance(whole)
    resumed = start()
    resumed.restore(*load_checkpoint(tmp_path, "this"))
    assert resumed.step == 10
    assert advance(resumed) == pytest.approx(expected, rel=1e-4)
    # Without the random state, dropout would be another.
    other = start()
    tensors, values = load_checkpoint(tmp_path, "this")
    other.restore({n: t for n, t in tensors.items() if not n.startswith("random.cuda")}, values)
    assert advance(other) != pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["rank", "pair"])
@pytest.mark.parametrize("name", GPU_FORMS)
def test_forms_give_the_same_logits(parts, kind, name, tmp_path):
    missing = FORMS[name].missing(CUDA)
    if missing:
        pytest.skip(missing)
    made = model(kind).eval()
    encoded = parts[0].encoded
    indices = np.arange(60)
    inputs = build_inputs(encoded, indices, indices[::-1] if kind == "pair" else None)
    examples = [{key: value[:8] for key, value in inputs.items()}]
    write_about(tmp_path, write_variant(name, made, examples, 20, tmp_path) | {"skipped": None})
    eager = torch_forward(made.cpu(), CPU)(inputs)
    forward = load_variant(tmp_path, 1, CUDA, made_here=True)
    tolerated = {"fp32": 1e-3, "bf16": 0.05, "fp16": 0.02, "int8": 0.3}[FORMS[name].precision]
    assert np.abs(forward(inputs) - eager).max() < tolerated
    few = {key: value[:2] for key, value in inputs.items()}
    assert np.abs(forward(few) - eager[:2]).max() < tolerated


def test_more_processes_than_gpus(tmp_path):
    """Each process needs a GPU of its own; the message says so."""
    program = (
        "import torch; from aptarank.training.processes import World; World(torch.device('cuda'))"
    )
    path = tmp_path / "program.py"
    path.write_text(program)
    count = torch.cuda.device_count() + 1
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={count}", path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode != 0
    assert f"{count} processes on a node with {count - 1} GPU(s)" in done.stderr


def test_a_base_model_learns(parts):
    trained = new_model("base", len(TOKENIZER), TOKENIZER.pad_token_id, 0.0, "rank")
    chosen = settings("rank", size="base", steps=50, batch_size=64, evaluate_every=25)
    chosen = replace(chosen, precision="bf16", learning_rate=WIDE_RATE)
    history = finetune(trained, *parts, chosen, 1, World(CUDA))
    assert history["validation_accuracy"].max() > 0.8
