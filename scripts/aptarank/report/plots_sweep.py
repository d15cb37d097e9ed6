"""The heat map of a sweep."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize

from aptarank.evaluation.sweep_summary import MEASURED
from aptarank.report.plots import pyplot, save

CELL_SIZE = 0.95, 0.6  # inches
MARGINS = 1.0, 0.9  # inches, for the labels of a panel
COLOURS = "cividis"  # readable for colour-blind people


def plot_sweep(summary: pd.DataFrame, path: Path) -> None:
    """Plot mean and standard deviation of the validation accuracy of each combination of settings.

    The first two settings with several values are the axes x and y; there is a panel for each
    combination of the others.

    Args:
        summary: what `summarise_sweep` returns.
    """
    names = [name for name in summary if name not in MEASURED]
    several = [name for name in names if len(summary[name].cat.categories) > 1] or names[:1]
    x, y, others = several[0], several[1:2], several[2:]
    columns, rows = summary[x].cat.categories, summary[y[0]].cat.categories if y else [""]
    panels = list(summary.groupby(others, observed=True)) if others else [((), summary)]
    across = len(summary[others[-1]].cat.categories) if others else 1
    down = math.ceil(len(panels) / across)
    size = [
        count * (margin + cell * len(values))
        for count, margin, cell, values in zip(
            (across, down), MARGINS, CELL_SIZE, (columns, rows), strict=True
        )
    ]
    figure, grid = pyplot.subplots(down, across, squeeze=False, figsize=size, layout="constrained")
    shade = Normalize(summary["mean"].min(), summary["mean"].max())
    for axes, (values, panel) in zip(grid.flat, panels, strict=False):
        positions = panel[x].cat.codes, panel[y[0]].cat.codes if y else np.zeros(len(panel), int)
        means = np.full((len(rows), len(columns)), np.nan)
        means[positions[1], positions[0]] = panel["mean"]
        axes.imshow(means, cmap=COLOURS, norm=shade, origin="lower", aspect="auto")
        for column, row, (index, mean), sd in zip(
            *positions, panel["mean"].items(), panel["sd"], strict=True
        ):
            axes.text(
                column,
                row,
                f"{mean:.4f}" + ("" if np.isnan(sd) else f"\n± {sd:.4f}"),
                ha="center",
                va="center",
                color="black" if shade(mean) > 0.5 else "white",
                weight="bold" if index == 0 else "normal",
            )
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)) if y else [], rows if y else [])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        title = ", ".join(f"{name} {value}" for name, value in zip(others, values, strict=True))
        axes.set(xlabel=x, ylabel=y[0] if y else "", title=title)
    for axes in grid.flat[len(panels) :]:
        axes.remove()
    same = [f"{name} {summary[name].iloc[0]}" for name in names if name not in several]
    figure.suptitle(
        "\n".join(["Validation accuracy, mean ± standard deviation (best: bold)", ", ".join(same)])
    )
    save(figure, path)
