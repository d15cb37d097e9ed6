"""How much each predictor counts: learnt on aptamers that it has not learnt from."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import spearmanr

from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.pairing.pairs import Pairs
from aptarank.predictors.blending import fit_stack, out_of_fold, pair_weights, stacking_weights
from aptarank.predictors.fit import PREDICTORS
from made_aptamers import random_sequences
from small_models import TOKENIZER, model
from snakemake_runs import planned, run_snakemake

RNG = np.random.default_rng(5)


def test_no_score_is_of_an_aptamer_that_was_learnt():
    """What memorises noise says nothing out of fold; a repeated sequence is in one fold."""
    sequences = random_sequences(60, RNG, 12, 12)
    noise = RNG.normal(size=60)
    fits = {"nearest": PREDICTORS["nearest"]}
    inside = fits["nearest"](sequences, noise, 1).scores(sequences)
    assert spearmanr(inside, noise)[0] == pytest.approx(1)
    outside = out_of_fold(fits, sequences * 2, np.tile(noise, 2), 1)["nearest"]
    assert abs(spearmanr(outside, np.tile(noise, 2))[0]) < 0.4
    assert np.array_equal(outside[:60], outside[60:])


def test_stacking_finds_what_is_right():
    truth = RNG.normal(size=(500, 2))
    fitness = truth[:, 0] + 0.5 * truth[:, 1]
    scores = np.stack([truth[:, 0], 10 * truth[:, 1], RNG.normal(size=500), -fitness], axis=1)
    weights = stacking_weights(scores, fitness)
    assert (weights >= 0).all()
    assert weights[0] == pytest.approx(20 * weights[1], rel=0.1)
    assert weights[2:] == pytest.approx([0, 0], abs=0.02)
    assert stacking_weights(np.zeros((9, 3)), np.arange(9.0)).tolist() == [1 / 3] * 3


def pairs_of(truth):
    first, second = np.triu_indices(len(truth), 1)
    label = RNG.random(len(first)) < expit(truth[first] - truth[second])
    return Pairs(first, second, label.astype(np.int8))


def test_differences_become_log_odds():
    """Labels are drawn by the difference of a score, which is hidden in another unit."""
    truth = 2 * RNG.normal(size=300)
    weights = pair_weights(np.stack([truth / 10, RNG.normal(size=300)], axis=1), pairs_of(truth))
    assert weights == pytest.approx([10, 0], abs=0.6)


def test_few_aptamers_do_not_choose():
    """Of two predictors that are as good, chance makes one better on a dozen aptamers."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=12)
        scores = truth[:, None] + rng.normal(size=(12, 2))
        shares = pair_weights(scores, pairs_of(truth)) * scores.std(axis=0)
        assert 0.2 < shares[0] / shares.sum() < 0.8


def test_scores_that_say_nothing():
    pairs = pairs_of(RNG.normal(size=20))
    assert pair_weights(np.ones((20, 2)), pairs).tolist() == [0, 0]
    useful = np.stack([np.arange(20.0), np.ones(20)], axis=1)
    right = Pairs(pairs.first, pairs.second, (pairs.first > pairs.second).astype(np.int8))
    weights = pair_weights(useful, right)
    assert weights[0] > 0
    assert weights[1] == 0
    assert np.isfinite(weights).all()


def test_a_flat_score_is_not_magnified():
    """What differs in a model that has learnt nothing is rounding, which ONNX Runtime has not."""
    truth = RNG.normal(size=50)
    scores = np.stack([truth, 1e-5 * truth], axis=1)
    assert pair_weights(scores, pairs_of(truth))[1] == 0


def test_the_stack_of_one_aptamer():
    stack = fit_stack(["ACGT"], np.array([1.0]), 1)
    assert stack.weights == dict.fromkeys(PREDICTORS, pytest.approx(1 / len(PREDICTORS)))


@pytest.fixture
def data(finished):
    return finished / "results/small/lab"


def run_blend(program, data, *more, code=0):
    arguments = ["--predictors", data / "predictors", "--validation"]
    arguments += [data / "pairs/validation.parquet", *more]
    return program("blend", *arguments, code=code)


def test_bounds_alone_teach_nothing(program, data, tmp_path):
    """The folder of predictors is there, and empty; each of the table is as good as chance."""
    aptamers = pd.read_csv(data / "aptamers.csv")
    aptamers.assign(low=-np.inf).to_csv("bounds.csv", index=False)
    arguments = ["--aptamers", "bounds.csv", "--split", data / "split.csv", "--models", "made"]
    for part in ("train", "validation", "test"):
        arguments += [f"--{part}", data / f"pairs/{part}.parquet"]
    program("baselines", *arguments)
    assert list((tmp_path / "made").iterdir()) == []
    assert set(pd.read_csv("baselines.csv")["roc_auc"]) == {0.5}


def test_what_is_left_out(program, data, tmp_path):
    for name, kind, tokenizer in (
        ("pair", "pair", TOKENIZER),
        ("words", "rank", nucleotide_tokenizer(512, k=3)),
        ("rank", "rank", TOKENIZER),
    ):
        model(kind).save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
    models = [word for name in ("pair", "words", "rank") for word in ("--model", name, name)]
    said = run_blend(program, data, *models).output
    assert "pair is not part of the blend: it compares two aptamers" in said
    assert "words is not part of the blend: its tokens are not bases" in said
    assert "stack " in said
    row = pd.read_csv("history.csv")
    assert len(row) == 1
    assert 0.5 < row["validation_accuracy"].item() <= 1


def test_without_models(program, data):
    assert "stack 100 %" in run_blend(program, data).output


def test_nothing_to_blend(program, data, tmp_path):
    said = run_blend(program, data, "--predictors", "none", code=1).output
    assert "none: no such folder" in said
    (tmp_path / "none").mkdir()
    said = run_blend(program, data, "--predictors", "none", code=1).output
    assert "nothing to blend" in said
    assert "blend: false" in said


@pytest.mark.parametrize("names", [("stack",), ("rank", "rank")])
def test_names_that_are_taken(program, data, names):
    words = [word for name in names for word in ("--model", name, data / "none")]
    said = run_blend(program, data, *words, code=1).output
    assert f"--model {names[0]}" in said


@pytest.mark.slow
def test_in_the_workflow(finished):
    """A run that had no blend gets one, without training anew: it is measured and exported as a
    model is, and ranks."""
    folder = finished.with_name("blended")  # beside it, as Snakemake knows files by relative paths
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("locks"))
    overlay = folder / "overlay.yaml"
    config = overlay.read_text().replace("blend: false", "blend: true")
    overlay.write_text(config + "expected: {level: null}\n")
    targets = ["ranking/ranking.csv", "lab/answer.json", "lab/blend/seed-1/repository"]
    command = [*(f"results/small/{name}" for name in targets), "--configfile", "overlay.yaml"]
    assert "finetune" not in planned(run_snakemake(folder, *command, "-n"))
    run_snakemake(folder, *command)
    data = folder / "results/small/lab"
    table = pd.read_csv(data / "comparison.csv").set_index("model")["accuracy"]
    assert len(table["blend"]) == 2
    assert table["blend"].min() > table["length"]
    figures = json.loads((data / "answer.json").read_text())
    assert figures["predictor"] == "blend"
    assert figures["accuracy"] == pytest.approx(table["blend"].mean())
    assert figures["best_single_accuracy"] >= table["ridge"]
    ranking = pd.read_csv(folder / "results/small/ranking/ranking.csv")
    assert (ranking["uncertainty"] > 0).all()
    assert (data / "blend/seed-2/onnx/model.onnx").is_file()
    card = (data / "blend/seed-1/repository/README.md").read_text()
    shares = json.loads((data / "blend/seed-1/model/config.json").read_text())["aptarank"]["shares"]
    assert set(shares) == {"stack", "rank"}
    assert sum(shares.values()) == pytest.approx(1, abs=0.01)
    assert re.search(rf"\| `stack` +\| {shares['stack']:.2f} +\|", card)
    assert "the weights of the blend were found on validation pairs" in card
    assert "PyTorch runs it only with aptarank" in card
    assert "Stacking: Wolpert 1992" in card
