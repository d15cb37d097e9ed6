"""Plots of what was read."""

from pathlib import Path

import pandas as pd

from aptarank.report.plots import BLUE, ORANGE, pyplot, save
from aptarank.report.plots_models import rows_of


def plot_rows(table: pd.DataFrame, path: Path) -> None:
    """Where each row of the input went; what `where_rows_went` gives."""
    figure, axes = rows_of(len(table), 5)
    used = table["what"] == "accepted"
    drawn = axes.barh(table["what"], table["rows"], color=used.map({True: BLUE, False: ORANGE}))
    labels = [
        f"{rows:,} ({share:.1%})" for rows, share in zip(table["rows"], table["share"], strict=True)
    ]
    axes.bar_label(drawn, labels, padding=3)
    axes.set_xlim(right=1.3 * max(1, table["rows"].max()))
    axes.set(xlabel="rows of the input", title=f"What became of {table['rows'].sum():,} rows")
    save(figure, path)


def plot_lengths(table: pd.DataFrame, path: Path) -> None:
    """How many aptamers there are of each length; what `lengths` gives."""
    figure, axes = pyplot.subplots()
    axes.bar(table["length"], table["aptamers"], width=0.9, color=BLUE)
    axes.set(
        xlabel="length (bases)",
        ylabel="aptamers",
        title=f"Lengths of {table['aptamers'].sum():,} aptamers",
    )
    axes.locator_params(integer=True)
    save(figure, path)


def plot_histogram(table: pd.DataFrame, quantity: str, count: int, path: Path) -> None:
    """The distribution of the scores; what `histogram` gives."""
    figure, axes = pyplot.subplots()
    width = table["high"] - table["low"]
    axes.bar(table["low"], table["aptamers"], width, align="edge", color=BLUE, edgecolor="white")
    axes.set(
        xlabel=quantity.replace("_", " "),
        ylabel="aptamers",
        title=f"{quantity.replace('_', ' ').capitalize()} of {count:,} aptamers",
    )
    axes.locator_params("y", integer=True)
    save(figure, path)
