"""Label pairs of aptamers within each part."""

import time
from pathlib import Path

import click
import numpy as np
import pandas as pd

from aptarank.aptamers import check_learnable, clean
from aptarank.cli import PATH, Program, logger
from aptarank.config import default
from aptarank.errors import InputError
from aptarank.pairs import label_pairs
from aptarank.readers import Columns, read
from aptarank.splits import PARTS, split_by_aptamer
from aptarank.tables import read_table, write_pairs


def load_aptamers(path: Path, columns: Columns, better: str | None) -> pd.DataFrame:
    """What ingest.py writes, as it is; any other file through the same readers and checks."""
    if path.suffix == ".csv" and path.is_file():
        table = read_table(path, [])
        if {"sequence", "fitness"} <= set(table.columns):
            return table
    if better is None:
        raise InputError(
            f"{path}: has no column 'fitness', so say with --better whether higher or lower scores "
            "are better (and name the columns with --sequence and --score)"
        )
    aptamers, rejected = clean(read(path, columns), better)
    check_learnable(aptamers, rejected, str(path))
    if len(rejected):
        logger.warning("%s: %d rows rejected; ingest.py lists them", path, len(rejected))
    return aptamers


@click.command(cls=Program)
@click.option("-d", "--data", type=PATH, required=True, help="Scored aptamers.")
@click.option(
    "--split",
    "split_file",
    type=PATH,
    help="What split.py writes; drawn with the default fractions if not given.",
)
@click.option(
    "--sequence",
    default=default("$defs.dataset.sequence"),
    help="Column of the sequence.",
)
@click.option(
    "--score",
    default=default("$defs.dataset.score"),
    help="Column of the score.",
)
@click.option(
    "--better",
    type=click.Choice(["higher", "lower"]),
    help="Which scores are better; not needed for what ingest.py writes.",
)
@click.option(
    "--margin",
    default=float(default("pairs.margin")),
    help="Drop pairs whose fitness differs by no more than this.",
)
@click.option(
    "--max-pairs",
    default=default("pairs.max_pairs"),
    help="At most this many pairs a part; 0 for all.",
)
@click.option("--seed", default=default("pairs.seed"), help="Seed of all that is drawn.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="Folder of the tables; 'pairs' next to DATA if not given.",
)
def main(data, split_file, sequence, score, better, margin, max_pairs, seed, output):
    """Write labelled pairs (Sequence1,Sequence2,Label; 1 = the first is fitter) of each part.

    Example: python scripts/pairing.py -d aptamers.csv
    """
    aptamers = load_aptamers(data, Columns(sequence, score), better)
    if split_file is None:
        fractions = {part: default(f"split.fractions.{part}") for part in PARTS}
        parts = split_by_aptamer(len(aptamers), fractions, default("split.seed"))
    else:
        split = read_table(split_file, ["sequence", "part"]).set_index("sequence")["part"]
        parts = aptamers["sequence"].map(split).to_numpy(dtype=object)
    output = output or data.parent / "pairs"
    # A generator a part: the pairs of one do not depend on those of another.
    generators = np.random.default_rng(seed).spawn(len(PARTS))
    for part, rng in zip(PARTS, generators, strict=True):
        members = aptamers[parts == part]
        fitness = members["fitness"].to_numpy(dtype=np.float64)
        start = time.perf_counter()
        pairs = label_pairs(fitness, margin, max_pairs or None, rng)
        if not len(pairs.label):
            raise InputError(
                f"{data}: no two of the {len(members)} {part} aptamers differ in fitness by more "
                f"than the margin {margin:g}; lower the margin or give more aptamers"
            )
        path = output / f"{part}.parquet"
        write_pairs(pairs, members["sequence"], path)
        logger.info(
            "%s: %d pairs of %d aptamers, %.1f %% labelled 1, %.2f s",
            path,
            len(pairs.label),
            len(members),
            100 * pairs.label.mean(),
            time.perf_counter() - start,
        )


if __name__ == "__main__":
    main()
