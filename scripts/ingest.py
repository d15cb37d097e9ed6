"""Read scored aptamers (or labelled pairs), accept or reject each row, merge duplicates."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from aptarank.columns.read_as import read_as_in_words
from aptarank.columns.rows import Options, make_options
from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger, progress
from aptarank.core.parquet import write_labels
from aptarank.core.tables import write_csv
from aptarank.ingestion.ingest import (
    Ingested,
    check_accepted,
    commonest_reasons,
    has_nothing_to_compare,
    ingest_files,
)
from aptarank.ingestion.standard_errors import noise_in_words
from aptarank.programs.cli import WRITTEN, Program
from aptarank.programs.schema_options import rule_of, setting


def dataset_options(command: Callable) -> Callable:
    """Add an option for each key of a dataset, except its path."""
    for key in reversed(rule_of("$defs.dataset")["properties"]):
        if key != "path":
            # The reader checks the delimiter.
            given: dict[str, Any] = {"type": str} if key == "delimiter" else {}
            command = setting(f"$defs.dataset.{key}", **given)(command)
    return command


@click.command(cls=Program)
@click.argument("files", nargs=-1, required=True)
@dataset_options
@setting("split.column", "--family")
@click.option("--dataset", help="Run and dataset, as run/dataset, that a filled plate is to be of.")
@click.option("-o", "--output", type=WRITTEN, default="aptamers.csv", help="Accepted aptamers.")
@click.option("--rejected", type=WRITTEN, default="rejected.csv", help="Rejected rows and reasons.")
@click.option("--labels", type=WRITTEN, default="labels.parquet", help="Labelled pairs, if any.")
@click.option("--summary", type=WRITTEN, default="ingestion.json", help="Account of all rows.")
def main(
    files: tuple[str, ...], output: Path, rejected: Path, labels: Path, summary: Path, **given: Any
) -> None:
    """Read scored aptamers from FILES (names or patterns), or a table of labelled pairs.

    Example: python scripts/ingest.py scored.csv --sequence Sequence --score Entropy --better higher
    """
    options = make_options(**given)
    try:
        ingested = ingest_files(files, options, partial(progress, task="reading", unit="rows"))
        write_csv(ingested.rejected, rejected)
        report(ingested, options)
        check_accepted(ingested, ", ".join(files), options)
    except InputError:
        if output.is_file():
            logger.warning("%s is from an earlier call, not from these files", output)
        raise
    if ingested.summary["rejected"]:
        logger.warning("rejected (%s), most for:\n%s", rejected, commonest_reasons(ingested))
    write_csv(ingested.aptamers, output)
    write_labels(ingested.labels, labels)
    summary.parent.mkdir(parents=True, exist_ok=True)
    write_json(ingested.summary, summary)
    logger.info("%s, %s, %s", output, rejected, summary)


def report(ingested: Ingested, options: Options) -> None:
    """Say what was read as what, and where each row went."""
    account = ingested.summary
    for file in account["files"]:
        better = f", {file['better']} is better" if file["better"] else ""
        logger.info("%s: %s, %d rows%s", file["file"], file["format"], file["rows"], better)
        logger.info("%s: %s", file["file"], read_as_in_words(file["read_as"]))
        if options.better and file["better"] and options.better != file["better"]:
            logger.warning("  the option better says %s, which is used instead", options.better)
    if account.get("scale") == "Kd":
        logger.info("  fitness is -log10(Kd / (mol/L)), score the Kd in nM")
    accepted = "aptamers" if ingested.labels.empty else "labelled pairs"
    logger.info(
        "%d rows read%s = %d %s + %d rejected + %d merged as duplicates",
        account["rows"],
        f" ({account['better']} is better)" if "better" in account else "",
        account["accepted"],
        accepted,
        account["rejected"],
        account["merged"],
    )
    if account.get("groups", 1) > 1:
        logger.info("  in %d groups: only aptamers of one are compared", account["groups"])
        if has_nothing_to_compare(ingested.aptamers):
            logger.warning("  but no two of one group differ: give another group, or group: none")
    if account.get("noise"):
        logger.info("  %s", noise_in_words(account["noise"]))
    if account.get("bounds"):
        logger.info("  %d have a bound or range instead of a value", account["bounds"])
    warnings = account.get("warnings", ())
    for plate in account.get("plates", ()):
        if plate["in_words"] not in warnings:
            logger.info("%s", plate["in_words"])
    for warning in warnings:
        logger.warning("%s", warning)


if __name__ == "__main__":
    main()
