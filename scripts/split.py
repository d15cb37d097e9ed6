"""Divide aptamers into train, validation and test."""

import click

from aptarank.aptamers import APTAMER_COLUMNS
from aptarank.cli import PATH, Program, logger
from aptarank.config import default
from aptarank.splits import PARTS, split_by_aptamer, split_by_table
from aptarank.tables import read_table, write_csv


@click.command(cls=Program)
@click.argument("aptamers", type=PATH)
@click.option(
    "--file",
    "table",
    type=PATH,
    help="A table of sequence,part to use instead of a draw.",
)
@click.option(
    "--train",
    default=default("split.fractions.train"),
    help="Share of the aptamers.",
)
@click.option(
    "--validation",
    default=default("split.fractions.validation"),
    help="Share of the aptamers.",
)
@click.option(
    "--test",
    default=default("split.fractions.test"),
    help="Share of the aptamers.",
)
@click.option("--seed", default=default("split.seed"), help="Seed of the draw.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="split.csv",
    help="Table of id,sequence,part.",
)
def main(aptamers, table, train, validation, test, seed, output):
    """Give each aptamer of APTAMERS (what ingest.py writes) a part.

    Example: python scripts/split.py aptamers.csv --train 0.7 --validation 0.1 --test 0.2
    """
    known = read_table(aptamers, APTAMER_COLUMNS)
    if table is not None:
        chosen = read_table(table, ["sequence", "part"], text=True)
        parts = split_by_table(known["sequence"], chosen, str(table))
        extra = len(chosen) - len(known)
        if extra > 0:
            logger.warning("%s: %d more lines than there are aptamers", table, extra)
    else:
        fractions = dict(zip(PARTS, (train, validation, test), strict=True))
        parts = split_by_aptamer(len(known), fractions, seed)
    split = known[["id", "sequence"]].assign(part=parts)
    write_csv(split, output)
    sizes = split["part"].value_counts()
    logger.info("%s: %s", output, ", ".join(f"{sizes[part]} {part}" for part in PARTS))


if __name__ == "__main__":
    main()
