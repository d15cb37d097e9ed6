"""Put the variants of a model into one table and one plot, and name the one to use."""

import json
from pathlib import Path

import click
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.tables import read_table, write_csv
from aptarank.exports.recommendation import as_markdown, frontier, recommended, rows_of
from aptarank.exports.variant_info import read_about
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.programs.schema_options import setting
from aptarank.report.html_table import write_page
from aptarank.report.plots_speed import plot_pareto

PAGE = ["variant", "skipped", "speedup", "p50_ms", "p95_ms", "throughput", "accuracy"]
PAGE += ["accuracy_change", "accuracy_change_low", "accuracy_change_high", "largest_difference"]
PAGE += ["bytes", "memory_mib", "threads"]
TIMED = ["variant", "threads", "batch_size", "p50_ms", "p95_ms", "throughput", "speedup"]
TIMED += ["load_s", "memory_mib"]


@click.command(cls=OfResults)
@click.argument("folders", type=PATH, nargs=-1, required=True)
@click.option("--timings", type=PATH, required=True, help="What measure.py writes.")
@setting("speed.batch_size")
@setting("speed.loss")
@click.option("--name", default="variants", help="What they are of, for the plot's title.")
@click.option("-o", "--output", type=WRITTEN, default="speed", help="Folder of tables and plot.")
def main(
    folders: tuple[Path, ...],
    timings: Path,
    batch_size: int,
    loss: float,
    name: str,
    output: Path,
) -> None:
    """Compare the variants in FOLDERS; write benchmark.csv, benchmark.md, benchmark.html,
    pareto.svg and recommended.json.

    The recommended variant is chosen on validation pairs; the plot and the tables show test pairs.

    Example: python scripts/recommend.py torch-fp32 onnx-fused --timings timings.csv
    """
    abouts = [read_about(folder) for folder in folders]
    names = [about["variant"] for about in abouts]
    if len(set(names)) < len(names):
        raise InputError(f"{', '.join(names)}: a variant is given twice; give each folder once")
    table = rows_of(abouts, read_table(timings, TIMED))
    write_csv(table, output / "benchmark.csv")
    timed = table[table["skipped"].isna()]
    if batch_size not in set(timed["batch_size"]):
        raise InputError(f"{timings}: no batches of {batch_size} were timed")
    sized = timed[timed["batch_size"] == batch_size]
    most, fewest = (sized[sized["threads"] == sized["threads"].agg(end)] for end in ("max", "min"))
    skipped = table[table["skipped"].notna()]
    text = as_markdown(pd.concat([most, skipped]), fewest)
    (output / "benchmark.md").write_text(text, encoding="utf-8")
    shown = pd.concat([most, skipped])[PAGE].dropna(axis="columns", how="all")
    write_page(shown, f"{name}, batches of {batch_size}", output / "benchmark.html")

    chosen = recommended(most, loss)
    best = frontier(most["speedup"].to_numpy(), -most["accuracy_change"].to_numpy())
    keys = ["variant", "batch_size", "threads", "speedup", "throughput", "accuracy_change"]
    keys += ["accuracy_change_low", "accuracy_change_high", "validation_accuracy_change"]
    found = {
        **json.loads(chosen[keys].to_json()),
        "folder": str(folders[names.index(chosen["variant"])]),
        "tolerated_loss": loss,
        "frontier": most.loc[best].sort_values("speedup")["variant"].tolist(),
    }
    write_json(found, output / "recommended.json")
    threads = int(chosen["threads"])
    about = f"batches of {batch_size}, {threads} thread{'s' if threads > 1 else ''}"
    title = f"{name}: {about}"
    plot_pareto(most, best, chosen["variant"], title, output / "pareto.svg")
    logger.info("\n%s", text)
    logger.info(
        "recommended: %s, %.2f times as fast as eager PyTorch at %s, accuracy %+.4f",
        chosen["variant"],
        chosen["speedup"],
        about,
        chosen["accuracy_change"],
    )
    logger.info("%s", output)


if __name__ == "__main__":
    main()
