"""Design loops replayed on landscapes of which (nearly) everything was measured.

Run: .venv/bin/python benchmarks/loop.py --data FOLDER
where FOLDER holds the files that measured.py names.

A loop starts from 48 measured aptamers, drawn at random or, as after a poor first round, from the
worse half of the landscape, and measures four plates of 24. After each round: how many of the true
top 1 % were measured, the best found as a quantile of the landscape, and simple regret (how far its
value is below the best of all, in standard deviations of the landscape). Each strategy of next.py,
which has nothing but the Gaussian process of the measured ones here, against random choice, greedy
ridge, greedy extremely randomised trees, and a Gaussian process of scikit-learn with expected
improvement. Replayed values are those of the file: measuring again would give the same.

What next.py does by default was chosen on the landscapes of --sets choose. First trials of kernels
had been run on those of --sets confirm as well.
"""

import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import RidgeCV

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from measured import SETS

from aptarank.acquisition.choosing import Measured, Settings, propose
from aptarank.config.schema import default
from aptarank.core import machine
from aptarank.predictors.features import base_codes, one_hot
from aptarank.report.plots import pyplot, save

CHOOSE = ("landscape", "glms", "huesken", "ehppdk")
CONFIRM = ("cpeb3", "hairpins")
REFERENCES = ("random", "ridge", "trees", "gp-ei")
STRATEGIES = ("greedy", "ucb", "ei", "thompson")
STARTS = ("random", "worse half")
DEFAULT = default("next.strategy")
FIRST, ROUNDS, PLATE = 48, 4, 24
TOP = 0.01
COLUMNS = [
    "set",
    "start",
    "strategy",
    "seed",
    "round",
    "top",
    "of",
    "quantile",
    "regret",
    "covered",
]


class Landscape(NamedTuple):
    """All aptamers of a file, each once, with their fitness."""

    sequences: list[str]
    fitness: np.ndarray
    bases: np.ndarray


class Loop(NamedTuple):
    """What a choice is made from: indices of the measured aptamers, and of those that are left."""

    landscape: Landscape
    known: np.ndarray
    left: np.ndarray
    seed: int


Choice = Callable[[Loop], np.ndarray]  # indices into `left`


def read_landscape(name: str, data: Path) -> Landscape:
    """Read a set; a sequence that was measured several times has the mean."""
    chosen = SETS[name]
    table = pd.read_csv(data / chosen.file)[[chosen.sequence, chosen.score]].dropna()
    table.columns = ["sequence", "score"]
    table["sequence"] = table["sequence"].str.upper().str.replace("U", "T")
    means = table.groupby("sequence")["score"].mean()
    sequences = means.index.tolist()
    fitness = means.to_numpy() * (1 if chosen.better == "higher" else -1)
    bases = one_hot(base_codes(sequences, max(map(len, sequences))))
    return Landscape(sequences, fitness, bases[:, bases.std(axis=0) > 0])


def at_random(loop: Loop) -> np.ndarray:
    """Any of those that are left."""
    return np.random.default_rng([loop.seed, len(loop.known)]).permutation(len(loop.left))


def greedy_by(loop: Loop, make: Callable) -> np.ndarray:
    """The best by the mean of a regression on bases by position."""
    land = loop.landscape
    model = make(loop.seed).fit(land.bases[loop.known], land.fitness[loop.known])
    return np.argsort(-model.predict(land.bases[loop.left]), kind="stable")


def ridge(seed: int) -> RidgeCV:
    """Ridge regression, its penalty by leave-one-out."""
    return RidgeCV(alphas=np.logspace(-2, 4, 13))


def trees(seed: int) -> ExtraTreesRegressor:
    """Extremely randomised trees, as the field's loops use them."""
    return ExtraTreesRegressor(200, random_state=seed)


def expected_improvement(loop: Loop) -> np.ndarray:
    """A Gaussian process of scikit-learn on bases by position, with expected improvement."""
    land = loop.landscape
    kernel = ConstantKernel(1.0) * RBF(5.0, (0.5, 100)) + WhiteKernel(0.1)
    model = GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=1, random_state=loop.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(land.bases[loop.known], land.fitness[loop.known])
    mean, deviation = model.predict(land.bases[loop.left], return_std=True)
    best = land.fitness[loop.known].max()
    apart = (mean - best) / np.maximum(deviation, 1e-9)
    return np.argsort(-((mean - best) * norm.cdf(apart) + deviation * norm.pdf(apart)))


def ours(loop: Loop, strategy: str, **settings: float) -> tuple[np.ndarray, float]:
    """What next.py proposes with its default settings, and the share of the chosen whose value is
    within the 90 % interval.
    """
    land, known = loop.landscape, loop.known
    measured = Measured(
        [land.sequences[row] for row in known],
        land.fitness[known],
        np.zeros(len(known), dtype=bool),
    )
    candidates = [land.sequences[row] for row in loop.left]
    given = {key: default(f"next.{key}") for key in ("kappa", "diversity")} | settings
    batch = propose(measured, candidates, Settings(strategy, PLATE, seed=loop.seed, **given), None)
    true = land.fitness[loop.left[batch.rows]]
    inside = (true >= batch.low[batch.rows]) & (true <= batch.high[batch.rows])
    return batch.rows, float(inside.mean())


def choose(loop: Loop, strategy: str) -> tuple[np.ndarray, float]:
    """A plate by a strategy, indices into `left`; and its coverage, NaN of a reference."""
    name, *options = strategy.split(":")
    if name in STRATEGIES:
        return ours(
            loop, name, **{key: float(value) for key, value in (o.split("=") for o in options)}
        )
    order: dict[str, Choice] = {
        "random": at_random,
        "ridge": partial(greedy_by, make=ridge),
        "trees": partial(greedy_by, make=trees),
        "gp-ei": expected_improvement,
    }
    return order[name](loop)[:PLATE], np.nan


def replay(land: Landscape, start: str, strategy: str, seed: int) -> list[dict]:
    """One loop; a row for each round."""
    count = len(land.fitness)
    ranks = rankdata(land.fitness) / count
    top = np.argsort(-land.fitness, kind="stable")[: max(1, round(TOP * count))]
    pool = np.arange(count) if start == STARTS[0] else np.flatnonzero(ranks < 0.5)
    known = np.random.default_rng(seed).choice(pool, FIRST, replace=False)
    rows = []
    for number in range(1, ROUNDS + 1):
        left = np.setdiff1d(np.arange(count), known)
        new, covered = choose(Loop(land, known, left, seed), strategy)
        known = np.concatenate([known, left[new]])
        rows.append(
            {
                "round": number,
                "top": int(np.isin(top, known).sum()),
                "of": len(top),
                "quantile": ranks[known].max(),
                "regret": float(np.ptp([land.fitness.max(), land.fitness[known].max()]))
                / land.fitness.std(),
                "covered": covered,
            }
        )
    return [{"start": start, "strategy": strategy, "seed": seed} | row for row in rows]


def replay_all(job: tuple) -> pd.DataFrame:
    """All seeds of a strategy on a landscape."""
    name, data, start, strategy, seeds = job
    land = read_landscape(name, data)
    rows = [row for seed in range(seeds) for row in replay(land, start, strategy, seed)]
    return pd.DataFrame(rows).assign(set=name)[COLUMNS]


def replay_record(data: Path, strategy: str, seed: int) -> float:
    """The real record of Zhang et al. 2022: from all of round 0, a plate of those that were
    measured in the two rounds after it; the share of their best tenth that is on it.

    Values were standardised within each plate of theirs.
    """
    table = pd.read_csv(data / SETS["solaris"].file).drop_duplicates("RBS")
    bases = one_hot(base_codes(table["RBS"].tolist(), 20))
    land = Landscape(table["RBS"].tolist(), table["AVERAGE"].to_numpy(), bases)
    known, left = (np.flatnonzero(part) for part in (table["Round"] == 0, table["Round"] > 0))
    rows, _ = choose(Loop(land, known, left, seed), strategy)
    best = np.argsort(-land.fitness[left])[: round(len(left) / 10)]
    return float(np.isin(best, rows).mean())


def mean_and_interval(values: pd.Series) -> str:
    """The mean over seeds, with the 95 % interval of the mean."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{values.mean():.3g} ± {half:.2g}"


def summary(table: pd.DataFrame, strategy: str) -> pd.DataFrame:
    """How many more of the top a strategy found than the best reference of each landscape.

    Returns:
        A row for each landscape and start: the best reference, and the ratio of the means with its
        95 % interval, by a bootstrap over seeds (which the two share).
    """
    last = table[table["round"] == ROUNDS]
    rows = []
    for (name, start), part in last.groupby(["set", "start"], sort=False):
        top = part.pivot(index="seed", columns="strategy", values="top")
        best = top[[each for each in REFERENCES if each in top]].mean().idxmax()
        drawn = np.random.default_rng(1).integers(len(top), size=(2000, len(top)))
        ours, theirs = (top[key].to_numpy()[drawn].mean(axis=1) for key in (strategy, best))
        low, high = np.quantile(ours / np.maximum(theirs, 1e-9), [0.025, 0.975])
        ratio = top[strategy].mean() / top[best].mean()
        rows.append((name, start, best, ratio, low, high))
    return pd.DataFrame(rows, columns=["set", "start", "best reference", "ratio", "low", "high"])


def plot(table: pd.DataFrame, path: Path) -> None:
    """Plot how many of the top were found after each round, one panel a landscape."""
    table = table[table["start"] == STARTS[0]]
    names = list(table["set"].unique())
    figure, panels = pyplot.subplots(
        1, len(names), figsize=(2.6 * len(names), 2.8), layout="constrained", squeeze=False
    )
    for axes, name in zip(panels[0], names, strict=True):
        part = table[table["set"] == name]
        for strategy, rows in part.groupby("strategy", sort=False):
            of_round = rows.groupby("round")["top"].mean()
            is_ours = strategy in STRATEGIES
            style = {"linestyle": "-" if is_ours else "--", "linewidth": 2 if is_ours else 1}
            axes.plot(of_round.index, of_round, label=strategy, **style)
        axes.set(title=name, xlabel="round", xticks=range(1, ROUNDS + 1))
    panels[0][0].set_ylabel("of the true top 1 % measured")
    panels[0][-1].legend(frameon=False, fontsize=7)
    save(figure, path)


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--sets", default=",".join((*CHOOSE, *CONFIRM)), help="choose, confirm, or names.")
@click.option("--strategies", default=",".join((*REFERENCES, *STRATEGIES)))
@click.option("--starts", default=",".join(STARTS))
@click.option("--seeds", default=10, show_default=True)
@click.option("--processes", default=2, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default="loop.csv")
def main(
    data: Path, sets: str, strategies: str, starts: str, seeds: int, processes: int, output: Path
) -> None:
    """Replay the loops, and print what each strategy found after the last round."""
    print(machine.describe())
    named = {"choose": CHOOSE, "confirm": CONFIRM}
    names = named.get(sets, sets.split(","))
    jobs = [
        (name, data, start, strategy, seeds)
        for name in names
        for start in starts.split(",")
        for strategy in strategies.split(",")
    ]
    parts = []
    with ProcessPoolExecutor(processes) as pool:
        for part in pool.map(replay_all, jobs):
            parts.append(part)
            last = part[part["round"] == ROUNDS]
            name, start, strategy = last[["set", "start", "strategy"]].iloc[0]
            row = [
                name,
                start,
                strategy,
                f"{mean_and_interval(last['top'])} of {last['of'].iloc[0]}",
            ]
            row += [mean_and_interval(last[key]) for key in ("quantile", "regret")]
            row += [f"{part['covered'].mean():.2f}"]
            print(f"| {' | '.join(row)} |", flush=True)
    print("record: share of the best tenth of later rounds on one plate, after round 0")
    for strategy in strategies.split(","):
        shares = pd.Series([replay_record(data, strategy, seed) for seed in range(seeds)])
        print(f"| {strategy} | {mean_and_interval(shares)} |")
    table = pd.concat(parts)
    table.to_csv(output, index=False)
    plot(table, output.with_suffix(".svg"))
    if DEFAULT in set(table["strategy"]) and set(REFERENCES) & set(table["strategy"]):
        ratios = summary(table, DEFAULT)
        print(ratios.to_string(index=False, float_format="%.2f"))
        print(ratios.groupby("start", sort=False)["ratio"].mean().to_string())
    print(f"{output}: after each round")


if __name__ == "__main__":
    main()
