"""Read scored aptamers (or labelled pairs), accept or reject each row, merge duplicates."""

import json
from functools import partial

import click

from aptarank.columns.read_as import worded
from aptarank.columns.rows import options as with_defaults
from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import write_csv, write_labels
from aptarank.ingestion.ingest import check, commonest, ingest, nothing_to_compare
from aptarank.programs.cli import WRITTEN, Program
from aptarank.programs.schema_options import setting


def option(key: str, help_text: str, **given):
    """An option for a key of a dataset."""
    return setting(f"$defs.dataset.{key}", help=help_text, **given)


@click.command(cls=Program)
@click.argument("files", nargs=-1, required=True)
@option("format", "Format of FILES.")
@option("sequence", "Column of the sequence, by name or number.")
@option("score", "Column of the score; MAWS: entropy or energy; FASTA: a pattern, one group.")
@option("name", "Column of the aptamer's name.")
@option("group", "Column of the group, or length, file, none.")
@option("better", "Which scores are better.")
@option("header", "Whether a table has a header line; found out if not given.")
@option(
    "delimiter", "Delimiter of a table; found out if not given.", type=str
)  # the reader checks it
@option("decimal", "Decimal sign of numbers.")
@option("encoding", "Encoding of text files.")
@option("sheet", "Sheet of an Excel file; the first if not given.")
@option("steps", "Which candidates of a MAWS log.")
@option("before", "An earlier round: a column of reads or shares, or one of two count files.")
@option("after", "A later round; the score is then log2 enrichment.")
@option(
    "pseudocount",
    "Added to each read count; of shares, times the smallest of a round, their floor.",
)
@option("min_count", "Reject sequences with fewer reads.")
@option("max_length", "Reject longer sequences.")
@option("bounds", "Bounds and ranges such as <5 or 1-2.")
@option("case", "Capitals and small letters in one sequence.")
@option("five_primer", "5' constant region to trim, or auto.")
@option("three_primer", "3' constant region to trim, or auto.")
@option("primer_share", "Least share of sequences that must have the primers.")
@option("on_reject", "fail: stop at the first rejected row.")
@option("max_rejected", "Stop where a larger share of the rows is rejected.")
@setting("split.column", "--family", help="Column of what a split keeps together (split.column).")
@click.option("-o", "--output", type=WRITTEN, default="aptamers.csv", help="Accepted aptamers.")
@click.option("--rejected", type=WRITTEN, default="rejected.csv", help="Rejected rows and reasons.")
@click.option("--labels", type=WRITTEN, default="labels.parquet", help="Labelled pairs, if any.")
@click.option("--summary", type=WRITTEN, default="ingestion.json", help="Account of all rows.")
def main(files, output, rejected, labels, summary, **given):
    """Read scored aptamers from FILES (names or patterns), or a table of labelled pairs.

    Example: python scripts/ingest.py scored.csv --sequence Sequence --score Entropy --better higher
    """
    options = with_defaults(**given)
    try:
        found = ingest(files, options, partial(progress, what="reading", unit="rows"))
        write_csv(found.rejected, rejected)
        report(found, options)
        check(found, ", ".join(files), options)
    except InputError:
        if output.is_file():
            logger.warning("%s is of an earlier call, not of these files", output)
        raise
    if found.summary["rejected"]:
        logger.warning("rejected (%s), most for:\n%s", rejected, commonest(found))
    write_csv(found.aptamers, output)
    write_labels(found.labels, labels)
    summary.parent.mkdir(parents=True, exist_ok=True)
    summary.write_text(json.dumps(found.summary, indent=2) + "\n", encoding="utf-8")
    logger.info("%s, %s, %s", output, rejected, summary)


def report(found, options) -> None:
    """Say what was read as what, and where each row went."""
    account = found.summary
    for file in account["files"]:
        better = f", {file['better']} is better" if file["better"] else ""
        logger.info("%s: %s, %d rows%s", file["file"], file["format"], file["rows"], better)
        logger.info("%s: %s", file["file"], worded(file["read_as"]))
        if options.better and file["better"] and options.better != file["better"]:
            logger.warning("  but the config says better: %s, which is used", options.better)
    if account.get("scale") == "Kd":
        logger.info("  fitness is -log10(Kd / (mol/L)), score the Kd in nM")
    what = "aptamers" if found.labels.empty else "labelled pairs"
    logger.info(
        "%d rows read%s = %d %s + %d rejected + %d merged as duplicates",
        account["rows"],
        f" ({account['better']} is better)" if "better" in account else "",
        account["accepted"],
        what,
        account["rejected"],
        account["merged"],
    )
    if account.get("groups", 1) > 1:
        logger.info("  in %d groups: only aptamers of one are compared", account["groups"])
        if nothing_to_compare(found.aptamers):
            logger.warning("  but no two of one group differ: say another group, or group: none")
    if account.get("bounds"):
        logger.info("  %d have a bound or range instead of a value", account["bounds"])
    for warning in account.get("warnings", ()):
        logger.warning("%s", warning)


if __name__ == "__main__":
    main()
