"""The whole chain on the EhPPDK set with its published split, compared with the published models.

Run: .venv/bin/python benchmarks/ehppdk.py --data FOLDER
where FOLDER holds tea_ehppdk_scored_sequences.csv and tea_ehppdk_pairs_{val,test}.csv
(github.com/saulius-lipkevicius/Transformed_GA, MIT licence).
"""

import subprocess
import sys
import time
from pathlib import Path

import click
import pandas as pd
import yaml

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from aptarank.core import machine

# Pair accuracy and ROC AUC of the published fine-tuned models: quoted, not measured here.
PUBLISHED = {"published ALBERT-base": (0.867, 0.941), "published ALBERT-large": (0.876, 0.953)}


def published_split(data: Path) -> pd.DataFrame:
    """The published split: aptamers of test and validation pairs; all others are for training."""
    scored = pd.read_csv(data / "tea_ehppdk_scored_sequences.csv")
    part = {}
    for name, file in (("validation", "val"), ("test", "test")):
        pairs = pd.read_csv(data / f"tea_ehppdk_pairs_{file}.csv")
        part |= dict.fromkeys([*pairs["Sequence1"], *pairs["Sequence2"]], name)
    sequences = scored["Sequence"]
    return pd.DataFrame({"sequence": sequences, "part": sequences.map(part).fillna("train")})


def overlay_of(data: Path) -> dict:
    """The part of a config for this data set, with its published split written as split.csv."""
    dataset = {
        "path": str((data / "tea_ehppdk_scored_sequences.csv").resolve()),
        "sequence": "Sequence",
        "score": "Entropy",
        "better": "higher",
    }
    return {"datasets": {"ehppdk": dataset}, "split": {"file": "split.csv"}}


def run_chain(overlay: dict, output: Path, cores: int, target: str = "all") -> float:
    """Run the workflow in a folder up to a target; returns the minutes it took."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "overlay.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    start = time.monotonic()
    command = [sys.executable, "-m", "snakemake", "--configfile", "overlay.yaml", "--quiet", "all"]
    command += ["-s", str(HOME / "Snakefile"), "--cores", str(cores), "--resources"]
    command += [f"gpu={cores}", "--", target]  # on the CPU, trainings run in parallel
    subprocess.run(command, cwd=output, check=True)
    return (time.monotonic() - start) / 60


def results(data: Path) -> pd.DataFrame:
    """The table of all models, seeds and baselines, with the seconds of each training."""
    table = pd.read_csv(data / "comparison.csv")
    for row, (model, seed) in table[["model", "seed"]].iterrows():
        taken = data / f"benchmarks/{model}/seed-{seed:.0f}/finetune.tsv"
        if taken.is_file():
            table.loc[row, "training_s"] = pd.read_csv(taken, sep="\t")["s"].item()
    return table


def spread(values: pd.Series) -> str:
    """Mean ± standard deviation, or the value if there is only one."""
    several = f" ± {values.std():.4f}" if len(values) > 1 else ""
    return f"{values.mean():.4f}{several}"


def by_model(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over seeds, best first."""
    measured = ["accuracy", "roc_auc", "kendall_tau", "brier"]
    groups = table.groupby("model", sort=False)
    rows = groups[measured].agg(spread)
    rows.insert(0, "seeds", groups.size())
    rows.insert(1, "parameters", groups["parameters"].first())
    rows["training_s"] = groups["training_s"].mean().round()
    return rows.sort_values("accuracy", ascending=False).reset_index()


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--cores", default=2, show_default=True)
@click.option("--threads", default=1, show_default=True, help="Threads of each training.")
@click.option("--seeds", default="1,2,3,4,5", show_default=True, help="Seeds, separated by commas.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/ehppdk",
    help="Folder of the run.",
)
def main(data, cores, threads, seeds, output):
    """Run `rank` and `pair` with the default settings and print the tables."""
    output.mkdir(parents=True, exist_ok=True)
    published_split(data).to_csv(output / "split.csv", index=False)
    overlay = overlay_of(data) | {
        "run": "ehppdk",
        "seeds": [int(seed) for seed in seeds.split(",")],
        "threads": threads,
    }
    minutes = run_chain(overlay, output, cores)
    table = results(output / "results/ehppdk/ehppdk")
    for name, (accuracy, auc) in PUBLISHED.items():
        table.loc[len(table), ["model", "accuracy", "roc_auc"]] = [name, accuracy, auc]
    columns = ["model", "seed", "parameters", "training_s", "accuracy", "roc_auc", "kendall_tau"]
    print(f"machine: {machine.describe()}")
    print(f"the whole run with {cores} cores: {minutes:.1f} minutes")
    for shown in (table[columns], by_model(table)):
        print(shown.to_string(index=False, na_rep="", float_format="{:.4g}".format), end="\n\n")


if __name__ == "__main__":
    main()
