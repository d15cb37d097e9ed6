"""Fine-tune ALBERT on labelled pairs."""

import dataclasses
import json
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch
import yaml

from aptarank.cli import PATH, Program, device_option, logger, threads_option
from aptarank.comparison import comparison
from aptarank.config import KINDS, default, resolve_model
from aptarank.encoding import encode
from aptarank.model import from_checkpoint, kind_of, new_model, pick_device
from aptarank.tables import read_aptamers, read_margin, read_pairs, write_csv
from aptarank.tokenizer import load_tokenizer
from aptarank.training import Part, Settings, finetune


@click.command(cls=Program)
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--train", type=PATH, required=True, help="Labelled training pairs.")
@click.option(
    "--validation",
    type=PATH,
    required=True,
    help="Labelled validation pairs.",
)
@click.option("--tokenizer", type=PATH, required=True, help="What tokenizer.py writes.")
@click.option(
    "--kind", type=click.Choice(KINDS), help="rank scores one aptamer, pair compares two."
)
@click.option("--settings", default="{}", help="The model's settings as in the config, JSON.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting, such as steps=500; may be repeated.",
)
@click.option("--seed", default=default("seeds")[0], help="Seed of weights and batches.")
@device_option
@threads_option
@click.option("-o", "--output", type=PATH, default="model", help="Folder of the model.")
@click.option(
    "--history",
    type=PATH,
    default="history.csv",
    help="Table of the evaluations.",
)
def main(
    aptamers,
    train,
    validation,
    tokenizer,
    kind,
    settings,
    changes,
    seed,
    device,
    threads,
    output,
    history,
):
    """Fine-tune an ALBERT with one logit, from scratch or from a checkpoint.

    Example: python scripts/finetune.py --aptamers aptamers.csv --train pairs/train.parquet
    --validation pairs/validation.parquet --tokenizer tokenizer --kind rank --set steps=500
    """
    chosen = json.loads(settings) | ({"kind": kind} if kind else {})
    for change in changes:
        key, _, value = change.partition("=")
        chosen[key] = yaml.safe_load(value)
    chosen = resolve_model(chosen, "settings")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    place, warning = pick_device(device)
    if warning:
        logger.warning(warning)

    known = read_aptamers(aptamers)
    words = load_tokenizer(tokenizer)
    parts = [load_part(path, known, words) for path in (train, validation)]
    make = {
        "vocabulary": len(words),
        "padding": words.pad_token_id,
        "dropout": chosen["dropout"],
        "kind": chosen["kind"],
    }
    if chosen["checkpoint"]:
        model = from_checkpoint(chosen["checkpoint"], **make)
    else:
        model = new_model(chosen["size"], **make)
    logger.info(
        "%s model of %d parameters on %s (%d threads, %s); %d training aptamers, %d pairs",
        kind_of(model),
        model.num_parameters(),
        place,
        threads,
        chosen["precision"],
        len(parts[0].encoded),
        len(parts[0].pairs.label),
    )
    fields = [field.name for field in dataclasses.fields(Settings)]
    table = finetune(
        model, *parts, Settings(**{name: chosen[name] for name in fields}), seed, place
    )
    model.cpu().save_pretrained(output)
    words.save_pretrained(output)
    write_csv(table, history)
    logger.info("%s", output)


def load_part(path: Path, known: pd.DataFrame, words) -> Part:
    """The aptamers that occur in a table of pairs, tokenised once, with what compares them."""
    sequences = pd.Index(known["sequence"].unique())
    pairs = read_pairs(path, sequences)
    used, places = np.unique(np.concatenate([pairs.first, pairs.second]), return_inverse=True)
    first, second = np.split(places, 2)
    pairs = pairs._replace(first=first, second=second)
    compared = comparison(known, sequences[used], pairs, read_margin(path))
    return Part(encode(words, sequences[used]), pairs, compared)


if __name__ == "__main__":
    main()
