"""The whole chain under Snakemake: a real run of a scaled-down config, and bad input."""

import json
import os
import re
import shutil
import subprocess

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from scipy.special import expit
from scipy.stats import kendalltau
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from aptarank.config.names import BASELINES
from aptarank.core.files import sha256
from aptarank.core.machine import may_have_gpu
from aptarank.models.encoder import new_model
from aptarank.provenance.run_differences import compare_folders
from snakemake_runs import ROOT, planned, run_snakemake

MODELS = [(model, seed) for model in ("rank", "pair") for seed in (1, 2)]


@pytest.fixture
def run(finished):
    def run(*arguments, **options):
        return run_snakemake(finished, *arguments, "--configfile", "overlay.yaml", **options)

    return run


def test_the_tree(finished):
    data = finished / "results/small/lab"
    aptamers = pd.read_csv(data / "aptamers.csv")
    header = (
        "id,sequence,score,fitness,chemistry,count,spread,error,replicates,group,low,high,family"
    )
    assert ",".join(aptamers.columns) == header
    account = json.loads((data / "ingestion.json").read_text())
    assert (account["rows"], account["better"]) == (150, "lower")
    audit = pd.read_csv(data / "audit/audit.csv").set_index(["quantity", "part"])["value"]
    assert (audit.loc["shared_with_train"] == 0).all()
    baselines = pd.read_csv(data / "baselines.csv").set_index("model")["accuracy"]
    assert audit["shared_prefix_accuracy", "test"] == baselines["shared_prefix"]
    assert len(list((data / "audit/plots").glob("*.svg"))) == 2
    assert set(aptamers["chemistry"]) == {"RNA"}
    assert (aptamers["fitness"] == -aptamers["score"]).all()
    assert list(pd.read_csv(data / "rejected.csv").columns) == [
        *("source", "line", "sequence", "score", "reason")
    ]
    split = pd.read_csv(data / "split.csv")
    assert set(split["part"]) == {"train", "validation", "test"}
    test = set(split.loc[split["part"] == "test", "sequence"])
    for part in ("train", "validation", "test"):
        pairs = pd.read_parquet(data / f"pairs/{part}.parquet")
        assert list(pairs.columns) == ["Sequence1", "Sequence2", "Label"]
    comparison = pd.read_csv(data / "comparison.csv")
    assert len(comparison) == len(MODELS) + len(BASELINES)
    for model, seed in MODELS:
        folder = data / model / f"seed-{seed}"
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            assert (folder / "model" / name).is_file()
        assert pd.read_csv(folder / "history.csv")["step"].iloc[-1] in (20, 60)
        predictions = pd.read_csv(folder / "predictions.csv")
        assert ",".join(predictions.columns) == "Sequence1,Sequence2,Label,Probability,Prediction"
        assert set(predictions["Sequence1"]) | set(predictions["Sequence2"]) == test
        metrics = json.loads((folder / "metrics.json").read_text())
        assert (metrics["model"], metrics["seed"]) == (model, seed)
        assert metrics["accuracy"] == np.mean(predictions["Label"] == predictions["Prediction"])
        assert metrics["n_pairs"] == len(predictions)
        for name in ("roc_auc", "average_precision", "brier", "kendall_tau", "spearman", "ndcg"):
            assert -1 <= metrics[name] <= 1
        for name in ("accuracy", "roc_auc"):
            low, high = metrics["ci"][name]
            assert low <= metrics[name] <= high
        bands = metrics["accuracy_by_margin"]
        assert sum(band["n_pairs"] for band in bands) == metrics["n_pairs"]
        parts = [band["n_pairs"] * band["accuracy"] for band in bands]
        assert sum(parts) / metrics["n_pairs"] == pytest.approx(metrics["accuracy"])
        contradictions = metrics["consistency"]
        assert (contradictions["order_disagreement"] > 0) == (model == "pair")
        assert (contradictions["cycles"]["after"] == 0) or model == "pair"
        plots = {path.stem for path in (folder / "plots").glob("*.svg")}
        assert plots == {
            *("roc", "precision_recall", "reliability", "confusion", "ranking", "history"),
            *("margin", "top"),
            *(["consistency"] if model == "pair" else []),
        }
        assert (data / "logs" / model / f"seed-{seed}" / "finetune.log").stat().st_size
    assert comparison.set_index(["model", "seed"]).loc[("rank", 1), "accuracy"] > 0.8
    manifest = json.loads((finished / "results/small/manifest.json").read_text())
    assert manifest["config"]["models"]["pair"]["steps"] == 20
    assert len(manifest["inputs"]["scored.csv"]["sha256"]) == 64
    assert manifest["versions"]["torch"].startswith("2.13.0")
    assert manifest["seeds"] == {
        "models": [1, 2],
        "split": 1,
        "pairs": 1,
        "evaluation": 1,
        **dict.fromkeys(("rank", "screen", "design", "next", "explain"), 1),
    }
    assert str(finished) not in json.dumps(manifest)
    outputs = {data.parent / name: file["sha256"] for name, file in manifest["outputs"].items()}
    assert all(sha256(path) == checksum for path, checksum in outputs.items())
    for model, seed in MODELS:
        folder = data / model / f"seed-{seed}"
        assert {folder / "model/model.safetensors", folder / "onnx/model.onnx"} <= outputs.keys()
    besides = {"logs", "benchmarks", "manifest.json", "ro-crate-metadata.json"}
    besides |= {".snakemake_timestamp"}
    assert not [path for path in outputs if besides & set(path.parts)]


@pytest.mark.parametrize(("kind", "seed"), MODELS)
def test_models_work_without_our_code(finished, kind, seed):
    """transformers and onnxruntime alone give the probabilities of predictions.csv."""
    folder = finished / f"results/small/lab/{kind}/seed-{seed}"
    table = pd.read_csv(folder / "predictions.csv").head(40)
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    model = AutoModelForSequenceClassification.from_pretrained(folder / "model").eval()
    session = onnxruntime.InferenceSession(folder / "onnx/model.onnx")

    def both(*texts):
        inputs = tokenizer(*texts, padding=True, return_tensors="pt")
        with torch.no_grad():
            ours = model(**inputs).logits[:, 0].numpy()
        onnx = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})[0]
        return ours, onnx[:, 0]

    a, b = table["Sequence1"].tolist(), table["Sequence2"].tolist()
    if kind == "pair":
        logits = [(x - y) / 2 for x, y in zip(both(a, b), both(b, a), strict=True)]
    else:
        logits = [x - y for x, y in zip(both(a), both(b), strict=True)]
    for found in logits:
        assert np.abs(expit(found) - table["Probability"]).max() < 1e-5


def test_models_side_by_side(finished):
    """The tables of the folder comparison/ against predictions.csv, by plain pandas."""
    data = finished / "results/small/lab"
    right = {}
    for model in ("rank", "pair"):
        seeds = [pd.read_csv(data / f"{model}/seed-{seed}/predictions.csv") for seed in (1, 2)]
        right[model] = np.mean([t["Label"] == t["Prediction"] for t in seeds], axis=0)
    baselines = pd.read_parquet(data / "baselines.parquet")
    assert (baselines["Label"] == seeds[0]["Label"]).all()
    right["ridge"] = (baselines["ridge"] > 0.5) == (baselines["Label"] == 1)
    paired = pd.read_csv(data / "comparison/paired.csv")
    assert len(paired) == 1 + 2 * len(BASELINES)
    rows = paired.set_index(["model_a", "model_b"])
    for a, b in (("rank", "pair"), ("rank", "ridge"), ("pair", "ridge")):
        row = rows.loc[a, b]
        assert row["difference"] == pytest.approx(right[a].mean() - right[b].mean())
        assert row["low"] <= row["difference"] <= row["high"]
    summary = pd.read_csv(data / "comparison/summary.csv").set_index(["model", "metric"])
    runs = pd.read_csv(data / "comparison.csv").set_index("model")["accuracy"]
    row = summary.loc["pair", "accuracy"]
    assert (row["n_runs"], row["mean"]) == (2, pytest.approx(runs["pair"].mean()))
    assert row["sd"] == pytest.approx(abs(np.diff(runs["pair"])[0]) / np.sqrt(2))
    curve = pd.read_csv(data / "comparison/learning_curve.csv")
    assert curve["model"].tolist() == ["rank", "rank"]
    assert curve["n_train"].tolist() == [60, 120]
    assert curve["accuracy"].iloc[-1] == runs["rank"].iloc[0]
    for name in ("models", "paired", "learning_curve"):
        assert (data / f"comparison/{name}.svg").is_file()


def test_the_ranking(finished):
    ranking = pd.read_csv(finished / "results/small/ranking/ranking.csv")
    aptamers = pd.read_csv(finished / "results/small/lab/aptamers.csv").set_index("sequence")
    assert len(ranking) == len(aptamers)
    assert kendalltau(ranking["score"], aptamers["fitness"][ranking["sequence"]]).statistic > 0.4
    assert (ranking["uncertainty"] > 0).all()  # two seeds
    part = pd.read_csv(finished / "results/small/lab/split.csv").set_index("sequence")["part"]
    trained = part[ranking["sequence"]].to_numpy() == "train"
    assert (ranking["distance"] == 0).to_numpy().tolist() == trained.tolist()


def test_speed(finished):
    """Each model's variants: proven on all test pairs, timed, one of them recommended."""
    data = finished / "results/small/lab"
    for model in ("rank", "pair"):
        folder = data / model / "seed-1"
        assert not (data / model / "seed-2/variants").exists()
        about = json.loads((folder / "variants/onnx-fused/variant.json").read_text())
        assert about["agreement"]["largest_difference"] < 1e-4
        logits = [
            pd.read_parquet(folder / f"variants/{name}/answers/test.parquet")["logit"]
            for name in ("torch-fp32", "onnx-fused")
        ]
        assert np.abs(logits[0] - pd.read_parquet(folder / "logits.parquet")["logit"]).max() < 1e-5
        assert 0 < np.abs(logits[0] - logits[1]).max() < 1e-3
        timed = pd.read_csv(folder / "speed/benchmark.csv")
        assert set(timed["variant"]) == {"torch-fp32", "onnx-fused"}
        assert len(timed) == 2 * 2
        assert (timed["p50_ms"] > 0).all()
        chosen = json.loads((folder / "speed/recommended.json").read_text())
        fastest = timed[timed["batch_size"] == 8]
        assert chosen["variant"] == fastest.set_index("variant")["speedup"].idxmax()
        assert (finished / chosen["folder"] / "variant.json").is_file()
        assert (folder / "speed/pareto.svg").is_file()


def test_a_second_run_does_nothing(run):
    assert planned(run("-n")) == {}
    assert "Nothing to be done" in run().stderr


@pytest.mark.slow
def test_same_config_same_bytes(run, finished, snakemake, tmp_path):
    """A second folder, the same config: tables, predictions, metrics and weights are identical."""
    shutil.copy(finished / "scored.csv", tmp_path)
    shutil.copy(finished / "overlay.yaml", tmp_path)
    omitted = ("--omit-from", "measure")  # timings differ
    snakemake("--configfile", "overlay.yaml", "--config", "seeds=[1]", *omitted)
    found = compare_folders(finished / "results/small", tmp_path / "results/small")
    of_all_seeds = ("summary.csv", "summary.html", "paired.csv", "models.svg", "paired.svg")
    assert set(found.different) == {
        "lab/answer.rst",
        "lab/answer.json",
        "lab/comparison.csv",
        *(f"lab/comparison/{name}" for name in of_all_seeds),
        *(f"ranking/ranking.{kind}" for kind in ("csv", "html", "svg")),
    }
    assert found.only_second == []
    assert {name for name in found.only_first if "/seed-2/" not in name} == {"manifest.json"}
    assert len(found.identical) > 60


@pytest.mark.parametrize(
    ("data", "config", "said"),
    [
        (None, "", "datasets.d.path is 'd.csv': no such file"),
        ("", "", "d.csv: the file is empty"),
        ("S,Kd\nACG,1\n", "", "no column 'sequence'; the columns are 'S', 'Kd'"),
        ("sequence,score\nACG,1\nACN,2\n", "", "1 of 2 rows were rejected (50%)"),
        ("sequence,score\nACG,1\n", "models: {rank: {step: 1}}", "did you mean steps"),
        ("sequence,score\nACG,1\nACT,2\n", "", "2 aptamers leave 0 for validation"),
        ("sequence,score\nACG,1\nACT,1\n", "", "all 2 aptamers have the score 1"),
        ("sequence,score\nACG,1\n", "split: {file: none.csv}", "split.file is 'none.csv'"),
    ],
)
def test_bad_input_stops_before_training(snakemake, tmp_path, data, config, said):
    if data is not None:
        (tmp_path / "d.csv").write_text(data)
    overlay = "datasets: {d: {path: d.csv, better: higher}}\n" + config
    done = snakemake("all", config=overlay, code=1)
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.rglob("model.safetensors"))


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ("{pair: {checkpoint: folder}, rank: {}}", "folder: not a checkpoint folder"),
        ("{pair: {}, rank: {}}", "needs 655 tokens, but the model reads at most 512"),
    ],
)
def test_bad_models_stop_before_training(snakemake, tmp_path, scored, models, said):
    (tmp_path / "folder").mkdir()
    if "folder" not in models:
        scored.loc[:1, "sequence"] = ["ACGT" * 100, "ACGT" * 63]
    scored.to_csv(tmp_path / "d.csv", index=False)
    overlay = f"datasets: {{d: {{path: d.csv, better: higher}}}}\nmodels: {models}"
    done = snakemake(config=overlay, code=1)
    assert said in done.stdout + done.stderr
    assert not list(tmp_path.rglob("model.safetensors"))


def test_another_checkpoint_under_the_same_name_reruns(snakemake, tmp_path, scored):
    scored.to_csv(tmp_path / "d.csv", index=False)
    new_model("nano", 9, 0, 0.0, "rank").save_pretrained(tmp_path / "mine")
    overlay = """
    datasets: {d: {path: d.csv, better: higher}}
    models: {rank: {checkpoint: mine}}
    """
    target = "results/example/d/rank/tokenizer"
    snakemake(target, config=overlay)
    (tmp_path / "mine/config.json").touch()
    assert planned(snakemake(target, "-n", config=overlay)) == {}
    config = tmp_path / "mine/config.json"
    config.write_text(config.read_text().replace("512", "500"))
    assert planned(snakemake(target, "-n", config=overlay)) == {"tokenizer": 1}


def test_hostile_names_reach_the_scripts_as_data(snakemake, tmp_path, scored):
    name = "a 'b' $(touch hacked); \"c\".csv"
    scored.rename(columns={"score": "Kd; $(touch hacked) 'x'"}).to_csv(tmp_path / name, index=False)
    dataset = {"path": name, "score": "Kd; $(touch hacked) 'x'", "better": "higher"}
    target = "results/example/d/pairs/train.parquet"
    snakemake(target, config=json.dumps({"datasets": {"d": dataset}}))
    assert (tmp_path / target).is_file()
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(("lists", "wanted"), [("echo 'NVIDIA A100, 570.1'", 1), ("exit 9", 0)])
def test_trainings_are_one_at_a_time_where_there_is_a_gpu(
    snakemake, tmp_path, monkeypatch, lists, wanted
):
    """Without one, they do not wait for `--resources gpu=1`, but run side by side."""
    if not wanted and may_have_gpu():
        pytest.skip("this machine has a GPU")
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{lists}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = snakemake("-n", config="blend: false")
    blocks = re.findall(r"^rule finetune:\n(.*?)^\S", done.stdout + done.stderr, re.M | re.S)
    found = [re.search(r"\bgpu=(\d+)", block) for block in blocks]
    assert [int(match[1]) if match else 0 for match in found] == [wanted] * 2


def test_the_plan_of_the_readme(tmp_path):
    """The command of the charter, on the embedded example."""
    command = ["snakemake", "--cores", "8", "--resources", "gpu=1", "-n", "--directory", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert planned(done)["finetune"] == 2
