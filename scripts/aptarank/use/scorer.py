"""A trained model in any of its forms, loaded to score aptamers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from aptarank.core.errors import InputError
from aptarank.exports.onnx_model import onnx_forward
from aptarank.exports.variant_info import ABOUT
from aptarank.exports.variants import load_variant, split_name
from aptarank.models.encoder import checkpoint_config, kind_in, load_model, position_limit
from aptarank.models.inference import (
    BATCH,
    Forward,
    Track,
    check_answers,
    run_batches,
    run_safely,
    torch_forward,
)
from aptarank.models.model_files import read_object
from aptarank.models.model_inputs import (
    PROBE,
    Encoded,
    check_fits,
    encode,
    find_template,
    unknown_in,
)
from aptarank.models.tokenizer import load_tokenizer
from aptarank.values.sequences import as_tokens, shortened

RECOMMENDED = "recommended.json"  # of recommend.py


@dataclass(frozen=True)
class Scorer:
    """What a model in one of its forms takes and gives.

    Attributes:
        kind: `rank` (one aptamer in, its score out) or `pair` (two in, log-odds that the first is
            fitter out).
        forward: runs a batch.
        tokenizer: of its inputs.
        limit: most tokens of one input.
    """

    kind: str
    forward: Forward
    tokenizer: PreTrainedTokenizerBase
    limit: int

    def encode(self, sequences: Sequence[str]) -> Encoded:
        """Tokens of normalised sequences.

        Raises:
            InputError: the tokenizer does not know a letter.
        """
        encoded = encode(self.tokenizer, [as_tokens(sequence) for sequence in sequences])
        unknown = unknown_in(self.tokenizer, encoded)
        if unknown.any():
            sequence = sequences[int(np.argmax(unknown))]
            raise InputError(
                f"the model's tokenizer does not know all letters of {shortened(sequence)}: it is "
                "a model of another alphabet"
            )
        return encoded

    @property
    def room(self) -> int:
        """Most tokens of one aptamer, of which a `pair` model reads two; as many bases always fit.

        (No tokenizer of ours makes more tokens than bases.)
        """
        special = find_template(self.tokenizer, [PROBE] * (2 if self.kind == "pair" else 1)).size
        return (self.limit - special) // (2 if self.kind == "pair" else 1)

    def scores(
        self, sequences: Sequence[str], batch_size: int = BATCH, track: Track = iter
    ) -> np.ndarray:
        """Scores by a `rank` model, float64, shape (n_sequences,): higher is fitter, and sigmoid of
        a difference is the probability that the one is fitter than the other.

        Raises:
            InputError: an aptamer is longer than the model reads, or of another alphabet.
        """
        encoded = self.encode(sequences)
        if len(encoded):
            check_fits(encoded, sequences, sequences, self.kind, self.limit)
        every = np.arange(len(encoded))
        return run_batches(self.forward, encoded, every, None, batch_size, track).astype(np.float64)


def load_scorer(path: Path, threads: int, device: torch.device) -> Scorer:
    """Load a model from the folder that finetune.py writes, from a variant's, from an ONNX file, or
    the variant that `recommended.json` names.

    Their tokenizer is in the first of these, which lies where the pipeline puts it: `model` beside
    `variants`, `onnx` and `speed`.

    Raises:
        InputError: there is no model, or it is damaged.
    """
    home = home_of(path)
    if path.name == RECOMMENDED:
        path = path.parent.parent / "variants" / recommended(path)
    config = checkpoint_config(str(home))
    kind = kind_in(config, home)
    tokenizer = load_tokenizer(home)
    if path.is_file():
        forward = onnx_forward(path, threads, device)
    elif (path / ABOUT).is_file():
        forward = load_variant(path, threads, device)
    else:
        torch.set_num_threads(threads)
        forward = torch_forward(load_model(path).to(device), device)
    scorer = Scorer(
        kind, partial(run_safely, forward, source=path), tokenizer, position_limit(config)
    )
    check_answers(forward, tokenizer, kind, scorer.limit, config.vocab_size, path)
    return scorer


def recommended(path: Path) -> str:
    """The variant that `recommended.json` names.

    Raises:
        InputError: it names none.
    """
    name = read_object(path, "what recommend.py writes").get("variant")
    try:
        split_name(str(name))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return str(name)


def home_of(path: Path) -> Path:
    """The folder of the model that a path is, or is a form of.

    Raises:
        InputError: there is nothing, or no model's folder where it is expected.
    """
    if not path.exists():
        raise InputError(
            f"{path}: no such file or folder; expected a model that finetune.py wrote, one of its "
            "variants, or its ONNX file"
        )
    places = [path, path.parent, path.parent / "model", path.parent.parent / "model"]
    for place in places:
        if (place / "config.json").is_file() and (place / "tokenizer.json").is_file():
            return place
    inside = path / "model"
    meant = f" Did you mean {inside}?" if (inside / "config.json").is_file() else ""
    raise InputError(
        f"{path}: no config.json and tokenizer.json of its model there, nor in "
        f"{places[-1]}; keep a variant or an ONNX file where the pipeline wrote it, or put it into "
        f"the model's folder.{meant}"
    )
