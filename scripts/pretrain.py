"""Pretrain a model without scores, on the training aptamers and maybe more sequences."""

from pathlib import Path

import click
import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from aptarank.core.errors import InputError
from aptarank.core.log import logger, tracker
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.models.encoder import make_masked_model, pick_device
from aptarank.models.model_inputs import encode
from aptarank.models.tokenizer import load_tokenizer
from aptarank.pairing.split_table import training_sequences
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    Program,
    checkpoint_options,
    device_option,
    threads_option,
)
from aptarank.programs.json_options import model_settings
from aptarank.programs.schema_options import seed_option
from aptarank.training.checkpoints import remove_checkpoints
from aptarank.training.optimisation import pick_learning_rate, pick_precision
from aptarank.training.pretraining import (
    Masking,
    Pretraining,
    PretrainingSettings,
    pretrain,
    read_sequences,
)
from aptarank.training.resuming import checkpoint_policy, files_of
from aptarank.training.slurm import run_again_if_warned


@click.command(cls=Program)
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--split", type=PATH, required=True, help="What split.py writes.")
@click.option("--tokenizer", type=PATH, required=True, help="What tokenizer.py writes.")
@click.option("--unlabelled", type=PATH, help="More sequences: FASTA, FASTQ or a table.")
@click.option("--settings", default="{}", help="The model's settings as in the config, JSON.")
@seed_option("Seed of weights, batches and masks.")
@device_option
@threads_option
@checkpoint_options
@click.option("-o", "--output", type=WRITTEN, default="pretrained", help="Folder of the model.")
@click.option("--history", type=WRITTEN, default="pretraining.csv", help="Table of the losses.")
def main(
    aptamers: Path,
    split: Path,
    tokenizer: Path,
    unlabelled: Path | None,
    settings: str,
    seed: int,
    device: str,
    threads: int,
    checkpoints: Path | None,
    checkpoint_minutes: float,
    checkpoint_steps: int,
    output: Path,
    history: Path,
) -> None:
    """Train a model to restore masked tokens of the training aptamers; finetune.py --init takes it.

    Stopped, it goes on from its last checkpoint when run again.

    Example: python scripts/pretrain.py --aptamers aptamers.csv --split split.csv
    --tokenizer tokenizer --settings '{"pretrain": 1000}'
    """
    model_config = model_settings(settings, kind="rank")
    if not model_config["pretrain"]:
        raise InputError("--settings.pretrain is 0; expected the number of steps")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    torch_device = pick_device(device)
    words = load_tokenizer(tokenizer)
    model = make_masked_model(model_config, words)
    encoded = encode(words, sequences_for(words, aptamers, split, unlabelled))
    logger.info(
        "%d parameters on %s (%d threads); %d sequences, %d tokens",
        *(model.num_parameters(), torch_device, threads, len(encoded), int(encoded.lengths.sum())),
    )
    precision = pick_precision(model_config["precision"], torch_device)
    values = model_config | {"steps": model_config["pretrain"], "precision": precision}
    values["learning_rate"] = pick_learning_rate(model_config, model)
    chosen = PretrainingSettings.of(values)
    masking = Masking(words, model_config["k"] if model_config["tokenizer"] == "kmer" else 1)
    files = [aptamers, split, *([unlabelled] if unlabelled else [])]
    files += files_of(tokenizer, model_config["checkpoint"])
    often = checkpoint_minutes, checkpoint_steps
    # A requeued job may go on with another processor, and then in another precision.
    same = values | {"precision": model_config["precision"]}
    policy = checkpoint_policy(
        checkpoints, *often, __file__, [same, seed, torch_device.type], files
    )
    pretraining = Pretraining(model, masking, encoded, chosen, seed, torch_device)
    with run_again_if_warned(is_main_process=True):
        table = pretrain(pretraining, tracker("pretraining", "steps"), policy)
    model.cpu().save_pretrained(output)
    words.save_pretrained(output)
    write_csv(table, history)
    if checkpoints:
        remove_checkpoints(checkpoints)
    first, last = table.iloc[0], table.iloc[-1]
    logger.info(
        "%s: loss %.3f at first, %.3f at last; %.0f%% of the masked tokens restored",
        *(output, first["loss"], last["loss"], 100 * last["accuracy"]),
    )


def sequences_for(
    words: PreTrainedTokenizerBase, aptamers: Path, split: Path, unlabelled: Path | None
) -> pd.Series:
    """The training aptamers, and the unlabelled sequences that are none of the others."""
    known = read_aptamers(aptamers)["sequence"].drop_duplicates()
    train = known[known.isin(training_sequences(split))]
    if unlabelled is None:
        return train
    found, rejected = read_sequences(unlabelled)
    more = pd.Series(found)
    more = more[~more.isin(known)]
    encoded = encode(words, more)
    fit = encoded.lengths + encoded.single.size <= words.model_max_length
    logger.info(
        "%s: %d sequences more; left out: %d of the aptamers, %d too long, %d no DNA or RNA",
        *(unlabelled, fit.sum(), len(found) - len(more), (~fit).sum(), rejected),
    )
    return pd.concat([train, more[fit]])


if __name__ == "__main__":
    main()
