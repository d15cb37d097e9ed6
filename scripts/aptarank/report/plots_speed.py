"""The plot of speed against accuracy."""

from pathlib import Path

import numpy as np
import pandas as pd
from adjustText import adjust_text
from matplotlib.ticker import LogLocator, NullLocator

from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save

LINEAR_BELOW = 0.1  # points of accuracy up to which the axis is linear


def plot_pareto(rows: pd.DataFrame, best: np.ndarray, chosen: str, about: str, path: Path) -> None:
    """Plot the accuracy that each variant loses against its speed-up.

    Args:
        rows: one per variant: `variant`, `speedup`, `accuracy_change`.
        best: which variants are on the frontier, bool, shape (n_variants,).
        chosen: the recommended variant.
        about: what was measured, and how, for the title.
    """
    speed, lost = rows["speedup"].to_numpy(), -100 * rows["accuracy_change"].to_numpy()
    figure, axes = pyplot.subplots(figsize=(9, 5.5))
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=LINEAR_BELOW)
    axes.axhline(0, color="#DDDDDD", linewidth=1, zorder=0)
    order = np.flatnonzero(best)[np.argsort(speed[best])]
    axes.plot(speed[order], lost[order], color=BLUE, linewidth=1, alpha=0.6, zorder=1)
    axes.scatter(speed, lost, c=np.where(best, BLUE, GREY), s=28, zorder=3)
    is_chosen = rows["variant"].to_numpy() == chosen
    axes.scatter(
        speed[is_chosen],
        lost[is_chosen],
        s=140,
        facecolors="none",
        edgecolors=ORANGE,
        linewidth=2,
        zorder=4,
    )
    axes.set_xlim(0.8 * speed.min(), 1.35 * speed.max())
    below, above = min(lost.min(), 0), max(lost.max(), 0)
    axes.set_ylim(below - 2 * LINEAR_BELOW, above * 1.6 + 2 * LINEAR_BELOW)
    labels = [
        axes.text(x, y, name, fontsize=8, color=BLUE if on else "#777777")
        for x, y, name, on in zip(speed, lost, rows["variant"], best, strict=True)
    ]
    adjust_text(
        labels,
        speed,
        lost,
        ax=axes,
        expand=(1.2, 2.0),
        force_text=(0.4, 1.0),
        iter_lim=2000,
        arrowprops={"arrowstyle": "-", "color": "#BBBBBB", "linewidth": 0.6},
    )
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
    axes.set(
        xlabel="times as fast as eager PyTorch in fp32",
        ylabel="pair accuracy lost, points",
        title=f"{about}\nblue: the frontier; ring: recommended",
    )
    save(figure, path)
