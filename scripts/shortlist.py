"""The best of all candidates that were screened in parts."""

from pathlib import Path

import click
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.tables import read_json, read_table, write_csv
from aptarank.ingestion.rejections import REJECTED_COLUMNS
from aptarank.programs.cli import PATH, WRITTEN, Program
from aptarank.report.html_table import write_page
from aptarank.use.screening import COLUMNS, best


@click.command(cls=Program)
@click.argument("folders", metavar="SCREENED...", type=PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=WRITTEN, default="shortlist.csv", help="The best, best first.")
@click.option("--rejected", type=WRITTEN, default="rejected.csv", help="Rejected ones and reasons.")
@click.option("--summary", type=WRITTEN, default="screen.json", help="Account of all candidates.")
def main(folders: tuple[Path, ...], output: Path, rejected: Path, summary: Path) -> None:
    """Put together what screen.py made of each part.

    Example: python scripts/shortlist.py screened -o shortlist.csv
    """
    accounts = [read_json(folder / "account.json") for folder in folders]
    read, refused = (sum(account[key] for account in accounts) for key in ("read", "rejected"))
    (keep,) = {account["keep"] for account in accounts}
    tables = [
        read_table(folder / "rejected.csv", REJECTED_COLUMNS, text=True) for folder in folders
    ]
    reasons = pd.concat(tables).astype({"line": int})
    reasons = reasons.sort_values(["source", "line"], kind="stable", ignore_index=True)
    write_csv(reasons, rejected)
    if refused == read:
        first = f"; the first of {read}: {reasons['reason'][0]}" if read else ""
        raise InputError(f"no candidate is left to screen{first} ({rejected})")
    ranked = best([read_table(folder / "best.parquet", COLUMNS) for folder in folders], keep + 1)
    kept = ranked.head(keep)
    draw = len(ranked) > keep and ranked["score"][keep] == ranked["score"][keep - 1]
    if len(kept) < keep:
        logger.warning("%d are to be kept, but there are only %d distinct ones", keep, len(kept))
    if draw:
        logger.warning("others score as much as the last: of equal ones the first by sequence stay")
    ranks = kept["score"].rank(ascending=False, method="min").astype(int)
    table = kept.assign(rank=ranks)[["rank", "id", "sequence", "score"]]
    write_csv(table, output)
    write_page(table, f"The best of {read:,} candidates", output.with_suffix(".html"))
    account = {"candidates": read, "rejected": refused, "screened": read - refused}
    account |= {"kept": len(kept), "last_score": float(kept["score"].iloc[-1]), "draw": bool(draw)}
    write_json(account, summary)
    logger.info("%d candidates, %d of them rejected (%s)", read, refused, rejected)
    logger.info("%s: the best %d", output, len(kept))


if __name__ == "__main__":
    main()
