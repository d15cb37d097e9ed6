"""Plots of the aptamers of a dataset."""

from pathlib import Path

import pandas as pd

from aptarank.report.plots import BLUE, ORANGE, pyplot, save
from aptarank.report.plots_models import row_figure


def plot_rows(table: pd.DataFrame, path: Path) -> None:
    """Plot what became of the rows of the input; what `where_rows_went` returns."""
    figure, axes = row_figure(len(table), 5)
    used = table["what"] == "accepted"
    bars = axes.barh(table["what"], table["rows"], color=used.map({True: BLUE, False: ORANGE}))
    labels = [
        f"{rows:,} ({share:.1%})" for rows, share in zip(table["rows"], table["share"], strict=True)
    ]
    axes.bar_label(bars, labels, padding=3)
    axes.set_xlim(right=1.3 * max(1, table["rows"].max()))
    axes.set(xlabel="rows of the input", title=f"What became of {table['rows'].sum():,} rows")
    save(figure, path)


def plot_lengths(table: pd.DataFrame, path: Path) -> None:
    """Plot how many aptamers there are of each length; what `lengths` returns."""
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
    """Plot the distribution of the scores; what `histogram` returns."""
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
