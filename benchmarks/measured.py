"""Predictors, models and their blend on measured data: which ranks unseen aptamers best.

Run: .venv/bin/python benchmarks/measured.py --data FOLDER
where FOLDER holds the files that SETS names, from public repositories. What a
run has finished is kept: the same command goes on after a stop.

Each set is split at random, 80/10/10, anew for each seed, with the default settings and one model,
`rank`. Large sets are cut to --most aptamers first.
"""

import sys
from pathlib import Path

import click
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from ehppdk import run_chain, spread

from aptarank.core import machine

# File, columns of sequence and score, and which scores are better.
SETS = {
    "tome": ("tome2014_gfp_aptamer.csv", "sequence", "DMS_score", "higher"),
    "huesken": ("huesken2005_sirna.csv", "antisense", "inhibition", "higher"),
    "cpeb3": ("cpeb3_ribozyme.csv.gz", "sequence", "activity", "higher"),
    "glms": ("glms_ribozyme.csv.gz", "sequence", "activity", "lower"),
    "solaris": ("solaris_rbs_rounds.csv", "RBS", "AVERAGE", "higher"),
    "landscape": ("solaris_rbs_landscape.csv", "Sequence", "TIR", "higher"),
    "hairpins": ("array_melt_hairpins.csv.gz", "RefSeq", "dG_37", "lower"),
    "ehppdk": ("tea_ehppdk_scored_sequences.csv", "Sequence", "Entropy", "higher"),
}
WEAK = ("shared_prefix", "length", "gc_content")
CHEAP = ("ridge", "gp", "trees", "additive_pairwise", "nearest")


def cut(name: str, data: Path, most: int, output: Path) -> Path:
    """Write at most `most` rows of a set, drawn at random, as sequence and score."""
    file, sequence, score, _ = SETS[name]
    table = pd.read_csv(data / file)[[sequence, score]].dropna()
    table.columns = ["sequence", "score"]
    # RNA may have DNA overhangs, which ingestion takes for a mistake; models read U as T anyway.
    table["sequence"] = table["sequence"].str.replace("U", "T")
    if len(table) > most:
        table = table.sample(most, random_state=1)
    path = output / f"{name}.csv"
    table.to_csv(path, index=False)
    return path


def measure(name: str, seed: int, path: Path, output: Path, steps: int, cores: int) -> pd.DataFrame:
    """Run the chain on one set and split; returns comparison.csv."""
    model = {"kind": "rank"} | ({"steps": steps} if steps else {})
    overlay = {
        "run": f"{name}-{seed}",
        "datasets": {
            name: {
                "path": path.name,
                "sequence": "sequence",
                "score": "score",
                "better": SETS[name][3],
                "format": "csv",
                "group": "none",
            }
        },
        "split": {"seed": seed},
        "models": {"rank": model},
        "blend": True,
        "seeds": [seed],
        "threads": cores,
    }
    result = f"results/{name}-{seed}/{name}/comparison.csv"
    run_chain(overlay, output, cores, result)
    table = pd.read_csv(output / result)
    return table.assign(set=name, split=seed)


def against_the_best(table: pd.DataFrame) -> pd.DataFrame:
    """For each set: the blend, `rank`, and the best single and best cheap predictor by the mean
    over splits, chosen on test; and how far the blend and `rank` are from these, in points.
    """
    means = table.groupby(["set", "model"], sort=False)["accuracy"].mean().unstack()
    single = means[[*CHEAP, "rank"]]
    rows = pd.DataFrame({"blend": means["blend"], "rank": means["rank"]})
    rows["best cheap"], rows["accuracy"] = (
        means[[*CHEAP]].idxmax(axis=1),
        means[[*CHEAP]].max(axis=1),
    )
    rows["blend - best single"] = 100 * (rows["blend"] - single.max(axis=1))
    rows["blend - best cheap"] = 100 * (rows["blend"] - rows["accuracy"])
    rows["rank - best cheap"] = 100 * (rows["rank"] - rows["accuracy"])
    return rows.round(4)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--sets", default=",".join(SETS), show_default=True, help="Separated by commas.")
@click.option("--seeds", default="1,2,3", show_default=True, help="Separated by commas.")
@click.option("--most", default=2500, show_default=True, help="Aptamers of a set.")
@click.option("--steps", default=0, help="Steps of the model instead of the default.")
@click.option("--cores", default=2, show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=HOME / "benchmarks/results/measured",
    help="Folder of the runs.",
)
def main(data, sets, seeds, most, steps, cores, output):
    """Print pair accuracy and Spearman's rho of each predictor, mean ± sd over the splits."""
    output.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in sets.split(","):
        path = cut(name, data, most, output)
        for seed in map(int, seeds.split(",")):
            rows.append(measure(name, seed, path, output, steps, cores))
        table = pd.concat(rows)
        table.to_csv(output / "measured.csv", index=False)
    print(f"machine: {machine.describe()}")
    shown = table[~table["model"].isin(WEAK)]
    for metric in ("accuracy", "spearman"):
        groups = shown.groupby(["set", "model"], sort=False)[metric]
        print(f"\n{metric}\n{groups.agg(spread).unstack('model').to_string()}")
    print(f"\naccuracy against the best\n{against_the_best(table).to_string()}")


if __name__ == "__main__":
    main()
