"""Models from scratch and from checkpoints, and folders that are none."""

import json
from logging.handlers import BufferingHandler

import numpy as np
import pandas as pd
import pytest
import torch
from tokenizers import Tokenizer, models, trainers
from tokenizers.processors import TemplateProcessing
from transformers import (
    AlbertConfig,
    AlbertForMaskedLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
)

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.models.encoder import (
    SIZES,
    checkpoint_config,
    from_checkpoint,
    load_model,
    new_model,
    pick_device,
)


@pytest.fixture
def checkpoint(tmp_path, scored):
    """A small pretrained ALBERT with a tokenizer of its own, as the hub has them."""
    folder = tmp_path / "checkpoint"
    tokenizer = Tokenizer(models.Unigram())
    special = ["<pad>", "[CLS]", "[SEP]", "<unk>", "[MASK]"]
    trainer = trainers.UnigramTrainer(
        vocab_size=40, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(scored["sequence"], trainer)
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    names = dict(zip(("pad", "cls", "sep", "unk", "mask"), special, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{f"{role}_token": token for role, token in names.items()}
    ).save_pretrained(folder)
    torch.manual_seed(0)
    shape = dict(SIZES["nano"], hidden_size=32, intermediate_size=64)
    size = tokenizer.get_vocab_size()
    AlbertForMaskedLM(
        AlbertConfig(vocab_size=size, max_position_embeddings=64, **shape)
    ).save_pretrained(folder)
    return folder


def test_sizes():
    """nano has about 0.2 M parameters; base and large what ALBERT's authors say."""

    def count(size):
        with torch.device("meta"):
            return new_model(size, 30000, 0, 0.0, "pair").num_parameters()

    vocabulary = (30000 - 9) * SIZES["nano"]["embedding_size"]
    assert 0.15e6 < count("nano") - vocabulary < 0.3e6
    assert count("base") == pytest.approx(11.7e6, rel=0.02)
    assert count("large") == pytest.approx(17.7e6, rel=0.02)


def test_from_a_checkpoint(checkpoint):
    pretrained = AlbertForMaskedLM.from_pretrained(checkpoint)
    same = from_checkpoint(str(checkpoint), pretrained.config.vocab_size, 0, 0.1, "pair")
    body = "albert_layers.0.attention.query.weight"
    layer = same.albert.encoder.albert_layer_groups[0].state_dict()[body]
    assert torch.equal(layer, pretrained.albert.encoder.albert_layer_groups[0].state_dict()[body])
    words = same.albert.embeddings.word_embeddings.weight
    assert torch.equal(words, pretrained.albert.embeddings.word_embeddings.weight)
    assert same.config.num_labels == 1
    assert same.config.hidden_dropout_prob == 0.1
    other = from_checkpoint(str(checkpoint), 9, 0, 0.0, "rank")
    assert other.albert.embeddings.word_embeddings.weight.shape[0] == 9
    assert torch.isfinite(other.albert.embeddings.word_embeddings.weight).all()


def test_folders_that_are_no_checkpoint(tmp_path, checkpoint):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"it has no config\.json"):
        checkpoint_config(str(tmp_path / "empty"))
    with pytest.raises(InputError, match="no such folder, and not a Hugging Face name"):
        checkpoint_config("models/of/mine")
    with pytest.raises(InputError, match="not a model fine-tuned by aptarank"):
        load_model(checkpoint)
    with pytest.raises(InputError, match="no such folder"):
        load_model(tmp_path / "nowhere")
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"model_type": "gpt2"}))
    with pytest.raises(InputError, match="type 'gpt2' is not an encoder"):
        checkpoint_config(str(checkpoint))
    (checkpoint / "config.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        checkpoint_config(str(checkpoint))


def test_damaged_weights(tmp_path):
    new_model("nano", 9, 0, 0.0, "rank").save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_model(tmp_path)


def test_a_missing_gpu_is_a_warning():
    heard = BufferingHandler(10)
    logger.addHandler(heard)
    try:
        assert pick_device("cpu") == torch.device("cpu")
        pick_device("auto")
        assert not heard.buffer
        if not torch.cuda.is_available():
            assert pick_device("cuda") == torch.device("cpu")
            assert "no GPU found" in heard.buffer[0].getMessage()
    finally:
        logger.removeHandler(heard)


@pytest.fixture
def lab(program, tmp_path, scored):
    """An ingested, split and paired data set in the current folder."""
    scored.to_csv(tmp_path / "scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    program("split", "aptamers.csv")
    program("pairing", "-d", "aptamers.csv", "--split", "split.csv")
    return program


DATA = [
    "--aptamers",
    "aptamers.csv",
    "--train",
    "pairs/train.parquet",
    "--validation",
    "pairs/validation.parquet",
]
QUICK = ["--set", "steps=4", "--set", "evaluate_every=2", "--set", "batch_size=8"]


@pytest.mark.parametrize("kind", ["rank", "pair"])
def test_finetune_and_predict_from_a_checkpoint(lab, checkpoint, kind):
    """The pretrained tokenizer and weights, through the programs; loads without our code."""
    settings = json.dumps({"kind": kind, "checkpoint": str(checkpoint), "tokenizer": "pretrained"})
    lab("tokenizer", "aptamers.csv", "--settings", settings)
    lab("finetune", *DATA, "--tokenizer", "tokenizer", "--settings", settings, *QUICK)
    said = lab("predict", "pairs/test.parquet", "--model", "model", "--scores", "scores.csv").output
    assert "66 pairs of 12 aptamers" in said
    predictions = pd.read_csv("predictions.csv")
    assert list(predictions.columns) == [
        "Sequence1",
        "Sequence2",
        "Label",
        "Probability",
        "Prediction",
    ]
    assert ((predictions["Probability"] > 0.5) == (predictions["Prediction"] == 1)).all()
    scores = pd.read_csv("scores.csv")
    assert set(scores.columns) == {"sequence", "predicted"}
    # --precision reaches the scores too, not the pairs alone.
    bf16 = ["--precision", "bf16", "--scores", "bf16.csv", "-o", "bf16_predictions.csv"]
    lab("predict", "pairs/test.parquet", "--model", "model", *bf16)
    coarse = scores.merge(pd.read_csv("bf16.csv"), on="sequence")
    off = (coarse["predicted_x"] - coarse["predicted_y"]).abs()
    assert 1e-6 < off.max() < 0.1
    model = AutoModelForSequenceClassification.from_pretrained("model").eval()
    assert type(model).__name__ == "AlbertForSequenceClassification"
    assert model.config.num_labels == 1


def test_pairs_without_labels_in_any_spelling(lab, tmp_path):
    lab("tokenizer", "aptamers.csv")
    lab("finetune", *DATA, "--tokenizer", "tokenizer", "--kind", "rank", *QUICK)
    (tmp_path / "p.tsv").write_text("Sequence1\tSequence2\nacgu\tGGG\nGGG\tACGT\n")
    lab("predict", "p.tsv", "--model", "model")
    table = pd.read_csv("predictions.csv")
    assert list(table.columns) == ["Sequence1", "Sequence2", "Probability", "Prediction"]
    assert table["Sequence1"].tolist() == ["acgu", "GGG"]
    assert table["Probability"].sum() == pytest.approx(1)
    (tmp_path / "p.tsv").write_text("Sequence1\tSequence2\nACG\tGGG\nACG\tGNG\n")
    said = lab("predict", "p.tsv", "--model", "model", code=1).output
    assert "p.tsv, line 3: degenerate code: 'N' (any base) at position 2" in said
    (tmp_path / "p.tsv").write_text("Sequence1\tSequence2\nACG\t\n")
    assert (
        "line 2: a sequence is missing"
        in lab("predict", "p.tsv", "--model", "model", code=1).output
    )
    (tmp_path / "p.tsv").write_text("a\tb\nACG\tG\n")
    assert "no column 'Sequence1'" in lab("predict", "p.tsv", "--model", "model", code=1).output
    (tmp_path / "p.tsv").write_text(f"Sequence1\tSequence2\nACG\t{'A' * 600}\n")
    assert "602 tokens" in lab("predict", "p.tsv", "--model", "model", code=1).output


def test_a_sequence_past_the_limit_stops_before_training(lab, tmp_path):
    table = pd.read_csv("scored.csv")
    table.loc[3:4, "sequence"] = ["ACGT" * 110, "ACGT" * 30]
    table.to_csv("long.csv", index=False)
    lab("ingest", "long.csv", "--better", "higher")
    said = lab("tokenizer", "aptamers.csv", "--settings", '{"kind": "pair"}', code=1).output
    assert "440 bases, ACGTACGT" in said
    assert "reads at most 512" in said


@pytest.mark.hub
def test_a_checkpoint_from_the_hub():
    model = from_checkpoint("albert/albert-base-v2", 30000, 0, 0.0, "pair")
    assert model.num_parameters() == pytest.approx(11.7e6, rel=0.02)
    assert np.isfinite(model.albert.embeddings.word_embeddings.weight.detach().numpy()).all()
