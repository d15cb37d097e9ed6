"""Measure cheap predictors on the same split as the models."""

import click
import numpy as np
import pandas as pd

from aptarank.baselines import BASELINES, fit_scale, pair_probability
from aptarank.cli import PATH, Program, logger, progress
from aptarank.metrics import pair_metrics, ranking_metrics
from aptarank.tables import read_pairs, read_table, write_csv


@click.command(cls=Program)
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--split", type=PATH, required=True, help="What split.py writes.")
@click.option(
    "--validation",
    type=PATH,
    required=True,
    help="Labelled validation pairs: they scale scores to probabilities.",
)
@click.option("--test", type=PATH, required=True, help="Labelled test pairs.")
@click.option("--seed", default=1, help="Seed of the trees.")
@click.option("-o", "--output", type=PATH, default="baselines.csv")
def main(aptamers, split, validation, test, seed, output):
    """Train each baseline on the training aptamers and measure it on the test pairs.

    Example: python scripts/baselines.py --aptamers aptamers.csv --split split.csv
    --validation pairs/validation.parquet --test pairs/test.parquet
    """
    known = read_table(aptamers, ["sequence", "fitness"])
    part = known["sequence"].map(
        read_table(split, ["sequence", "part"]).set_index("sequence")["part"]
    )
    train = known[part == "train"]
    sequences = pd.Index(known["sequence"])
    scaling, testing = (read_pairs(path, sequences) for path in (validation, test))
    unseen = np.unique(np.concatenate([testing.first, testing.second]))
    rows = []
    for name, predict in progress(list(BASELINES.items()), "baselines", "models"):
        scores = predict(
            train["sequence"].tolist(),
            train["fitness"].to_numpy(),
            known["sequence"].tolist(),
            seed,
        )
        scale = fit_scale(scores[scaling.first] - scores[scaling.second], scaling.label)
        chance = pair_probability(scores, testing.first, testing.second, scale)
        rows.append(
            {"model": name}
            | pair_metrics(testing.label, chance)
            | ranking_metrics(known["fitness"].to_numpy()[unseen], scores[unseen])
        )
    table = pd.DataFrame(rows)
    write_csv(table, output)
    best = table.loc[table["accuracy"].idxmax()]
    logger.info(
        "%s: the best of %d is %s, accuracy %.4f",
        output,
        len(table),
        best["model"],
        best["accuracy"],
    )


if __name__ == "__main__":
    main()
