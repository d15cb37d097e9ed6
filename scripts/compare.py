"""One table of every model, seed and baseline."""

import json

import click
import pandas as pd

from aptarank.cli import PATH, Program, logger
from aptarank.tables import read_table, write_csv

FIRST = ["model", "seed", "kind", "parameters"]
SHOWN = [*FIRST, "accuracy", "roc_auc", "average_precision", "brier", "kendall_tau", "spearman"]


@click.command(cls=Program)
@click.argument("metrics", type=PATH, nargs=-1, required=True)
@click.option(
    "--baselines",
    type=PATH,
    required=True,
    multiple=True,
    help="What baselines.py writes; one a fold.",
)
@click.option("-o", "--output", type=PATH, default="comparison.csv")
def main(metrics, baselines, output):
    """Put METRICS (what evaluate.py writes) and the baselines into one table, and print it.

    Example: python scripts/compare.py */seed-*/metrics.json --baselines baselines.csv
    """
    models = pd.DataFrame([json.loads(path.read_text(encoding="utf-8")) for path in metrics])
    others = pd.concat([read_table(path, ["model", "accuracy"]) for path in baselines])
    table = pd.concat([models, others.assign(kind="baseline")], ignore_index=True)
    table = table[[*FIRST, *(column for column in others if column not in FIRST)]]
    table = table.astype({"seed": "Int64", "parameters": "Int64"})
    write_csv(table, output)
    if "fold" in table:
        keys, numbers = ["model", "seed", "kind"], SHOWN[len(FIRST) :]
        by_fold = table.groupby(keys, sort=False, dropna=False)[numbers]
        text = by_fold.agg(["mean", "std"]).to_string(na_rep="", float_format="{:.4f}".format)
    else:
        shown = table[SHOWN].astype(object).where(table[SHOWN].notna(), "")
        text = shown.to_string(index=False, float_format="{:.4f}".format)
    logger.info("test aptamers, measured against what is known of them:\n%s", text)
    logger.info("%s", output)


if __name__ == "__main__":
    main()
