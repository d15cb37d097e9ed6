"""Aptamers tokenised once, and pairs of them composed as arrays."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aptarank.config.model_kinds import ModelKind, scoring_kinds
from aptarank.core.errors import InputError, first_line
from aptarank.core.log import logger
from aptarank.models.file_tokenizer import AptamerTokenizer

Inputs = dict[str, np.ndarray]  # of a model, as build_inputs makes them
PROBE = "ACGT"  # found in a model input, to see what the tokenizer puts around it


class SpecialTokens(NamedTuple):
    """What a tokenizer puts around one aptamer, or two.

    `special` are the ids before each aptamer and after the last, `types` the token types of these
    and of the aptamers between them, in order: `[CLS] a [SEP] b [SEP]` has three pieces of special
    tokens and five types. int64; each type is of shape (1,) or that of its piece.
    """

    special: tuple[np.ndarray, ...]
    types: tuple[np.ndarray, ...]

    @property
    def size(self) -> int:
        """Special tokens of an input."""
        return sum(map(len, self.special))


class TokenizedAptamers(NamedTuple):
    """Token ids of aptamers without special tokens, and what the tokenizer puts around them.

    `ids`: int32, shape (n_aptamers, longest), padded; `lengths`: int64, shape (n_aptamers,); `pad`:
    id and token type of padding; `typed`: whether the model input has `token_type_ids`.
    """

    ids: np.ndarray
    lengths: np.ndarray
    single: SpecialTokens
    pair: SpecialTokens
    pad: tuple[int, int]
    typed: bool

    def __len__(self) -> int:
        return len(self.lengths)


def encode(tokenizer: AptamerTokenizer, sequences: Sequence[str]) -> TokenizedAptamers:
    """Tokenise each aptamer once.

    Raises:
        InputError: the tokenizer makes inputs that `build_inputs` cannot make.
    """
    tokens = tokens_of(tokenizer, sequences) if len(sequences) else []
    lengths = np.array([len(ids) for ids in tokens], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    padded = np.full((len(tokens), longest), tokenizer.pad_token_id, dtype=np.int32)
    flat = np.fromiter(chain.from_iterable(tokens), dtype=np.int32, count=int(lengths.sum()))
    padded[np.arange(longest) < lengths[:, None]] = flat
    return TokenizedAptamers(
        padded,
        lengths,
        find_special_tokens(tokenizer, [PROBE]),
        find_special_tokens(tokenizer, [PROBE, PROBE]),
        (tokenizer.pad_token_id, tokenizer.pad_token_type_id),
        "token_type_ids" in tokenizer.model_input_names,
    )


def tokens_of(tokenizer: AptamerTokenizer, sequences: Sequence[str]) -> list[list[int]]:
    """The ids of each aptamer's tokens.

    Raises:
        InputError: the tokenizer gives up, as on a pattern that would look for ever.
    """
    try:
        return tokenizer(list(sequences), add_special_tokens=False, verbose=False)["input_ids"]
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # tokenizers panic with a class of their own, below that
        where = getattr(tokenizer, "name_or_path", "") or "the tokenizer"
        raise InputError(f"{where}: cannot read these aptamers: {first_line(error)}") from None


def check_known(
    tokenizer: AptamerTokenizer, encoded: TokenizedAptamers, source: str | Path
) -> None:
    """Refuse a tokenizer that does not know the letters; warn where some are unknown to it.

    Args:
        encoded: distinct aptamers.
        source: of the tokenizer, for the message.

    Raises:
        InputError: of half of the aptamers and more some letter is unknown, or many of them become
            the same tokens, as where unknown letters are left out.
    """
    total, unknown = len(encoded), int(unknown_in(tokenizer, encoded).sum())
    distinct = len(np.unique(encoded.ids, axis=0)) if total else 0
    if 2 * unknown >= total > 0 or 2 * distinct <= total > 1:
        problem = f"reads {unknown} of {total} aptamers as {tokenizer.unk_token}"
        if not unknown:
            problem = f"makes the same tokens of {total - distinct} of {total} different aptamers"
        raise InputError(f"the tokenizer of {source} {problem}: {alphabet_of(tokenizer)}")
    if unknown:
        logger.warning(
            "the tokenizer of %s does not know all letters of %d of %d aptamers: a model cannot "
            "tell apart what it reads as %s",
            *(source, unknown, total, tokenizer.unk_token),
        )


def unknown_in(tokenizer: AptamerTokenizer, encoded: TokenizedAptamers) -> np.ndarray:
    """Whether a letter of an aptamer is unknown to the tokenizer, shape (n_aptamers,)."""
    if tokenizer.unk_token_id is None:
        return np.zeros(len(encoded), dtype=bool)
    return (encoded.ids == tokenizer.unk_token_id).any(axis=1)


def alphabet_of(tokenizer: AptamerTokenizer) -> str:
    """What a tokenizer that does not know the bases wants instead, and what to do."""
    words = [word for word in tokenizer.get_vocab() if word not in tokenizer.all_special_tokens]
    sizes = {len(word) for word in words if set(word) <= set("ACGT")}
    if sizes and min(sizes) > 1:
        size = min(sizes)
        return (
            f"it wants k-mers with blanks between, as DNABERT's; tokenizer: kmer with k: {size} "
            "makes tokens of that kind"
        )
    cause = "it does not know A, C, G and T"
    if {"a", "c", "g", "t"} <= set(words):
        cause = "it knows bases in lower case alone"
    elif {"A", "C", "G", "U"} <= set(words):
        cause = "it knows U and not T, in which all sequences are written here"
    return f"{cause}; say tokenizer: nucleotide, which makes one token of each base"


def find_special_tokens(tokenizer: AptamerTokenizer, aptamers: list[str]) -> SpecialTokens:
    """The special tokens of an input that the tokenizer makes of these aptamers itself.

    Raises:
        InputError: it does not put special tokens before, between and after them.
    """
    made = tokenizer(*aptamers, return_token_type_ids=True)
    ids, types = made["input_ids"], made["token_type_ids"]
    special, special_types, start = [], [], 0
    for aptamer in aptamers:
        inside = tokenizer(aptamer, add_special_tokens=False)["input_ids"]
        size = len(inside)
        positions = range(start, len(ids) - size + 1)
        position = next((i for i in positions if ids[i : i + size] == inside), start)
        special.append(ids[start:position])
        special_types += [types[start:position], types[position : position + 1]]
        start = position + size
        of_aptamer = {*types[position:start]}
        if not size or not special[-1] or of_aptamer != {*types[position : position + 1]}:
            raise InputError(
                f"the tokenizer makes {tokenizer.convert_ids_to_tokens(ids)} of {aptamers}; "
                "expected special tokens before and between them, as of [CLS] a [SEP] b [SEP]"
            )
    special.append(ids[start:])
    special_types.append(types[start:])
    return SpecialTokens(*map(as_arrays, (special, special_types)))


def as_arrays(pieces: list[list[int]]) -> tuple[np.ndarray, ...]:
    """Each piece as int64."""
    return tuple(np.array(piece, dtype=np.int64) for piece in pieces)


def build_inputs(
    encoded: TokenizedAptamers, first: np.ndarray, second: np.ndarray | None = None
) -> Inputs:
    """Model inputs as the tokenizer makes them of one aptamer or two (`[CLS] a [SEP] b [SEP]`).

    Padded to the longest of the batch. With aptamers of 2 and 3 tokens, padded to 3, the pieces
    `[CLS] | a a . | [SEP] | b b b | [SEP]` become `[CLS] a a [SEP] b b b [SEP]`: each position of
    the input is gathered from the pieces, past the padding of the aptamers before it.

    Args:
        first, second: indices of aptamers, shape (batch,).

    Returns:
        `input_ids`, `attention_mask` and, where the model takes them, `token_type_ids`; int64,
        shape (batch, tokens).
    """
    batch = len(first)
    aptamers = [first] if second is None else [first, second]
    special = encoded.single if second is None else encoded.pair
    lengths = [encoded.lengths[indices][:, None] for indices in aptamers]  # (batch, 1)
    total = sum(lengths) + special.size  # (batch, 1)
    position = np.arange(int(total.max(initial=0)))  # (tokens,)
    pieces = [np.broadcast_to(special.special[0], (batch, len(special.special[0])))]
    gather_index = np.broadcast_to(position, (batch, len(position)))
    end: np.ndarray = np.full_like(total, len(special.special[0]))  # of what is placed so far
    for indices, length, between in zip(aptamers, lengths, special.special[1:], strict=True):
        longest = int(length.max(initial=0))
        pieces += [encoded.ids[indices, :longest], np.broadcast_to(between, (batch, len(between)))]
        end = end + length
        gather_index = gather_index + (position >= end) * (longest - length)
        end = end + len(between)
    mask = position < end
    gather_index = np.where(mask, gather_index, 0)
    ids = np.take_along_axis(np.concatenate(pieces, axis=1), gather_index, axis=1)
    inputs = {
        "input_ids": np.where(mask, ids, encoded.pad[0]),
        "attention_mask": mask.astype(np.int64),
    }
    if encoded.typed:
        types = [
            np.broadcast_to(type_, piece.shape[1:])
            for type_, piece in zip(special.types, pieces, strict=True)
        ]
        types_at = np.concatenate(types)[gather_index]
        inputs["token_type_ids"] = np.where(mask, types_at, encoded.pad[1])
    return inputs


def longest_input(encoded: TokenizedAptamers, kind: ModelKind) -> int:
    """Tokens of the longest input that a model of this kind can be given of these aptamers."""
    longest = np.sort(encoded.lengths)[::-1][: kind.aptamers]
    special = encoded.single if kind.aptamers == 1 else encoded.pair
    return int(longest.sum()) + special.size


def check_fits(
    encoded: TokenizedAptamers,
    names: Sequence[str],
    sequences: Sequence[str],
    kind: ModelKind,
    limit: int,
) -> int:
    """Return the longest input in tokens; nothing is ever cut.

    Raises:
        InputError: it exceeds the model's `limit`; names the longest aptamer.
    """
    lengths = encoded.lengths
    needed = longest_input(encoded, kind)
    if needed > limit:
        worst = int(np.argmax(lengths))
        shown = sequences[worst] if len(sequences[worst]) <= 40 else sequences[worst][:37] + "..."
        together = "" if kind.scores_aptamers else " together with the next longest"
        raise InputError(
            f"aptamer {names[worst]} ({len(sequences[worst])} bases, {shown}){together} needs "
            f"{needed} tokens, but the model reads at most {limit}.\n"
            "Remove or shorten the longest aptamers, or use a model that reads one at a time (kind "
            f"{scoring_kinds()})."
        )
    return needed
