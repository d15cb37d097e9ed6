"""Any encoder through `checkpoint`: inputs, limit, weights, ONNX, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from aptarank.core.errors import InputError
from aptarank.exports.onnx_model import export_onnx
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import (
    checkpoint_config,
    freeze_backbone,
    load_model,
    make_model,
    position_limit,
)
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.tokenizer import load_tokenizer, nucleotide_tokenizer
from aptarank.models.torch_inference import torch_scorer
from architectures import ENCODERS, POSITIONS, save_checkpoint
from made_aptamers import random_sequences

SEQUENCES = random_sequences(40, np.random.default_rng(3), 1, 28)
FIRST, SECOND = np.random.default_rng(4).integers(len(SEQUENCES), size=(2, 60))
SETTINGS = {"kind": "pair", "size": "nano", "dropout": 0.25, "tokenizer": "pretrained"}


@pytest.fixture(scope="module", params=ENCODERS)
def encoder(request, tmp_path_factory):
    """An architecture's name, its checkpoint, and the tokenizer that tokenizer.py makes of it."""
    folder = save_checkpoint(request.param, tmp_path_factory.mktemp("hub") / request.param)
    (folder.parent / "aptamers.csv").write_text(
        "id,sequence,score,fitness,chemistry,count,spread,group,low,high,family\n"
        "a,ACGT,1,1,DNA,1,,,1,1,\n"
    )
    return request.param, folder


@pytest.fixture
def words(encoder, program):
    _, folder = encoder
    settings = json.dumps(SETTINGS | {"checkpoint": str(folder)})
    program("tokenizer", folder.parent / "aptamers.csv", "--settings", settings)
    return load_tokenizer("tokenizer")


def made(encoder, words, **changes):
    return make_model(SETTINGS | {"checkpoint": str(encoder[1])} | changes, words)


def test_composed_tensors_equal_the_tokenizers_own(encoder, words):
    encoded = encode(words, SEQUENCES)
    texts = [[SEQUENCES[i] for i in indices] for indices in (FIRST, SECOND)]
    for composed, expected in (
        (build_inputs(encoded, FIRST, SECOND), words(*texts, padding=True, return_tensors="np")),
        (build_inputs(encoded, FIRST), words(texts[0], padding=True, return_tensors="np")),
    ):
        assert composed.keys() == expected.keys()
        for name, array in composed.items():
            assert np.array_equal(array, expected[name]), name
    start = words.convert_ids_to_tokens(composed["input_ids"][0])[0]
    assert start == ("<s>" if encoder[0] == "roberta" else "[CLS]")
    typed = {"bert", "electra"}  # the others have no second type, or their tokenizer gives none
    assert ("token_type_ids" in composed) == (encoder[0] in typed)


def test_encoder_weights_are_the_checkpoints(encoder, words):
    pretrained = AutoModelForMaskedLM.from_pretrained(encoder[1]).base_model.state_dict()
    model = made(encoder, words)
    ours = model.base_model.state_dict()
    assert len(pretrained) >= 14
    assert all(torch.equal(weight, ours[name]) for name, weight in pretrained.items())
    rates = [module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    assert rates
    assert set(rates) == {0.25}
    freeze_backbone(model)
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert trained
    assert not any(name.startswith(model.base_model_prefix + ".") for name in trained)


def test_the_limit_is_exact(encoder, words):
    """One token more fails, or (no table of positions) is past what the config says."""
    architecture, folder = encoder
    limit = position_limit(checkpoint_config(str(folder)))
    assert words.model_max_length == limit == POSITIONS - 2 * (architecture == "roberta")
    model = made(encoder, words).eval()

    def run(tokens):
        return model(input_ids=torch.full((1, tokens), 7)).logits

    assert torch.isfinite(run(limit)).all()
    if architecture != "modernbert":  # its positions are rotary
        with pytest.raises((IndexError, RuntimeError)):
            run(limit + 1)


def test_another_vocabulary(encoder):
    """One token a base for any encoder; RoBERTa's padding keeps its id, and so its positions."""
    config = checkpoint_config(str(encoder[1]))
    words = nucleotide_tokenizer(64, padding=config.pad_token_id)
    model = made(encoder, words, tokenizer="nucleotide").eval()
    embeddings = model.get_input_embeddings().weight
    assert len(embeddings) == len(words) == 9
    assert torch.isfinite(embeddings).all()
    assert words.pad_token_id == model.config.pad_token_id == config.pad_token_id
    table = AutoModelForMaskedLM.from_pretrained(encoder[1]).state_dict()
    for name, weight in model.state_dict().items():
        if "position_embeddings" in name:
            assert torch.equal(weight, table[name])


def test_the_same_logits_everywhere(encoder, words, tmp_path):
    """PyTorch on composed tensors, transformers alone on texts, and ONNX Runtime agree."""
    model = made(encoder, words)
    model.save_pretrained("model")
    words.save_pretrained("model")
    ours, encoded = load_model(tmp_path / "model"), encode(words, SEQUENCES)
    scorer = torch_scorer(ours, words, torch.device("cpu"))
    logits = scorer.pair_logits(encoded, FIRST, SECOND, 17)
    assert logits.std() > 0.1

    alone = AutoModelForSequenceClassification.from_pretrained("model").eval()
    texts = [[SEQUENCES[i] for i in indices] for indices in (FIRST, SECOND)]
    inputs = AutoTokenizer.from_pretrained("model")(*texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        assert np.abs(alone(**inputs).logits[:, 0].numpy() - logits).max() < 1e-4

    example = build_inputs(encoded, *np.array([[0, 1], [1, 0]]))
    export_onnx(ours, example, tmp_path / "model.onnx", 20)
    scorer = replace(scorer, forward=onnx_forward(tmp_path / "model.onnx", 1))
    onnx = scorer.pair_logits(encoded, FIRST, SECOND, 7)
    assert np.abs(onnx - logits).max() < 1e-4


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "gpt2"}, "of type 'gpt2' is not an encoder"),
        ({"model_type": "bart"}, "of type 'bart' is not an encoder"),
        ({"model_type": "bert", "is_decoder": True}, "of type 'bert' is not an encoder"),
        ({"model_type": "vit"}, "of type 'vit' is not an encoder"),
        ({}, "of type None is not an encoder"),
        ({"model_type": "dna", "auto_map": {"AutoConfig": "c.C"}}, "'dna' needs code of its own"),
    ],
)
def test_what_is_no_encoder(tmp_path, config, said):
    save_checkpoint("bert", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "c.py").write_text("open('hacked', 'w')")
    with pytest.raises(InputError, match=said):
        checkpoint_config(str(tmp_path))
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hidden_size": "wide"}, "cannot be read: Validation error for field 'hidden_size'"),
        ({"num_attention_heads": 5}, "can be made of its config.json: .* heads"),
        ({"hidden_act": "none"}, "'none'"),
        ({"intermediate_size": 65}, "not those of its config.json: 6 of .*intermediate.dense.bias"),
        (
            {"num_hidden_layers": 3},
            "not those of its config.json: 16 of .* is bert.encoder.layer.2",
        ),
        ({"model_type": "electra"}, "not those of its config.json: 39 of .* is electra.emb"),
    ],
)
def test_a_config_that_is_not_that_of_the_weights(tmp_path, changes, said):
    """Weights that are not found would be random ones."""
    save_checkpoint("bert", tmp_path)
    words = AutoTokenizer.from_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | changes))

    def load():
        position_limit(checkpoint_config(str(tmp_path)))
        make_model(SETTINGS | {"checkpoint": str(tmp_path)}, words)

    with pytest.raises(InputError, match=said):
        load()


def test_weights_in_pickle_are_not_read(tmp_path):
    save_checkpoint("bert", tmp_path)
    weights = AutoModelForMaskedLM.from_pretrained(tmp_path).state_dict()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"it has no model\.safetensors"):
        checkpoint_config(str(tmp_path))


def test_more_tokens_than_embeddings(tmp_path):
    save_checkpoint("bert", tmp_path)
    words = AutoTokenizer.from_pretrained(tmp_path)
    words.add_tokens(["acgtacgt"])
    with pytest.raises(InputError, match=r"has 15 tokens, but its weights have word .* only 14"):
        make_model(SETTINGS | {"checkpoint": str(tmp_path)}, words)


def test_a_tokenizer_without_special_tokens():
    bare = Tokenizer(models.WordLevel({"[PAD]": 0, "ACGT": 1}, unk_token="[PAD]"))
    words = PreTrainedTokenizerFast(tokenizer_object=bare, pad_token="[PAD]")
    with pytest.raises(InputError, match="expected special tokens before and between"):
        encode(words, ["ACGT"])


@pytest.mark.parametrize(("kind", "architecture"), [("pair", "roberta"), ("rank", "distilbert")])
def test_the_programs(program, tmp_path, scored, kind, architecture):
    scored.to_csv("scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    program("split", "aptamers.csv")
    program("pairing", "-d", "aptamers.csv", "--split", "split.csv")
    folder = save_checkpoint(architecture, tmp_path / "hub")
    settings = {"kind": kind, "checkpoint": str(folder), "tokenizer": "pretrained"}
    settings = ["--settings", json.dumps(settings | {"steps": 4, "batch_size": 8})]
    program("tokenizer", "aptamers.csv", *settings)
    data = ["--aptamers", "aptamers.csv", "--train", "pairs/train.parquet"]
    data += ["--validation", "pairs/validation.parquet", "--tokenizer", "tokenizer"]
    program("finetune", *data, *settings)
    program("predict", "pairs/test.parquet", "--model", "model")
    assert pd.read_csv("predictions.csv")["Probability"].between(0, 1).all()
    assert "logits of 66 test pairs within" in (
        program("export", "--model", "model", "--pairs", "pairs/test.parquet").output
    )
