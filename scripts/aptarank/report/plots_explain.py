"""Plots of an explanation: which bases matter, which go together, how short an aptamer can be."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.colors import TwoSlopeNorm

from aptarank.explanation.edits import BASES
from aptarank.report.plots import GREY, ORANGE, pyplot, save

DIVERGING = "PuOr"  # ColorBrewer's, which colour-blind people can distinguish; orange: worse
SEQUENTIAL = "cividis"
CLIPPED = 0.98  # quantile of the changes from which colours no longer deepen
CELL = 0.17  # inches of a base in a map
WIDEST = 40.0  # inches
NAMED = 60  # most bases that are named along an axis
LETTER_COLOURS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "U": "#D55E00"}


def letters_of(sequence: str, *, rna: bool) -> str:
    """A sequence as its chemistry writes it."""
    return sequence.replace("T", "U") if rna else sequence


def plot_mutations(
    mutations: pd.DataFrame, sequence: str, name: str, path: Path, *, rna: bool
) -> None:
    """Plot the change by each substitution, deletion and insertion of one base as a heat map.

    Args:
        mutations: what `explanation.maps.mutation_map` gives.
        sequence: the aptamer, letters A, C, G, T.
        rna: whether U is written for T.
    """
    length = len(sequence)
    rows = [
        *(("substitution", b) for b in BASES),
        ("deletion", ""),
        *(("insertion", b) for b in BASES),
    ]
    table = mutations.pivot_table(index=["kind", "base"], columns="position", values="change")
    values = table.reindex(index=rows, columns=range(1, length + 2)).to_numpy()
    largest = np.nanquantile(np.abs(values), CLIPPED) or 1.0
    width = min(max(4.5, CELL * (length + 1) + 2), WIDEST)
    figure, axes = pyplot.subplots(figsize=(width, 2.6))
    edges = np.arange(length + 2) + 0.5
    mesh = axes.pcolormesh(
        edges,
        np.arange(len(rows) + 1),
        values,
        cmap=DIVERGING,
        norm=TwoSlopeNorm(0, -largest, largest),
    )
    own = [BASES.index(base) + 0.5 for base in sequence]
    axes.plot(np.arange(1, length + 1), own, "o", color=GREY, markersize=2.5)
    labels = [letters_of(base, rna=rna) for base in BASES]
    axes.set_yticks(
        np.arange(len(rows)) + 0.5, [*labels, "deletion", *(f"+ {base}" for base in labels)]
    )
    axes.invert_yaxis()
    name_bases(axes.xaxis, letters_of(sequence, rna=rna))
    axes.set(xlabel="base", title=f"{name}: change of the score by one base")
    figure.colorbar(mesh, ax=axes, label="log-odds, orange: worse", extend="both", pad=0.02)
    save(figure, path)


def name_bases(axis: Axis, sequence: str) -> None:
    """Name bases along an axis: each one, or every tenth position of a long sequence."""
    length = len(sequence)
    if length <= NAMED:
        labels = [
            f"{base}\n{at}" if at % 10 == 0 or at == 1 else base
            for at, base in enumerate(sequence, start=1)
        ]
        axis.set_ticks(np.arange(1, length + 1), labels, fontsize=7)
    else:
        axis.set_ticks([1, *range(10, length + 1, 10)])
    axis.set_tick_params(length=0)


def plot_truncations(
    scan: pd.DataFrame, chosen: pd.Series, loss: float, name: str, path: Path
) -> None:
    """Plot the change by cutting to each window as a triangle: first base against last base.

    Args:
        scan: what `explanation.maps.truncation_scan` gives.
        chosen: the window that is short enough and fit enough.
        loss: that was allowed, in log-odds.
    """
    length = int(scan["length"].max())
    square = np.full((length, length), np.nan)
    square[scan["end"] - 1, scan["start"] - 1] = scan["change"]
    largest = np.nanquantile(np.abs(square), CLIPPED) or 1.0
    figure, axes = pyplot.subplots()
    edges = np.arange(length + 1) + 0.5
    mesh = axes.pcolormesh(
        edges, edges, square, cmap=DIVERGING, norm=TwoSlopeNorm(0, -largest, largest)
    )
    text = f"{chosen['length']} bases, {chosen['start']} to {chosen['end']}"
    axes.plot(
        chosen["start"], chosen["end"], "*", color="black", markersize=12, markeredgecolor="white",
        label=f"shortest with a loss of at most {loss:g}:\n{text}",
    )  # fmt: skip
    shown = {"xlim": (0.5, scan["start"].max() + 0.5), "ylim": (scan["end"].min() - 0.5, edges[-1])}
    axes.set(xlabel="first base", ylabel="last base", title=f"{name}: cut to a window", **shown)
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.15), frameon=False, fontsize=8)
    figure.colorbar(mesh, ax=axes, label="log-odds, orange: worse", extend="both")
    save(figure, path)


def plot_dependencies(
    pairs: pd.DataFrame, sequence: str, name: str, path: Path, *, rna: bool
) -> None:
    """Plot how far two substitutions are from the sum of each, for every pair of positions.

    Args:
        pairs: what `explanation.maps.dependency_map` gives.
        sequence: the whole aptamer, letters A, C, G, T.
    """
    start, end = int(pairs["first"].min()), int(pairs["second"].max())
    size = end - start + 1
    square = np.full((size, size), np.nan)
    first, second = pairs["first"] - start, pairs["second"] - start
    square[second, first] = square[first, second] = pairs["strength"]
    figure, axes = pyplot.subplots(figsize=(5.2, 4.4))
    edges = np.arange(start, end + 2) - 0.5
    mesh = axes.pcolormesh(edges, edges, square, cmap=SEQUENTIAL, vmin=0)
    for axis in (axes.xaxis, axes.yaxis):
        if size <= NAMED:
            shown = letters_of(sequence[start - 1 : end], rna=rna)
            axis.set_ticks(np.arange(start, end + 1), list(shown), fontsize=6)
            axis.set_tick_params(length=0)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    title = f"{name}: what two changes do beyond the sum"
    axes.set(xlabel=f"bases {start} to {end}", title=title)
    figure.colorbar(mesh, ax=axes, label="root mean square of log-odds")
    save(figure, path)


def plot_logo(effects: np.ndarray, count: int, path: Path, *, rna: bool) -> None:
    """Plot what each base at each position adds, on average, as a logo.

    Args:
        effects: what `explanation.effects.position_effects` gives, shape (length, 4).
        count: aptamers that it is a mean over.
    """
    import logomaker

    table = pd.DataFrame(effects, columns=[letters_of(base, rna=rna) for base in BASES])
    table.index = pd.RangeIndex(1, len(table) + 1)
    width = min(max(4.5, CELL * len(table) + 1.5), WIDEST)
    figure, axes = pyplot.subplots(figsize=(width, 2.4))
    logomaker.Logo(table, ax=axes, color_scheme=LETTER_COLOURS, flip_below=False)
    axes.axhline(0, color=GREY, linewidth=0.5)
    title = f"Mean effect of each base ({count:,} aptamers)"
    axes.set(xlabel="position", ylabel="log-odds", title=title)
    save(figure, path)


def plot_words(words: pd.DataFrame, level: float, path: Path) -> None:
    """Plot the effects of words, those below a false-discovery rate named."""
    figure, axes = pyplot.subplots()
    found = words["fdr"] <= level
    axes.scatter(words["with"], words["effect"], s=8, color=GREY, label="words")
    chosen = words[found]
    label = f"false-discovery rate at most {level:.0%}"
    axes.scatter(chosen["with"], chosen["effect"], s=20, color=ORANGE, label=label)
    for row in chosen.head(12).itertuples():
        axes.annotate(row.word, (row[2], row.effect), fontsize=7)
    axes.axhline(0, color=GREY, linewidth=0.5)
    axes.set(
        xlabel="aptamers that have the word",
        ylabel="log-odds, beyond what positions explain",
        title="Words of bases, wherever they are",
    )
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.15), frameon=False, fontsize=8)
    save(figure, path)
