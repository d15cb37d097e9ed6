"""Make a model's tokenizer, and check that every aptamer fits the model."""

import json

import click

from aptarank.cli import PATH, Program, logger
from aptarank.config import resolve_model
from aptarank.encoding import check_fits, encode
from aptarank.model import LIMIT, checkpoint_config
from aptarank.tables import read_aptamers
from aptarank.tokenizer import load_tokenizer, nucleotide_tokenizer


@click.command(cls=Program)
@click.argument("aptamers", type=PATH)
@click.option("--settings", default="{}", help="The model's settings as in the config, JSON.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="tokenizer",
    help="Folder of the tokenizer.",
)
def main(aptamers, settings, output):
    """Make the tokenizer of a model that will read APTAMERS (what ingest.py writes).

    Example: python scripts/tokenizer.py aptamers.csv --settings '{"kind": "pair"}'
    """
    settings = resolve_model({"kind": "rank"} | json.loads(settings), "settings")
    known = read_aptamers(aptamers).drop_duplicates("sequence")
    limit = LIMIT
    if settings["checkpoint"]:
        limit = checkpoint_config(settings["checkpoint"]).max_position_embeddings
    if settings["tokenizer"] == "pretrained":
        tokenizer = load_tokenizer(settings["checkpoint"])
    else:
        tokenizer = nucleotide_tokenizer(limit)
    encoded = encode(tokenizer, known["sequence"])
    longest = check_fits(encoded, known["id"], known["sequence"], settings["kind"], limit)
    tokenizer.save_pretrained(output)
    logger.info(
        "%s: %s tokenizer, %d tokens; the longest input has %d of at most %d",
        output,
        settings["tokenizer"],
        len(tokenizer),
        longest,
        limit,
    )


if __name__ == "__main__":
    main()
