"""Plots by the distance of aptamers from a reference."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot

from aptarank.pairing.reference import Reference
from aptarank.report.plots import BLUE, GREY, ORANGE, save

COLOURS = {"train": BLUE, "validation": GREY, "test": ORANGE, "all": BLUE}


def from_reference(reference: Reference) -> str:
    """The label of an axis of distances."""
    return f"differences from the {'consensus' if reference.guessed else 'reference'} (bases)"


def plot_by_distance(bands: Sequence[dict], reference: Reference, path: Path) -> None:
    """Plot accuracy and Spearman's rho by distance: what `by_distance` gives, and `ci` of each."""
    table = pd.DataFrame(bands)
    ends = np.array([band["ci"] or [np.nan] * 2 for band in bands], dtype=float)
    positions = np.arange(len(bands))
    figure, axes = pyplot.subplots()
    for figures, colour, label in (
        ("accuracy", BLUE, "pair accuracy (95 % interval; chance 0.5)"),
        ("spearman", ORANGE, "Spearman's rho (chance 0)"),
    ):
        axes.plot(positions, table[figures].astype(float), color=colour, marker="o", label=label)
    axes.vlines(positions, *ends.T, color=BLUE, alpha=0.5, linewidth=2)
    axes.axhline(0.5, color=GREY, linestyle="--")
    axes.set_xticks(positions, [as_range(band["low"], band["high"]) for band in bands])
    count = sum(band["n_aptamers"] for band in bands)
    axes.set(
        xlabel=from_reference(reference),
        ylabel="within this distance",
        ylim=(min(0.0, table["spearman"].astype(float).min()) - 0.02, 1.02),
        title=f"By distance, {count:,} test aptamers",
    )
    axes.legend(loc="lower left", frameon=False)
    table = table.drop(columns="ci").assign(ci_low=ends[:, 0], ci_high=ends[:, 1])
    save(figure, path, table)


def as_range(low: int, high: int) -> str:
    """A distance, or a range of them."""
    return str(low) if low == high else f"{low} to {high}"


def plot_counts(counts: pd.DataFrame, reference: Reference, path: Path) -> None:
    """Plot how many aptamers of each part are at each distance.

    Args:
        counts: by distance, a column a part.
    """
    figure, axes = pyplot.subplots()
    below = np.zeros(len(counts))
    for part in counts:
        axes.bar(counts.index, counts[part], 0.9, below, color=COLOURS[part], label=part)
        below += counts[part].to_numpy()
    axes.set(
        xlabel=from_reference(reference),
        ylabel="aptamers",
        title=f"Distance of {int(below.sum()):,} aptamers",
    )
    axes.locator_params(axis="x", integer=True)
    axes.legend(frameon=False)
    save(figure, path, counts.rename_axis("distance").reset_index())
