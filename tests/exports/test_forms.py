"""Every form of a model is the same model, at any batch size, length and depth."""

import shutil
from collections import Counter
from re import fullmatch
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from aptarank.config.schema import schema
from aptarank.core.errors import InputError
from aptarank.exports import forms_onnx, forms_openvino, forms_torch
from aptarank.exports.variant_info import ABOUT, write_about
from aptarank.exports.variants import BITS, FORMS, load_variant, split_name, why_not, write_variant
from aptarank.models.depth import set_depth
from aptarank.models.encoder import from_checkpoint, new_model
from aptarank.models.fused import fused
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.models.torch_inference import as_tensors, torch_forward
from architectures import save_checkpoint
from snakemake_runs import ROOT

CPU = torch.device("cpu")
TOKENIZER = nucleotide_tokenizer(512)
SLOW = "torch-compile"  # a minute for all shapes of the property test
HERE = [name for name in FORMS if FORMS[name].missing(CPU) is None]
QUICK = [name for name in HERE if name != SLOW]
DEEP = ["onnx-fused", "onnx-int8-dynamic", "openvino-bf16"]


def random_inputs(batch, tokens, seed=0):
    """Model inputs of random bases, types and lengths."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, tokens + 1, (batch, 1))
    lengths[0] = tokens
    return {
        "input_ids": rng.integers(5, 9, (batch, tokens)),
        "attention_mask": (np.arange(tokens) < lengths).astype(np.int64),
        "token_type_ids": rng.integers(0, 2, (batch, tokens)),
    }


def made(kind="pair", layers=None):
    torch.manual_seed(1)
    model = new_model("nano", len(TOKENIZER), TOKENIZER.pad_token_id, 0.0, kind).eval()
    if layers:
        set_depth(model, layers)
    return model


def write(name, model, folder):
    examples = [random_inputs(2, 12), *(random_inputs(32, 33, seed) for seed in range(1, 5))]
    about = write_variant(name, model, examples, 20, folder)
    write_about(folder, about | {"skipped": None})
    return about


@pytest.fixture(scope="module")
def all_forms(tmp_path_factory):
    """Each form of one model that this machine has."""
    model, root = made(), tmp_path_factory.mktemp("forms")
    found = {}
    for name in HERE:
        about = write(name, model, root / name)
        found[name] = SimpleNamespace(
            folder=root / name,
            about=about,
            forward=load_variant(root / name, 1, CPU, made_here=True),
        )
    return model, found


def distance(precision, ours, theirs):
    """The largest difference of a probability, over what may be."""
    tolerated = {"fp32": 1e-4, "bf16": 0.05, "fp16": 0.01, "int8": 0.2}
    return np.abs(expit(ours) - expit(theirs)).max() / tolerated[precision]


SHAPES = st.integers(1, 512).flatmap(
    lambda tokens: st.tuples(st.integers(1, min(4096, max(1, 4000 // tokens))), st.just(tokens))
)


@pytest.mark.parametrize("name", QUICK)
@example(shape=(4096, 1), seed=0)
@example(shape=(1, 512), seed=0)
@example(shape=(1, 1), seed=0)
@given(shape=SHAPES, seed=st.integers(0, 99))
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@pytest.mark.slow
def test_any_batch_size_and_length(all_forms, name, shape, seed):
    model, found = all_forms
    inputs = random_inputs(*shape, seed)
    logits = found[name].forward(inputs)
    assert logits.shape == (shape[0],)
    assert logits.dtype == np.float32
    eager = torch_forward(model, CPU)(inputs)
    assert distance(FORMS[name].precision, logits, eager) < 1


def test_compiled(all_forms):
    if SLOW not in HERE:
        pytest.skip(FORMS[SLOW].missing(CPU))
    model, found = all_forms
    for shape in ((2, 9), (7, 33), (1, 512)):
        inputs = random_inputs(*shape)
        eager = torch_forward(model, CPU)(inputs)
        assert np.abs(found[SLOW].forward(inputs) - eager).max() < 1e-4


@pytest.mark.parametrize("name", [name for name in QUICK if FORMS[name].precision != "fp32"])
def test_lower_precision_is_used(all_forms, name):
    model, found = all_forms
    inputs = random_inputs(64, 33)
    assert np.abs(found[name].forward(inputs) - torch_forward(model, CPU)(inputs)).max() > 1e-4


@pytest.mark.parametrize("name", QUICK)
def test_nothing_and_too_much(all_forms, name):
    _, found = all_forms
    empty = {key: array[:0] for key, array in random_inputs(2, 9).items()}
    assert found[name].forward(empty).shape == (0,)
    with pytest.raises(InputError, match=rf"{name}: an input has 513 tokens; .* at most 512"):
        found[name].forward(random_inputs(2, 513))


@pytest.mark.parametrize("name", QUICK)
def test_a_damaged_file(all_forms, name, tmp_path):
    _, found = all_forms
    copy = shutil.copytree(found[name].folder, tmp_path / name)
    largest = max(copy.iterdir(), key=lambda path: path.stat().st_size)
    content = largest.read_bytes()
    for damaged in (content[: len(content) // 2], b"\1" * len(content), content[:-1] + b"\1", b""):
        largest.write_bytes(damaged)
        with pytest.raises(InputError, match=rf"{largest.name}: missing, cut short or changed"):
            load_variant(copy, 1, CPU, made_here=True)
    largest.unlink()
    with pytest.raises(InputError, match=rf"{largest.name}: missing"):
        load_variant(copy, 1, CPU, made_here=True)
    (copy / ABOUT).unlink()
    (copy / "other").touch()
    with pytest.raises(InputError, match="it holds other files"):
        write_variant(name, made(), [], 20, copy)


@pytest.mark.parametrize(
    "content",
    [None, "", "[]", "{}", '{"skipped": null}', '{"variant": "x", "skipped": "why"}'],
)
def test_no_variant(tmp_path, content):
    if content is not None:
        (tmp_path / ABOUT).write_text(content)
    said = "nothing to run: why" if "why" in str(content) else "variant"
    with pytest.raises(InputError, match=said):
        load_variant(tmp_path, 1, CPU, made_here=True)


@pytest.mark.parametrize("name", HERE)
def test_no_file_is_larger_than_its_weights(all_forms, name):
    model, found = all_forms
    about = found[name].about
    stored = sum(path.stat().st_size for path in found[name].folder.iterdir() if path.name != ABOUT)
    assert about["bytes"] == stored
    assert about["bits"] <= {"int8": 12}.get(FORMS[name].precision, BITS[FORMS[name].precision])
    assert stored <= 1.1 * model.num_parameters() * about["bits"] / 8


@pytest.mark.parametrize("name", [name for name in DEEP if name in HERE])
@pytest.mark.slow
def test_shared_weights_are_not_copied_once_a_layer(tmp_path, name):
    model = made("rank")
    model.config.num_hidden_layers = 12
    about = write(name, model, tmp_path)
    assert about["layers"] == 12
    assert about["bytes"] <= 1.1 * model.num_parameters() * about["bits"] / 8 + 1500 * 12 * 12
    inputs = random_inputs(8, 17)
    eager = torch_forward(model, CPU)(inputs)
    assert (
        distance(
            FORMS[name].precision, load_variant(tmp_path, 1, CPU, made_here=True)(inputs), eager
        )
        < 2
    )


def test_int8_reaches_the_matrices(all_forms):
    _, found = all_forms
    layer = 6  # query, key, value, output, two of the feed-forward
    expected = 1 + 2 * layer + 2  # the projection, the pooler, the logit
    for name in ("onnx-int8-dynamic", "onnx-int8-static", "openvino-int8"):
        if name not in found:
            continue
        about, graph = found[name].about, onnx.load(found[name].folder / "model.onnx").graph
        assert (about["quantised_products"], about["products"]) == (expected - 1, expected)
        assert about["quantised_weights"] > 0.8
        nodes = Counter(node.op_type for node in graph.node)
        if name == "onnx-int8-dynamic":
            assert nodes["MatMulInteger"] == expected - 1
        large = [w for w in graph.initializer if w.data_type == onnx.TensorProto.FLOAT]
        assert max(np.prod(w.dims) for w in large) <= 512 * 64  # the table of positions
    assert found["torch-int8"].about["quantised_products"] == 9


def test_weights_are_laid_out_as_they_are_multiplied(all_forms):
    _, found = all_forms
    for name, count in (("onnx-fp32", None), ("onnx-fused", 0)):
        graph = onnx.load(found[name].folder / "model.onnx").graph
        weights = {weight.name for weight in graph.initializer}
        turned = [n for n in graph.node if n.op_type == "Transpose" and n.input[0] in weights]
        assert len(turned) > 0 if count is None else len(turned) == count
        assert not graph.value_info


@pytest.mark.parametrize("form", ["onnx-fused", "openvino-int8", "torch-export"])
def test_fewer_layers(tmp_path, form):
    if form not in HERE:
        pytest.skip(FORMS[form].missing(CPU))
    whole, shallow = made("rank"), made("rank", layers=1)
    about = write(f"{form}@1", shallow, tmp_path)
    assert (about["layers"], about["kind"]) == (1, "rank")
    inputs = random_inputs(16, 17)
    ours = load_variant(tmp_path, 1, CPU, made_here=True)(inputs)
    assert distance(FORMS[form].precision, ours, torch_forward(shallow, CPU)(inputs)) < 1
    assert np.abs(ours - torch_forward(whole, CPU)(inputs)).max() > 0.1


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    folder = save_checkpoint("bert", tmp_path_factory.mktemp("bert") / "bert")
    torch.manual_seed(1)
    return from_checkpoint(str(folder), 14, 0, 0.0, "pair").eval()


@pytest.mark.parametrize("name", ["onnx-fused", "onnx-int8-static", "openvino-fp32", "torchscript"])
def test_another_encoder(bert, tmp_path, name):
    if name not in HERE:
        pytest.skip(FORMS[name].missing(CPU))
    write(name, bert, tmp_path)
    forward = load_variant(tmp_path, 1, CPU, made_here=True)
    for shape in ((1, 5), (9, 33), (3, 66)):
        inputs = random_inputs(*shape)
        eager = torch_forward(bert, CPU)(inputs)
        assert distance(FORMS[name].precision, forward(inputs), eager) < 1


def test_reasons(bert, monkeypatch):
    model = made()
    assert why_not("onnx-fused@2", model, CPU) is None
    assert "3 layers were asked for, of 2" in why_not("onnx-fused@3", model, CPU)
    assert "bert cannot be run with 1 layers" in why_not("torch-fp32@1", bert, CPU)
    assert "needs one, and onnxruntime-gpu" in why_not("onnx-fp16", model, CPU)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert why_not("torch-bf16", model, CPU) == "this processor has no bf16"
    monkeypatch.setattr(forms_torch.shutil, "which", lambda name: None)
    assert "needs a C++ compiler" in why_not("torch-compile", model, CPU)
    monkeypatch.setattr(forms_openvino, "openvino", None)
    assert why_not("openvino-fp32", model, CPU) == "OpenVINO is not installed"


def test_half_precision_for_gpus(all_forms, tmp_path):
    """Nothing runs it fast here, but what is written is the model."""
    model, _ = all_forms
    forms_onnx.write_fp16(model, [random_inputs(2, 12)], 20, tmp_path)
    assert (tmp_path / "model.onnx").stat().st_size < 0.55 * 4 * model.num_parameters()
    inputs = random_inputs(9, 33)
    logits = forms_onnx.read(tmp_path, 1, CPU)(inputs)
    assert distance("fp16", logits, torch_forward(model, CPU)(inputs)) < 1


def test_seven_bits_where_sums_overflow(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_f": True})
    for machine, expected in (("aarch64", False), ("x86_64", True)):
        monkeypatch.setattr(forms_onnx.platform, "machine", lambda name=machine: name)
        assert forms_onnx.saturates() is expected
    assert write("onnx-int8-dynamic", made("rank", layers=1), tmp_path)["reduced_range"]
    graph = onnx.load(tmp_path / "model.onnx").graph
    weights = [
        w for w in graph.initializer if w.data_type == onnx.TensorProto.INT8 and len(w.dims) > 1
    ]
    values = np.concatenate([onnx.numpy_helper.to_array(w).ravel() for w in weights])
    assert len(weights) > 6
    assert -64 <= values.min() < values.max() <= 64


def test_names():
    pattern = schema()["properties"]["speed"]["properties"]["variants"]["items"]["pattern"]
    for name in FORMS:
        assert fullmatch(pattern, name)
        assert fullmatch(pattern, f"{name}@12")
        assert split_name(f"{name}@12") == (name, 12)
    for name in ("onnx", "onnx-fused@0", "onnx-fused@", "torch-fp64"):
        assert not fullmatch(pattern, name)
    page = (ROOT / "docs/speed.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in FORMS)


def test_without_token_types():
    """A rank model's are all 0, and may be left out."""
    model, module = made("rank"), fused(made("rank"))
    inputs = build_inputs(encode(TOKENIZER, ["ACGT", "GG"]), np.array([0, 1]))
    tensors = as_tensors(inputs)
    with torch.no_grad():
        logits = module(tensors["input_ids"], tensors["attention_mask"])[:, 0].numpy()
    assert np.abs(logits - torch_forward(model, CPU)(inputs)).max() < 1e-5
