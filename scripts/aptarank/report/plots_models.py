"""Plots of several models side by side."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save

ROW_HEIGHT = 0.32  # inches


def row_figure(count: int, width: float) -> tuple[Figure, Axes]:
    """Return a figure with `count` horizontal rows, the first on top, and its axes."""
    figure, axes = pyplot.subplots(figsize=(width, 1.2 + ROW_HEIGHT * count))
    axes.set_ylim(count - 0.5, -0.5)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    return figure, axes


def plot_models(runs: pd.DataFrame, summary: pd.DataFrame, path: Path) -> None:
    """Plot the accuracy of each model and baseline, best first: runs, mean and interval.

    Args:
        runs: a row per run: `model`, `kind`, `accuracy`, and the `ceiling` if it is known.
        summary: what `summarise` returns.
    """
    table = summary[summary["metric"] == "accuracy"]
    table = table.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)
    figure, axes = row_figure(len(table), 5)
    names = []
    for row, (model, kind, count, mean, low, high) in enumerate(
        table[["model", "kind", "n_runs", "mean", "low", "high"]].itertuples(index=False)
    ):
        colour = GREY if kind == "baseline" else BLUE
        axes.plot([low, high], [row, row], color=colour, alpha=0.5, linewidth=2)
        values = runs.loc[(runs["model"] == model) & (runs["kind"] == kind), "accuracy"]
        axes.plot(values, [row] * len(values), "|", color=colour, markersize=11)
        axes.plot(mean, row, "o", color=colour, markersize=6)
        names.append(f"{model} ({count} runs)" if count > 1 else model)
    axes.axvline(0.5, color=GREY, linestyle="--", linewidth=1)
    dashed = "dashed: chance"
    if "ceiling" in runs and runs["ceiling"].notna().any():
        axes.axvline(runs["ceiling"].mean(), color=ORANGE, linestyle="--", linewidth=1)
        dashed += "; orange: a perfect model"
    axes.set_yticks(range(len(names)), names)
    axes.set(
        xlabel="pair accuracy (dot: mean; strokes: runs;\n"
        f"line: 95 % interval over test aptamers; {dashed})",
        title="Models (blue) and baselines (grey)",
    )
    save(figure, path)


def plot_paired(paired: pd.DataFrame, path: Path) -> None:
    """Plot how much more accurate one model is than another; what `paired_differences` returns."""
    figure, axes = row_figure(len(paired), 5)
    positions = np.arange(len(paired))
    is_different = (paired["low"] > 0) | (paired["high"] < 0)
    colours = np.where(is_different, BLUE, GREY)
    axes.hlines(positions, paired["low"], paired["high"], color=colours, linewidth=2, alpha=0.6)
    axes.scatter(paired["difference"], positions, color=colours, zorder=3)
    axes.axvline(0, color=ORANGE, linestyle="--", linewidth=1)
    axes.set_yticks(positions, paired["model_a"] + " − " + paired["model_b"])
    axes.set(
        xlabel="difference in pair accuracy (95 % interval over test aptamers)",
        title="Paired differences (blue: not 0)",
    )
    save(figure, path)


def plot_learning_curve(curve: pd.DataFrame, path: Path) -> None:
    """Plot accuracy by number of training aptamers; columns as learning_curve.py writes them."""
    figure, axes = pyplot.subplots()
    colours = [BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
    for number, (model, rows) in enumerate(curve.groupby("model", sort=False)):
        colour = colours[number % len(colours)]
        axes.fill_between(rows["n_train"], rows["low"], rows["high"], color=colour, alpha=0.15)
        axes.plot(rows["n_train"], rows["accuracy"], color=colour, marker="o", label=model)
    axes.set(
        xlabel="training aptamers",
        ylabel="pair accuracy",
        xlim=(0, None),
        title="Learning curve (band: 95 % interval)",
    )
    axes.legend(loc="best", frameon=False)
    save(figure, path)
