"""Whether the genetic algorithm finds the optimum, on landscapes for which it is known.

Run: .venv/bin/python benchmarks/designing.py

A landscape gives each of the 4^12 aptamers of 12 nt a true fitness: the sum, in equal shares of its
variance (--parts), of contributions of single bases, of pairs of positions (NK landscapes:
Kauffman & Weinberger 1989, doi:10.1016/S0022-5193(89)80019-0), and of two motifs anywhere. All
sequences are enumerated, so the true top 0.1 % is known exactly. The defaults of the config were
chosen on other landscapes, of 10 nt.

Three searches are compared with the same number of evaluations: the genetic algorithm of the
pipeline; random search; and the plain loop of the original method
(github.com/saulius-lipkevicius/Transformed_GA). In the plain loop, the best tenth of a generation
survives and fills it up by crossing over two survivors, drawn uniformly, at one point, with each
base mutated with probability 0.002. As in the original, it may breed copies, each of which is
evaluated; survivors are not evaluated again, which is to its advantage.

The searches are guided by the true fitness, and by rank models that the pipeline trains on 2,000
noisy measurements.
"""

import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
from ehppdk import HOME, run_chain
from landscape import Landscape
from matplotlib.ticker import PercentFormatter
from scipy.stats import binomtest

from aptarank.config.schema import default
from aptarank.core import machine
from aptarank.core.tables import write_csv
from aptarank.report.plots import BLUE, GREY, ORANGE, pyplot, save
from aptarank.use.constraints import Constraints, Space, to_text
from aptarank.use.genetic import GeneticSettings, Score, evolve, standardised, summarise
from aptarank.use.load_scorer import load_scorer

TOP = 0.001
SURVIVE, MUTATION = 0.1, 0.002  # of the original method
KEYS = ("tournament", "crossover", "mutation", "insertion", "deletion", "elite")
COLOURS = {"genetic algorithm": BLUE, "plain loop": ORANGE, "random search": GREY}


def settings_of(population: int, budget: int, kappa: float, seed: int) -> GeneticSettings:
    """The config's defaults except for the size, with as many generations as the budget allows."""
    shares = {key: default(f"design.{key}") for key in KEYS}
    children = population - round(shares["elite"] * population)
    generations = -(-(budget - population) // children)
    return GeneticSettings(population, generations, **shares, kappa=kappa, seed=seed)


def unconstrained(length: int) -> Constraints:
    """Constraints of length alone."""
    return Constraints((length, length), (0.0, 1.0), (), None, "", "", 0)


def genetic(score: Score, length: int, population: int, budget: int, kappa: float, seed: int):
    """Run the pipeline's search; returns sequences in order of evaluation, and their objective."""
    space = Space(unconstrained(length))
    scored, _ = evolve(score, space, settings_of(population, budget, kappa, seed))
    return scored["sequence"].tolist()[:budget], scored["lcb"].to_numpy()[:budget]


def random_search(score: Score, length: int, population: int, budget: int, kappa: float, seed: int):
    """Evaluate the same number of random sequences."""
    codes = np.random.default_rng(seed).integers(4, size=(budget, length))
    sequences = to_text(codes, np.full(budget, length))
    return sequences, summarise(score(sequences), kappa)["lcb"].to_numpy()


def plain_loop(score: Score, length: int, population: int, budget: int, kappa: float, seed: int):
    """Run the plain loop of the original method."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(4, size=(population, length))
    values = np.zeros(0)
    sequences, objectives = [], []
    while sum(map(len, objectives)) < budget:
        new = to_text(codes[len(values) :], np.full(len(codes) - len(values), length))
        objectives.append(summarise(score(new), kappa)["lcb"].to_numpy())
        sequences += new
        values = np.concatenate([values, objectives[-1]])
        best = np.argsort(-values, kind="stable")[: max(2, round(SURVIVE * population))]
        codes, values = codes[best], values[best]
        first, second = codes[rng.integers(len(codes), size=(2, population - len(codes)))]
        cut = rng.integers(1, length, size=len(first))
        children = np.where(np.arange(length) < cut[:, None], first, second)
        changed = rng.random(children.shape) < MUTATION
        children = (children + changed * rng.integers(1, 4, children.shape)) % 4
        codes = np.concatenate([codes, children])
    return sequences[:budget], np.concatenate(objectives)[:budget]


SEARCHES = {
    "genetic algorithm": genetic,
    "plain loop": plain_loop,
    "random search": random_search,
}


def judged(land: Landscape, sequences: list[str], objective: np.ndarray) -> dict[str, float]:
    """True quality of the best by the driver: the first, and the first ten without copies."""
    order = np.argsort(-objective, kind="stable")
    ten = list(dict.fromkeys(sequences[row] for row in order))[:10]
    above = land.share_above(land.true(ten))
    reached = land.share_above(land.true(sequences)) < TOP
    return {
        "above": above[0],
        "pick": above[0] < TOP,
        "ten": np.mean(above < TOP),
        "distinct": len(set(sequences)) / len(sequences),
        "reached_after": int(np.argmax(reached)) + 1 if reached.any() else np.nan,
        "optimum": above[0] == 0,
    }


def measurements(land: Landscape, count: int, noise: float, seed: int) -> pd.DataFrame:
    """Random aptamers with noisy scores."""
    rng = np.random.default_rng([seed, count])
    rows = rng.choice(len(land.fitness), count, replace=False)
    codes = np.stack(np.unravel_index(rows, (4,) * land.length), axis=1)
    scores = land.fitness[rows] + rng.normal(0, noise, count)
    return pd.DataFrame(
        {"sequence": to_text(codes, np.full(count, land.length)), "score": scores.round(4)}
    )


def train(
    lands: dict[int, Landscape],
    count: int,
    noise: float,
    steps: int,
    models: int,
    output: Path,
    cores: int,
) -> None:
    """Train rank models on each landscape with the pipeline."""
    output.mkdir(parents=True, exist_ok=True)
    for seed, land in lands.items():
        write_csv(measurements(land, count, noise, seed), output / f"land{seed}.csv")
    overlay = {
        "run": "design",
        "datasets": {
            f"land{seed}": {"path": f"land{seed}.csv", "better": "higher"} for seed in lands
        },
        "models": {"rank": {"steps": steps}},
        "seeds": list(range(1, models + 1)),
        "learning_curve": {"shares": []},
        "speed": {"variants": []},
        "threads": 1,
        "device": "cpu",
    }
    run_chain(overlay, output, cores)


def onnx_files(output: Path, land: int, models: int) -> list[Path]:
    """Paths of the trained models of a landscape."""
    folder = output / f"results/design/land{land}/rank"
    return [folder / f"seed-{seed}/onnx/model.onnx" for seed in range(1, models + 1)]


def score_by(paths: list[Path], known: list[str], threads: int) -> Score:
    """Make the function that computes standardised scores by these models."""
    scorers = [load_scorer(path, threads, "cpu") for path in paths]

    def score(sequences: list[str]) -> np.ndarray:
        return np.stack([scorer.scores(sequences) for scorer in scorers])

    return standardised(score, score(known), list(map(str, paths)))


def summarised(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per driver and search: fractions with 95 % intervals (Wilson), spread over runs."""
    table = []
    for (driver, search), runs in rows.groupby(["driver", "search"], sort=False):
        count, hits = len(runs), int(runs["pick"].sum())
        low, high = binomtest(hits, count).proportion_ci(method="wilson")
        table.append(
            {
                "driver": driver,
                "search": search,
                "runs": count,
                "best in the top 0.1 %": f"{hits / count:.2f} ({low:.2f}–{high:.2f})",
                "of the best ten": f"{runs['ten'].mean():.2f} ± {runs['ten'].std():.2f}",
                "fitter than the best": f"{runs['above'].median():.2g} "
                f"({runs['above'].min():.2g}–{runs['above'].max():.2g})",
                "is the optimum": f"{runs['optimum'].mean():.2f}",
                "distinct": f"{runs['distinct'].mean():.2f}",
            }
        )
    return pd.DataFrame(table)


def plot(rows: pd.DataFrame, curve: pd.DataFrame, size: int, path: Path) -> None:
    """Plot each run's best, by driver, and how soon the true top is reached."""
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(9.5, 4.2), width_ratios=[3, 2], layout="constrained"
    )
    drivers = list(dict.fromkeys(rows["driver"]))
    for index, (search, colour) in enumerate(COLOURS.items()):
        some = rows[rows["search"] == search]
        shift = 0.25 * (index - 1)
        spread = np.random.default_rng(1).uniform(-0.07, 0.07, len(some))
        x = some["driver"].map(drivers.index) + shift + spread
        y = some["above"].clip(lower=0.5 / size)  # 0, the optimum, cannot be shown on a log axis
        left.scatter(x, y, s=12, color=colour, alpha=0.7, linewidths=0, label=search)
    left.axhline(TOP, color="black", linewidth=0.8, linestyle=":")
    left.set_yscale("log")
    left.set_xticks(range(len(drivers)), drivers)
    left.set(
        ylabel="share of all aptamers that are\ntruly fitter than the one chosen",
        xlabel="driven by",
        title="The best of each run (dotted: top 0.1 %)",
    )
    for search, colour in COLOURS.items():
        some = curve[curve["search"] == search]
        right.plot(some["evaluations"], some["share"], color=colour, label=search)
    right.yaxis.set_major_formatter(PercentFormatter(1))
    right.set(
        xlabel="evaluations of the truth",
        ylabel="runs that have reached the top 0.1 %",
        title="Driven by the truth",
        ylim=(0, 1.02),
    )
    right.legend(loc="lower right", frameon=False)
    save(figure, path)


def timed(paths: list[Path], known: list[str], threads: int) -> tuple[float, float, int]:
    """Time 200 generations of 1,000 aptamers of 15 nt: seconds, those in the models, and the
    number scored."""
    driver, inside = score_by(paths, known, threads), 0.0

    def score(sequences: list[str]) -> np.ndarray:
        nonlocal inside
        start = time.perf_counter()
        scores = driver(sequences)
        inside += time.perf_counter() - start
        return scores

    shares = {key: default(f"design.{key}") for key in KEYS}
    start = time.perf_counter()
    space = Space(unconstrained(15))
    scored, _ = evolve(score, space, GeneticSettings(1000, 200, **shares, kappa=0.0, seed=1))
    return time.perf_counter() - start, inside, len(scored)


@click.command()
@click.option("--length", default=12, show_default=True)
@click.option("--seeds", default=20, show_default=True, help="Runs of each search and driver.")
@click.option(
    "--population", default=50, show_default=True, help="Population guided by the true fitness."
)
@click.option("--budget", default=500, show_default=True, help="Evaluations of the true fitness.")
@click.option(
    "--model-population", default=500, show_default=True, help="Population guided by models."
)
@click.option("--model-budget", default=10_000, show_default=True, help="Evaluations by models.")
@click.option(
    "--lands", default=10, show_default=True, help="Landscapes with trained models; 0 for none."
)
@click.option("--models", default=3, show_default=True, help="Seeds of an ensemble.")
@click.option("--measured", default=2000, show_default=True, help="Aptamers to train on.")
@click.option(
    "--noise", default=0.1, show_default=True, help="Noise of a measurement, in SD of fitness."
)
@click.option("--steps", default=1000, show_default=True, help="Steps of a training.")
@click.option(
    "--parts",
    nargs=3,
    default=(1.0, 1.0, 1.0),
    show_default=True,
    help="Fractions of the variance from bases, pairs and motifs.",
)
@click.option(
    "--kappa", default=1.0, show_default=True, help="Weight of the uncertainty in the objective."
)
@click.option("--threads", default=2, show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/design",
    help="Folder of the run.",
)
def main(
    length,
    seeds,
    population,
    budget,
    model_population,
    model_budget,
    lands,
    models,
    measured,
    noise,
    steps,
    parts,
    kappa,
    threads,
    output,
):
    """Print the tables, and write them and the plot."""
    print(f"machine: {machine.describe()}")
    rows, sooner = [], {name: [] for name in SEARCHES}
    for seed in range(1, seeds + 1):
        land = Landscape(length, seed, parts)
        for name, search in SEARCHES.items():
            made = search(
                lambda texts, land=land: land.true(texts)[None],
                length,
                population,
                budget,
                0.0,
                seed,
            )
            quality = judged(land, *made)
            rows.append({"driver": "the truth", "search": name, "seed": seed} | quality)
            sooner[name].append(quality["reached_after"])
    steps_of = np.unique(np.linspace(1, budget, 200).astype(int))
    curve = pd.DataFrame(
        [
            {"search": name, "evaluations": step, "share": np.mean(np.array(after) <= step)}
            for name, after in sooner.items()
            for step in steps_of
        ]
    )
    if lands:
        known = {seed: Landscape(length, seed, parts) for seed in range(1, lands + 1)}
        train(known, measured, noise, steps, models, output, threads)
        for run in range(seeds):
            number = run % lands + 1
            land, paths = known[number], onnx_files(output, number, models)
            sequences = measurements(land, measured, noise, number)["sequence"].tolist()
            one, all_of = (score_by(some, sequences, threads) for some in (paths[:1], paths))
            drivers = {
                "one model": (one, 0.0),
                f"mean of {models}": (all_of, 0.0),
                f"mean − {kappa:g} SD": (all_of, kappa),
            }
            for driver, (score, cautious) in drivers.items():
                for name, search in SEARCHES.items():
                    made = search(
                        score, length, model_population, model_budget, cautious, 100 + run
                    )
                    quality = judged(land, *made)
                    rows.append({"driver": driver, "search": name, "seed": run + 1} | quality)
        comparison = [
            pd.read_csv(output / f"results/design/land{number}/comparison.csv") for number in known
        ]
        shown = pd.concat(comparison).query("model == 'rank'")["accuracy"]
        print(f"pair accuracy of the models: {shown.mean():.3f} ± {shown.std():.3f}")
    table = pd.DataFrame(rows)
    write_csv(table, output / "runs.csv")
    write_csv(curve, output / "curve.csv")
    print(summarised(table).to_string(index=False))
    print(
        curve[curve["evaluations"].isin(steps_of[19::20])]
        .pivot(index="evaluations", columns="search", values="share")
        .to_string()
    )
    plot(table, curve, 4**length, output / "design.svg")
    print(output / "design.svg")


if __name__ == "__main__":
    main()
