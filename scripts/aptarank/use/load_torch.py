"""Loading the forms of a model that PyTorch runs, and those whose folder says what runs them."""

from pathlib import Path

import torch

from aptarank.core.errors import InputError
from aptarank.exports.variant_info import ABOUT
from aptarank.exports.variants import load_variant, split_name
from aptarank.models.encoder import (
    checkpoint_config,
    kind_in,
    load_model,
    pick_device,
    position_limit,
)
from aptarank.models.fused import fused
from aptarank.models.model_files import read_object
from aptarank.models.scorer import Scorer, checked
from aptarank.models.tokenizer import load_tokenizer
from aptarank.models.torch_inference import run


def load_with_torch(path: Path, home: Path, threads: int, device: str) -> Scorer:
    """Load a model or one of its variants; `load_scorer` says more.

    Args:
        path: the folder of the model or of a variant, or `recommended.json`.
        home: the model's folder.
    """
    if path.is_file():
        path = path.parent.parent / "variants" / recommended(path)
    on = pick_device(device)
    config = checkpoint_config(str(home))
    kind, tokenizer = kind_in(config, home), load_tokenizer(home)
    if (path / ABOUT).is_file():
        forward = load_variant(path, threads, on)
    else:
        torch.set_num_threads(threads)
        forward = run(fused(load_model(path, on)), on)
    scorer = Scorer(kind, forward, tokenizer, position_limit(config))
    return checked(scorer, config.vocab_size, path)


def recommended(path: Path) -> str:
    """The variant that `recommended.json` names.

    Raises:
        InputError: it does not name one.
    """
    name = read_object(path, "what recommend.py writes").get("variant")
    try:
        split_name(str(name))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return str(name)
