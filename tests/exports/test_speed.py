"""Nearness to a model, timing in turns, the frontier; and the programs that put them together."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aptarank.config.resolution import resolve
from aptarank.core.errors import InputError
from aptarank.evaluation import bootstrap
from aptarank.exports.agreement import agreement, change
from aptarank.exports.recommendation import frontier, recommended
from aptarank.exports.timing import batch_of, interleaved, summary
from aptarank.models.depth import depth_of_step, depths_of
from aptarank.models.encoder import make_model, new_model
from aptarank.models.model_inputs import encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.pairing.pairs import Pairs
from aptarank.training.loop import finetune
from aptarank.training.optimisation import TrainingSettings
from aptarank.training.processes import World

CPU = torch.device("cpu")


def test_agreement():
    ours, theirs = np.array([0.0, 2.0, -1.0, 40.0]), np.array([0.1, 2.0, 1.0, 40.0])
    found = agreement(ours.astype(np.float32), theirs.astype(np.float32))
    apart = np.abs(1 / (1 + np.exp(-ours)) - 1 / (1 + np.exp(-theirs)))
    assert found["largest_difference"] == pytest.approx(apart.max(), abs=1e-6)
    assert found["mean_difference"] == pytest.approx(apart.mean(), abs=1e-6)
    assert found["changed_predictions"] == 0.5


def all_pairs(count, rng):
    first, second = np.triu_indices(count, 1)
    return Pairs(first, second, rng.integers(2, size=len(first)).astype(np.int8))


def test_change():
    rng = np.random.default_rng(1)
    pairs = all_pairs(40, rng)
    theirs = np.where(pairs.label == 1, 1.0, -1.0) + rng.normal(0, 1, pairs.total)
    ours = theirs + rng.normal(0.1, 0.2, pairs.total)
    found = change(pairs, ours, theirs, 40, 300, 1)
    right = [(logits > 0) == (pairs.label == 1) for logits in (ours, theirs)]
    assert found["accuracy"] == pytest.approx(right[0].mean())
    assert found["accuracy_change"] == pytest.approx(right[0].mean() - right[1].mean())
    for name in ("accuracy", "roc_auc"):
        low, high = found[f"{name}_change_low"], found[f"{name}_change_high"]
        assert low < found[f"{name}_change"] < high
    own = bootstrap.accuracy(pairs, right[0], 40)
    low, high = bootstrap.interval(bootstrap.bootstrap({"": own}, 40, 300, 1)[""])
    paired = found["accuracy_change_high"] - found["accuracy_change_low"]
    assert paired < 0.7 * (high - low)  # of two that are not paired it would be 1.4
    itself = change(pairs, theirs, theirs, 40, 50, 1)
    assert itself["accuracy"] == pytest.approx(right[1].mean())
    assert not any(value for name, value in itself.items() if "change" in name)


def test_change_by_a_plain_loop():
    """Resamples of aptamers, with a pair as often as both are drawn; as numpy alone has it."""
    rng = np.random.default_rng(3)
    first, second = np.triu_indices(12, 1)
    pairs = Pairs(first, second, rng.integers(2, size=len(first)).astype(np.int8))
    ours, theirs = rng.normal(size=(2, len(first)))
    found = change(pairs, ours, theirs, 12, 200, 7)
    right = [(logits > 0) == (pairs.label == 1) for logits in (ours, theirs)]
    drawn = np.random.default_rng(7).multinomial(12, np.full(12, 1 / 12), size=200)
    changes = []
    for times in drawn:
        weight = times[first] * times[second]
        changes.append((weight @ right[0] - weight @ right[1]) / weight.sum())
    low, high = np.quantile(changes, [0.025, 0.975])
    assert found["accuracy_change_low"] == pytest.approx(low)
    assert found["accuracy_change_high"] == pytest.approx(high)
    assert found["accuracy_change"] == pytest.approx(right[0].mean() - right[1].mean())


def test_turns():
    calls = []
    ways = {name: lambda name=name: calls.append(name) for name in "abc"}
    times = interleaved(ways, 5, 60, CPU)
    assert {name: len(taken) for name, taken in times.items()} == dict.fromkeys("abc", 6)
    turns = [*"aaaabbbbcccc"]  # one untimed, three timed
    assert calls == [*"abc", *turns, *turns]
    slow = torch.rand(300, 300)
    times = interleaved({"slow": lambda: [slow @ slow for _ in range(50)]}, 10**6, 0.05, CPU)
    assert 0.05 <= times["slow"].sum() < 5


def test_summary():
    found = summary(np.array([0.1, 0.2, 0.2, 0.4]), 64)
    assert (found["repetitions"], found["p50_ms"]) == (4, pytest.approx(200))
    assert found["p95_ms"] == pytest.approx(370)
    assert found["throughput"] == pytest.approx(320)


@pytest.mark.parametrize("size", [1, 8, 64])
def test_a_batch_has_like_lengths(size):
    sequences = ["A" * length for length in range(1, 31)]
    encoded = encode(nucleotide_tokenizer(512), sequences)
    every = np.arange(30)
    inputs = batch_of(encoded, every, None, size)
    lengths = inputs["attention_mask"].sum(1) - 2
    assert len(lengths) == size
    if size == 8:
        assert lengths.tolist() == list(range(12, 20))
    pairs = batch_of(encoded, every, every[::-1].copy(), size)
    assert (pairs["attention_mask"].sum(1) == 31 + 3).all()
    assert pairs["input_ids"].shape == (size, 34)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_frontier(points):
    speed, loss = np.array(points, dtype=float).T
    expected = [
        not any((s >= t and m < n) or (s > t and m <= n) for s, m in points) for t, n in points
    ]
    assert frontier(speed, loss).tolist() == expected


def test_the_recommended():
    rows = pd.DataFrame(
        {
            "variant": ["torch-fp32", "a", "b", "c"],
            "speedup": [1.0, 3.0, 5.0, 9.0],
            "validation_accuracy_change": [0.0, 0.001, -0.004, -0.02],
        }
    )
    for loss, chosen in ((0, "a"), (0.005, "b"), (0.1, "c")):
        assert recommended(rows, loss)["variant"] == chosen
    assert recommended(rows.iloc[[0, 3]], 0.01)["variant"] == "torch-fp32"


def trained(parts, seed=1, **changes):
    """A nano rank model after a few steps."""
    chosen = resolve({"models": {"rank": {"steps": 12, "evaluate_every": 6} | changes}})
    chosen = chosen["models"]["rank"] | {"precision": "fp32"}
    torch.manual_seed(seed)
    model = make_model(chosen, nucleotide_tokenizer(512))
    finetune(model, *parts, TrainingSettings.of(chosen, model), seed, World(CPU))
    return model


def test_depths_are_drawn(parts):
    drawn = [depth_of_step([1, 2], 1, step) for step in range(200)]
    assert drawn == [depth_of_step([1, 2], 1, step) for step in range(200)]
    assert 70 < drawn.count(1) < 130
    assert drawn != [depth_of_step([1, 2], 2, step) for step in range(200)]
    model, again, whole = trained(parts, depths=[1]), trained(parts, depths=[1]), trained(parts)
    assert model.config.num_hidden_layers == 2
    same = [torch.equal(*two) for two in zip(model.parameters(), again.parameters(), strict=True)]
    assert all(same)
    others = zip(model.parameters(), whole.parameters(), strict=True)
    assert not all(torch.equal(*two) for two in others)


def test_depths_that_cannot_be(parts):
    with pytest.raises(InputError, match="3 layers were asked for, of 2"):
        trained(parts, depths=[3])
    model = new_model("nano", 9, 0, 0.0, "rank")
    assert depths_of(model, []) == []
    assert depths_of(model, [1]) == [1, 2]
    model.config.num_hidden_groups = 2
    with pytest.raises(InputError, match="do not share their weights"):
        depths_of(model, [1])


@pytest.fixture
def lab(program, scored, parts, tmp_path):
    """A folder with a trained model and all that variant.py takes."""
    scored.to_csv("scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    program("split", "aptamers.csv")
    program("pairing", "-d", "aptamers.csv", "--split", "split.csv", "-o", "pairs")
    trained(parts).save_pretrained("model")
    nucleotide_tokenizer(512).save_pretrained("model")
    given = ["--model", "model", "--aptamers", "aptamers.csv", "--resamples", "50"]
    for part in ("train", "validation", "test"):
        given += [f"--{part}", f"pairs/{part}.parquet"]

    def variant(name, *more, code=0):
        return program("variant", name, *given, *more, "-o", name, code=code).output

    return variant


def test_the_programs(lab, program, tmp_path):
    compared = ["--baseline", "torch-fp32"]
    assert "accuracy" in lab("torch-fp32")
    said = lab("onnx-int8-static", *compared, "--tolerance", "int8=1e-9", code=1)
    assert "differ from eager PyTorch's by up to 0.0" in said
    assert "at most 1e-09 is accepted (speed.tolerance.int8)" in said
    assert "within" in lab("onnx-int8-static", *compared)  # it is written anew
    assert "skipped: fp16 is for GPUs" in lab("onnx-fp16", *compared)
    lab("torch-fp32@1", *compared)
    said = lab("torchscript@1", *compared, code=1)
    assert "write torch-fp32@1 first, and give --reference" in said
    assert "1 layers" in lab("torchscript@1", *compared, "--reference", "torch-fp32@1")
    about = json.loads((tmp_path / "torchscript@1/variant.json").read_text())
    assert about["agreement"]["largest_difference"] < 1e-4  # of one layer, not of two
    assert about["test"]["accuracy_change"] != 0 or about["test"]["kendall_tau_change"] != 0

    folders = ["torch-fp32", "onnx-int8-static", "onnx-fp16", "torchscript@1"]
    measured = ["--model", "model", "--aptamers", "aptamers.csv", "--test", "pairs/test.parquet"]
    measured += ["--batch-size", 1, "--batch-size", 8, "--repetitions", 3, "--threads", 1]
    said = program("measure", *folders[1:], *measured, code=1).output
    assert "torch-fp32 is not among FOLDERS" in said
    program("measure", *folders, *measured)
    said = program("recommend", *folders, "--timings", "timings.csv", code=1).output
    assert "no batches of 64 were timed" in said
    said = program("recommend", *folders, folders[0], "--timings", "timings.csv", code=1).output
    assert "a variant is given twice" in said
    program("recommend", *folders, "--timings", "timings.csv", "--batch-size", 8, "--loss", 1)
    table = pd.read_csv("speed/benchmark.csv")
    assert table["variant"].value_counts().to_dict() == {
        **dict.fromkeys(["torch-fp32", "onnx-int8-static", "torchscript@1"], 2),
        "onnx-fp16": 1,
    }
    timed = table[table["skipped"].isna()]
    assert (timed.loc[timed["variant"] == "torch-fp32", "speedup"] == 1).all()
    assert (timed[["p50_ms", "p95_ms", "throughput", "load_s", "memory_mib", "bytes"]] > 0).all(
        axis=None
    )
    assert (timed["p95_ms"] >= timed["p50_ms"]).all()
    assert timed["library"].str.match(r"(torch|onnxruntime) \d").all()
    page = (tmp_path / "speed/benchmark.md").read_text()
    assert "| `onnx-fp16` | skipped: fp16 is for GPUs" in page
    chosen = json.loads((tmp_path / "speed/recommended.json").read_text())
    eight = timed[timed["batch_size"] == 8].set_index("variant")["speedup"]
    # A program was timed, but is not kept: it cannot be what is recommended.
    assert not (tmp_path / "torchscript@1/model.pt").exists()
    assert chosen["variant"] == chosen["folder"] == eight.drop("torchscript@1").idxmax()
    assert chosen["variant"] in chosen["frontier"]
    assert (tmp_path / "speed/pareto.svg").read_text().count("onnx-int8-static") >= 1


def test_a_users_mistakes(lab):
    for name, more, said in (
        ("onnx", [], "no variant onnx; expected one of: torch-fp32, "),
        ("onnx-fused@all", [], "no variant onnx-fused@all; expected one of"),
        ("onnx-fused", [], "write torch-fp32 first, and give --baseline"),
        ("onnx-fused", ["--baseline", "none"], "none: not a variant of a model"),
        ("onnx-fused", ["--baseline", "onnx-fused"], "both --baseline and --output"),
        ("torch-fp32", ["--tolerance", "int4=1"], "expected one of fp32, bf16, fp16, int8"),
        ("torch-fp32", ["--tolerance", "int8"], "= and a number"),
    ):
        assert said in lab(name, *more, code=1)
