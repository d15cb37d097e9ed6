"""ONNX: the same model at any batch size and length, and a check that can fail."""

import re
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from aptarank.config.model_kinds import KINDS
from aptarank.core.errors import InputError
from aptarank.exports.onnx_model import export_onnx
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import new_model
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.models.torch_inference import torch_scorer
from export import evenly_spaced
from made_aptamers import random_sequences

TOKENIZER = nucleotide_tokenizer(512)
SEQUENCES = random_sequences(64, np.random.default_rng(5), 1, 40)


@pytest.fixture(scope="module", params=["rank", "pair"])
def exported(request, tmp_path_factory):
    torch.manual_seed(1)
    model = new_model("nano", len(TOKENIZER), TOKENIZER.pad_token_id, 0.0, request.param).eval()
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    sides = np.array([[0, 1], [1, 0]])[: KINDS[request.param].aptamers]
    export_onnx(model, build_inputs(encode(TOKENIZER, SEQUENCES), *sides), path, 20)
    return model, path


@pytest.mark.parametrize("batch", [1, 2, 7, 100])
def test_any_batch_size_and_length(exported, batch):
    model, path = exported
    encoded = encode(TOKENIZER, SEQUENCES)
    first, second = np.random.default_rng(batch).integers(len(SEQUENCES), size=(2, 150))
    scorer = torch_scorer(model, TOKENIZER, torch.device("cpu"))
    results = [
        each.pair_logits(encoded, first, second, batch)
        for each in (scorer, replace(scorer, forward=onnx_forward(path, 1)))
    ]
    assert np.abs(results[0] - results[1]).max() < 1e-4


def test_batches_do_not_change_results(exported):
    """Padding is masked: an aptamer's logit is the same alone and beside longer ones."""
    model, _ = exported
    encoded = encode(TOKENIZER, SEQUENCES)
    first, second = np.arange(64), np.arange(64)[::-1].copy()
    scorer = torch_scorer(model, TOKENIZER, torch.device("cpu"))
    alone = scorer.pair_logits(encoded, first, second, 1)
    together = scorer.pair_logits(encoded, first, second, 64)
    assert np.abs(alone - together).max() < 1e-5
    mixed = build_inputs(encoded, *[np.arange(64)] * scorer.kind.aptamers)
    assert (mixed["attention_mask"].sum(1) < mixed["attention_mask"].shape[1]).any()


def test_a_file_that_is_no_model(exported, tmp_path):
    _, path = exported
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"cut\.onnx: not an ONNX model"):
        onnx_forward(cut, 1)
    with pytest.raises(InputError, match="no such file; expected an ONNX model"):
        onnx_forward(tmp_path / "none.onnx", 1)


def test_export_fails_where_outputs_differ(exported, program, tmp_path, monkeypatch):
    """Another model's ONNX file: the job must say by how much it is off."""
    model, _ = exported
    model.save_pretrained("model")
    TOKENIZER.save_pretrained("model")
    (tmp_path / "pairs.csv").write_text("Sequence1,Sequence2\nACGT,GG\nTTT,ACG\n")
    said = program("export", "--model", "model", "--pairs", "pairs.csv").output
    assert "logits of 2 test pairs within" in said

    def export_another(model, example, path, opset):
        weight = model.classifier.weight
        weight.data *= 1.01
        export_onnx(model, example, path, opset)
        weight.data /= 1.01

    monkeypatch.setattr("export.export_onnx", export_another)
    said = program("export", "--model", "model", "--pairs", "pairs.csv", code=1).output
    assert re.search(r"differ from PyTorch's by up to 0\.0\d+ on 2 test pairs", said)


def test_fp32_is_fp32_on_a_gpu(exported, monkeypatch):
    """ONNX Runtime would multiply in TF32."""
    has = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: has)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    given = {}

    class Session:
        def __init__(self, path, options, **more):
            given.update(more)

        def get_inputs(self):
            return []

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    onnx_forward(exported[1], 1, "cuda")
    assert given["providers"] == has
    assert given["provider_options"] == [{"use_tf32": "0"}, {}]
    onnx_forward(exported[1], 1)
    assert given["providers"] == has[1:]


def test_export_compares_evenly_spaced_pairs():
    assert evenly_spaced(3, 1000).tolist() == [0, 1, 2]
    assert evenly_spaced(101, 5).tolist() == [0, 25, 50, 75, 100]
