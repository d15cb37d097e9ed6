"""Plots of an evaluation, as SVG that is the same bytes each time."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve, roc_curve

# Okabe and Ito's colours, which colour-blind people can tell apart.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"

matplotlib.rcParams.update(
    {
        "svg.hashsalt": "aptarank",
        "svg.fonttype": "none",
        "figure.figsize": (4.5, 4.0),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.size": 10,
    }
)


def save(figure: pyplot.Figure, path: Path) -> None:
    """Write without the date, which would change the bytes."""
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def plot_roc(label: np.ndarray, probability: np.ndarray, auc: float, path: Path) -> None:
    """Receiver operating characteristic over the test pairs."""
    false, true, _ = roc_curve(label, probability)
    figure, axes = pyplot.subplots()
    axes.plot(false, true, color=BLUE, label=f"model (area {auc:.3f})")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="chance (area 0.5)")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC, test pairs")
    axes.legend(loc="lower right", frameon=False)
    save(figure, path)


def plot_precision_recall(
    label: np.ndarray, probability: np.ndarray, average: float, path: Path
) -> None:
    """Precision against recall over the test pairs."""
    precision, recall, _ = precision_recall_curve(label, probability)
    figure, axes = pyplot.subplots()
    axes.plot(recall, precision, color=BLUE, label=f"model (average precision {average:.3f})")
    share = float(np.mean(label))
    axes.axhline(share, color=GREY, linestyle="--", label=f"chance ({share:.2f})")
    axes.set(
        xlabel="recall",
        ylabel="precision",
        ylim=(0, 1.02),
        title="Precision and recall, test pairs",
    )
    axes.legend(loc="lower left", frameon=False)
    save(figure, path)


def plot_calibration(label: np.ndarray, probability: np.ndarray, path: Path) -> None:
    """Observed against predicted probability, ten bins."""
    observed, predicted = calibration_curve(label, probability, n_bins=10)
    figure, axes = pyplot.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="perfect")
    axes.plot(predicted, observed, color=BLUE, marker="o", label="model")
    axes.set(
        xlabel="predicted probability that the first is fitter",
        ylabel="share of pairs where it is",
        title="Calibration, test pairs",
    )
    axes.legend(loc="upper left", frameon=False)
    save(figure, path)


def plot_confusion(counts: dict, path: Path) -> None:
    """The confusion matrix over the test pairs."""
    matrix = np.array(
        [
            [counts["true_negative"], counts["false_positive"]],
            [counts["false_negative"], counts["true_positive"]],
        ]
    )
    figure, axes = pyplot.subplots()
    axes.imshow(matrix, cmap="Blues", vmin=0, vmax=matrix.max() * 2)
    for (row, column), number in np.ndenumerate(matrix):
        share = number / max(1, matrix[row].sum())
        axes.text(column, row, f"{number:,}\n{share:.1%}", ha="center", va="center")
    ticks = {"ticks": [0, 1], "labels": ["second fitter", "first fitter"]}
    axes.set_xticks(**ticks)
    axes.set_yticks(**ticks, rotation=90, va="center")
    axes.set(xlabel="predicted", ylabel="true", title="Confusion matrix, test pairs")
    axes.spines[:].set_visible(False)
    save(figure, path)


def plot_ranking(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray, tau: float, path: Path
) -> None:
    """Predicted against true rank of the test aptamers within their group, 1 is the fittest.

    With several groups, which differ in size, ranks are shares of the group.
    """
    table = pd.DataFrame({"true": -fitness, "model": -predicted}).groupby(group)
    several = table.ngroups > 1
    ranks = table.rank(pct=several)[table["true"].transform("size") > 1]
    ends = [0, 1] if several else [1, len(fitness)]
    figure, axes = pyplot.subplots()
    axes.plot(ends, ends, color=GREY, linestyle="--", label="perfect")
    axes.scatter(
        ranks["true"],
        ranks["model"],
        s=14,
        color=BLUE,
        alpha=0.7,
        linewidths=0,
        label=f"test aptamers (Kendall's tau {tau:.3f})",
    )
    what = f"share of its group, {table.ngroups} groups" if several else "1 is the fittest"
    axes.set(
        xlabel=f"rank by score ({what})",
        ylabel="rank by the model",
        title=f"Ranking of {len(ranks)} test aptamers",
    )
    axes.legend(loc="lower right", frameon=False)
    save(figure, path)


def plot_history(history: pd.DataFrame, path: Path) -> None:
    """Loss on training and validation, and accuracy on validation, by step."""
    figure, (top, bottom) = pyplot.subplots(2, sharex=True)
    steps = history["step"]
    top.plot(steps, history["train_loss"], color=GREY, label="training")
    top.plot(steps, history["validation_loss"], color=BLUE, label="validation")
    top.set(ylabel="loss", title="Training")
    top.legend(frameon=False)
    bottom.plot(steps, history["validation_accuracy"], color=ORANGE)
    bottom.set(xlabel="step", ylabel="validation accuracy")
    save(figure, path)


def plot_nearest(edits: np.ndarray, path: Path) -> None:
    """How far test aptamers are from training: a bar for each number of edits, shape (n,)."""
    counts = np.bincount(edits)
    figure, axes = pyplot.subplots()
    axes.bar(np.arange(len(counts)), counts, width=0.9, color=BLUE)
    axes.set(xlim=(-0.5, max(5.5, len(counts) - 0.5)), ylim=(0, 1.15 * counts.max()))
    median = float(np.median(edits))
    axes.axvline(median, color=ORANGE, linestyle="--", label=f"median ({median:g})")
    axes.set(
        xlabel="edits to the nearest training aptamer (bases)",
        ylabel="test aptamers",
        title=f"Nearest neighbours of {len(edits)} test aptamers",
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False)
    save(figure, path)


def plot_scores(scores: Mapping[str, np.ndarray], quantity: str, path: Path) -> None:
    """The scores of each part, as cumulative distributions: where they are alike, so are these."""
    colours = {"train": BLUE, "validation": GREY, "test": ORANGE, "all": BLUE}
    share = np.linspace(0, 1, 201)  # not one point an aptamer: the file stays small
    figure, axes = pyplot.subplots()
    for part, values in scores.items():
        label = f"{part} ({len(values)})"
        axes.plot(np.quantile(values, share), share, color=colours[part], label=label)
    axes.set(
        xlabel=quantity.replace("_", " "),
        ylabel="share of aptamers with no higher score",
        ylim=(0, 1.02),
        title="Scores by part",
    )
    axes.legend(loc="upper left", frameon=False)
    save(figure, path)
