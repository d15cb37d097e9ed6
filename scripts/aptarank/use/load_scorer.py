"""Loading a trained model in any of its forms, from wherever the pipeline put it.

PyTorch is imported only for the forms that need it.
"""

import math
from pathlib import Path

from aptarank.config.model_kinds import KINDS, scoring_kinds
from aptarank.core.errors import InputError
from aptarank.core.extras import require
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.file_tokenizer import load_light
from aptarank.models.model_files import about_of, read_config
from aptarank.models.scorer import Scorer, checked

RECOMMENDED = "recommended.json"  # of recommend.py


def load_scorer(path: Path, threads: int, device: str) -> Scorer:
    """Load a model.

    Args:
        path: the folder that finetune.py writes, the folder of a variant, an ONNX file, or
            `recommended.json`, which names a variant. The last three have no tokenizer of their
            own: it is taken from the folder `model` next to `variants`, `onnx` and `speed`.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        InputError: there is no model, or it is damaged.
    """
    home = home_of(path)
    if path.is_dir() or path.name == RECOMMENDED:
        require("torch", f"{path}: a model that is no ONNX file")
        from aptarank.use.load_torch import load_with_torch

        return load_with_torch(path, home, threads, device)
    config = read_config(home)
    kind, tokenizer = KINDS[about_of(config, home)["kind"]], load_light(home)
    # finetune.py's tokenizer knows its model's limit, which may be less than the configuration's.
    limit = min(tokenizer.model_max_length, config.get("max_position_embeddings", math.inf))
    scorer = Scorer(kind, onnx_forward(path, threads, device), tokenizer, limit)
    return checked(scorer, config["vocab_size"], path)


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
