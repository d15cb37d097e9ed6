"""A model folder from elsewhere is data: nothing of it runs, and no damage of it is a traceback."""

import json
import os
import pickle
import shutil
import socket
import struct
import subprocess
import sys
import threading
from hashlib import sha256

import numpy as np
import onnx
import pytest
import torch
from huggingface_hub import HfApi
from onnx import TensorProto, helper, numpy_helper

from aptarank.core.errors import InputError
from aptarank.exports.variant_info import write_about
from aptarank.exports.variants import load_variant, write_variant
from aptarank.models.encoder import new_model
from aptarank.models.tokenizer import load_tokenizer
from aptarank.provenance import hub
from aptarank.use.load_scorer import load_scorer
from made_aptamers import TINY_CANDIDATES
from program_folders import PROGRAMS, Hostile, program_folder
from small_models import exported, saved
from snakemake_runs import ROOT

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A rank model as finetune.py leaves it, with an ONNX file beside."""
    root = tmp_path_factory.mktemp("clean")
    exported(saved(root / "model"), root / "onnx/model.onnx")
    return root


@pytest.fixture
def copy(clean, tmp_path, monkeypatch):
    """A copy of it that a test may spoil, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "candidates.csv").write_text(TINY_CANDIDATES)
    return shutil.copytree(clean, tmp_path / "theirs")


@pytest.mark.parametrize("form", PROGRAMS)
@pytest.mark.parametrize("command", ["rank", "screen"])
def test_a_program_is_never_loaded(copy, program, form, command):
    program_folder(copy / "model", form, PROGRAMS[form])
    before = sorted(path.name for path in copy.parent.iterdir())
    said = program(command, "candidates.csv", "--model", copy / "model", code=1)
    assert "is a program" in said.output
    assert "torch-fp32, onnx-fused or openvino-int8" in said.output
    left = {path.name for path in copy.parent.iterdir()} - set(before)
    assert "ran" not in left


def test_what_a_run_makes_is_loaded_by_that_run_alone(tmp_path):
    torch.manual_seed(1)
    model = new_model("nano", 9, 0, 0.0, "rank").eval()
    inputs = {name: np.ones((2, 5), dtype=np.int64) for name in ("input_ids", "attention_mask")}
    about = write_variant("torchscript", model, [inputs], 20, tmp_path / "script")
    write_about(tmp_path / "script", about | {"skipped": None})
    assert load_variant(tmp_path / "script", 1, CPU, made_here=True)(inputs).shape == (2,)
    with pytest.raises(InputError, match="is a program"):
        load_variant(tmp_path / "script", 1, CPU)


def test_pickles_and_code_in_a_folder_are_not_looked_at(copy, program):
    for name in ("pytorch_model.bin", "training_args.bin", "optimizer.pt"):
        (copy / "model" / name).write_bytes(pickle.dumps(Hostile()))
    (copy / "model/own.py").write_text("open('ran', 'w')\nclass Own: pass\n")
    config = json.loads((copy / "model/config.json").read_text())
    config["auto_map"] = dict.fromkeys(["AutoConfig", "AutoModel"], "own.Own")
    (copy / "model/config.json").write_text(json.dumps(config))
    program("rank", "candidates.csv", "--model", copy / "model")
    assert not (copy.parent / "ran").exists()
    (copy / "model/model.safetensors").unlink()
    said = program("rank", "candidates.csv", "--model", copy / "model", code=1).output
    assert "model.safetensors" in said
    assert "pickle" in said
    assert not (copy.parent / "ran").exists()


def edited(path, change):
    """Change an ONNX file."""
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())


def external(location):
    def change(model):
        weight = max(model.graph.initializer, key=lambda some: len(some.raw_data))
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        entry = weight.external_data.add()
        entry.key, entry.value = "location", location

    return change


def custom(model):
    model.graph.node[0].domain = "their.domain"
    model.opset_import.add(domain="their.domain", version=1)


def endless(model):
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [helper.make_tensor_value_info("i", 7, []), helper.make_tensor_value_info("go", 9, [])],
        [helper.make_tensor_value_info("on", 9, [])],
    )
    model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))


def huge(model):
    shape = numpy_helper.from_array(np.array([200_000, 200_000]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node.append(helper.make_node("ConstantOfShape", ["shape"], ["zeros"]))


def other_input(model):
    model.graph.input[0].name = "evil"


def other_output(model):
    model.graph.output[0].name = "other"


HOSTILE_ONNX = {
    external("../../../../etc/passwd"): "weights in another file",
    external("model.bin"): "weights in another file",
    custom: "operators of 'their.domain'",
    endless: "an operator Loop",
    huge: "40,000,000,000 elements",
    other_input: "its inputs are",
    other_output: "no output logits",
    lambda model: setattr(model.opset_import[0], "version", 99): "cannot|not an ONNX model",
}


@pytest.mark.parametrize("change", HOSTILE_ONNX)
def test_hostile_onnx_is_refused_before_it_is_loaded(copy, change):
    edited(copy / "onnx/model.onnx", change)
    with pytest.raises(InputError, match=HOSTILE_ONNX[change]) as error:
        load_scorer(copy / "onnx/model.onnx", 1, "cpu")
    assert "model.onnx" in str(error.value)


def test_names_in_an_onnx_file_do_not_reach_the_terminal(copy, capfd):
    def unused(model):
        spare = numpy_helper.from_array(np.zeros(2, dtype=np.float32), "\x1b[31mevil")
        model.graph.initializer.append(spare)

    edited(copy / "onnx/model.onnx", unused)
    load_scorer(copy / "onnx/model.onnx", 1, "cpu").scores(["ACGTACGT"])
    assert "\x1b" not in "".join(capfd.readouterr())


LIMITED = """
import resource, sys, torch
from pathlib import Path
from aptarank.core.sizes import memory
from aptarank.exports.onnx_runtime import onnx_forward
onnx_forward(Path(sys.argv[1]), 1, "cpu")
print(0 < resource.getrlimit(resource.RLIMIT_DATA)[0] <= memory())  # -1 is no limit
"""


def test_an_onnx_file_cannot_take_more_memory_than_there_is(copy):
    """Its sizes may be known only when it runs; then the process would be killed without a word."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, copy / "onnx/model.onnx"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"


def json_edit(name, **changes):
    def change(folder):
        found = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(found | changes))

    return change


def index_of(content):
    def change(folder):
        (folder / "model.safetensors").rename(folder / "x.safetensors")
        (folder / "model.safetensors.index.json").write_text(json.dumps(content))

    return change


def normalizer(*steps):
    return json_edit("tokenizer.json", normalizer={"type": "Sequence", "normalizers": list(steps)})


def replace(old, new):
    return {"type": "Replace", "pattern": {"String": old}, "content": new}


def replace_pattern(old, new):
    return {"type": "Replace", "pattern": {"Regex": old}, "content": new}


def weights(header):
    text = json.dumps(header).encode()
    return lambda folder: (folder / "model.safetensors").write_bytes(
        struct.pack("<Q", len(text)) + text + bytes(16)
    )


# What failed with a traceback, took all memory or went on for ever, and others of each kind.
DAMAGE = {
    **{
        f"{key}={value!r}": json_edit("config.json", **{key: value})
        for key, value in [
            *[("aptarank", "rank"), ("aptarank", None), ("aptarank", {"kind": ["rank"]})],
            *[("num_attention_heads", 0), ("num_hidden_groups", 0), ("vocab_size", 0)],
            *[("pad_token_id", 2**31), ("hidden_size", 1), ("vocab_size", 2**63)],
            *[("num_hidden_groups", 10**9), ("inner_group_num", 10**9), ("num_labels", 10**9)],
            *[("num_hidden_layers", 10**9), ("hidden_size", 10**9), ("vocab_size", 10**12)],
            *[("max_position_embeddings", 10**10), ("max_position_embeddings", "x")],
            *[("quantization_config", {"quant_method": "bitsandbytes"}), ("model_type", ["a"])],
            *[("model_type", "gpt2"), ("num_labels", 2), ("hidden_act", "evil"), ("id2label", 5)],
            *[("hidden_size", 1e308), ("embedding_size", -1), ("layer_norm_eps", "x")],
        ]
    },
    "config is a list": lambda folder: (folder / "config.json").write_text("[]"),
    "config is deep": lambda folder: (folder / "config.json").write_text("[" * 200_000),
    "config is no text": lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe\0"),
    "config is endless": lambda folder: relinked(folder / "config.json", "/dev/zero"),
    "weights are endless": lambda folder: relinked(folder / "model.safetensors", "/dev/zero"),
    "weights are a folder": lambda folder: relinked(folder / "model.safetensors", "/tmp"),
    "index is a list": index_of([]),
    "index leads out": index_of({"weight_map": {"a": "../../../etc/passwd"}}),
    "index names a pickle": index_of({"weight_map": {"a": "pytorch_model.bin"}}),
    "index names nothing": index_of({"weight_map": {"a": "gone.safetensors"}}),
    "header is huge": lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 8),
    "a shape is huge": weights(
        {"a": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 16]}}
    ),
    "a shape is text": weights({"a": {"dtype": "F32", "shape": "4", "data_offsets": [0, 16]}}),
    "no tensor": weights({}),
    "adapter": lambda folder: (folder / "adapter_config.json").write_text("{}"),
    "empty vocabulary": json_edit(
        "tokenizer.json", model={"type": "WordLevel", "vocab": {}, "unk_token": "[UNK]"}
    ),
    "ids beyond the weights": json_edit(
        "tokenizer.json",
        model={
            "type": "WordLevel",
            "vocab": {"[PAD]": 0, "[UNK]": 1, "A": 10**6},
            "unk_token": "[UNK]",
        },
    ),
    "unknown token without a text": json_edit("tokenizer_config.json", unk_token=""),
    "no unknown token": json_edit("tokenizer_config.json", unk_token=5),
    "no token of the template": json_edit(
        "tokenizer.json",
        post_processor={
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
            ],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {},
        },
    ),
    "no padding": json_edit("tokenizer_config.json", pad_token=None),
    "length of text": json_edit("tokenizer_config.json", model_max_length=["512"]),
    "names of inputs": json_edit("tokenizer_config.json", model_input_names=5),
    "normaliser multiplies": normalizer(*[replace("A", "A" * 90)] * 3),
    "normaliser doubles": normalizer(*[replace("A", "AA")] * 40),
    "normaliser writes a book": normalizer(replace("A", "A" * 1000)),
    "normaliser is unknown": normalizer({"type": "Evil"}),
    "tokenizer is null": lambda folder: (folder / "tokenizer.json").write_text("null"),
    "added tokens": lambda folder: (folder / "added_tokens.json").write_text("[]"),
    "layers by the block": json_edit("config.json", block_repeats=[10**6]),
    "positions without weights": json_edit("config.json", n_positions=10**10),
    "a window": json_edit("config.json", attention_window=[2 * 10**7]),
    "a pattern that multiplies what no sample has": normalizer(
        *[replace_pattern("(?<=AAAAAAAA)A", "A" * 100)] * 5
    ),
    "patterns that double": normalizer(*[replace_pattern("(?=A)", "A")] * 40),
    "a key that tokenizers prints": json_edit(
        "tokenizer_config.json", unk_token={"content": "[UNK]", "\x1b[2J": 1}
    ),
    "a key of an added token": json_edit(
        "tokenizer_config.json", added_tokens_decoder={"0": {"\x1b[2J": 1}}
    ),
}


def relinked(path, target):
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_said_in_one_message(copy, name, capfd):
    DAMAGE[name](copy / "model")
    with pytest.raises(InputError) as error:
        load_scorer(copy / "model", 1, "cpu")
    assert "\x1b" not in "".join([*capfd.readouterr(), str(error.value)])
    assert "theirs" in str(error.value)
    assert "Traceback" not in str(error.value)


HARMLESS = [
    ("dtype", 1),
    ("return_dict", False),
    ("chunk_size_feed_forward", 3),
    ("_attn_implementation", "flash_attention_2"),
    ("attn_implementation", "kernels/evil"),
    ("output_hidden_states", True),
    ("pruned_heads", {"0": [0]}),
    ("torchscript", True),
]


@pytest.mark.parametrize(("key", "value"), HARMLESS)
def test_config_json_does_not_say_how_a_model_is_run(clean, copy, key, value):
    json_edit("config.json", **{key: value})(copy / "model")
    sequences = ["ACGTACGT", "TTGACC"]
    theirs = load_scorer(copy / "model", 1, "cpu").scores(sequences)
    assert theirs.tolist() == load_scorer(clean / "model", 1, "cpu").scores(sequences).tolist()


VARIANTS = [
    {"skipped": ...},  # no such key
    *[{"variant": 5}, {"variant": ["a"]}, {"variant": "onnx-fused@x"}, {"skipped": 5}],
    *[{"variant": "onnx-fused@" + "9" * 5000}, {"limit": "x"}, {"limit": 0}, {"limit": 1e308}],
    *[{"limit": True}, {"files": []}, {"files": {}}, {"files": {"gone": None}}],
    {"files": {"A" * 10_000: "0" * 64}},
    *[{"files": {"../model/config.json": "0" * 64}}, {"files": {"/dev/zero": "0" * 64}}],
]


@pytest.mark.parametrize("changes", VARIANTS)
def test_a_damaged_variant(copy, changes):
    about = {"variant": "onnx-fused", "skipped": None, "limit": 512, "kind": "rank"}
    checksum = sha256((copy / "onnx/model.onnx").read_bytes()).hexdigest()
    about["files"] = {"model.onnx": checksum}
    write_about(copy / "onnx", about)
    load_scorer(copy / "onnx", 1, "cpu")
    changed = about | changes
    write_about(copy / "onnx", {k: v for k, v in changed.items() if v is not ...})
    with pytest.raises(InputError, match=r"onnx|variant"):
        load_scorer(copy / "onnx", 1, "cpu")


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "{", '{"variant": 5}', '{"variant": "../../etc"}', '{"variant": "/etc"}'],
)
def test_a_recommendation_names_a_variant_and_no_path(copy, content):
    (copy / "speed").mkdir()
    (copy / "speed/recommended.json").write_text(content)
    with pytest.raises(InputError, match=r"recommended\.json"):
        load_scorer(copy / "speed/recommended.json", 1, "cpu")


def test_a_tokenizer_without_an_unknown_token_still_ranks(copy):
    json_edit("tokenizer_config.json", unk_token=None)(copy / "model")
    assert len(load_scorer(copy / "model", 1, "cpu").scores(["ACGT", "GGTT"])) == 2


def test_weights_that_are_no_numbers(copy):
    path = copy / "model/model.safetensors"
    data = path.read_bytes()
    (header,) = struct.unpack("<Q", data[:8])
    body = np.full((len(data) - 8 - header) // 4, np.nan, dtype="<f4").tobytes()
    path.write_bytes(data[: 8 + header] + body)
    with pytest.raises(InputError, match="a damaged model: it does not give a finite number"):
        load_scorer(copy / "model", 1, "cpu")


def test_a_pretrained_tokenizer_keeps_its_growth_bounded_but_works(copy):
    normalizer(replace("A", "AAAA"))(copy / "model")  # odd, and harmless
    assert load_tokenizer(copy / "model").tokenize("AC") == ["A", "A", "A", "A", "C"]


def test_a_silent_hub_ends_with_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "TIMEOUT", 1)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setattr(hub, "HfApi", lambda token: HfApi(address, token))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        accepted = []
        threading.Thread(target=lambda: accepted.append(server.accept()), daemon=True).start()
        with pytest.raises(InputError, match="no answer for 1 s"):
            hub.upload(tmp_path, [], "me/model", "hf_x", private=False)


@pytest.mark.parametrize("name", ["notes.bin", "own.py", "model.pt2"])
def test_publish_puts_up_what_card_writes_alone(tmp_path, program, name):
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("a card")
    program("publish", folder, "--repository", "me/model", "--dry-run")
    (folder / name).write_text("x")
    assert (
        "not a file that card.py writes"
        in program("publish", folder, "--repository", "me/model", "--dry-run", code=1).output
    )
    (folder / name).unlink()
    (tmp_path / "secret.txt").write_text("key")
    (folder / "notes.txt").symlink_to(tmp_path / "secret.txt")
    assert (
        "a link that leads out of its folder"
        in program("publish", folder, "--repository", "me/model", "--dry-run", code=1).output
    )
