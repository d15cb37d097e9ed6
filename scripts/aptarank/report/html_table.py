"""Tables as HTML pages for the report."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 14px system-ui, sans-serif; margin: 1.5rem; color: #1e293b; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: 0.3rem 0.8rem; border-bottom: 1px solid #e2e8f0; text-align: left; }}
th {{ position: sticky; top: 0; background: #f1f5f9; }}
td.sentence {{ min-width: 22rem; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
tr:hover td {{ background: #f8fafc; }}
</style>
<h2>{title}</h2>
<p>{about}</p>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</html>
"""
DIGITS = 4  # of a number with a fraction
MAX_ROWS = 1000  # of a page
SENTENCE = 5  # blanks from which a text is one


def write_page(table: pd.DataFrame, title: str, path: Path) -> None:
    """Write a table as a page that needs only a browser."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(table, title), encoding="utf-8")


def page(table: pd.DataFrame, title: str) -> str:
    """Return a table as a page, at most its first `MAX_ROWS` rows."""
    shown = table.head(MAX_ROWS)
    classes = {column: class_of(shown[column]) for column in table}

    def row(values: Iterable[str], tag: str) -> str:
        return "".join(
            f"<{tag}{classes[column]}>{escape(text)}</{tag}>"
            for column, text in zip(table, values, strict=True)
        )

    cells = [[cell_text(value) for value in column] for _, column in shown.items()]
    rows = (
        f"{len(table):,} rows"
        if len(shown) == len(table)
        else (f"the first {len(shown):,} of {len(table):,} rows; the CSV file has all")
    )
    return PAGE.format(
        title=escape(title),
        about=rows,
        head=row(map(str, table), "th"),
        body="\n".join(f"<tr>{row(values, 'td')}</tr>" for values in zip(*cells, strict=True)),
    )


def class_of(column: pd.Series) -> str:
    """The class of a column's cells, as an attribute: numbers to the right, sentences wide."""
    if pd.api.types.is_numeric_dtype(column):
        return " class=number"
    has_sentences = column.astype(str).str.count(" ").max() >= SENTENCE
    return " class=sentence" if has_sentences else ""


def cell_text(value: Any) -> str:
    """Return the text of a cell: numbers with few digits, nothing for a missing value."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
