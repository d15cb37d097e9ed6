"""Tokenizers, each a file that Hugging Face loads without code of ours."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, pre_tokenizers
from tokenizers.models import BPE, WordLevel
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from aptarank.core.errors import InputError, first_line
from aptarank.models.spelling import BASES, normalizer_of
from aptarank.models.tokenizer_files import check_tokenizer

LIMIT = 512  # tokens of an input: ALBERT's max_position_embeddings
SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def nucleotide_tokenizer(
    max_length: int, k: int = 1, padding: int = 0, *, types: bool = True
) -> PreTrainedTokenizerFast:
    """One token a base, or one for each base with the k − 1 that follow it.

    Such overlapping k-mers are those of DNABERT (Ji et al. 2021,
    doi:10.1093/bioinformatics/btab083) but for the last k − 1 bases, which have shorter ones, so
    that no base is without a token. Of a k-mer, the bases that follow are in lower case: ACGT is
    Acg, Cgt, Gt, T for k = 3.

    Args:
        max_length, padding, types: as of `finished`.
    """
    words = ("".join(word) for size in range(1, k + 1) for word in product(BASES, repeat=size))
    names = [*special_tokens(padding), *(word[0] + word[1:].lower() for word in words)]
    vocabulary = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizer_of(k)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[ACGT][acgt]*|."), behavior="isolated")
    return wrap_tokenizer(tokenizer, max_length, types=types)


def bpe_tokenizer(
    sequences: Iterable[str],
    vocabulary: int,
    max_length: int,
    padding: int = 0,
    *,
    types: bool = True,
) -> PreTrainedTokenizerFast:
    """Byte-pair encoding (Sennrich et al. 2016, doi:10.18653/v1/P16-1162): frequent words of bases.

    Args:
        sequences: what it is learnt from; the same words in any order of them.
        vocabulary: most tokens, special ones included.
        max_length, padding, types: as of `finished`.
    """
    tokenizer = Tokenizer(BPE(unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizer_of(1)
    trainer = BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=special_tokens(padding),
        initial_alphabet=list(BASES),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sequences, trainer)
    return wrap_tokenizer(tokenizer, max_length, types=types)


def special_tokens(padding: int) -> list[str]:
    """The special tokens by id, with padding where a checkpoint has it, 0 or 1.

    RoBERTa and its kin count positions from that id on.
    """
    others = [token for role, token in SPECIAL.items() if role != "pad_token"]
    return [*others[:padding], SPECIAL["pad_token"], *others[padding:]]


def wrap_tokenizer(
    tokenizer: Tokenizer, max_length: int, *, types: bool
) -> PreTrainedTokenizerFast:
    """Wrap a tokenizer for transformers. A pair is `[CLS] a [SEP] b [SEP]`.

    Args:
        max_length: the model's limit in tokens, kept as `model_max_length`.
        types: whether the model takes `token_type_ids`.
    """
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        model_input_names=input_names(types=types),
        **SPECIAL,
    )


def input_names(*, types: bool) -> list[str]:
    """The inputs of a model, with token types or without."""
    return ["input_ids", *(["token_type_ids"] if types else []), "attention_mask"]


def load_tokenizer(source: str | Path, **changes: Any) -> PreTrainedTokenizerBase:
    """Load a tokenizer from a folder or a Hugging Face name.

    Args:
        source: a path is a folder on this machine; a text may be either.
        changes: settings that it shall have instead of its own, such as `model_max_length`.

    Raises:
        InputError: there is none, or it has no padding token.
    """
    if Path(source).is_dir():
        check_tokenizer(Path(source))
    elif isinstance(source, Path):  # a name of the Hub is a text
        raise InputError(f"{source}: no such folder; expected that of a tokenizer")
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            source,
            local_files_only=Path(source).is_dir(),
            trust_remote_code=False,
            **changes,
        )
        vocabulary = tokenizer.get_vocab()
        padding, size = tokenizer.pad_token_id, len(tokenizer)
        _ = tokenizer.unk_token_id  # that of an unknown token without a text never ends
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # of a damaged tokenizer.json; a panic is below Exception
        raise InputError(
            f"{source}: no tokenizer to load: {first_line(error)}\n"
            "Expected tokenizer.json and tokenizer_config.json, as save_pretrained writes; code "
            "of its own is never run."
        ) from None
    if max(vocabulary.values(), default=0) >= size + len(SPECIAL):
        raise InputError(f"{source}: its tokenizer has {size} tokens, but ids beyond these")
    if padding is None:
        raise InputError(f"{source}: its tokenizer has no pad_token; that of an encoder has one")
    return tokenizer
