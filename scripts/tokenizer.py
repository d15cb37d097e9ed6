"""Make a model's tokenizer, and check that every aptamer fits the model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pandas as pd
from transformers import PreTrainedTokenizerBase

from aptarank.config.model_kinds import KINDS
from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import read_aptamers
from aptarank.models.model_inputs import check_fits, check_known, encode
from aptarank.models.tokenizer import (
    LIMIT,
    bpe_tokenizer,
    input_names,
    load_tokenizer,
    nucleotide_tokenizer,
)
from aptarank.pairing.split_table import training_sequences
from aptarank.programs.cli import PATH, WRITTEN, Program
from aptarank.programs.json_options import model_settings


@click.command(cls=Program)
@click.argument("aptamers", type=PATH)
@click.option("--settings", default="{}", help="The model's settings as in the config, JSON.")
@click.option("--split", type=PATH, help="What split.py writes; bpe is learnt from its train.")
@click.option("--init", type=PATH, help="Take the tokenizer of this folder (init_from).")
@click.option(
    "-o",
    "--output",
    type=WRITTEN,
    default="tokenizer",
    help="Folder of the tokenizer.",
)
def main(
    aptamers: Path, settings: str, split: Path | None, init: Path | None, output: Path
) -> None:
    """Make the tokenizer of a model that will read APTAMERS (what ingest.py writes).

    Example: python scripts/tokenizer.py aptamers.csv --settings '{"kind": "pair"}'
    """
    chosen = model_settings(settings, kind="rank")
    known = read_aptamers(aptamers).drop_duplicates("sequence")
    if init:
        tokenizer = load_tokenizer(init)
    else:
        sequences = known["sequence"]
        train = sequences[sequences.isin(training_sequences(split))] if split else None
        tokenizer = make_tokenizer(chosen, train)
    encoded = encode(tokenizer, known["sequence"])
    check_known(tokenizer, encoded, chosen["checkpoint"] or output)
    limit = tokenizer.model_max_length
    longest = check_fits(encoded, known["id"], known["sequence"], KINDS[chosen["kind"]], limit)
    tokenizer.save_pretrained(output)
    logger.info(
        "%s: %s tokenizer, %d tokens; the longest input has %d of at most %d",
        output,
        chosen["tokenizer"],
        len(tokenizer),
        longest,
        limit,
    )


def make_tokenizer(settings: Mapping, sequences: pd.Series | None) -> PreTrainedTokenizerBase:
    """The tokenizer that the settings ask for, as the checkpoint needs it if there is one.

    Args:
        sequences: training aptamers, from which a bpe tokenizer learns.
    """
    fitting: dict[str, Any] = {"max_length": LIMIT, "padding": 0, "types": True}
    if settings["checkpoint"]:
        # With PyTorch, which takes seconds to import.
        from aptarank.models.encoder import checkpoint_config, position_limit, token_types

        config = checkpoint_config(settings["checkpoint"])
        fitting = {
            "max_length": position_limit(config),
            "padding": config.pad_token_id or 0,
            "types": token_types(config),
        }
    if settings["tokenizer"] == "pretrained":
        return load_tokenizer(
            settings["checkpoint"],
            model_max_length=fitting["max_length"],
            padding_side="right",  # as build_inputs pads
            **({} if fitting["types"] else {"model_input_names": input_names(types=False)}),
        )
    if settings["tokenizer"] == "bpe":
        if sequences is None:
            raise InputError("a bpe tokenizer learns from the training aptamers: give --split")
        return bpe_tokenizer(sequences, settings["vocabulary"], **fitting)
    return nucleotide_tokenizer(
        k=settings["k"] if settings["tokenizer"] == "kmer" else 1, **fitting
    )


if __name__ == "__main__":
    main()
