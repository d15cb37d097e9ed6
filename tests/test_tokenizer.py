"""The tokenizer, and tensors composed from aptamers tokenised once."""

import numpy as np
import pytest
import torch
from conftest import random_sequences
from transformers import AutoTokenizer

from aptarank.encoding import check_fits, compose, encode
from aptarank.errors import InputError
from aptarank.tokenizer import load_tokenizer, nucleotide_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """Saved and loaded as someone without our code does."""
    folder = tmp_path_factory.mktemp("tokenizer")
    nucleotide_tokenizer(512).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def test_one_token_a_base(tokenizer):
    pair = tokenizer("ACG", "TT")
    assert tokenizer.convert_ids_to_tokens(pair["input_ids"]) == [
        *("[CLS]", "A", "C", "G", "[SEP]", "T", "T", "[SEP]")
    ]
    assert pair["token_type_ids"] == [0, 0, 0, 0, 0, 1, 1, 1]
    assert pair["attention_mask"] == [1] * 8
    assert tokenizer.model_max_length == 512


def test_lower_case_and_rna_are_read(tokenizer):
    assert tokenizer(" acgu ")["input_ids"] == tokenizer("ACGT")["input_ids"]
    assert tokenizer.unk_token_id in tokenizer("ACNT")["input_ids"]


def test_composed_tensors_equal_the_tokenizers_own(tokenizer):
    sequences = random_sequences(40, np.random.default_rng(3), 1, 20)
    encoded = encode(tokenizer, sequences)
    first, second = torch.randint(40, (2, 200), generator=torch.Generator().manual_seed(1))
    texts = [[sequences[i] for i in indices] for indices in (first, second)]
    for composed, expected in (
        (
            compose(encoded, first, second),
            tokenizer(*texts, padding=True, return_tensors="pt"),
        ),
        (compose(encoded, first), tokenizer(texts[0], padding=True, return_tensors="pt")),
    ):
        assert composed.keys() == expected.keys()
        for name, tensor in composed.items():
            assert torch.equal(tensor, expected[name]), name


def test_too_long_names_the_aptamer_and_cuts_nothing(tokenizer):
    sequences = ["A" * 300, "C" * 220]
    encoded = encode(tokenizer, sequences)
    assert check_fits(encoded, ["x", "y"], sequences, "rank", 512) == 302
    with pytest.raises(InputError, match=r"aptamer x \(300 bases.*523 tokens.*at most 512"):
        check_fits(encoded, ["x", "y"], sequences, "pair", 512)


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(InputError, match="no tokenizer to load"):
        load_tokenizer(tmp_path)
