"""Divide aptamers into train, validation and test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from aptarank.config.split_settings import NOT_FOLDED, check_used
from aptarank.core.errors import InputError
from aptarank.core.log import logger, tracker
from aptarank.core.tables import read_aptamers, read_table, write_csv
from aptarank.pairing.clusters import find_families
from aptarank.pairing.mutants import draw_by_distance, draw_by_position
from aptarank.pairing.reference import find_reference, why_unrelated
from aptarank.pairing.splits import ALL_PARTS, PARTS, draw_parts, split_by_table
from aptarank.programs.cli import PATH, WRITTEN, Program
from aptarank.programs.schema_options import WholeNumber, setting

FEW_TESTED = 50  # aptamers; the 95 % interval of the accuracy is then some 10 points each way
SMALLER = {"prefix": "a larger split.k", "cluster": "a higher split.identity"}


@click.command(cls=Program)
@click.argument("aptamers", type=PATH)
@setting("split.by")
@setting("split.k")
@setting("split.identity")
@setting("split.reference")
@setting("split.distance")
@setting("split.positions")
@click.option(
    "--file",
    "table",
    type=PATH,
    help="A table of sequence,part to use instead of a draw.",
)
@setting("split.fractions.train")
@setting("split.fractions.validation")
@setting("split.fractions.test")
@setting("split.folds")
@click.option("--fold", type=WholeNumber(min=1), default=1, help="Which of the folds, from 1.")
@setting("split.seed")
@setting("threads", help="CPU threads of --by cluster.")
@click.option(
    "-o",
    "--output",
    type=WRITTEN,
    default="split.csv",
    help="Table of id,sequence,part.",
)
def main(
    aptamers: Path,
    table: Path | None,
    train: float,
    validation: float,
    test: float,
    output: Path,
    **options: Any,
) -> None:
    """Give each aptamer of APTAMERS (what ingest.py writes) a part.

    Example: python scripts/split.py aptamers.csv --by cluster --identity 0.85
    """
    check_options(options, table)
    rows = read_aptamers(aptamers)
    split = rows.drop_duplicates("sequence")[["id", "sequence"]]
    warn_of_unused(rows, options["reference"], options["by"])
    if table is not None:
        chosen = read_table(table, ["sequence", "part"], text=True)
        split["part"] = split_by_table(split["sequence"], chosen, str(table))
        extra = len(chosen) - len(split)
        if extra > 0:
            logger.warning("%s: %d more lines than there are aptamers", table, extra)
    elif options["by"] == "pair":
        split["part"] = ALL_PARTS
        logger.warning(
            "split.by is pair: every test aptamer is in training too; results are not those of "
            "unseen aptamers"
        )
    else:
        fractions = dict(zip(PARTS, (train, validation, test), strict=True))
        try:
            drawn = draw(rows, fractions, **options)
        except InputError as error:
            raise InputError(f"{aptamers}: {error}") from None
        split["part"] = split["sequence"].map(drawn)
    write_csv(split, output)
    sizes = split["part"].value_counts()
    logger.info(
        "%s: %s", output, ", ".join(f"{sizes[p]} {p}" for p in (*PARTS, ALL_PARTS) if p in sizes)
    )
    tested = int(sizes.get("test", 0))
    if 0 < tested < FEW_TESTED and not options["folds"]:
        advice = f"; with split.folds: 5, all {len(split)} are tested, each once"
        logger.warning(
            "only %d aptamers are in the test, too few to tell predictors apart%s",
            tested,
            "" if table or options["by"] in NOT_FOLDED else advice,
        )


def warn_of_unused(rows: pd.DataFrame, given: str | None, by: str) -> None:
    """Warn of a reference that these aptamers have nothing to do with, and of unnamed families."""
    sequences = rows["sequence"].unique().tolist()
    if given and (reason := why_unrelated(sequences, find_reference(sequences, given))):
        logger.warning("split.reference: no figures by distance from it: %s", reason)
    unnamed = rows.loc[rows["family"] == "", "sequence"].nunique()
    if by == "column" and 0 < unnamed < len(sequences):
        logger.warning(
            "%d of %d aptamers have no value in split.column; each is a family of its own",
            unnamed,
            len(sequences),
        )


def check_options(options: Mapping[str, Any], table: Path | None) -> None:
    """Raise InputError if options contradict each other."""
    by, fold, folds = (options[key] for key in ("by", "fold", "folds"))
    if fold > (folds or 1):
        raise InputError(
            f"--fold is {fold}; expected 1 to {folds}, as --folds is {folds}"
            if folds
            else f"--fold is {fold}, but there are none: give --folds"
        )
    if folds and (table or by in NOT_FOLDED):
        given = "a table" if table else {"pair": "pairs"}.get(by, by)
        raise InputError(f"a split by {given} has no folds; leave out split.folds")
    check_used(options)
    if by == "distance" and options["distance"] is None and not table:
        raise InputError("--by is distance: give --distance, the most differences in training")


def draw(
    rows: pd.DataFrame,
    fractions: Mapping[str, float],
    by: str,
    k: int,
    identity: float,
    reference: str | None,
    distance: int,
    positions: str,
    folds: int | None,
    fold: int,
    seed: int,
    threads: int,
) -> pd.Series:
    """Draw the part of each aptamer, by sequence."""
    if by == "distance":
        return draw_by_distance(rows, reference, distance, fractions, seed)
    if by == "position":
        return draw_by_position(rows, reference, positions, fractions, seed, fold, folds)
    family = find_families(rows, by, k, identity, threads, tracker("clusters", "blocks"))
    warn_of_large(family, by)
    if by != "aptamer":
        logger.info("%d aptamers in %d families by %s", len(family), family.nunique(), by)
    return draw_parts(rows, family, fractions, seed, fold, folds)


def warn_of_large(family: pd.Series, by: str) -> None:
    """Warn if one family holds more than half of the aptamers."""
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
