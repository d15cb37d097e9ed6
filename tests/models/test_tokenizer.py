"""The tokenizer, and tensors composed from aptamers tokenised once."""

import json

import numpy as np
import pytest
from transformers import AutoTokenizer

from aptarank.config.model_kinds import KINDS
from aptarank.core.errors import InputError
from aptarank.models.model_inputs import build_inputs, check_fits, encode
from aptarank.models.tokenizer import bpe_tokenizer, load_tokenizer, nucleotide_tokenizer
from made_aptamers import random_sequences


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


@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_overlapping_words(tmp_path, k):
    """A token a base: it and the k − 1 that follow, fewer at the end and before what is no base."""
    nucleotide_tokenizer(512, k).save_pretrained(tmp_path)
    words = AutoTokenizer.from_pretrained(tmp_path)
    assert len(words) == 5 + sum(4**size for size in range(1, k + 1))
    for sequence in random_sequences(50, np.random.default_rng(k), 1, 30):
        pieces = (sequence[place : place + k] for place in range(len(sequence)))
        expected = [piece[0] + piece[1:].lower() for piece in pieces]
        assert words.tokenize(sequence) == expected
        assert words.tokenize(sequence.lower().replace("t", "u")) == expected
        assert words.unk_token not in expected
    assert words.tokenize("ACNGT") == ["Ac", "C", "[UNK]", "Gt", "T"]


def test_byte_pairs(tmp_path):
    """Frequent words of the training sequences; the same file in any order; nothing is lost."""
    rng = np.random.default_rng(1)
    sequences = [f"{start}GATTACA{end}" for start, end in random_pairs(300, rng)]
    files = []
    for order in (sequences, sequences[::-1]):
        bpe_tokenizer(order, 40, 512).save_pretrained(tmp_path)
        files.append((tmp_path / "tokenizer.json").read_bytes())
    assert files[0] == files[1]
    words = AutoTokenizer.from_pretrained(tmp_path)
    assert len(words) == 40
    assert "ATTAC" in words.get_vocab()
    for sequence in random_sequences(50, rng, 1, 40):
        assert "".join(words.tokenize(sequence)) == sequence
        assert words.tokenize(sequence.lower().replace("t", "u")) == words.tokenize(sequence)
    assert words.tokenize("ACNG").count("[UNK]") == 1
    pair = words("A", "C")
    assert words.convert_ids_to_tokens(pair["input_ids"]) == ["[CLS]", "A", "[SEP]", "C", "[SEP]"]


def random_pairs(count, rng):
    """Pairs of random sequences."""
    both = random_sequences(2 * count, rng)
    return zip(both[:count], both[count:], strict=True)


@pytest.mark.parametrize("k", range(1, 7))
def test_every_tokenizer_of_ours_can_be_loaded(k, tmp_path):
    """Those of long words have many patterns, which the check of foreign ones would refuse."""
    made = nucleotide_tokenizer(512, k=k)
    made.save_pretrained(tmp_path)
    sequences = ["ACGTTGCA", "AC"]
    assert load_tokenizer(tmp_path)(sequences)["input_ids"] == made(sequences)["input_ids"]


@pytest.mark.parametrize("name", ["kmer", "bpe"])
def test_byte_pairs_are_learnt_from_training_aptamers_alone(program, tmp_path, scored, name):
    scored.loc[:9, "sequence"] = [f"{'GGGGCCCC' * 4}{end}" for end in scored["sequence"][:10]]
    scored.to_csv("scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    settings = json.dumps({"tokenizer": name, "vocabulary": 60, "k": 2})
    made = {}
    for part in ("train", "test"):
        parts = np.where(scored.index < 10, part, "train")
        scored.assign(part=parts)[["sequence", "part"]].to_csv("split.csv", index=False)
        program("tokenizer", "aptamers.csv", "--split", "split.csv", "--settings", settings)
        made[part] = load_tokenizer("tokenizer").get_vocab()
    if name == "bpe":
        assert "GGGGCCCC" in made["train"]
        assert "GGGGCCCC" not in made["test"]
    else:
        assert made["train"] == made["test"]


def test_composed_tensors_equal_the_tokenizers_own(tokenizer):
    sequences = random_sequences(40, np.random.default_rng(3), 1, 20)
    encoded = encode(tokenizer, sequences)
    first, second = np.random.default_rng(1).integers(40, size=(2, 200))
    texts = [[sequences[i] for i in indices] for indices in (first, second)]
    for composed, expected in (
        (
            build_inputs(encoded, first, second),
            tokenizer(*texts, padding=True, return_tensors="np"),
        ),
        (build_inputs(encoded, first), tokenizer(texts[0], padding=True, return_tensors="np")),
    ):
        assert composed.keys() == expected.keys()
        for name, array in composed.items():
            assert np.array_equal(array, expected[name]), name


def test_too_long_names_the_aptamer_and_cuts_nothing(tokenizer):
    sequences = ["A" * 300, "C" * 220]
    encoded = encode(tokenizer, sequences)
    assert check_fits(encoded, ["x", "y"], sequences, KINDS["rank"], 512) == 302
    with pytest.raises(InputError, match=r"aptamer x \(300 bases.*523 tokens.*at most 512"):
        check_fits(encoded, ["x", "y"], sequences, KINDS["pair"], 512)


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(InputError, match="no tokenizer to load"):
        load_tokenizer(tmp_path)


def test_a_folder_that_is_not_there_is_not_asked_of_the_hub(tmp_path):
    with pytest.raises(InputError, match=r"gone: no such folder"):
        load_tokenizer(tmp_path / "gone")
