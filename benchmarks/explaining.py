"""Are explanations true? Predicted against measured single mutants of deep mutational scans.

Run: .venv/bin/python benchmarks/explaining.py --data FOLDER
where FOLDER holds the files that measured.py names.

The parent is the consensus of a scan. Its single mutants are the test set; models are trained, and
chosen by validation, on all other variants, at most --most of them. Then Spearman's rho of the
predicted change by each substitution and the measured fitness, with a 95 % interval by a bootstrap
over the mutants: by `rank` (each seed, and the mean of all), by the blend, which explains by
default, and by ridge regression on one-hot bases, fitted to the same variants.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from measured import SETS

from aptarank.core import machine
from aptarank.explanation.verification import Verdict, by_single_mutants
from aptarank.pairing.reference import consensus, differences
from aptarank.predictors.features import base_codes, one_hot

VALIDATION = 0.15  # of what is not a single mutant
RUN = Path("results/scan/lab")


def scan(name: str, data: Path, most: int) -> tuple[str, pd.DataFrame]:
    """The parent of a set, and its variants: `sequence`, `fitness` and `part`."""
    chosen = SETS[name]
    table = pd.read_csv(data / chosen.file)[[chosen.sequence, chosen.score]].dropna()
    table.columns = ["sequence", "fitness"]
    table["sequence"] = table["sequence"].str.upper().str.replace("U", "T")
    table["fitness"] *= 1 if chosen.better == "higher" else -1
    table = table.groupby("sequence", as_index=False)["fitness"].median()
    parent = consensus(table["sequence"].tolist())
    table = table[table["sequence"].str.len() == len(parent)]
    apart = differences(table["sequence"].tolist(), parent)
    single, others = table[apart == 1], table[apart > 1]
    rng = np.random.default_rng(1)
    others = others.iloc[rng.permutation(len(others))[:most]]
    part = np.where(rng.random(len(others)) < VALIDATION, "validation", "train")
    return parent, pd.concat([single.assign(part="test"), others.assign(part=part)])


def by_ridge(parent: str, table: pd.DataFrame) -> Verdict:
    """Ridge regression on one-hot bases, fitted to training and validation."""
    single = table["part"] == "test"
    bases = one_hot(base_codes(table["sequence"].tolist(), len(parent)))
    model = RidgeCV(np.logspace(-2, 4, 13)).fit(bases[~single], table["fitness"][~single])
    measured = table["fitness"][single].to_numpy()
    return by_single_mutants(model.predict(bases[single]), measured, np.random.default_rng(1))


def explained(folder: Path, models: list[Path]) -> dict:
    """What explain.py says of its map of the parent by these models."""
    words = [word for model in models for word in ("--model", str(model))]
    words += ["--aptamers", str(RUN / "aptamers.csv"), "--split", str(RUN / "split.csv")]
    words += ["--many", "0", "--largest-region", "2", "--shortest", "10000"]
    command = [sys.executable, str(HOME / "scripts/explain.py"), "parent", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    about = json.loads((folder / "maps/parent/explanation.json").read_text())
    return about["verification"]


def row(name: str, by: str, found: dict) -> str:
    """A row of the table."""
    interval = f"{found['low']:.2f} to {found['high']:.2f}"
    return f"| {name} | {found['mutants']} | {by} | {found['value']:.2f} ({interval}) |"


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--sets", default="tome,cpeb3,glms", show_default=True)
@click.option("--seeds", default=3, show_default=True)
@click.option("--most", default=4000, show_default=True, help="Variants that are trained on.")
def main(data: Path, sets: str, seeds: int, most: int) -> None:
    """Print a table of predicted against measured single mutants."""
    print(machine.describe())
    print("| scan | single mutants | by | Spearman's ρ (95 %) |\n|---|---|---|---|")
    for name in sets.split(","):
        parent, table = scan(name, data, most)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            table.to_csv(folder / "lab.csv", index=False)
            table[["sequence", "part"]].to_csv(folder / "split.csv", index=False)
            config = {
                "run": "scan",
                "datasets": {"lab": {"path": "lab.csv", "score": "fitness", "better": "higher"}},
                "split": {"file": "split.csv"},
                "models": {"rank": {}},
                "seeds": list(range(1, seeds + 1)),
                "learning_curve": {"shares": []},
                "speed": {"variants": []},
            }
            (folder / "config.json").write_text(json.dumps(config))
            models = {
                by: [RUN / f"{by}/seed-{seed}/onnx/model.onnx" for seed in config["seeds"]]
                for by in ("rank", "blend")
            }
            targets = [str(path) for paths in models.values() for path in paths]
            command = [sys.executable, "-m", "snakemake", *targets]
            command += ["-s", str(HOME / "Snakefile"), "--cores", "2", "--resources", "gpu=1"]
            subprocess.run(
                [*command, "--configfile", "config.json"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
            print(
                row(name, "ridge on one-hot bases", by_ridge(parent, table).as_json()), flush=True
            )
            for by, paths in models.items():
                each = [explained(folder, [path])["value"] for path in paths]
                label = f"{by} (seeds {', '.join(f'{value:.2f}' for value in each)})"
                print(row(name, label, explained(folder, paths)), flush=True)


if __name__ == "__main__":
    main()
