"""Predictors, models and their blend on measured data: which ranks unseen aptamers best.

Run: .venv/bin/python benchmarks/measured.py --data FOLDER
where FOLDER holds the files that SETS names, from public repositories. What a
run has finished is kept: the same command goes on after a stop.

Each set is split anew for each seed, 80/10/10 at random unless its name says more: `-far` trains on
few mutations and tests on more, `-genes` and `-datasets` hold out whole groups, `-published` has
the split of its source. All has the default settings and one model, `rank`. Large sets are cut to
--most aptamers first (of a published split, only training).
"""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "scripts"))

from ehppdk import published_split, run_chain, spread

from aptarank.core import machine


@dataclass(frozen=True)
class Measured:
    """A file, its columns, and how it is split."""

    file: str
    sequence: str
    score: str
    better: str
    group: str | None = None  # column: aptamers are compared within it
    split: dict[str, Any] = field(default_factory=dict)  # of the config
    column: str | None = None  # that the split needs


FAR = {"by": "distance", "distance": 2}
GENES = {"by": "column", "column": "target", "folds": 5}
PUBLISHED = {"by": "published"}

TOME = Measured("tome2014_gfp_aptamer.csv", "sequence", "DMS_score", "higher")
HUESKEN = Measured("huesken2005_sirna.csv", "antisense", "inhibition", "higher")
CPEB3 = Measured("cpeb3_ribozyme.csv.gz", "sequence", "activity", "higher")
GLMS = Measured("glms_ribozyme.csv.gz", "sequence", "activity", "lower")
HAIRPINS = Measured("array_melt_hairpins.csv.gz", "RefSeq", "dG_37", "lower")
ETERNA = Measured("eternabench_switch.csv.gz", "sequence", "logkd_nolig", "lower", "Dataset")
EHPPDK = Measured("tea_ehppdk_scored_sequences.csv", "Sequence", "Entropy", "higher")

SETS = {
    "tome": TOME,
    "tome-far": replace(TOME, split=FAR | {"distance": 1}),
    "huesken": HUESKEN,
    "huesken-genes": replace(HUESKEN, split=GENES, column="target"),
    "cpeb3": CPEB3,
    "cpeb3-far": replace(CPEB3, split=FAR),
    "glms": GLMS,
    "glms-far": replace(GLMS, split=FAR),
    "solaris": Measured("solaris_rbs_rounds.csv", "RBS", "AVERAGE", "higher"),
    "landscape": Measured("solaris_rbs_landscape.csv", "Sequence", "TIR", "higher"),
    "hairpins": HAIRPINS,
    "hairpins-published": replace(HAIRPINS, split=PUBLISHED, column="part"),
    "eternabench": ETERNA,
    "eternabench-datasets": replace(ETERNA, split={"by": "group"}),
    "aptabench": Measured(
        "aptabench_v2.csv", "sequence", "pKd_value", "higher", group="canonical_smiles"
    ),
    "ehppdk": EHPPDK,
    "ehppdk-published": replace(EHPPDK, split=PUBLISHED, column="part"),
}
WEAK = ("shared_prefix", "length", "gc_content")
CHEAP = ("ridge", "gp", "trees", "additive_pairwise", "nearest")


def cut(name: str, data: Path, most: int, output: Path) -> Path:
    """Write at most `most` rows of a set, drawn at random, and its published split if it has one;
    returns the path of the rows.
    """
    chosen = SETS[name]
    table = pd.read_csv(data / chosen.file)
    published = chosen.split is PUBLISHED
    if published and chosen.file == EHPPDK.file:
        table["part"] = published_split(data)["part"]
    columns = {chosen.sequence: "sequence", chosen.score: "score"}
    columns |= {chosen.group: "group"} if chosen.group else {}
    columns |= {chosen.column: chosen.column} if chosen.column else {}
    table = table[[*columns]].rename(columns=columns).dropna()
    # RNA may have DNA overhangs, which ingestion takes for a mistake; models read U as T anyway.
    table["sequence"] = table["sequence"].str.replace("U", "T")
    path = output / f"{name}.csv"
    if published:
        table["part"] = table["part"].replace({"val": "validation"})
        training = table["part"] == "train"
        drawn = table[training].sample(min(most, training.sum()), random_state=1)
        table = pd.concat([drawn, table[~training]])
        table[["sequence", "part"]].to_csv(output / f"{name}-split.csv", index=False)
        table = table.drop(columns="part")
    elif len(table) > most:
        table = table.sample(most, random_state=1)
    table.to_csv(path, index=False)
    return path


def split_of(name: str, seed: int) -> dict[str, Any]:
    """The part `split` of the config."""
    if SETS[name].split is PUBLISHED:
        return {"file": f"{name}-split.csv"}
    return {"seed": seed} | SETS[name].split


def measure(name: str, seed: int, path: Path, output: Path, steps: int, cores: int) -> pd.DataFrame:
    """Run the chain on one set and split; returns comparison.csv."""
    chosen = SETS[name]
    model = {"kind": "rank"} | ({"steps": steps} if steps else {})
    overlay = {
        "run": f"{name}-{seed}",
        "datasets": {
            name: {
                "path": path.name,
                "sequence": "sequence",
                "score": "score",
                "better": chosen.better,
                "format": "csv",
                "group": "group" if chosen.group else "none",
            }
        },
        "split": split_of(name, seed),
        "models": {"rank": model},
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
