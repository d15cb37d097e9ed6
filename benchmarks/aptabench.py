"""The default settings on a second kind of data: Kd of aptamers for many small molecules.

Run: .venv/bin/python benchmarks/aptabench.py --data FOLDER
where FOLDER holds aptabench_v2.csv (github.com/GenerativeMolMachines/AptaBench, MIT licence).

Nothing is tuned here. Only aptamers of the same target are compared; a fifth of them is the test.
"""

import sys
from pathlib import Path

import click

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from ehppdk import by_model, results, run_chain

from aptarank.core import machine


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--cores", default=2, show_default=True)
@click.option("--threads", default=1, show_default=True, help="Threads of each training.")
@click.option("--seeds", default="1,2", show_default=True, help="Seeds, separated by commas.")
@click.option("--models", default="rank", show_default=True, help="Models, separated by commas.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/aptabench",
    help="Folder of the run.",
)
def main(data, cores, threads, seeds, models, output):
    """Run the models with the default settings and print the table."""
    overlay = {
        "run": "aptabench",
        "datasets": {
            "aptabench": {
                "path": str((data / "aptabench_v2.csv").resolve()),
                "sequence": "sequence",
                "score": "pKd_value",
                "better": "higher",
                "group": "canonical_smiles",
                "max_rejected": 0.7,  # two thirds of the rows have no pKd
            }
        },
        "split": {"fractions": {"train": 0.6, "validation": 0.2, "test": 0.2}},
        "models": {name: {} for name in models.split(",")},
        "learning_curve": {"shares": []},
        "seeds": [int(seed) for seed in seeds.split(",")],
        "threads": threads,
    }
    minutes = run_chain(overlay, output, cores)
    print(f"machine: {machine.describe()}")
    print(f"the whole run with {cores} cores: {minutes:.1f} minutes")
    table = by_model(results(output / "results/aptabench/aptabench"))
    print(table.to_string(index=False, na_rep="", float_format="{:.4g}".format))


if __name__ == "__main__":
    main()
