"""What a trained model adds to the next plate, where enough test aptamers can tell how much.

Run: .venv/bin/python benchmarks/loop_model.py --data FOLDER
where FOLDER holds the files that measured.py names.

Of landscapes of which (nearly) everything was measured, 400 aptamers are drawn at random and given
to the workflow, which trains a rank model and the blend, and proposes a plate of 24 new aptamers
from all others. The same plate is proposed once more by next.py without the model, and with the
model alone (its best 24). Compared are the mean true fitness of the plate, in standard deviations
of the landscape above its mean, and how many of the true top 1 % it has.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from loop import read_landscape

from aptarank.core import machine

MEASURED, WELLS, TOP = 400, 24, 0.01
CONFIG = {
    "run": "loop",
    "datasets": {"lab": {"path": "lab.csv", "better": "higher"}},
    "models": {"rank": {}},
    "learning_curve": {"shares": []},
    "speed": {"variants": []},
    "expected": {"level": None},
    "rank": {"candidates": "rest.csv"},
    "next": {"size": WELLS, "controls": [], "candidates": "rest.csv"},
}
RUN = Path("results/loop")


def plates(folder: Path) -> tuple[dict[str, list[str]], str]:
    """The aptamers of the plate by both, by the Gaussian process and by the model alone; and the
    weights of the two.
    """
    (folder / "config.json").write_text(json.dumps(CONFIG))
    targets = [str(RUN / "next/plate.csv"), str(RUN / "ranking/ranking.csv")]
    snakemake = [sys.executable, "-m", "snakemake", *targets, "-s", str(HOME / "Snakefile")]
    run = [*snakemake, "--cores", "2", "--resources", "gpu=1", "--configfile", "config.json"]
    subprocess.run(run, cwd=folder, check=True, capture_output=True)
    said = (folder / RUN / "logs/next.log").read_text()
    weights = re.search(r"weights: (.*)", said)
    data = RUN / "lab"
    alone = [sys.executable, str(HOME / "scripts/next.py"), "rest.csv", "--known"]
    alone += [str(data / "aptamers.csv"), "--ingestion", str(data / "ingestion.json")]
    alone += ["--size", str(WELLS), "--no-controls", "-o", "alone.csv"]
    subprocess.run(alone, cwd=folder, check=True, capture_output=True)
    tables = {"both": RUN / "next/plate.csv", "process": Path("alone.csv")}
    found = {name: pd.read_csv(folder / path)["aptamer"].tolist() for name, path in tables.items()}
    ranking = pd.read_csv(folder / RUN / "ranking/ranking.csv")["sequence"]
    found["model"] = ranking.head(WELLS).tolist()
    return found, weights[1] if weights else "none"


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--sets", default="landscape,glms,cpeb3,hairpins")
@click.option("--seeds", default=2, show_default=True)
def main(data: Path, sets: str, seeds: int) -> None:
    """Print a table of plates by the Gaussian process, the trained model and both."""
    print(machine.describe())
    print(
        "| landscape | seed | by | fitness | of the top 1 % | weights |\n|---|---|---|---|---|---|"
    )
    for name in sets.split(","):
        land = read_landscape(name, data)
        true = pd.Series(land.fitness, index=land.sequences)
        least = np.quantile(land.fitness, 1 - TOP)
        for seed in range(1, seeds + 1):
            drawn = np.random.default_rng(seed).permutation(len(true))
            known, rest = true.iloc[drawn[:MEASURED]], true.iloc[drawn[MEASURED:]]
            with tempfile.TemporaryDirectory() as folder:
                known.rename_axis("sequence").rename("score").to_csv(f"{folder}/lab.csv")
                pd.DataFrame({"sequence": rest.index}).to_csv(f"{folder}/rest.csv", index=False)
                found, weights = plates(Path(folder))
            for by, chosen in found.items():
                fitness = true[chosen]
                above = (fitness.mean() - true.mean()) / true.std()
                top = int((fitness >= least).sum())
                print(f"| {name} | {seed} | {by} | {above:.2f} | {top} | {weights} |", flush=True)


if __name__ == "__main__":
    main()
