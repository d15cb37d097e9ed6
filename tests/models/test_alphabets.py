"""A tokenizer that does not know the letters is refused where tokens are made."""

import itertools
import json

import pytest
from transformers import BertConfig, BertForMaskedLM, BertTokenizer

from architectures import SHAPE

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ALPHABETS = {
    "kmers": (["".join(word) for word in itertools.product("ACGT", repeat=4)], "kmer with k: 4"),
    "lower": (list("acgt"), "bases in lower case alone"),
    "rna": ([*"ACGU", *(f"##{base}" for base in "ACGU")], "knows U and not T"),
    "protein": (list("EFIKLMNPQRVWY"), "does not know A, C, G and T"),
}


def checkpoint(folder, words):
    """A BERT with these words, saved as the Hub has them."""
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *words])}
    BertTokenizer(vocab=vocabulary, do_lower_case=False).save_pretrained(folder)
    BertForMaskedLM(BertConfig(vocab_size=len(vocabulary), **SHAPE)).save_pretrained(folder)
    return json.dumps({"kind": "rank", "checkpoint": str(folder), "tokenizer": "pretrained"})


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_a_tokenizer_of_another_alphabet(program, scored, tmp_path, alphabet):
    words, cause = ALPHABETS[alphabet]
    scored.to_csv("scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    settings = checkpoint(tmp_path / "theirs", words)
    said = program("tokenizer", "aptamers.csv", "--settings", settings, code=1).output
    assert "aptamers as [UNK]" in said
    assert cause in said
    assert not (tmp_path / "tokenizer").exists()


def test_a_few_unknown_letters_are_a_warning(program, tmp_path):
    rows = [
        f"{word}GCT,{n}" for n, word in enumerate(map("".join, itertools.product("ACG", repeat=3)))
    ]
    (tmp_path / "scored.csv").write_text("\n".join(["sequence,score", *rows, "TTTT,99"]) + "\n")
    program("ingest", "scored.csv", "--better", "higher")
    pieces = [*"ACG", "##A", "##C", "##G", "##GCT"]
    settings = checkpoint(tmp_path / "theirs", pieces)
    said = program("tokenizer", "aptamers.csv", "--settings", settings).output
    assert "does not know all letters of 1 of 28 aptamers" in said
