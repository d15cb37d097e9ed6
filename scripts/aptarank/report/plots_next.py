"""The plot of what was chosen to be measured next."""

from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.acquisition.choosing import Batch
from aptarank.acquisition.features import Features
from aptarank.acquisition.first_plate import joined
from aptarank.expected.quantity import Quantity
from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save

MOST = 1000  # candidates that are drawn
MARKERS = {"exploit": (BLUE, "o"), "explore": (ORANGE, "^")}


def plot_batch(
    batch: Batch, roles: list[str], quantity: Quantity, best: float, seed: int, path: Path
) -> None:
    """Plot what is expected of each candidate against how little is known of it.

    Args:
        roles: of the chosen ones.
        best: the best measured value.
    """
    expected = np.asarray(quantity.value_of(batch.fitness))
    some = np.random.default_rng(seed).permutation(len(expected))[:MOST]
    figure, axes = pyplot.subplots()
    label = f"{len(expected):,} candidates"
    axes.scatter(batch.deviation[some], expected[some], s=4, color=GREY, alpha=0.5, label=label)
    for role, (colour, marker) in MARKERS.items():
        rows = batch.rows[np.array(roles) == role]
        if len(rows):
            label = f"chosen, {role} ({len(rows)})"
            x, y = batch.deviation[rows], expected[rows]
            axes.scatter(
                x, y, s=36, color=colour, marker=marker, edgecolor="white", zorder=3, label=label
            )
    axes.axhline(best, color=GREY, linestyle="--", label="best measured")
    if quantity.scale == "Kd":
        axes.set_yscale("log")
    unit = f", {quantity.unit}" if quantity.unit else ""
    axes.set(
        xlabel="uncertainty (standard deviations of the measured)",
        ylabel=f"expected value{unit} ({quantity.better} is better)",
        title="What to measure next",
    )
    axes.legend(framealpha=0.9, edgecolor="none", fontsize=8)
    save(figure, path)


def plot_spread(candidates: pd.Series, rows: np.ndarray, seed: int, path: Path) -> None:
    """Plot candidates by the two directions in which they differ most (principal components).

    Args:
        candidates: their sequences.
        rows: numbers of the chosen ones.
    """
    sequences = candidates.tolist()
    rest = np.random.default_rng(seed).permutation(len(sequences))[:MOST]
    shown = np.unique(np.concatenate([rest, rows]))
    features = joined(Features(sequences, seed).of([sequences[row] for row in shown]))
    features = features - features.mean(axis=0)
    _, _, axes_of = np.linalg.svd(features, full_matrices=False)
    first, second = (features @ axes_of[:2].T).T if len(axes_of) > 1 else np.zeros((2, len(shown)))
    chosen = np.isin(shown, rows)
    figure, axes = pyplot.subplots()
    axes.scatter(first, second, s=4, color=GREY, alpha=0.5, label=f"{len(sequences):,} candidates")
    axes.scatter(first[chosen], second[chosen], s=36, color=ORANGE, marker="^", label="chosen")
    axes.set(xlabel="first principal component", ylabel="second", title="What to measure first")
    axes.legend(framealpha=0.9, edgecolor="none", fontsize=8)
    save(figure, path)
