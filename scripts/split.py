"""Divide aptamers into train, validation and test."""

from functools import partial

import click
import numpy as np
import pandas as pd

from aptarank.cli import PATH, Program
from aptarank.clusters import BY, find_families
from aptarank.config import default
from aptarank.errors import InputError
from aptarank.log import logger, progress
from aptarank.splits import EVERY, PARTS, draw_parts, split_by_table
from aptarank.tables import read_aptamers, read_table, write_csv

SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)
SMALLER = {"prefix": "a larger split.k", "cluster": "a higher split.identity"}


@click.command(cls=Program)
@click.argument("aptamers", type=PATH)
@click.option(
    "--by",
    type=click.Choice(BY),
    default=default("split.by"),
    help="What is kept together in one part; pair keeps nothing apart.",
)
@click.option(
    "--k",
    type=click.IntRange(min=1),
    default=default("split.k"),
    help="Bases that a family by prefix shares.",
)
@click.option(
    "--identity",
    type=click.FloatRange(0, 1, min_open=True),
    default=default("split.identity"),
    help="Smallest similarity by which a cluster is linked.",
)
@click.option(
    "--file",
    "table",
    type=PATH,
    help="A table of sequence,part to use instead of a draw.",
)
@click.option(
    "--train",
    type=SHARE,
    default=default("split.fractions.train"),
    help="Share of the aptamers.",
)
@click.option(
    "--validation",
    type=SHARE,
    default=default("split.fractions.validation"),
    help="Share of the aptamers.",
)
@click.option(
    "--test",
    type=SHARE,
    default=default("split.fractions.test"),
    help="Share of the aptamers.",
)
@click.option(
    "--folds", type=click.IntRange(min=2), help="Cross-validate: this many tests in place of one."
)
@click.option("--fold", default=1, help="Which of the folds, from 1.")
@click.option("--seed", default=default("split.seed"), help="Seed of the draw.")
@click.option("--threads", default=default("threads"), help="Processor threads of --by cluster.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="split.csv",
    help="Table of id,sequence,part.",
)
def main(
    aptamers,
    by,
    k,
    identity,
    table,
    train,
    validation,
    test,
    folds,
    fold,
    seed,
    threads,
    output,
):
    """Give each aptamer of APTAMERS (what ingest.py writes) a part.

    Example: python scripts/split.py aptamers.csv --by cluster --identity 0.85
    """
    rows = read_aptamers(aptamers)
    split = rows.drop_duplicates("sequence")[["id", "sequence"]]
    if folds and (table or by == "pair"):
        what = "a table" if table else "pairs"
        raise InputError(f"a split by {what} has no folds; leave out split.folds")
    if table is not None:
        chosen = read_table(table, ["sequence", "part"], text=True)
        split["part"] = split_by_table(split["sequence"], chosen, str(table))
        extra = len(chosen) - len(split)
        if extra > 0:
            logger.warning("%s: %d more lines than there are aptamers", table, extra)
    elif by == "pair":
        split["part"] = EVERY
        logger.warning(
            "split.by is pair: every test aptamer is in training too; results are not those of "
            "unseen aptamers"
        )
    else:
        try:
            family = find_families(
                rows, by, k, identity, threads, partial(progress, what="clusters", unit="blocks")
            )
        except InputError as error:
            raise InputError(f"{aptamers}: {error}") from None
        warn_of_large(family, by)
        fractions = dict(zip(PARTS, (train, validation, test), strict=True))
        drawn = draw_parts(rows, family, fractions, seed, fold, folds)
        split["part"] = split["sequence"].map(drawn)
        if by != "aptamer":
            logger.info("%d aptamers in %d families by %s", len(family), family.nunique(), by)
    write_csv(split, output)
    sizes = split["part"].value_counts()
    logger.info(
        "%s: %s", output, ", ".join(f"{sizes[p]} {p}" for p in (*PARTS, EVERY) if p in sizes)
    )


def warn_of_large(family: pd.Series, by: str) -> None:
    """Say so where one family holds more than half of the aptamers."""
    largest = int(np.bincount(family, minlength=1).max())
    if 2 * largest > len(family):
        logger.warning(
            "the largest family by %s holds %d of %d aptamers, and is in one part as a whole; "
            "take smaller families: %s",
            by,
            largest,
            len(family),
            SMALLER.get(by, "another split.by"),
        )


if __name__ == "__main__":
    main()
