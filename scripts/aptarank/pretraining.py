"""Pretraining without scores: restore masked tokens, as BERT does.

Devlin et al. 2019, arXiv:1810.04805.
"""

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from Bio.SeqIO.FastaIO import SimpleFastaParser
from Bio.SeqIO.QualityIO import FastqGeneralIterator
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerBase, get_linear_schedule_with_warmup

from aptarank.encoding import Encoded, compose
from aptarank.errors import InputError
from aptarank.optimisation import make_optimizer
from aptarank.sequences import as_tokens, normalise
from aptarank.tables import read_table
from aptarank.textfile import read_bytes

SHARE = 0.15  # of the tokens is to be restored
REPLACED = 0.8  # of these are replaced by the mask token, and half of the others by any token
REPORT = 20  # rows of the history
IGNORED = -100  # label of what is not to be restored, as everywhere in torch and transformers


@dataclass(frozen=True)
class Settings:
    """How to pretrain; as the settings of a model in config.schema.yaml, but for `steps`."""

    steps: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float
    precision: str


def read_sequences(path: Path) -> tuple[list[str], int]:
    """The distinct sequences of a FASTA or FASTQ file, or of a table's column `sequence`.

    Returns:
        The sequences as the model reads them, in order, and how many were no DNA or RNA.

    Raises:
        InputError: a file that cannot be read, or without a single sequence.
    """
    data = read_bytes(path).removeprefix(codecs.BOM_UTF8).lstrip()
    parse = {b">": SimpleFastaParser, b"@": FastqGeneralIterator}.get(data[:1])
    if parse:
        try:
            lines = io.TextIOWrapper(io.BytesIO(data), encoding="latin-1")
            texts = [record[1] for record in parse(lines)]
        except ValueError as error:
            raise InputError(f"{path}: not FASTA or FASTQ: {error}") from None
    else:
        texts = read_table(path, ["sequence"], text=True)["sequence"].astype(str)
    found: dict[str, None] = {}
    rejected = 0
    for text in texts:
        try:
            found[as_tokens(normalise(text))] = None
        except ValueError:
            rejected += 1
    if not found:
        raise InputError(f"{path}: none of its {rejected} records is a sequence of DNA or RNA")
    return list(found), rejected


class Masking:
    """Hides tokens of model inputs, and remembers them as labels.

    Args:
        span: tokens that are hidden together: overlapping k-mers would tell one that is hidden
            alone, so that DNABERT hides k.

    Raises:
        InputError: the tokenizer has no mask token.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, span: int = 1):
        if tokenizer.mask_token_id is None:
            raise InputError("the tokenizer has no mask token, which pretraining needs")
        self.mask, self.span = tokenizer.mask_token_id, span
        self.special = torch.tensor(sorted(tokenizer.all_special_ids))
        every = torch.arange(len(tokenizer))
        self.words = every[~torch.isin(every, self.special)]

    def hide(
        self, ids: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Hide `SHARE` of the tokens that are not special.

        Args:
            ids: of a batch, int64, shape (batch, tokens).

        Returns:
            The ids to be read, and the labels: the id where it is hidden, else `IGNORED`.
        """
        begins = torch.rand(ids.shape, generator=generator) < 1 - (1 - SHARE) ** (1 / self.span)
        hidden = begins.clone()
        for place in range(1, self.span):
            hidden[:, place:] |= begins[:, :-place]
        hidden &= ~torch.isin(ids, self.special)
        draw = torch.rand(ids.shape, generator=generator)
        words = self.words[torch.randint(len(self.words), ids.shape, generator=generator)]
        shown = ids.where(~hidden | (draw >= REPLACED), self.mask)
        shown = shown.where(~hidden | (draw < (1 + REPLACED) / 2), words)
        return shown, ids.where(hidden, IGNORED)


def endless(count: int, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Indices of a batch, in a new random order each epoch."""
    while True:
        yield from torch.randperm(count, generator=generator).split(size)


def pretrain(
    model: nn.Module,
    masking: Masking,
    encoded: Encoded,
    settings: Settings,
    seed: int,
    device: torch.device,
    track: Callable[[Iterable], Iterable] = iter,
) -> pd.DataFrame:
    """Train `model`, which restores masked tokens, in place.

    Args:
        track: wraps the steps, for progress.

    Returns:
        The history, `REPORT` rows: step, loss (nats a hidden token) and accuracy of the hidden
        tokens, each the mean since the row before.
    """
    torch.manual_seed(seed)  # of dropout
    generator = torch.Generator().manual_seed(seed)
    model.to(device).train()
    optimizer = make_optimizer(model, settings)
    rising = round(settings.warmup * settings.steps)
    schedule = get_linear_schedule_with_warmup(optimizer, rising, settings.steps)
    batches = endless(len(encoded), settings.batch_size, generator)
    history, since = [], torch.zeros(3, device=device)
    for step in track(range(1, settings.steps + 1)):
        inputs = compose(encoded, next(batches))
        inputs["input_ids"], labels = masking.hide(inputs["input_ids"], generator)
        labels = labels.to(device)
        with torch.autocast(device.type, torch.bfloat16, settings.precision == "bf16"):
            logits = model(**{k: v.to(device) for k, v in inputs.items()}).logits.float()
        hidden = (labels != IGNORED).sum()
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
        (loss / hidden.clamp(min=1)).backward()  # of short sequences, none may be hidden
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        right = (logits.argmax(-1) == labels).sum()
        since += torch.stack([loss.detach(), right, hidden])
        if step * REPORT // settings.steps > (step - 1) * REPORT // settings.steps:
            total, right, hidden = since.tolist()
            history.append(
                {"step": step, "loss": total / max(1, hidden), "accuracy": right / max(1, hidden)}
            )
            since.zero_()
    return pd.DataFrame(history)
