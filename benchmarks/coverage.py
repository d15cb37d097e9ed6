"""How often the intervals of expect.py hold on test aptamers of measured sets.

Run: .venv/bin/python benchmarks/coverage.py --data FOLDER
where FOLDER holds the files that measured.py names. No encoder is trained: only the predictors
`ridge` and `stack`. What a run has finished is kept: the same command goes on after a stop.

Sets and their splits are those of measured.py, anew for each seed. Large sets are cut to --most
aptamers.
"""

import subprocess
import sys
from pathlib import Path

import click
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from measured import SETS, cut, split_of

from aptarank.core import machine

CHOSEN = "tome,huesken,cpeb3,glms,solaris,hairpins,ehppdk"
PREDICTORS = ("ridge", "stack")


def run(name: str, *arguments: object) -> None:
    """Run a program of the pipeline."""
    command = [sys.executable, str(HOME / f"scripts/{name}.py"), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def fit(name: str, seed: int, path: Path, folder: Path) -> None:
    """Split a set, and fit the predictors."""
    group = "group" if SETS[name].group else "none"
    options = ["--sequence", "sequence", "--score", "score", "--format", "csv", "--group", group]
    options += ["--better", SETS[name].better, "--rejected", folder / "rejected.csv"]
    options += ["--labels", folder / "labels.parquet", "--summary", folder / "ingestion.json"]
    run("ingest", path, *options, "-o", folder / "aptamers.csv")
    rule = [word for key, value in split_of(name, seed).items() for word in (f"--{key}", value)]
    run("split", folder / "aptamers.csv", *rule, "-o", folder / "split.csv")
    split = ["--split", folder / "split.csv"]
    pairs = folder / "pairs"
    run("pairing", "-d", folder / "aptamers.csv", *split, "--seed", seed, "-o", pairs)
    parts = [f"--{part}={pairs / part}.parquet" for part in ("train", "validation", "test")]
    output = ["-o", folder / "baselines.csv", "--models", folder / "predictors"]
    run("baselines", "--aptamers", folder / "aptamers.csv", *split, *parts, "--seed", seed, *output)


def explain(folder: Path, level: float) -> pd.DataFrame:
    """Fit the maps on validation, and measure their intervals on test; returns coverage.csv."""
    models = [
        word for name in PREDICTORS for word in ("--model", name, folder / "predictors" / name)
    ]
    data = ["--aptamers", folder / "aptamers.csv", "--ingestion", folder / "ingestion.json"]
    data += ["--split", folder / "split.csv", "--level", level, "--threads", 1]
    output = ["-o", folder / "expected.json", "--coverage", folder / "coverage.csv"]
    run("expect", *models, *data, *output)
    return pd.read_csv(folder / "coverage.csv")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--sets", default=CHOSEN, show_default=True, help="Separated by commas.")
@click.option("--seeds", default="1,2,3", show_default=True, help="Separated by commas.")
@click.option("--most", default=2000, show_default=True, help="Aptamers of a set.")
@click.option("--level", default=0.9, show_default=True, help="Of the intervals.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/coverage",
    help="Folder of the runs.",
)
def main(data, sets, seeds, most, level, output):
    """Print coverage and width of the intervals by set and predictor, mean over the splits."""
    output.mkdir(parents=True, exist_ok=True)
    tables = []
    for name in sets.split(","):
        path = cut(name, data, most, output)
        for seed in map(int, seeds.split(",")):
            folder = output / f"{name}-{seed}"
            folder.mkdir(exist_ok=True)
            if not (folder / "baselines.csv").is_file():
                fit(name, seed, path, folder)
            fitness = pd.read_csv(folder / "aptamers.csv")["fitness"]
            table = explain(folder, level).assign(set=name, split=seed)
            tables.append(table.assign(width=table["mean_width"] / fitness.std()))
            pd.concat(tables).to_csv(output / "coverage.csv", index=False)
    print(f"machine: {machine.describe()}")
    table = pd.concat(tables).fillna({"at": ""})
    groups = table.groupby(["set", "model", "of", "at"], sort=False)
    means = groups.agg(
        n_aptamers=("n_aptamers", "sum"), coverage=("coverage", "mean"), width=("width", "mean")
    )
    print("width: in standard deviations of the fitness")
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
