"""The effect of leakage: the EhPPDK set under splits that keep more and more together.

Run: .venv/bin/python benchmarks/splits.py --data FOLDER
where FOLDER holds tea_ehppdk_scored_sequences.csv
(github.com/saulius-lipkevicius/Transformed_GA, MIT licence).
"""

import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import yaml

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from aptarank.core import machine

SPLITS = {
    "pair": {"by": "pair"},
    "aptamer": {"by": "aptamer"},
    "cluster": {"by": "cluster"},
    "prefix, k = 4": {"by": "prefix", "k": 4},
}


def run(name: str, split: dict, data: Path, output: Path, cores: int, seeds: list[int]) -> dict:
    """Run the chain with one split and return the results of its table."""
    overlay = {
        "run": split["by"],
        "datasets": {"ehppdk": {"path": str((data / "tea_ehppdk_scored_sequences.csv").resolve())}},
        "split": split,
        "models": {"rank": {}},
        "seeds": seeds,
    }
    (output / "overlay.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--configfile", "overlay.yaml", "--quiet", "all"]
    command += ["-s", str(HOME / "Snakefile"), "--cores", str(cores), "--resources", "gpu=1"]
    subprocess.run(command, cwd=output, check=True)
    folder = output / f"results/{split['by']}/ehppdk"
    audit = pd.read_csv(folder / "audit/audit.csv").set_index(["quantity", "at", "part"])["value"]
    accuracy = pd.read_csv(folder / "comparison.csv").groupby("model")["accuracy"]
    rank = accuracy.get_group("rank")
    prefixes = audit.xs("prefix_in_train", level="quantity")
    return {
        "split": name,
        "train / test": f"{part_size(audit, 'train')} / {part_size(audit, 'test')}",
        "4-base prefix seen": f"{prefixes.xs(4.0, level='at').item():.0%}",
        "nearest, median edits": audit.xs(("nearest_edits", 0.5), level=("quantity", "at")).item(),
        "shared prefix": f"{accuracy.get_group('shared_prefix').item():.3f}",
        "ExtraTrees": f"{accuracy.get_group('trees').item():.3f}",
        "ridge": f"{accuracy.get_group('ridge').item():.3f}",
        "rank": f"{rank.mean():.3f} ({rank.min():.3f}–{rank.max():.3f})",
    }


def part_size(audit: pd.Series, part: str) -> int:
    """Number of aptamers in a part."""
    return int(audit.xs(("aptamers", part), level=("quantity", "part")).item())


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--cores", default=2, show_default=True)
@click.option("--seeds", default="1,2", show_default=True, help="Seeds, separated by commas.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/splits",
    help="Folder for the runs.",
)
def main(data, cores, seeds, output):
    """Print the audit and the pair accuracies on unseen aptamers for each split."""
    output.mkdir(parents=True, exist_ok=True)
    chosen = [int(seed) for seed in seeds.split(",")]
    rows = [run(name, split, data, output, cores, chosen) for name, split in SPLITS.items()]
    print(f"machine: {machine.describe()}")
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")


if __name__ == "__main__":
    main()
