"""A tokenizer from its files alone: the same tokens as transformers makes of them."""

import json

import numpy as np
import pytest

from aptarank.core.errors import InputError
from aptarank.models.file_tokenizer import FileTokenizer, is_ours, load_light
from aptarank.models.model_inputs import encode, unknown_in
from aptarank.models.tokenizer import bpe_tokenizer, load_tokenizer, nucleotide_tokenizer
from architectures import save_checkpoint
from made_aptamers import random_sequences

SEQUENCES = [*random_sequences(300, np.random.default_rng(3), 1, 40), "acgu", "NNX", "GG U"]
MADE = {
    "nucleotide": lambda: nucleotide_tokenizer(512),
    "kmer": lambda: nucleotide_tokenizer(100, 3, padding=1, types=False),
    "bpe": lambda: bpe_tokenizer(SEQUENCES[:300], 60, 512),
}


@pytest.mark.parametrize("name", MADE)
def test_the_same_as_transformers(name, tmp_path):
    MADE[name]().save_pretrained(tmp_path)
    ours, theirs = load_light(tmp_path), load_tokenizer(tmp_path)
    assert isinstance(ours, FileTokenizer)
    for one, other in zip(encode(ours, SEQUENCES), encode(theirs, SEQUENCES), strict=True):
        assert str(one) == str(other)
    ids = encode(ours, SEQUENCES).ids
    assert np.array_equal(ids, encode(theirs, SEQUENCES).ids)
    unknown = unknown_in(ours, encode(ours, SEQUENCES))
    assert np.array_equal(unknown, unknown_in(theirs, encode(theirs, SEQUENCES)))
    assert unknown.any()
    for attribute in (
        *("model_input_names", "model_max_length", "pad_token_id", "pad_token_type_id"),
        *("unk_token", "unk_token_id"),
    ):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    assert ours.get_vocab() == theirs.get_vocab()
    assert len(ours) == len(theirs)
    assert set(ours.all_special_tokens) == set(theirs.all_special_tokens)
    assert ours.convert_ids_to_tokens(ids[0]) == theirs.convert_ids_to_tokens(ids[0])


def test_others_are_loaded_by_transformers(tmp_path):
    save_checkpoint("bert", tmp_path)
    loaded = load_light(tmp_path)
    assert not isinstance(loaded, FileTokenizer)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("tokenizer_config.json", {"pad_token": None}),
        ("tokenizer_config.json", {"unk_token": ""}),
        ("tokenizer_config.json", {"extra_special_tokens": ["ACG"]}),
        ("tokenizer_config.json", {"model_max_length": "512"}),
        ("tokenizer_config.json", {"tokenizer_class": "BertTokenizer"}),
        ("added_tokens.json", {"ACG": 9}),
        ("tokenizer.json", {"normalizer": {"type": "Lowercase"}}),
    ],
)
def test_what_transformers_may_read_otherwise_is_left_to_it(file, change, tmp_path):
    MADE["nucleotide"]().save_pretrained(tmp_path)
    assert is_ours(tmp_path)
    path = tmp_path / file
    found = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(found | change))
    assert not is_ours(tmp_path)


BPE = {"type": "BPE", "merges": ["a b"]}


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("tokenizer.json", {"model": {"type": "none"}}),
        ("tokenizer.json", {"normalizer": {"type": "Prepend", "prepend": "A" * 200}}),
        ("tokenizer.json", {"normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}}),
        ("tokenizer.json", {"model": BPE | {"vocab": {"a": 0, "b": 1, "ab": 2**32 - 1}}}),
        (
            "tokenizer.json",
            {
                "model": {
                    **{"type": "BPE", "vocab": {"a": 0, "é": 1, "aé": 3, "[PAD]": 4}},
                    **{"merges": ["a é"], "continuing_subword_prefix": "a"},
                }
            },
        ),
        ("tokenizer_config.json", {"pad_token": "\ud800"}),
        ("tokenizer_config.json", {"pad_token": "[NONE]"}),
    ],
)
def test_damaged_files(file, change, tmp_path):
    """None is loaded, whichever way; the fifth would end the process."""
    MADE["nucleotide"]().save_pretrained(tmp_path)
    found = json.loads((tmp_path / file).read_text())
    (tmp_path / file).write_text(json.dumps(found | change))
    with pytest.raises(InputError):
        load_light(tmp_path)
