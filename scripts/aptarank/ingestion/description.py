"""What a dataset holds: where its rows went, its scores and lengths."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aptarank.columns.read_as import read_as_in_words

BINS = 40  # of a histogram, at most


def where_rows_went(account: Mapping) -> pd.DataFrame:
    """Make a table of what became of all rows, from `ingest.account_for_rows`.

    Returns:
        `what` became of them, `rows`, and their `share`; the rejected by reason.
    """
    parts = [("accepted", account["accepted"]), ("merged as duplicates", account["merged"])]
    parts += [(f"rejected: {reason}", number) for reason, number in account["reasons"].items()]
    table = pd.DataFrame(parts, columns=["what", "rows"])
    return table.assign(share=table["rows"] / max(1, account["rows"]))


def what_was_read(account: Mapping) -> pd.DataFrame:
    """What of each file was read as what, in one line."""
    files = account["files"]
    return pd.DataFrame(
        {
            "file": [file["file"] for file in files],
            "format": [file["format"] for file in files],
            "read_as": [read_as_in_words(file["read_as"]) for file in files],
        }
    )


def count_lengths(aptamers: pd.DataFrame) -> pd.DataFrame:
    """Count the distinct aptamers of each length from the shortest to the longest."""
    present = aptamers["sequence"].drop_duplicates().str.len().value_counts()
    every = range(present.index.min(), present.index.max() + 1)
    counts = present.reindex(every, fill_value=0)
    return pd.DataFrame({"length": list(every), "aptamers": counts.to_numpy()})


def histogram(values: np.ndarray) -> pd.DataFrame:
    """Count values in bins from `low` to `high`, of one width (Freedman and Diaconis)."""
    edges = np.histogram_bin_edges(values, "fd")
    if len(edges) - 1 > BINS:
        edges = np.histogram_bin_edges(values, BINS)
    counts, edges = np.histogram(values, edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "aptamers": counts})
