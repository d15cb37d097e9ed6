"""Pretraining without scores: restore masked tokens, as BERT does.

Devlin et al. 2019, arXiv:1810.04805.
"""

import codecs
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from Bio.SeqIO.QualityIO import FastqGeneralIterator
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerBase

from aptarank.core.errors import InputError
from aptarank.core.log import Track
from aptarank.core.tables import read_table
from aptarank.models.model_inputs import TokenizedAptamers, build_inputs
from aptarank.models.torch_inference import as_tensors
from aptarank.reading.fasta_records import stream_records
from aptarank.reading.text_files import decode_text, decompress, is_parquet, read_bytes
from aptarank.training.batch_sampler import Batches
from aptarank.training.checkpoints import (
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    with_prefix,
)
from aptarank.training.optimisation import Schedule, make_optimizer
from aptarank.training.resuming import CheckpointPolicy, checkpointing, resume
from aptarank.values.sequences import as_tokens, normalise

SHARE = 0.15  # of the tokens is to be restored
REPLACED = 0.8  # of these are replaced by the mask token, and half of the others by any token
REPORT = 20  # rows of the history
IGNORED = -100  # label of what is not to be restored, as everywhere in torch and transformers


@dataclass(frozen=True)
class PretrainingSettings:
    """How to pretrain; as the settings of a model in config.schema.yaml, but for `steps`."""

    steps: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float
    precision: str

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> Self:
        """Those among a model's resolved settings; `pretrain` is the number of steps."""
        values = {**model, "steps": model["pretrain"]}
        return cls(**{field.name: values[field.name] for field in fields(cls)})


def read_sequences(path: Path) -> tuple[list[str], int]:
    """The distinct sequences of a FASTA or FASTQ file, or of a table's column `sequence`.

    Returns:
        The sequences as the model reads them, in order, and how many were no DNA or RNA.

    Raises:
        InputError: a file that cannot be read, or without a single sequence.
    """
    data = decompress(read_bytes(path), path).removeprefix(codecs.BOM_UTF8).lstrip()
    if data[:1] in (b">", b"@"):
        try:
            lines = io.TextIOWrapper(io.BytesIO(data), encoding="latin-1")
            if data.startswith(b">"):
                texts = [sequence for _, _, sequence in stream_records(lines)]
            else:
                texts = [sequence for _, sequence, _ in FastqGeneralIterator(lines)]
        except ValueError as error:
            raise InputError(f"{path}: not FASTA or FASTQ: {error}") from None
    else:
        if not is_parquet(data):
            decode_text(data, path)  # an archive, a picture, a text of another encoding are refused
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
        for shift in range(1, self.span):
            hidden[:, shift:] |= begins[:, :-shift]
        hidden &= ~torch.isin(ids, self.special)
        draw = torch.rand(ids.shape, generator=generator)
        words = self.words[torch.randint(len(self.words), ids.shape, generator=generator)]
        shown = ids.where(~hidden | (draw >= REPLACED), self.mask)
        shown = shown.where(~hidden | (draw < (1 + REPLACED) / 2), words)
        return shown, ids.where(hidden, IGNORED)


class Pretraining:
    """The state of a training that restores masked tokens.

    Each step has random numbers of its own, so that a checkpoint need not hold a generator's state.
    """

    def __init__(
        self,
        model: nn.Module,
        masking: Masking,
        encoded: TokenizedAptamers,
        settings: PretrainingSettings,
        seed: int,
        device: torch.device,
    ):
        self.model, self.masking, self.encoded = model.to(device).train(), masking, encoded
        self.settings, self.seed, self.device = settings, seed, device
        self.optimizer = make_optimizer(model, settings)
        self.schedule = Schedule.of(settings.steps, settings.warmup, 1 - settings.warmup)
        self.batches = Batches(len(encoded), settings.batch_size, seed)
        self.step = 0
        self.history: list[dict[str, float]] = []
        # Loss, restored tokens and hidden tokens since the last row of the history.
        self.since = torch.zeros(3, device=device)

    def train_step(self) -> None:
        """Take one optimiser step, and add a row to the history when one is due."""
        settings, step = self.settings, self.step
        seeds = np.random.default_rng([self.seed, step]).integers(2**63, size=2).tolist()
        torch.manual_seed(seeds[0])  # of dropout
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * self.schedule.factor(step)
        inputs = as_tensors(build_inputs(self.encoded, self.batches.batch(step)))
        generator = torch.Generator().manual_seed(seeds[1])
        inputs["input_ids"], labels = self.masking.hide(inputs["input_ids"], generator)
        labels = labels.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, settings.precision == "bf16"):
            given = {name: tensor.to(self.device) for name, tensor in inputs.items()}
            logits = self.model(**given).logits.float()
        hidden = (labels != IGNORED).sum()
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
        (loss / hidden.clamp(min=1)).backward()  # of short sequences, none may be hidden
        nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        right = (logits.argmax(-1) == labels).sum()
        self.since += torch.stack([loss.detach(), right, hidden])
        self.step += 1
        if self.step * REPORT // settings.steps > step * REPORT // settings.steps:
            total, right, hidden = self.since.tolist()
            mean = {"loss": total / max(1, hidden), "accuracy": right / max(1, hidden)}
            self.history.append({"step": self.step} | mean)
            self.since.zero_()

    def save(self, policy: CheckpointPolicy) -> None:
        """Write a checkpoint."""
        # Copies, as the last layer is the table of embeddings, and a checkpoint shares no memory.
        state = self.model.state_dict()
        tensors = {f"model.{name}": tensor.clone() for name, tensor in state.items()}
        tensors |= optimizer_tensors(self.optimizer) | {"since": self.since}
        values = {"training": policy.training, "step": self.step, "history": self.history}
        save_checkpoint(policy.folder, self.step, tensors, values)

    def restore(self, tensors: dict[str, torch.Tensor], values: dict) -> None:
        """Resume from a checkpoint."""
        self.model.load_state_dict(with_prefix(tensors, "model."))
        restore_optimizer(self.optimizer, tensors)
        self.since = tensors["since"].to(self.device)
        self.step, self.history = values["step"], values["history"]


def pretrain(
    pretraining: Pretraining,
    track: Track = iter,
    policy: CheckpointPolicy | None = None,
) -> pd.DataFrame:
    """Take all steps; the model is trained in place.

    With `policy`, it resumes from the last checkpoint of its folder, and writes one before it stops
    by a signal. On the CPU, stopped or not, the weights are the same to the bit.

    Args:
        track: wraps the steps, for progress.

    Returns:
        The history, `REPORT` rows: step, loss (nats a hidden token) and accuracy of the hidden
        tokens, each the mean since the row before.

    Raises:
        InputError: a checkpoint cannot be written.
        SystemExit: with 128 + the signal's number, once stopped by it.
    """
    steps = pretraining.settings.steps
    resume(pretraining, policy)
    with checkpointing(policy, pretraining.save) as after_step:
        for _ in track(range(pretraining.step, steps)):
            pretraining.train_step()
            after_step(pretraining.step, steps)
    return pd.DataFrame(pretraining.history)
