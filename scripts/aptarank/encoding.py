"""Aptamers tokenised once, and pairs of them composed as tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from aptarank.errors import InputError

SPECIAL_TOKENS = {"rank": 2, "pair": 3}  # [CLS] a [SEP]; [CLS] a [SEP] b [SEP]


class Encoded(NamedTuple):
    """Token ids of aptamers without special tokens.

    `ids`: int32, shape (n_aptamers, longest), padded; `lengths`: int64, shape (n_aptamers,);
    `cls`, `sep` and `pad` are the ids of the special tokens.
    """

    ids: torch.Tensor
    lengths: torch.Tensor
    cls: int
    sep: int
    pad: int

    def __len__(self) -> int:
        return len(self.lengths)


def encode(tokenizer: PreTrainedTokenizerBase, sequences: Sequence[str]) -> Encoded:
    """Tokenise each aptamer once."""
    tokens = (
        tokenizer(list(sequences), add_special_tokens=False, verbose=False)["input_ids"]
        if len(sequences)
        else []
    )
    lengths = torch.tensor([len(ids) for ids in tokens], dtype=torch.int64)
    longest = int(lengths.max()) if len(tokens) else 0
    padded = torch.full((len(tokens), longest), tokenizer.pad_token_id, dtype=torch.int32)
    for row, ids in zip(padded, tokens, strict=True):
        row[: len(ids)] = torch.tensor(ids, dtype=torch.int32)
    return Encoded(
        padded, lengths, tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id
    )


def compose(
    encoded: Encoded, first: torch.Tensor, second: torch.Tensor | None = None
) -> dict[str, torch.Tensor]:
    """Model inputs `[CLS] a [SEP]`, or `[CLS] a [SEP] b [SEP]`, padded to the longest of the batch.

    Args:
        first, second: indices of aptamers, shape (batch,).

    Returns:
        `input_ids`, `attention_mask` and `token_type_ids` (1 from b on), int64, (batch, tokens).
    """
    a = encoded.lengths[first]
    ends = a + 2 if second is None else a + encoded.lengths[second] + 3
    place = torch.arange(int(ends.max()) if len(ends) else 0).expand(len(first), -1)
    ids = torch.full(place.shape, encoded.sep)
    ids[:, :1] = encoded.cls
    a = a[:, None]
    ids = torch.where((place > 0) & (place <= a), at(encoded, first, place - 1), ids)
    types = torch.zeros_like(ids)
    if second is not None:
        in_b = (place > a + 1) & (place < ends[:, None] - 1)
        ids = torch.where(in_b, at(encoded, second, place - a - 2), ids)
        types = ((place > a + 1) & (place < ends[:, None])).long()
    mask = place < ends[:, None]
    ids = torch.where(mask, ids, encoded.pad)
    return {"input_ids": ids, "attention_mask": mask.long(), "token_type_ids": types}


def at(encoded: Encoded, aptamers: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Token ids at `place` of each aptamer, shape (batch, tokens); any value outside of it."""
    longest = encoded.ids.shape[1]
    return encoded.ids[aptamers].long().gather(1, place.clamp(0, longest - 1))


def longest_input(lengths: np.ndarray, kind: str) -> int:
    """Tokens of the longest model input that these aptamers can form."""
    top = np.sort(lengths)[::-1][: 2 if kind == "pair" else 1]
    return int(top.sum()) + SPECIAL_TOKENS[kind]


def check_fits(
    encoded: Encoded, names: Sequence[str], sequences: Sequence[str], kind: str, limit: int
) -> int:
    """Return the longest input in tokens; nothing is ever cut.

    Raises:
        InputError: it exceeds the model's `limit`; names the longest aptamer.
    """
    lengths = encoded.lengths.numpy()
    needed = longest_input(lengths, kind)
    if needed > limit:
        worst = int(np.argmax(lengths))
        shown = sequences[worst] if len(sequences[worst]) <= 40 else sequences[worst][:37] + "..."
        with_what = " together with the next longest" if kind == "pair" else ""
        raise InputError(
            f"aptamer {names[worst]} ({len(sequences[worst])} bases, {shown}){with_what} needs "
            f"{needed} tokens, but the model reads at most {limit}.\n"
            "Remove or shorten the longest aptamers, or use a model of kind rank, which reads one "
            "at a time."
        )
    return needed
