"""The plot of ranked candidates."""

from pathlib import Path

import pandas as pd

from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save


def plot_candidates(ranking: pd.DataFrame, path: Path) -> None:
    """Plot the score of each candidate by its rank, the spread of the models, and outliers.

    Args:
        ranking: best first: `score`, `uncertainty`, `outside`.
    """
    ranking = ranking.reset_index(drop=True)
    rank, score, spread = ranking.index + 1, ranking["score"], ranking["uncertainty"]
    outside = (ranking["outside"] != "").to_numpy()
    figure, axes = pyplot.subplots()
    if spread.notna().any():
        axes.fill_between(
            rank,
            score - spread,
            score + spread,
            color=BLUE,
            alpha=0.2,
            linewidth=0,
            label="± spread of the models",
        )
    axes.plot(rank, score, color=BLUE, label="score")
    if outside.any():
        label = f"outside of what the model has seen ({outside.sum():,})"
        axes.scatter(rank[outside], score[outside], s=12, color=ORANGE, zorder=3, label=label)
    axes.axhline(0, color=GREY, linestyle="--", label="median candidate")
    axes.set(
        xlabel="place (1 is the best)",
        ylabel="score (log-odds against the median candidate)",
        title=f"Ranking of {len(ranking):,} candidates",
    )
    axes.legend(frameon=False)
    save(figure, path)
