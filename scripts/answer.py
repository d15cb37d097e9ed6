"""Say in a few sentences what a run found for a dataset."""

import math
import textwrap
from pathlib import Path

import click
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.restructured_text import at_terminal
from aptarank.core.tables import RECREATE, read_json, read_table
from aptarank.evaluation import answer
from aptarank.evaluation.sweep_summary import HISTORY
from aptarank.programs.cli import PATH, WRITTEN, OfResults


@click.command(cls=OfResults)
@click.option("--ingestion", type=PATH, required=True, help="What ingest.py --summary writes.")
@click.option(
    "--audit", "audits", type=PATH, required=True, multiple=True, help="Of audit.py; one a fold."
)
@click.option(
    "--history",
    "histories",
    type=(str, PATH),
    required=True,
    multiple=True,
    metavar="MODEL HISTORY",
    help="A model and what finetune.py --history writes, one for each training.",
)
@click.option("--comparison", type=PATH, required=True, help="What compare.py writes.")
@click.option("--summary", type=PATH, required=True, help="Its summary.csv.")
@click.option("--paired", type=PATH, required=True, help="Its paired.csv.")
@click.option("--split", required=True, help="What the split keeps together, as split.by.")
@click.option("-o", "--output", type=WRITTEN, default="answer.rst")
@click.option("--figures", type=WRITTEN, default="answer.json", help="The same as numbers.")
def main(
    ingestion: Path,
    audits: tuple[Path, ...],
    histories: tuple[tuple[str, Path], ...],
    comparison: Path,
    summary: Path,
    paired: Path,
    split: str,
    output: Path,
    figures: Path,
) -> None:
    """Which model, how good on unseen aptamers, how far above the baselines, does the split leak.

    Example: python scripts/answer.py --ingestion ingestion.json --audit audit/audit.csv
    --history rank rank/seed-1/history.csv --comparison comparison.csv
    --summary comparison/summary.csv --paired comparison/paired.csv --split aptamer
    """
    evaluations: dict[str, list[pd.DataFrame]] = {}
    for model, path in histories:
        evaluations.setdefault(model, []).append(read_table(path, HISTORY))
    validation = answer.validated(evaluations)
    means = read_table(summary, ["model", "kind", "metric", "mean"])
    differences = read_table(paired, ["model_a", "model_b", "difference"])
    tables = [read_table(path, ["quantity", "at", "part", "value"]) for path in audits]
    for path, table in zip(audits, tables, strict=True):
        if table.empty:
            raise InputError(f"{path}: no row; expected what audit.py writes{RECREATE}")
    runs = read_table(comparison, ["model", "n_pairs"]).set_index("model")
    ceiling = float(runs["ceiling"].mean()) if "ceiling" in runs else math.nan
    name = answer.recommended(validation)
    leaking = any(map(answer.leaks, tables))
    pairs = int(runs.loc[[name], "n_pairs"].iloc[0])
    advice = answer.more_tested(split, len(audits))
    sentences = [
        answer.which_model(validation, means, pairs, leaking=leaking),
        answer.above_baselines(name, means, differences, advice=advice),
        *answer.below_ceiling(name, means, ceiling),
        answer.leakage(tables),
    ]
    account = read_json(ingestion)
    about = [answer.what_was_run(account, tables, means), answer.what_was_read(account)]
    text = "\n\n".join(
        textwrap.fill(part, 100, break_long_words=False, break_on_hyphens=False)
        for part in [*sentences, *about]
    )
    output.write_text(text + "\n", encoding="utf-8")
    kinds = read_table(comparison, ["model", "kind"]).set_index("model")["kind"].to_dict()
    write_json(answer.in_figures(validation, means, kinds, tables, split, ceiling), figures)
    logger.info("%s", at_terminal(text))
    logger.info("%s", output)


if __name__ == "__main__":
    main()
