"""Loading a trained model in any of its forms, from wherever the pipeline put it."""

from pathlib import Path

import torch

from aptarank.config.model_kinds import scoring_kinds
from aptarank.core.errors import InputError
from aptarank.exports.onnx_model import onnx_forward
from aptarank.exports.variant_info import ABOUT
from aptarank.exports.variants import load_variant, split_name
from aptarank.models.encoder import checkpoint_config, kind_in, load_model, position_limit
from aptarank.models.inference import torch_forward
from aptarank.models.model_files import read_object
from aptarank.models.scorer import Scorer, checked
from aptarank.models.tokenizer import load_tokenizer

RECOMMENDED = "recommended.json"  # of recommend.py


def load_scorer(path: Path, threads: int, device: torch.device) -> Scorer:
    """Load a model.

    Args:
        path: the folder that finetune.py writes, the folder of a variant, an ONNX file, or
            `recommended.json`, which names a variant. The last three have no tokenizer of their
            own: it is taken from the folder `model` next to `variants`, `onnx` and `speed`.

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
        forward = torch_forward(load_model(path, device), device)
    scorer = Scorer(kind, forward, tokenizer, position_limit(config))
    return checked(scorer, config.vocab_size, path)


def check_scores_aptamers(scorer: Scorer, path: Path) -> None:
    """Refuse a model that compares two aptamers.

    Raises:
        InputError: it does not score each aptamer by itself.
    """
    if not scorer.kind.scores_aptamers:
        raise InputError(
            f"{path}: a model of kind {scorer.kind.name}, which compares two aptamers; expected "
            f"one of kind {scoring_kinds()}, which scores each aptamer by itself (rank.py ranks "
            "thousands of candidates by a model of either kind)"
        )


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


def home_of(path: Path) -> Path:
    """The folder of the model that `path` is, or is a form of.

    Raises:
        InputError: `path` does not exist, or the model's folder is not where it is expected.
    """
    if not path.exists():
        raise InputError(
            f"{path}: no such file or folder; expected a model that finetune.py wrote, one of its "
            "variants, or its ONNX file"
        )
    folders = [path, path.parent, path.parent / "model", path.parent.parent / "model"]
    for folder in folders:
        if (folder / "config.json").is_file() and (folder / "tokenizer.json").is_file():
            return folder
    inside = path / "model"
    hint = f" Did you mean {inside}?" if (inside / "config.json").is_file() else ""
    raise InputError(
        f"{path}: no config.json and tokenizer.json of its model there, nor in "
        f"{folders[-1]}; keep a variant or an ONNX file where the pipeline wrote it, or put it "
        f"into the model's folder.{hint}"
    )
