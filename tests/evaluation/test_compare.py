"""predict.py and the programs after it, on small tables made by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit

from aptarank.core.parquet import write_parquet
from aptarank.evaluation.metric_registry import METRICS
from aptarank.evaluation.model_summary import paired_differences, summarise
from aptarank.models.encoder import new_model
from aptarank.models.tokenizer import nucleotide_tokenizer
from made_aptamers import random_sequences


@pytest.fixture(params=["rank", "pair"])
def predicted(request, program, tmp_path):
    """Run predict.py with an untrained model; returns the kind, and a function of its options."""
    torch.manual_seed(1)
    tokenizer = nucleotide_tokenizer(512)
    model = new_model("nano", len(tokenizer), tokenizer.pad_token_id, 0.0, request.param)
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    rng = np.random.default_rng(1)
    names = np.array(random_sequences(12, rng))
    first, second = names[np.array(np.triu_indices(12, 1))]
    pairs = pd.DataFrame({"Sequence1": first, "Sequence2": second})
    pairs.to_csv("pairs.csv", index=False)
    pairs.rename(columns={"Sequence1": "Sequence2", "Sequence2": "Sequence1"}).to_csv(
        "turned.csv", index=False
    )

    def run(file, *options):
        program("predict", file, "--model", "model", "--logits", "logits.parquet", *options)
        return pd.read_csv("predictions.csv"), pd.read_parquet("logits.parquet")

    return request.param, run


def test_swapping_the_two_turns_the_answer_round(predicted):
    kind, run = predicted
    (told, logits), (other, turned) = run("pairs.csv"), run("turned.csv")
    assert list(told.columns) == ["Sequence1", "Sequence2", "Probability", "Prediction"]
    assert told["Probability"].to_numpy() == pytest.approx(1 - other["Probability"], abs=1e-6)
    assert logits["logit"].to_numpy() == pytest.approx(turned["swapped"], abs=1e-5)
    assert logits["logit"].dtype == np.float32
    average = (logits["logit"].astype(float) - logits["swapped"]) / 2
    assert told["Probability"].to_numpy() == pytest.approx(expit(average))
    assert (told["Prediction"] == (told["Probability"] > 0.5)).all()
    same = np.allclose(logits["logit"], -logits["swapped"])
    assert same == (kind == "rank")


def test_one_order_is_the_given_one(predicted):
    kind, run = predicted
    _, both = run("pairs.csv")
    told, logits = run("pairs.csv", "--one-order")
    assert told["Probability"].to_numpy() == pytest.approx(expit(both["logit"]), abs=1e-6)
    assert ("swapped" in logits) == (kind == "rank")


def test_win_rates_are_of_both_orders(predicted):
    kind, run = predicted
    _, logits = run("pairs.csv", "--scores", "scores.csv")
    if kind == "rank":
        return
    scores = pd.read_csv("scores.csv").set_index("sequence")["predicted"]
    assert scores.is_monotonic_decreasing
    for name in scores.index:
        forward = logits.loc[logits["Sequence1"] == name]
        backward = logits.loc[logits["Sequence2"] == name]
        chances = [expit(forward["logit"]), 1 - expit(forward["swapped"])]
        chances += [1 - expit(backward["logit"]), expit(backward["swapped"])]
        assert scores[name] == pytest.approx(np.concatenate(chances).mean(), abs=1e-6)


def test_summary_by_hand():
    runs = pd.DataFrame({"model": ["b", "a", "b"], "kind": ["rank", "baseline", "rank"]})
    runs = runs.assign(**dict.fromkeys(METRICS, 0.5)).assign(accuracy=[0.8, 0.6, 0.9])
    table = summarise(runs, [[0.7, 0.95], None]).set_index(["model", "metric"])
    row = table.loc["b", "accuracy"]
    assert row["n_runs"] == 2
    assert row[["mean", "min", "max", "low", "high"]].tolist() == [
        *(pytest.approx(0.85), 0.8, 0.9, 0.7, 0.95)
    ]
    assert row["sd"] == pytest.approx(np.sqrt(2 * 0.05**2))
    assert np.isnan(table.loc["a", "accuracy"]["sd"])
    assert np.isnan(table.loc["b", "ndcg"]["low"])


def test_paired_differences_by_hand():
    resampled = np.array([[0.9, 0.8, 0.5], [0.8, 0.8, 0.5], [0.9, 0.7, 0.5], [0.7, 0.8, 0.5]])
    found = paired_differences(["a", "b", "c"], 2, np.array([0.85, 0.8, 0.5]), resampled)
    assert found[["model_a", "model_b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert found["difference"].tolist() == pytest.approx([0.05, 0.35, 0.3])
    low, high = np.quantile([0.1, 0, 0.2, -0.1], [0.025, 0.975])
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert found["p"].tolist() == pytest.approx([1, 2 / 5, 2 / 5])


@pytest.fixture
def two_folds(tmp_path, monkeypatch):
    """What evaluate.py, predict.py and baselines.py write for a model, two seeds and two folds."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    metrics, logits, options, right = [], [], [], {"mine": [], "luck": []}
    for fold in (1, 2):
        names = np.array(random_sequences(10 * fold, rng))
        first, second = names[np.array(np.triu_indices(10 * fold, 1))]
        label = rng.integers(2, size=len(first)).astype(np.int8)
        pairs = pd.DataFrame({"Sequence1": first, "Sequence2": second, "Label": label})
        chance = rng.random(len(first))
        write_parquet(pairs.assign(luck=chance), tmp_path / f"b{fold}.parquet")
        right["luck"].append((chance > 0.5) == label)
        row = {"model": "luck", "fold": fold} | dict.fromkeys(METRICS, 0.5)
        pd.DataFrame([row]).to_csv(f"b{fold}.csv", index=False)
        options += ["--baselines", f"b{fold}.csv", "--probabilities", f"b{fold}.parquet"]
        answers = []
        for seed in (1, 2):
            logit = (2 * label - 1 + rng.normal(0, 1.5, len(label))).astype(np.float32)
            swapped = rng.normal(0, 0.5, len(label)).astype(np.float32)
            answers.append(((logit - swapped) > 0) == label)
            write_parquet(
                pairs.assign(logit=logit, swapped=swapped), tmp_path / f"{fold}-{seed}.parquet"
            )
            row = {"model": "mine", "seed": seed, "fold": fold, "kind": "pair", "parameters": 9}
            row |= dict.fromkeys(METRICS, 0.5) | {"recall_at_10": None, "ci": {}}
            row |= {"ceiling": {"perfect_model": 0.9} if fold == 1 else None}
            (tmp_path / f"{fold}-{seed}.json").write_text(json.dumps(row))
            metrics.append(f"{fold}-{seed}.json")
            logits += ["--logits", f"{fold}-{seed}.parquet"]
        right["mine"].append(np.mean(answers, axis=0))
    return [*metrics, *logits, *options], {name: np.concatenate(x) for name, x in right.items()}


def test_folds_are_pooled(program, two_folds):
    arguments, right = two_folds
    program("compare", *arguments)
    (row,) = pd.read_csv("comparison/paired.csv").to_dict("records")
    assert (row["model_a"], row["model_b"]) == ("mine", "luck")
    assert row["difference"] == pytest.approx(right["mine"].mean() - right["luck"].mean())
    assert 0 < row["low"] < row["difference"] < row["high"]
    summary = pd.read_csv("comparison/summary.csv").set_index(["model", "metric"])
    assert summary.loc["mine", "accuracy"]["n_runs"] == 4
    assert summary.loc["luck", "accuracy"]["n_runs"] == 2
    table = pd.read_csv("comparison.csv")
    assert len(table) == 6
    # That of each fold, for models and baselines; of the second, no errors are known.
    assert table.loc[table["ceiling"].notna(), "model"].tolist() == ["mine", "mine", "luck"]
    assert set(table["ceiling"].dropna()) == {0.9}
    assert "a perfect model" in Path("comparison/models.svg").read_text(encoding="utf-8")


def test_comparing_what_was_not_tested_alike_is_refused(program, two_folds):
    arguments, _ = two_folds
    swapped = [{"1-1.parquet": "2-1.parquet"}.get(word, word) for word in arguments]
    said = program("compare", *swapped, code=1).output
    assert "2-1.parquet: " in said
    said = program("compare", *arguments[1:], code=1).output
    assert "3 METRICS, 4 --logits" in said


def test_learning_curve(program, two_folds):
    pairs = pd.read_parquet("1-1.parquet")
    points = ["--point", "mine", 0.25, "1-2.parquet", "--point", "mine", 1, "1-1.parquet"]
    program("learning_curve", "--train", "2-1.parquet", *points, "--resamples", 200)
    table = pd.read_csv("learning_curve.csv")
    assert table["n_train"].tolist() == [5, 20]
    right = (pairs["logit"] > pairs["swapped"]) == (pairs["Label"] == 1)
    assert table["accuracy"].iloc[1] == pytest.approx(right.mean())
    assert (table["low"] < table["accuracy"]).all()
    assert (table["accuracy"] < table["high"]).all()


def test_evaluating_one_order_is_refused(program, two_folds):
    pd.read_parquet("1-1.parquet").drop(columns="swapped").to_parquet("one.parquet")
    points = ["--point", "mine", 1, "one.parquet"]
    said = program("learning_curve", "--train", "1-1.parquet", *points, code=1).output
    assert "no column 'swapped'" in said
