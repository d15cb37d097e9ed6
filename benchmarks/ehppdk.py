"""The whole chain on the EhPPDK set with its published split, beside the published models.

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

from aptarank import machine

# Pair accuracy and ROC AUC of the source's fine-tuned models: quoted, not measured here.
PUBLISHED = {"published ALBERT-base": (0.867, 0.941), "published ALBERT-large": (0.876, 0.953)}


def published_split(data: Path) -> pd.DataFrame:
    """The aptamers of the published test and validation pairs; the others train."""
    scored = pd.read_csv(data / "tea_ehppdk_scored_sequences.csv")
    part = {}
    for name, file in (("validation", "val"), ("test", "test")):
        pairs = pd.read_csv(data / f"tea_ehppdk_pairs_{file}.csv")
        part |= dict.fromkeys([*pairs["Sequence1"], *pairs["Sequence2"]], name)
    sequences = scored["Sequence"]
    return pd.DataFrame({"sequence": sequences, "part": sequences.map(part).fillna("train")})


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--cores", default=2, show_default=True)
@click.option("--seeds", default="1", show_default=True, help="Separated by commas.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/ehppdk",
    help="Folder of the run.",
)
def main(data, cores, seeds, output):
    """Run `rank` and `pair` with the default settings and print one table."""
    output.mkdir(parents=True, exist_ok=True)
    published_split(data).to_csv(output / "split.csv", index=False)
    overlay = {
        "run": "ehppdk",
        "datasets": {
            "ehppdk": {
                "path": str((data / "tea_ehppdk_scored_sequences.csv").resolve()),
                "sequence": "Sequence",
                "score": "Entropy",
                "better": "higher",
            }
        },
        "split": {"file": "split.csv"},
        "seeds": [int(seed) for seed in seeds.split(",")],
    }
    (output / "ehppdk.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    start = time.monotonic()
    command = [sys.executable, "-m", "snakemake", "--configfile", "ehppdk.yaml"]
    command += ["-s", str(HOME / "Snakefile"), "--cores", str(cores), "--resources", "gpu=1"]
    subprocess.run(command, cwd=output, check=True)
    minutes = (time.monotonic() - start) / 60
    table = pd.read_csv(output / "results/ehppdk/ehppdk/comparison.csv")
    for name, (accuracy, auc) in PUBLISHED.items():
        table.loc[len(table), ["model", "accuracy", "roc_auc"]] = [name, accuracy, auc]
    shown = table[["model", "seed", "parameters", "accuracy", "roc_auc", "brier", "kendall_tau"]]
    print(f"machine: {machine.describe()}")
    print(f"the whole run with {cores} cores: {minutes:.1f} minutes")
    print(shown.to_string(index=False, na_rep="", float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
