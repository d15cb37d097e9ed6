"""The plot of a design, generation by generation."""

from pathlib import Path

import pandas as pd

from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save


def plot_design(history: pd.DataFrame, known: float, kappa: float, path: Path) -> None:
    """Plot best and median of each generation, and its diversity.

    Args:
        history: what `evolve` returns.
        known: the objective of the best known aptamer.
        kappa: how many standard deviations the objective is below the mean of the models.
    """
    figure, (top, bottom) = pyplot.subplots(
        2, sharex=True, height_ratios=[2, 1], figsize=(5, 5), layout="constrained"
    )
    generation = history["generation"]
    top.plot(generation, history["best"], color=BLUE, label="best")
    top.plot(generation, history["median"], color=ORANGE, linestyle="--", label="median")
    top.axhline(known, color=GREY, linestyle=":", label="best known aptamer")
    objective = f"mean − {kappa:g} × spread of the models" if kappa else "score by the models"
    top.set(ylabel=f"{objective},\nstandard deviations of the known", title="Design")
    top.legend(loc="lower right", frameon=False)
    bottom.plot(generation, history["diversity"], color=BLUE)
    bottom.set(xlabel="generation", ylabel="mean distance of two\naptamers, edits")
    bottom.set_ylim(bottom=0)
    bottom.xaxis.get_major_locator().set_params(integer=True)
    save(figure, path)
