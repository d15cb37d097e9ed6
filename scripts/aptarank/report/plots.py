"""Plots of an evaluation, as SVG with the same bytes each time, each with its table as CSV."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot
from matplotlib.ticker import PercentFormatter
from sklearn.metrics import precision_recall_curve, roc_curve

from aptarank.core.tables import write_csv

# Okabe and Ito's colours, which colour-blind people can distinguish.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"

MAX_POINTS = 2000  # of a curve
ROC = ["false_positive_rate", "true_positive_rate"]

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


def save(figure: pyplot.Figure, path: Path, table: pd.DataFrame | None = None) -> None:
    """Write a plot, without the date, which would change the bytes.

    Args:
        table: what the plot shows, written next to it; None if that is a result of its own.
    """
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    if table is not None:
        write_csv(table, path.with_suffix(".csv"))


def thin_curve(*columns: np.ndarray) -> list[np.ndarray]:
    """Return at most `MAX_POINTS` points of a curve, evenly spaced, to keep the file small."""
    index = np.linspace(0, len(columns[0]) - 1, min(MAX_POINTS, len(columns[0]))).astype(int)
    return [column[index] for column in columns]


def three_decimals(value: float | None) -> str:
    """A metric for a label; none is defined where all test pairs have one label."""
    return "not defined" if value is None else f"{value:.3f}"


def plot_roc(label: np.ndarray, probability: np.ndarray, auc: float | None, path: Path) -> None:
    """Plot the receiver operating characteristic over the test pairs."""
    false, true, _ = roc_curve(label, probability)
    curve = pd.DataFrame(dict(zip(ROC, thin_curve(false, true), strict=True)))
    figure, axes = pyplot.subplots()
    axes.plot(
        *(curve[name] for name in ROC), color=BLUE, label=f"model (area {three_decimals(auc)})"
    )
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="chance (area 0.5)")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC, test pairs")
    axes.legend(loc="lower right", frameon=False)
    save(figure, path, curve)


def plot_precision_recall(
    label: np.ndarray, probability: np.ndarray, average: float | None, path: Path
) -> None:
    """Plot precision against recall over the test pairs."""
    precision, recall, _ = precision_recall_curve(label, probability)
    figure, axes = pyplot.subplots()
    curve = thin_curve(recall, precision)
    axes.plot(*curve, color=BLUE, label=f"model (average precision {three_decimals(average)})")
    share = float(np.mean(label))
    axes.axhline(share, color=GREY, linestyle="--", label=f"chance ({share:.2f})")
    axes.set(
        xlabel="recall",
        ylabel="precision",
        ylim=(0, 1.02),
        title="Precision and recall, test pairs",
    )
    axes.legend(loc="lower left", frameon=False)
    save(figure, path, pd.DataFrame(dict(zip(["recall", "precision"], curve, strict=True))))


def plot_reliability(before: pd.DataFrame, after: pd.DataFrame, path: Path) -> None:
    """Plot how often the likelier aptamer is fitter, by its probability (see `reliability`).

    Args:
        before, after: without and with the temperature.
    """
    figure, (top, bottom) = pyplot.subplots(
        2, sharex=True, height_ratios=[3, 1], figsize=(4.5, 5), layout="constrained"
    )
    top.plot([0.5, 1], [0.5, 1], color=GREY, linestyle="--", label="perfect")
    named = {"before": (before, ORANGE, "s"), "after": (after, BLUE, "o")}
    for when, (table, colour, marker) in named.items():
        style = {"color": colour, "marker": marker, "markersize": 4}
        top.plot(
            table["predicted"], table["observed"], label=f"{when} temperature scaling", **style
        )
    top.set(ylabel="share of pairs where it is fitter", title="Reliability, test pairs")
    top.legend(frameon=False)
    width = after["high"] - after["low"]
    share = after["n_pairs"] / after["n_pairs"].sum()
    bottom.bar(after["low"], share, width, align="edge", color=BLUE, edgecolor="white")
    bottom.set(xlabel="probability of the likelier aptamer", ylabel="share of pairs")
    both = pd.concat({"before": before, "after": after}, names=["temperature_scaling", None])
    save(figure, path, both.reset_index("temperature_scaling"))


def plot_margin(bands: list[dict], path: Path) -> None:
    """Plot accuracy by fitness difference: what `accuracy_by_margin` returns, and `ci` of each."""
    figure, axes = pyplot.subplots()
    positions = np.arange(len(bands))
    accuracy = [band["accuracy"] for band in bands]
    ends = np.array([band["ci"] or [np.nan] * 2 for band in bands]).T
    axes.vlines(positions, *ends, color=BLUE, alpha=0.5, linewidth=2)
    axes.plot(positions, accuracy, color=BLUE, marker="o", label="model (95 % interval)")
    axes.axhline(0.5, color=GREY, linestyle="--", label="chance (0.5)")
    labels = [f"{band['low']:.3g} to {band['high']:.3g}" for band in bands]
    axes.set_xticks(positions, labels, rotation=45, ha="right", rotation_mode="anchor")
    pairs = sum(band["n_pairs"] for band in bands)
    axes.set(
        xlabel="fitness difference of the two",
        ylabel="pair accuracy",
        title=f"Accuracy by margin, {pairs:,} test pairs in tenths",
    )
    axes.legend(loc="lower right", frameon=False)
    table = pd.DataFrame(bands).drop(columns="ci")
    save(figure, path, table.assign(ci_low=ends[0], ci_high=ends[1]))


def plot_top(curve: list[dict], cuts: list[dict], path: Path) -> None:
    """Plot the recall of the truly best by the share of aptamers that is kept.

    Args:
        curve, cuts: what `top_recall` returns for many cuts, and for those to mark.
    """
    figure, axes = pyplot.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="chance")
    counting = [top for top in curve if top["n_groups"]]
    shares = [top["k"] / top["n_aptamers"] for top in counting]
    axes.plot(shares, [top["recall"] for top in counting], color=BLUE, label="model")
    for top, marker in zip(cuts, "os", strict=True):
        if top["n_groups"]:
            label = f"cut {top['cut']}: {top['lost']:.3g} of the best {top['k']} lost"
            point = top["k"] / top["n_aptamers"], top["recall"]
            axes.plot(*point, marker, color=ORANGE, label=label)
    axes.set(
        xlabel="share of test aptamers that is kept",
        ylabel="share of the truly best among them",
        xlim=(0, 1),
        ylim=(0, 1.02),
        title="Top-k recall",
    )
    axes.legend(loc="lower right", frameon=False)
    save(figure, path, pd.DataFrame(curve))


def plot_consistency(consistency: dict, path: Path) -> None:
    """Plot how often predictions contradict each other, before and after averaging both orders."""
    cycles = consistency["cycles"]
    bars = {
        "the two orders of a pair\nname different winners": consistency["order_disagreement"],
        "triples in a circle,\none order": cycles["before"] or 0,
        "triples in a circle,\nboth orders averaged": cycles["after"] or 0,
    }
    figure, axes = pyplot.subplots(figsize=(5, 3))
    rectangles = axes.barh(list(bars), list(bars.values()), color=[GREY, ORANGE, BLUE])
    axes.bar_label(rectangles, fmt="{:.2%}", padding=3)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlim=(0, 1.25 * max(*bars.values(), 0.008)), xlabel="share", title="Contradictions")
    table = {"what": [name.replace("\n", " ") for name in bars], "share": bars.values()}
    save(figure, path, pd.DataFrame(table))


def plot_confusion(counts: dict, path: Path) -> None:
    """Plot the confusion matrix over the test pairs."""
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
    labels = ["second fitter", "first fitter"]
    axes.set_xticks([0, 1], labels)
    axes.set_yticks([0, 1], labels, rotation=90, va="center")
    axes.set(xlabel="predicted", ylabel="true", title="Confusion matrix, test pairs")
    axes.spines[:].set_visible(False)
    table = pd.DataFrame(matrix, columns=["predicted_second", "predicted_first"])
    save(figure, path, table.assign(true=["second", "first"]))


def plot_ranking(
    fitness: np.ndarray, predicted: np.ndarray, group: np.ndarray, tau: float, path: Path
) -> None:
    """Plot predicted against true rank of the test aptamers within their group; 1 is the fittest.

    With several groups, which differ in size, ranks are fractions of the group.
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
        label=f"test aptamers (Kendall's tau {three_decimals(tau)})",
    )
    unit = f"share of its group, {table.ngroups} groups" if several else "1 is the fittest"
    axes.set(
        xlabel=f"rank by score ({unit})",
        ylabel="rank by the model",
        title=f"Ranking of {len(ranks)} test aptamers",
    )
    axes.legend(loc="lower right", frameon=False)
    save(figure, path, ranks)


def plot_history(history: pd.DataFrame, path: Path) -> None:
    """Plot training and validation loss, and validation accuracy, by step."""
    figure, (top, bottom) = pyplot.subplots(2, sharex=True)
    steps = history["step"]
    top.plot(steps, history["train_loss"], color=GREY, label="training")
    top.plot(steps, history["validation_loss"], color=BLUE, label="validation")
    top.set(ylabel="loss", title="Training")
    top.legend(frameon=False)
    bottom.plot(steps, history["validation_accuracy"], color=ORANGE)
    bottom.set(xlabel="step", ylabel="validation accuracy")
    save(figure, path, history)


def plot_nearest(edits: np.ndarray, path: Path) -> None:
    """Plot how far test aptamers are from training: a bar per number of edits, shape (n,)."""
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
    axes.locator_params(integer=True)
    axes.legend(frameon=False)
    save(figure, path, pd.DataFrame({"edits": np.arange(len(counts)), "aptamers": counts}))


def plot_scores(scores: Mapping[str, np.ndarray], quantity: str, path: Path) -> None:
    """Plot the scores of each part as cumulative distributions."""
    colours = {"train": BLUE, "validation": GREY, "test": ORANGE, "all": BLUE}
    share = np.linspace(0, 1, 201)  # not one point per aptamer, so that the file stays small
    curves = pd.DataFrame({part: np.quantile(values, share) for part, values in scores.items()})
    figure, axes = pyplot.subplots()
    for part, values in scores.items():
        axes.plot(curves[part], share, color=colours[part], label=f"{part} ({len(values)})")
    axes.set(
        xlabel=quantity.replace("_", " "),
        ylabel="share of aptamers with no higher score",
        ylim=(0, 1.02),
        title="Scores by part",
    )
    axes.legend(loc="upper left", frameon=False)
    save(figure, path, curves.assign(share=share))
