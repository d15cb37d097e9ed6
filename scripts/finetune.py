"""Fine-tune a model on labelled pairs."""

from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.models.encoder import kind_of, make_model, pick_device
from aptarank.models.model_inputs import check_known, encode
from aptarank.models.tokenizer import load_tokenizer
from aptarank.pairing.pair_store import StoredPairs, read_margin
from aptarank.pairing.reference_fitness import centred, known_fitness
from aptarank.pairing.soft_labels import comparison
from aptarank.predictors.assemble import reads_bases
from aptarank.predictors.linear_path import columns_read, first_path, resolve, with_path
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    Program,
    checkpoint_options,
    device_option,
    threads_option,
)
from aptarank.programs.json_options import model_settings
from aptarank.programs.schema_options import FiniteNumber, seed_option, setting
from aptarank.training.batch_sampler import permute, sample_pairs
from aptarank.training.checkpoints import remove_checkpoints
from aptarank.training.loop import calibrate, finetune
from aptarank.training.objectives import Part
from aptarank.training.optimisation import (
    TrainingSettings,
    is_wide,
    pick_learning_rate,
    pick_precision,
)
from aptarank.training.processes import World
from aptarank.training.resuming import checkpoint_policy, files_of
from aptarank.training.slurm import run_again_if_warned


@click.command(cls=Program)
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--train", type=PATH, required=True, help="Labelled training pairs (Parquet).")
@click.option("--validation", type=PATH, required=True, help="Labelled validation pairs.")
@click.option("--tokenizer", type=PATH, required=True, help="What tokenizer.py writes.")
@click.option("--init", type=PATH, help="Start from this fine-tuned (or pretrained) model.")
@setting("$defs.rank.kind")
@click.option("--settings", default="{}", help="The model's settings as in the config, JSON.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting, such as steps=500; may be repeated.",
)
@click.option(
    "--share",
    type=FiniteNumber(0, 1, min_open=True),
    default=1.0,
    help="Train on this share of the training aptamers.",
)
@seed_option("Seed of weights and batches.")
@device_option
@threads_option
@checkpoint_options
@click.option("-o", "--output", type=WRITTEN, default="model", help="Folder of the model.")
@click.option("--history", type=WRITTEN, default="history.csv", help="Table of the evaluations.")
def main(
    aptamers: Path,
    train: Path,
    validation: Path,
    tokenizer: Path,
    init: Path | None,
    kind: str | None,
    settings: str,
    changes: tuple[str, ...],
    share: float,
    seed: int,
    device: str,
    threads: int,
    checkpoints: Path | None,
    checkpoint_minutes: float,
    checkpoint_steps: int,
    output: Path,
    history: Path,
) -> None:
    """Fine-tune an encoder with one logit, from scratch or from a checkpoint.

    Several processes train it together under torchrun. Stopped, it goes on from its last checkpoint
    when run again.

    Example: python scripts/finetune.py --aptamers aptamers.csv --train pairs/train.parquet
    --validation pairs/validation.parquet --tokenizer tokenizer --kind rank --set steps=500
    """
    chosen = model_settings(settings, [*([f"kind={kind}"] if kind else []), *changes])
    torch.manual_seed(seed)
    world = World(pick_device(device))
    torch.set_num_threads(max(1, threads // world.local_processes))
    known = read_aptamers(aptamers)
    words = load_tokenizer(tokenizer)
    parts = (
        load_part(train, known, words, share, seed, use_errors=chosen["use_errors"]),
        load_part(validation, known, words),
    )
    model = build(chosen, words, init, known, parts[0], seed)
    wanted = chosen["precision"]
    bf16 = pick_precision(wanted, world.device) == "bf16"
    chosen["precision"] = "bf16" if world.broadcast(bf16)[0] else "fp32"  # the same for all
    log_what_is_trained(model, chosen, parts[0], world)
    files = [aptamers, train, validation, *files_of(tokenizer, init, chosen["checkpoint"])]
    often = checkpoint_minutes, checkpoint_steps
    # A requeued job may go on with another processor, and then in another precision.
    values = [chosen | {"precision": wanted}, seed, share, world.device.type]
    policy = checkpoint_policy(checkpoints, *often, __file__, values, files)
    with run_again_if_warned(is_main_process=world.is_main_process):
        table = finetune(model, *parts, TrainingSettings.of(chosen, model), seed, world, policy)
    if world.is_main_process:
        some = sample_pairs(parts[1].pairs, chosen["validation_pairs"], seed)
        model.config.aptarank["temperature"] = calibrate(model, parts[1], some, world.device)
        model.cpu().save_pretrained(output)
        words.save_pretrained(output)
        write_csv(table, history)
        if checkpoints:
            remove_checkpoints(checkpoints)
    world.leave()
    logger.info("%s", output)


def log_what_is_trained(
    model: PreTrainedModel, chosen: dict[str, Any], part: Part, world: World
) -> None:
    """Log what is trained, how and on what; warn where it is slower than it could be."""
    logger.info(
        "%s model of %d parameters on %s (%d threads, %s%s), learning rate %g; "
        "%d training aptamers, %d pairs",
        kind_of(model).name,
        model.num_parameters(),
        world.device,
        torch.get_num_threads(),
        chosen["precision"],
        f", {world.size} processes" if world.size > 1 else "",
        chosen["learning_rate"],
        len(part.sequences),
        part.pairs.total,
    )
    if world.device.type == "cpu" and is_wide(model) and torch.get_num_threads() == 1:
        logger.warning("a model as wide as this learns faster with more CPU threads: set `threads`")


def build(
    chosen: dict[str, Any],
    words: PreTrainedTokenizerBase,
    init: Path | None,
    known: pd.DataFrame,
    train: Part,
    seed: int,
) -> PreTrainedModel:
    """The model to train; fills in the settings that are left open."""
    resolved: dict[str, Any] = {}
    if "linear_path" in chosen:
        needed = train.pairs.total if known["fitness"].isna().any() else 0
        labelled = train.pairs.take(np.arange(needed))
        rows = centred(known_fitness(known, pd.Index(train.sequences), labelled))
        learnt = rows["sequence"].tolist(), rows["fitness"].to_numpy()
        by_base = reads_bases(words)
        resolved = resolve(chosen, *learnt, seed, reads_bases=by_base)
        chosen |= {key: resolved[key] for key in resolved if key in chosen}
        path = first_path(*learnt, seed) if chosen["linear_path"] else None
        skips = chosen["skip_constant"] and by_base
        columns = columns_read(train.sequences) if skips else None
        model = with_path(make_model(chosen, words, init), path, columns)
    else:  # a kind without this and other settings
        model = make_model(chosen, words, init)
    chosen["learning_rate"] = pick_learning_rate(chosen, model)
    model.config.aptarank["resolved"] = resolved | {"learning_rate": chosen["learning_rate"]}
    return model


def load_part(
    path: Path,
    known: pd.DataFrame,
    words: PreTrainedTokenizerBase,
    share: float = 1.0,
    seed: int = 0,
    *,
    use_errors: bool = True,
) -> Part:
    """The aptamers that occur in a table of pairs, tokenised once, with what compares them.

    Args:
        share: use only this share of them; a smaller one is part of a larger one.
        use_errors: whether soft labels follow from the errors of the fitness, where known.
    """
    sequences = pd.Index(known["sequence"].unique())
    pairs = StoredPairs(path, sequences)
    if share < 1:
        all_used = np.flatnonzero(pairs.used)
        count = round(share * len(all_used))
        if count < 3:
            raise InputError(
                f"{path}: {share:g} of its {len(all_used)} aptamers is {count}; expected at "
                "least 3 to train on"
            )
        chosen = np.zeros(len(sequences), dtype=bool)
        chosen[all_used[permute(np.arange(count), len(all_used), seed)]] = True
        pairs = StoredPairs(path, sequences, keep=chosen)
    used = sequences[pairs.only_used()]
    compared = comparison(known, used, pairs, read_margin(path), use_errors=use_errors)
    encoded = encode(words, used)
    check_known(words, encoded, "this training")
    return Part(used, encoded, words, pairs, compared)


if __name__ == "__main__":
    main()
