"""Blend the predictors and the encoders of a dataset into one model."""

from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aptarank.config.names import BLEND, STACK
from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import PAIR_COLUMNS, read_table, write_csv
from aptarank.models.encoder import kind_of, load_model, pick_device
from aptarank.models.model_inputs import encode
from aptarank.models.predictor import Predictor
from aptarank.models.tokenizer import load_tokenizer
from aptarank.models.torch_inference import torch_scorer
from aptarank.pairing.pair_store import distinct_sequences, index_pairs
from aptarank.pairing.pairs import Pairs
from aptarank.predictors.assemble import blend, reads_bases, save
from aptarank.predictors.blending import pair_weights
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    Program,
    check_folder,
    device_option,
    folders_by_name,
    models_option,
    threads_option,
)
from aptarank.programs.schema_options import seed_option
from aptarank.training.loop import validate

MOST_PAIRS = 50_000  # validation pairs that the weights are learnt from
Encoders = dict[str, tuple[PreTrainedModel, PreTrainedTokenizerBase]]  # by name


@click.command(cls=Program)
@click.option("--predictors", type=PATH, required=True, help="What baselines.py --models writes.")
@models_option
@click.option("--validation", type=PATH, required=True, help="Labelled validation pairs.")
@seed_option("Seed of the validation pairs that are drawn.")
@device_option
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="blend", help="Folder of the model.")
@click.option("--history", type=WRITTEN, default="history.csv", help="Table of one evaluation.")
def main(
    predictors: Path,
    models: tuple[tuple[str, Path], ...],
    validation: Path,
    seed: int,
    device: str,
    threads: int,
    output: Path,
    history: Path,
) -> None:
    """Weigh the stack of predictors and the encoders by what they say of validation pairs.

    Models that read other tokens than bases, or two aptamers at once, are left out, and the log
    says so.

    Example: python scripts/blend.py --predictors predictors --model rank rank/seed-1/model
    --validation pairs/validation.parquet
    """
    torch.set_num_threads(threads)
    check_folder(predictors, "what baselines.py --models writes")
    on = pick_device(device)
    table = read_table(validation, PAIR_COLUMNS)
    sequences = distinct_sequences(table)
    pairs = index_pairs(table, sequences, validation)
    if pairs.total > MOST_PAIRS:
        drawn = np.random.default_rng(seed).choice(pairs.total, MOST_PAIRS, replace=False)
        pairs = pairs.take(np.sort(drawn))
    stack = None
    if (predictors / STACK).is_dir():
        stack = load_model(predictors / STACK)
        if not isinstance(stack, Predictor):
            raise InputError(f"{predictors / STACK}: not what baselines.py --models writes")
    folders = folders_by_name(models)
    if STACK in folders:
        raise InputError(f"--model {STACK}: the stack of predictors has this name; choose another")
    encoders = load_encoders(folders)
    if stack is None and not encoders:
        raise InputError(
            f"{predictors}: nothing to blend: no training aptamer has a value that is not a bound, "
            "and no model scores single aptamers base by base; set blend: false"
        )
    scores = score_all(stack, encoders, predictors, sequences, on)
    weights = pair_weights(np.stack(list(scores.values()), axis=1), pairs)
    named = dict(zip(scores, weights.tolist(), strict=True))
    members: dict[str, PreTrainedModel] = {} if stack is None else {STACK: stack}
    members |= {name: each for name, (each, _) in encoders.items()}
    model = blend({name: each.cpu() for name, each in members.items()}, named, BLEND)
    spread = {name: weight * scores[name].std() for name, weight in named.items()}
    total = sum(spread.values()) or 1.0
    shares = {name: round(float(each / total), 3) for name, each in spread.items()}
    model.config.aptarank["shares"] = shares
    tokenizers = [tokenizer for _, tokenizer in encoders.values()]
    tokenizer = tokenizers[0] if tokenizers else load_tokenizer(predictors / STACK)
    save(model, output, tokenizer)
    write_csv(evaluate(model, tokenizer, sequences, pairs), history)
    in_words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    logger.info("%s: %s", output, in_words)


def load_encoders(models: Mapping[str, Path]) -> Encoders:
    """The models that can be blended, by name; of the others, the log says why not."""
    encoders: Encoders = {}
    for name, folder in models.items():
        model, tokenizer = load_model(folder), load_tokenizer(folder)
        reason = ""
        if not kind_of(model).scores_aptamers:
            reason = "it compares two aptamers"
        elif not reads_bases(tokenizer):
            reason = "its tokens are not bases"
        if reason:
            logger.info("%s is not part of the blend: %s", name, reason)
        else:
            encoders[name] = model, tokenizer
    return encoders


def score_all(
    stack: Predictor | None,
    encoders: Encoders,
    predictors: Path,
    sequences: pd.Index,
    device: torch.device,
) -> dict[str, np.ndarray]:
    """The score of each aptamer by the stack and by each encoder, shapes (n_aptamers,)."""
    members: Encoders = {}
    if stack is not None:
        members[STACK] = stack, load_tokenizer(predictors / STACK)
    members |= encoders
    scores = {}
    for name, (model, tokenizer) in progress(list(members.items()), "scoring", "models"):
        nn.Module.to(model, device)  # transformers hides the types of its own `to`
        scores[name] = torch_scorer(model, tokenizer, device).scores(sequences.tolist())
    return scores


def evaluate(
    model: Predictor, tokenizer: PreTrainedTokenizerBase, sequences: pd.Index, pairs: Pairs
) -> pd.DataFrame:
    """The blend's evaluation on validation, in the form of a training's history."""
    scorer = torch_scorer(model, tokenizer, torch.device("cpu"))
    loss, accuracy = validate(scorer, encode(tokenizer, sequences.tolist()), pairs)
    row = {"step": 0, "learning_rate": 0.0, "train_loss": loss}
    return pd.DataFrame([row | {"validation_loss": loss, "validation_accuracy": accuracy}])


if __name__ == "__main__":
    main()
