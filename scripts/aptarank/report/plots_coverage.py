"""The plot of expected values: measured against expected, and how often the intervals hold."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save

MOST_ROWS = 24  # of the coverage


def plot_coverage(
    table: pd.DataFrame, tested: Sequence[pd.DataFrame], level: float, path: Path
) -> None:
    """Plot the coverage of one model's intervals beside its test aptamers, or of several models.

    Args:
        table: what `coverage_table` returns, of all models.
        tested: what `judged` returns, of each model.
        level: that the intervals have.
    """
    alone = len(tested) == 1 and not tested[0].empty
    shown = (table if alone else table[table["of"] == "all"]).head(MOST_ROWS)
    height = max(3.5, 1.4 + 0.28 * len(shown))
    figure, panels = pyplot.subplots(
        1, 1 + alone, figsize=(5 + 4.5 * alone, height), layout="constrained", squeeze=False
    )
    if alone:
        plot_values(tested[0], level, panels[0, 0])
    plot_shares(shown, level, panels[0, -1], named=not alone)
    save(figure, path)


def plot_values(rows: pd.DataFrame, level: float, axes: Axes) -> None:
    """Plot the measured fitness of test aptamers by the fitness that is expected."""
    rows = rows.sort_values("expected")
    expected, half_width = rows["expected"].to_numpy(), rows["half_width"].to_numpy()
    if rows["group"].nunique() == 1 and np.isfinite(half_width).all():
        label = f"{level:.4g} interval"
        ends = expected - half_width, expected + half_width
        axes.fill_between(expected, *ends, color=BLUE, alpha=0.15, linewidth=0, label=label)
    axes.plot(expected, expected, color=GREY, linestyle="--", label="as expected")
    axes.scatter(expected, rows["fitness"], s=12, color=BLUE, alpha=0.7, linewidths=0)
    axes.set(
        xlabel="expected fitness",
        ylabel="measured fitness",
        title=f"{len(rows)} test aptamers",
    )
    axes.legend(frameon=False)


def plot_shares(table: pd.DataFrame, level: float, axes: Axes, *, named: bool) -> None:
    """Plot the coverage with its bounds, row by row; the rows are models if they are `named`."""
    rows = np.arange(len(table))
    axes.hlines(rows, table["coverage_low"], table["coverage_high"], color=BLUE, alpha=0.5)
    axes.plot(table["coverage"], rows, "o", color=BLUE)
    axes.axvline(level, color=ORANGE, linestyle="--", label=f"level ({level:.4g})")
    parts = (table["of"] + " " + table["at"]).str.strip()
    labels = (table["model"] if named else parts) + " (" + table["n_aptamers"].astype(str) + ")"
    axes.set_yticks(rows, labels)
    axes.set_ylim(max(len(table), 1) - 0.5, -0.5)
    axes.set(
        xlim=(0, 1.02),
        xlabel="share within the interval (line: 95 % interval)",
        title="Do the intervals hold?",
    )
    axes.legend(frameon=False, loc="lower left")
