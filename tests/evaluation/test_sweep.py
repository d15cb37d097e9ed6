"""A sweep: its config, its jobs, its tables against pandas, its heat map."""

import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml

from aptarank.config.model_kinds import KINDS
from aptarank.config.resolution import UNSWEPT, resolve, swept_models
from aptarank.config.schema import schema
from aptarank.core.errors import InputError
from aptarank.evaluation.sweep_summary import summarise_sweep, sweep_table
from snakemake_runs import ROOT, planned

SWEEP = {"model": "rank", "learning_rate": [0.001, 0.01], "batch_size": [16, 32]}
OVERLAY = {
    "blend": False,
    "datasets": {"d": {"path": "d.csv", "better": "higher"}},
    "models": {"rank": {"steps": 4, "evaluate_every": 2}},
    "learning_curve": {"shares": []},
    "seeds": [1, 2],
    "sweep": SWEEP,
}


def test_every_combination_is_a_model_of_its_own():
    config = resolve(OVERLAY)
    models = swept_models(config)
    assert len(models) == 4
    name = "sweep/rank_batch_size=16_learning_rate=0.01"
    assert models[name] == config["models"]["rank"] | {"batch_size": 16, "learning_rate": 0.01}
    assert list(config["models"]) == ["rank"]
    assert swept_models(resolve({})) == {}
    other = resolve(
        OVERLAY | {"sweep": dict(reversed(SWEEP.items())) | {"learning_rate": ["1e-2"]}}
    )
    assert set(swept_models(other)) < set(models)


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_paths(kind):
    """What can be swept is a number, a choice or null: no text of the user's, such as a path."""
    for key, rule in schema()["$defs"][kind]["properties"].items():
        if key not in UNSWEPT:
            assert "string" not in rule.get("type", []), key
            assert all(re.fullmatch(r"\w+", value) for value in rule.get("enum", [])), key


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ({"model": "rnk", "steps": [1]}, r"sweep\.model is 'rnk'; did you mean rank\?"),
        ({"model": "rank", "learning_rat": [1]}, "did you mean learning_rate"),
        ({"model": "rank", "steps": []}, r"sweep\.steps is \[\]; expected at least 1"),
        ({"model": "rank", "steps": [0]}, r"sweep\.steps\.0 is 0; expected at least 1"),
        ({"model": "rank", "size": ["tiny"]}, "expected one of: nano"),
        ({"model": "rank"}, "Grid search over settings of one model"),
        ({"steps": [1]}, r"sweep\.model is missing: Name of the model to sweep"),
        ({"model": "rank", "steps": 5}, r"sweep\.steps is 5; expected array"),
        ({"model": "rank", "steps": [5, 5]}, "expected each only once"),
        ({"model": "rank", "checkpoint": ["a"]}, r"sweep\.checkpoint .* is not a key"),
        (
            {"model": "rank", "tokenizer": ["kmer", "pretrained"]},
            "rank_tokenizer=pretrained.tokenizer is 'pretrained', but there is no",
        ),
    ],
)
def test_what_cannot_be_swept(sweep, said):
    with pytest.raises(InputError, match=said):
        resolve({"sweep": sweep})


def test_a_sweep_keeps_what_init_from_needs():
    data = {"a": {"path": "a.csv"}, "b": {"path": "b.csv"}}
    models = {"rank": {}, "tuned": {"kind": "rank", "init_from": "a/rank"}}
    sweep = {"model": "tuned", "size": ["nano", "base"]}
    with pytest.raises(InputError, match="its size is 'base' and that of rank 'nano'"):
        resolve({"datasets": data, "models": models, "sweep": sweep})


def test_the_page_shows_a_sweep():
    page = (ROOT / "docs/hyperparameters.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)
    assert len(swept_models(resolve(yaml.safe_load(block)))) == 3 * 2 * 3


def test_tables_are_what_pandas_says():
    rng = np.random.default_rng(1)
    runs = []
    for rate in (0.001, 0.01):
        for seed in (1, 2, 3):
            history = pd.DataFrame(
                {
                    "step": [10, 20, 30],
                    "validation_accuracy": rng.random(3),
                    "validation_loss": rng.random(3),
                }
            )
            runs.append(({"learning_rate": rate, "seed": seed}, history))
    table = sweep_table(runs)
    best = [history["validation_accuracy"].max() for _, history in runs]
    assert table["validation_accuracy"].tolist() == best
    at = [history.set_index("step")["validation_accuracy"].idxmax() for _, history in runs]
    assert table["step"].tolist() == at
    summary = summarise_sweep(table).set_index("learning_rate")
    for rate, three in (("0.001", best[:3]), ("0.01", best[3:])):
        assert summary.loc[rate, "mean"] == pytest.approx(np.mean(three))
        assert summary.loc[rate, "sd"] == pytest.approx(np.std(three, ddof=1))
        assert summary.loc[rate, "n_runs"] == 3
    assert summary["mean"].is_monotonic_decreasing


def trainings(lists, seeds):
    """`--run` for every combination of the lists and every seed, and the mean of each by hand."""
    rng = np.random.default_rng(1)
    index = list(itertools.product(*lists.values()))
    options, means = [], []
    for number, values in enumerate(index):
        accuracy = rng.random(len(seeds))
        for seed, value in zip(seeds, accuracy, strict=True):
            history = {"step": [5, 10], "validation_accuracy": [0, value], "validation_loss": 0.5}
            pd.DataFrame(history).to_csv(f"{number}-{seed}.csv", index=False)
            given = json.dumps(dict(zip(lists, values, strict=True)) | {"seed": seed})
            options += ["--run", given, f"{number}-{seed}.csv"]
        means.append(accuracy.mean())
    return options, means


@pytest.mark.parametrize(
    ("lists", "seeds", "panels"),
    [
        ({"patience": [None, 10]}, [1], 1),
        ({"size": ["nano"], "freeze": [True, False]}, [1, 2], 1),
        ({"learning_rate": [0.001, 0.01, 0.1], "batch_size": [2, 4], "size": ["nano"]}, [1, 2], 1),
        ({"k": [2, 3], "steps": [1, 2], "dropout": [0, 0.5], "clip": [1.0, 2.0, 3.0]}, [1], 6),
        ({"k": [2]}, [1], 1),
    ],
)
def test_heat_maps_of_any_number_of_settings(program, tmp_path, lists, seeds, panels):
    options, means = trainings(lists, seeds)
    program("sweep", *options)
    summary = pd.read_csv("summary.csv")
    assert summary["mean"].tolist() == pytest.approx(sorted(means, reverse=True))
    assert summary["sd"].notna().all() == (len(seeds) > 1)
    drawn = (tmp_path / "heatmap.svg").read_text()
    texts = re.findall(r">([^<>]+)</t(?:ext|span)>", drawn)
    for mean in means:
        assert sum(f"{mean:.4f}" in text for text in texts) == 1
    several = [name for name, values in lists.items() if len(values) > 1] or list(lists)[:1]
    assert sum(text == several[0] for text in texts) == panels  # an axis of each
    program("sweep", *options, "--plot", "again.svg")
    assert (tmp_path / "again.svg").read_text() == drawn


def test_runs_that_cannot_be_compared(program):
    options, _ = trainings({"k": [2, 3]}, [1])
    said = program("sweep", *options, "--run", '{"steps": 3, "seed": 1}', "0-1.csv", code=1).output
    assert 'steps": 3' in said
    assert "the same ones for every run" in said
    assert "expected settings" in program("sweep", "--run", "{}", "0-1.csv", code=1).output


def test_plans(snakemake, tmp_path, scored):
    """Every fold is swept; tokenizers are shared by those that need the same."""
    scored.to_csv(tmp_path / "d.csv", index=False)
    swept = {"model": "rank", "tokenizer": ["nucleotide", "kmer"], "learning_rate": [0.001, 0.01]}
    config = OVERLAY | {"sweep": swept, "seeds": [1], "split": {"folds": 2}}
    plan = planned(snakemake("-n", config=json.dumps(config)))
    assert plan["finetune"] == 2 * (1 + 4)
    assert plan["tokenizer"] == 2 * 2
    assert plan["sweep"] == 1
    # As --config gives it: all texts.
    given = "sweep={model: rank, learning_rate: [1e-3, 0.01, 0.1]}"
    plan = planned(snakemake("-n", "--config", given, config=json.dumps(OVERLAY | {"sweep": None})))
    assert plan["finetune"] == 2 * (1 + 3)


@pytest.mark.slow
def test_a_sweep_under_snakemake(snakemake, tmp_path, scored):
    """All combinations and seeds are trained and validated; a new value trains itself alone."""
    scored.to_csv(tmp_path / "d.csv", index=False)
    target = "results/example/d/sweep/summary.csv"
    plan = planned(snakemake("-n", config=json.dumps(OVERLAY)))
    assert plan["finetune"] == 2 + 4 * 2
    assert plan["predict"] == plan["evaluate"] == plan["export"] == 2
    one = OVERLAY | {"seeds": [1]}
    snakemake(target, config=json.dumps(one))
    table = pd.read_csv(tmp_path / "results/example/d/sweep/sweep.csv")
    assert len(table) == 4
    for _, row in table.iterrows():
        name = f"rank_batch_size={row['batch_size']:.0f}_learning_rate={row['learning_rate']:g}"
        folder = tmp_path / f"results/example/d/sweep/{name}/seed-{row['seed']:.0f}"
        history = pd.read_csv(folder / "history.csv")
        assert row["validation_accuracy"] == history["validation_accuracy"].max()
        assert not (folder / "predictions.csv").exists()
    summary = pd.read_csv(tmp_path / target)
    means = table.groupby(["learning_rate", "batch_size"])["validation_accuracy"].mean()
    found = summary.set_index(["learning_rate", "batch_size"])["mean"]
    assert found.sort_index().tolist() == pytest.approx(means.sort_index().tolist())
    drawn = (tmp_path / "results/example/d/sweep/heatmap.svg").read_text()
    for mean in summary["mean"]:
        assert f"{mean:.4f}" in drawn
    more = one | {"sweep": SWEEP | {"batch_size": [16, 32, 64]}}
    assert planned(snakemake(target, "-n", config=json.dumps(more))) == {"finetune": 2, "sweep": 1}
