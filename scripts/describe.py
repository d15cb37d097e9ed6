"""Tables and plots of what was read: where each row went, scores and lengths."""

from pathlib import Path

import click

from aptarank.core.log import logger
from aptarank.core.tables import read_aptamers, read_json, write_csv
from aptarank.evaluation.audit import known_scores
from aptarank.ingestion.description import count_lengths, histogram, what_was_read, where_rows_went
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.report import plots_data


@click.command(cls=OfResults)
@click.argument("aptamers", type=PATH)
@click.option("--summary", type=PATH, required=True, help="What ingest.py --summary writes.")
@click.option("-o", "--output", type=WRITTEN, default="description", help="Folder of the results.")
def main(aptamers: Path, summary: Path, output: Path) -> None:
    """Say what is in APTAMERS, which ingest.py writes.

    Example: python scripts/describe.py aptamers.csv --summary ingestion.json
    """
    known_aptamers = read_aptamers(aptamers)
    output.mkdir(parents=True, exist_ok=True)
    account = read_json(summary)
    write_csv(what_was_read(account), output / "read_as.csv")
    rows = where_rows_went(account)
    write_csv(rows, output / "rows.csv")
    plots_data.plot_rows(rows, output / "rows.svg")
    by_length = count_lengths(known_aptamers)
    write_csv(by_length, output / "lengths.csv")
    plots_data.plot_lengths(by_length, output / "lengths.svg")
    quantity, scores = known_scores(known_aptamers)
    if len(scores):  # labelled pairs have none
        bins = histogram(scores.to_numpy())
        write_csv(bins, output / "distribution.csv")
        plots_data.plot_histogram(bins, quantity, len(scores), output / "distribution.svg")
    logger.info("%s: tables and plots of %d aptamers", output, known_aptamers["sequence"].nunique())


if __name__ == "__main__":
    main()
