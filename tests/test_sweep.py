"""A sweep: its config, its jobs, its tables against pandas, its heat map."""

import json

import numpy as np
import pandas as pd
import pytest
from test_workflow import planned

from aptarank.config import resolve, swept_models
from aptarank.errors import InputError
from aptarank.sweep import summarise_sweep, sweep_table

SWEEP = {"model": "rank", "learning_rate": [0.001, 0.01], "batch_size": [16, 32]}
OVERLAY = {
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


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ({"model": "rnk", "steps": [1]}, r"sweep\.model is 'rnk'; did you mean rank\?"),
        ({"model": "rank", "learning_rat": [1]}, "did you mean learning_rate"),
        ({"model": "rank", "steps": []}, r"sweep\.steps is \[\]; expected at least 1"),
        ({"model": "rank", "steps": [0]}, r"sweep\.steps\.0 is 0; expected at least 1"),
        ({"model": "rank", "size": ["tiny"]}, "expected one of: nano"),
    ],
)
def test_what_cannot_be_swept(sweep, said):
    with pytest.raises(InputError, match=said):
        resolve({"sweep": sweep})


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


def test_a_sweep_under_snakemake(snakemake, tmp_path, scored):
    """All combinations and seeds are trained and validated; a new value trains itself alone."""
    scored.to_csv(tmp_path / "d.csv", index=False)
    target = "results/example/d/sweep/summary.csv"
    plan = planned(snakemake("-n", config=json.dumps(OVERLAY)))
    assert plan["finetune"] == 2 + 4 * 2
    assert plan["predict"] == plan["evaluate"] == plan["export"] == 2
    snakemake(target, config=json.dumps(OVERLAY))
    table = pd.read_csv(tmp_path / "results/example/d/sweep/sweep.csv")
    assert len(table) == 8
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
    more = OVERLAY | {"sweep": SWEEP | {"batch_size": [16, 32, 64]}}
    assert planned(snakemake(target, "-n", config=json.dumps(more))) == {"finetune": 4, "sweep": 1}
