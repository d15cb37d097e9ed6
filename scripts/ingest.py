"""Read scored aptamers, accept or reject each row, merge duplicates."""

import click

from aptarank.aptamers import check_learnable, clean
from aptarank.cli import PATH, Program, logger
from aptarank.config import default
from aptarank.readers import FORMATS, Columns, read
from aptarank.tables import write_csv

DATASET = "$defs.dataset."


@click.command(cls=Program)
@click.argument("file", type=PATH)
@click.option(
    "--format",
    "file_format",
    default=default(DATASET + "format"),
    type=click.Choice(["auto", *FORMATS]),
    help="The format of FILE.",
)
@click.option(
    "--sequence",
    default=default(DATASET + "sequence"),
    help="Column of the sequence.",
)
@click.option(
    "--score",
    default=default(DATASET + "score"),
    help="Column of the score; for FASTA, a regular expression with one group.",
)
@click.option(
    "--name",
    default=default(DATASET + "name"),
    help="Column of the aptamer's name, if there is one.",
)
@click.option(
    "--better",
    type=click.Choice(["higher", "lower"]),
    required=True,
    help="Which scores are better.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="aptamers.csv",
    help="Accepted aptamers.",
)
@click.option(
    "--rejected",
    type=PATH,
    default="rejected.csv",
    help="Rejected rows, each with its reason.",
)
def main(file, file_format, sequence, score, name, better, output, rejected):
    """Read scored aptamers from FILE.

    Example: python scripts/ingest.py scored.csv --sequence Sequence --score Entropy --better higher
    """
    rows = read(file, Columns(sequence, score, name), file_format)
    aptamers, rejects = clean(rows, better)
    write_csv(rejects, rejected)
    check_learnable(aptamers, rejects, str(file))
    write_csv(aptamers, output)
    merged = len(rows) - len(rejects) - len(aptamers)
    logger.info(
        "%s: %d rows read, %s is better: %d aptamers, %d rejected, %d merged as duplicates",
        file,
        len(rows),
        better,
        len(aptamers),
        len(rejects),
        merged,
    )
    for reason, number in rejects["reason"].value_counts().head(3).items():
        logger.warning("  rejected %d: %s", number, reason)
    logger.info("%s, %s", output, rejected)


if __name__ == "__main__":
    main()
