"""The tokenizer: one token a base, as a file that Hugging Face loads without code of ours."""

import re
from pathlib import Path

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from aptarank.errors import InputError

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
BASES = ("A", "C", "G", "T")


def nucleotide_tokenizer(max_length: int) -> PreTrainedTokenizerFast:
    """One token a base; reads lower case, and U as T. A pair is `[CLS] a [SEP] b [SEP]`.

    Args:
        max_length: the model's limit in tokens, kept as `model_max_length`.
    """
    vocabulary = {token: number for number, token in enumerate([*SPECIAL.values(), *BASES])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=SPECIAL["unk_token"]))
    letters = {"a": "A", "c": "C", "g": "G", "t": "T", "u": "T", "U": "T"}
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(), *(normalizers.Replace(old, new) for old, new in letters.items())]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), behavior="isolated")
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **SPECIAL,
    )


def load_tokenizer(source: str | Path) -> PreTrainedTokenizerFast:
    """Load a checkpoint's tokenizer from a folder or a Hugging Face name.

    Raises:
        InputError: there is none, or it has no [CLS], [SEP] or padding token.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            source, local_files_only=Path(source).is_dir(), trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{source}: no tokenizer to load: {first_line(error)}") from None
    for role in ("cls_token", "sep_token", "pad_token"):
        if getattr(tokenizer, role) is None:
            raise InputError(f"{source}: its tokenizer has no {role}; ALBERT's has all three")
    return tokenizer


def first_line(error: BaseException) -> str:
    """The first sentence of a library's error, for a message of ours."""
    return re.split(r"\n", str(error).strip(), maxsplit=1)[0] or type(error).__name__
