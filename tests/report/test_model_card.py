"""A model's repository is complete, and its card true: its programs give the answers of the run."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from huggingface_hub import ModelCard

from aptarank.core.errors import InputError
from aptarank.exports.variants import FORMS
from aptarank.models.encoder import load_model
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.predictors.assemble import save
from aptarank.predictors.linear_path import first_path, with_path
from aptarank.provenance.hub_layout import VARIANTS, files_of_model, path_in_repository
from aptarank.report.licenses import license_fields
from snakemake_runs import ROOT

KINDS = ("rank", "pair")

# Runs by python -I, which sees neither our folder nor variables of Python: the programs of the card
# as they stand there, and then their functions on all test pairs.
CLEAN = """
import json, re, sys

card = open("README.md", encoding="utf-8").read()
pairs = json.load(open(sys.argv[1]))
answers = []
for code in re.findall(r"```python\\n(.*?)```", card, re.S):
    for file in ["model.onnx", *(sys.argv[2:] if "onnxruntime" in code else [])]:
        space = {}
        exec(code.replace("onnx/model.onnx", "onnx/" + file), space)
        found = {"file": file, "fitter": space["fitter"](*pairs).tolist()}
        if "difference = logits(tokens(first)) -" in code:
            found["logits"] = space["logits"](space["tokens"](pairs[0])).tolist()
        answers.append(found)
assert not [name for name in sys.modules if name.startswith("aptarank")]
assert not [path for path in sys.path if path.endswith("scripts")]
print("answers:", json.dumps(answers))
"""


def repository_of(finished, model, seed=1):
    return finished / f"results/small/lab/{model}/seed-{seed}/repository"


@pytest.mark.parametrize("model", KINDS)
def test_without_our_code_it_answers_as_the_run_did(finished, tmp_path, model):
    """transformers and ONNX Runtime, by the card's own programs, against predictions.csv."""
    copy = tmp_path / "elsewhere"
    shutil.copytree(repository_of(finished, model), copy)
    data = finished / f"results/small/lab/{model}/seed-1"
    predictions = pd.read_csv(data / "predictions.csv")
    pairs = [predictions["Sequence1"].tolist(), predictions["Sequence2"].tolist()]
    (tmp_path / "pairs.json").write_text(json.dumps(pairs))
    command = [sys.executable, "-I", "-c", CLEAN, tmp_path / "pairs.json", "model_fused.onnx"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *printed, last = done.stdout.splitlines()
    answers = json.loads(last.removeprefix("answers:"))
    assert [found["file"] for found in answers] == ["model.onnx", "model.onnx", "model_fused.onnx"]
    assert all(0 < float(re.search(r"0\.\d+", line)[0]) < 1 for line in printed)
    assert len(printed) == 3
    scores = pd.read_csv(data / "scores.csv").set_index("sequence")["predicted"]
    for found in answers:
        np.testing.assert_allclose(found["fitter"], predictions["Probability"], atol=2e-5)
        if model == "rank":
            np.testing.assert_allclose(found["logits"], scores.loc[pairs[0]], atol=2e-4)


@pytest.mark.parametrize("model", KINDS)
def test_files_are_those_of_the_run(finished, model):
    for seed in (1, 2):
        folder = repository_of(finished, model, seed)
        there = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file() and path.name != ".snakemake_timestamp"
        }
        sources = {path.name: path for path in (folder.parent / "model").glob("[!.]*")}
        sources["onnx/model.onnx"] = folder.parent / "onnx/model.onnx"
        if seed == 1:  # variants are those of the first seed
            fused = folder.parent / "variants/onnx-fused/model.onnx"
            sources["onnx/model_fused.onnx"] = fused
        assert there.keys() == sources.keys() | {"README.md"}
        assert {"config.json", "model.safetensors", "tokenizer.json"} < there.keys()
        other = "tokenizer_config.json"
        for name in sources.keys() - {other}:
            assert there[name].read_bytes() == sources[name].read_bytes()
        # In which the class has a name that not transformers 5 alone knows.
        theirs, ours = (json.loads(path.read_text()) for path in (there[other], sources[other]))
        assert theirs["tokenizer_class"] == "PreTrainedTokenizerFast"
        assert all(ours[key] == theirs[key] for key in theirs if key != "tokenizer_class")


@pytest.mark.parametrize("model", KINDS)
def test_metadata_is_what_the_hub_reads(finished, model):
    card = ModelCard.load(repository_of(finished, model) / "README.md")
    metrics = json.loads((repository_of(finished, model).parent / "metrics.json").read_text())
    assert card.data.license == "unknown"
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.model_name == f"lab-{model}-seed-1"
    results = {result.metric_type: result for result in card.data.eval_results}
    assert results["accuracy"].metric_value == round(metrics["accuracy"], 4)
    assert results["kendall_tau"].metric_value == round(metrics["kendall_tau"], 4)
    assert set(results) == set(card.data.metrics)
    assert {(r.dataset_name, r.dataset_split) for r in results.values()} == {("lab", "test")}


@pytest.mark.parametrize("model", KINDS)
def test_the_text_has_the_figures_of_the_run(finished, model):
    folder = repository_of(finished, model)
    text = (folder / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.M)
    assert headings == [
        "What goes in, what comes out",
        "How to load it",
        "Training data",
        "Split, and what training and test share",
        "Measured on test aptamers",
        "Intended use",
        "Limits",
        "Files",
        "Training",
        "Versions",
        "Citation",
    ]
    metrics = json.loads((folder.parent / "metrics.json").read_text())
    low, high = metrics["ci"]["accuracy"]
    assert f"| {metrics['accuracy']:.3f} | {low:.3f} to {high:.3f} |" in text
    baselines = pd.read_csv(folder.parents[2] / "baselines.csv")
    for name, accuracy in zip(baselines["model"], baselines["accuracy"], strict=True):
        assert f"| {name} | {accuracy:.3f} |" in text
    formula = {"rank": "sigmoid(f(a) − f(b))", "pair": "sigmoid((l(a, b) − l(b, a)) / 2)"}
    assert formula[model] in text
    assert "| aptamers in train, validation, test | 120, 15, 15 |" in text
    assert "| rows read | 150, of which 0 rejected and 0 merged as duplicates |" in text
    assert "a number; lower is better" in text
    assert "| `steps` | `60` |" in text or model == "pair"
    assert "6 to 9 bases" in text
    for name in re.findall(r"^\| `([\w./]+\.\w+)` \|", text, re.M):
        assert (folder / name).is_file()
    assert str(finished) not in text
    assert str(ROOT) not in text


@pytest.fixture
def card(finished, program, tmp_path):
    """Run card.py on the files of the run, some of them changed; returns the card, or its error."""
    data = finished / "results/small/lab"

    def run(*options, model="rank", code=0, **changes):
        folder = data / model / "seed-1"
        files = {
            "model": folder / "model",
            "onnx": folder / "onnx/model.onnx",
            "metrics": folder / "metrics.json",
            "baselines": data / "baselines.csv",
            "aptamers": data / "aptamers.csv",
            "ingestion": data / "ingestion.json",
            "split": data / "split.csv",
            "audit": data / "audit/audit.csv",
        }
        for name, change in changes.items():
            copy = tmp_path / files[name].name
            content = files[name].read_text(encoding="utf-8")
            if callable(change):
                content = change(content)
            else:
                content = json.dumps(
                    {k: v for k, v in (json.loads(content) | change).items() if v != "gone"}
                )
            copy.write_text(content, encoding="utf-8")
            files[name] = copy
        words = [f"--{name}={path}" for name, path in files.items()]
        done = program("card", *words, *options, code=code)
        if code:
            return done.output
        return (tmp_path / "repository/README.md").read_text(encoding="utf-8")

    return run


def front(text):
    return yaml.safe_load(text.split("---")[1])


def test_the_same_bytes_each_time(card):
    assert card() == card()


def test_settings_that_labels_chose(card):
    """The value, not the null of the config, and why; what was given stays as it is."""
    left = dict.fromkeys(("dropout", "learning_rate", "linear_path", "epochs"))
    settings = json.dumps(left | {"steps": 60})
    text = card("--settings", settings)
    assert re.search(r"\| `dropout` +\| `0\.02?`, chosen by the training labels", text)
    assert re.search(r"\| `learning_rate` +\| `0\.001`, chosen by the model's width", text)
    assert re.search(r"\| `linear_path` +\| `(true|false)`, chosen by the training labels", text)
    assert re.search(r"\| `steps` +\| `60` ", text)
    assert re.search(r"\| `epochs` +\| `null` ", text)


def test_a_model_that_only_aptarank_reads(card, finished, tmp_path):
    """An encoder with a linear path: no program for PyTorch, and the library is ONNX's."""
    encoder = load_model(finished / "results/small/lab/rank/seed-1/model")
    aptamers = pd.read_csv(finished / "results/small/lab/aptamers.csv")
    path = first_path(aptamers["sequence"].tolist(), aptamers["fitness"].to_numpy(), 1)
    save(with_path(encoder, path, None), tmp_path / "model", nucleotide_tokenizer(512))
    text = card("--model", str(tmp_path / "model"))
    assert front(text)["library_name"] == "onnx"
    assert "PyTorch runs it only with aptarank" in text
    assert "AutoModelForSequenceClassification" not in text
    assert "onnxruntime.InferenceSession" in text
    assert "ALBERT: Lan et al. 2020" in text


def test_labelled_pairs_and_folds(card):
    gone = dict.fromkeys(("better", "groups", "scale", "bounds"), "gone")
    ci = {"accuracy": None}
    metrics = {"fold": 2, "roc_auc": None, "ci": ci}
    settings = ["--split-settings", '{"by": "aptamer", "folds": 5}']
    text = card(*settings, ingestion=gone, metrics=metrics)
    assert "none: the input was a table of labelled pairs" in text
    assert "fold 2 of 5" in text
    assert "roc_auc" not in front(text)["metrics"]
    assert "95 % interval 0" not in text
    assert "| **this model** |" in text


def test_errors_and_the_ceiling(card):
    """A card of a dataset without errors says so, and has no ceiling."""
    assert "ceiling" not in card()
    assert "| errors | not known |" in card()
    noise = {"aptamers": 120, "median": 0.25, "source": "3 columns of replicates", "missing": 2}
    ceiling = {"perfect_model": 0.91234, "between_measurements": 0.85, "pairs": 1}
    text = card(ingestion={"noise": noise}, metrics={"ceiling": ceiling})
    assert "standard error of 120 aptamers, median 0.25" in text
    assert "by 3 columns of replicates; 2 cells are empty" in text
    assert "| ceiling: pairs that a perfect model would put in the order" in text
    assert "| 0.912 | – |" in text


def test_a_split_of_pairs_says_so(card):
    def leak(text):
        return text.replace("shared_with_train,,test,0", "shared_with_train,,test,15")

    text = card("--split-settings", '{"by": "pair"}', audit=leak)
    assert "On test aptamers that were in training too" in text
    assert "**every test aptamer is in training too**" in text
    assert "never saw" not in text


def test_what_it_started_from(card, tmp_path):
    settings = {"checkpoint": "albert-base-v2", "pretrain": 0, "depths": [1], "freeze": True}
    text = card("--settings", json.dumps(settings))
    assert front(text)["base_model"] == "albert-base-v2"
    assert "started from `albert-base-v2`" in text
    assert "| `depths` | `[1]` |" in text
    assert "| `freeze` | `true` |" in text
    (tmp_path / "secret/of-mine").mkdir(parents=True)
    mine = {"checkpoint": "secret/of-mine", "unlabelled": "/home/me/reads.fasta"}
    text = card("--settings", json.dumps(mine | {"pretrain": 10}))
    assert "base_model" not in front(text)
    assert "started from `of-mine`, pretrained" in text
    assert "secret" not in text
    assert "/home/me" not in text
    assert "`reads.fasta`" in text


@pytest.mark.parametrize(("loss", "source"), [("ranknet", "Burges"), ("listmle", "ListMLE: Xia")])
def test_the_loss_is_cited(card, loss, source):
    assert source in card("--settings", json.dumps({"loss": loss})).split("## Citation")[1]


@pytest.mark.parametrize(
    ("spdx", "expected"),
    [
        (None, {"license": "unknown"}),
        ("MIT", {"license": "mit"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("GPL-3.0-or-later", {"license": "gpl-3.0"}),
        ("AGPL-3.0-only", {"license": "agpl-3.0"}),
        ("Hippocratic-2.1", {"license": "other", "license_name": "hippocratic-2.1"}),
    ],
)
def test_licences(card, spdx, expected):
    assert license_fields(spdx) == expected
    found = front(card(*(["--license", spdx] if spdx else [])))
    assert {key: found[key] for key in expected} == expected


def test_every_portable_variant_has_a_place():
    portable = {form for form in FORMS if form.startswith(("onnx", "openvino"))}
    assert portable - set(VARIANTS) == {"onnx-fp32", "openvino-fp32"}
    assert path_in_repository("onnx-int8-dynamic") == "onnx/model_quantized.onnx"
    assert path_in_repository("onnx-fused@6") == "onnx/model_fused_6_layers.onnx"
    assert path_in_repository("torch-int8") is None


def test_variants_that_were_skipped_are_left_out(card, finished, tmp_path):
    skipped, made = tmp_path / "skipped", finished / "results/small/lab/rank/seed-1/variants"
    skipped.mkdir()
    (skipped / "variant.json").write_text('{"variant": "openvino-int8", "skipped": "not here"}')
    text = card(skipped, made / "torch-fp32", made / "onnx-fused")
    assert "openvino" not in text
    assert "| onnx-fused, for ONNX Runtime; accuracy on test pairs +0.00 points" in text
    # Another time without it: its file does not stay.
    assert (tmp_path / "repository/onnx/model_fused.onnx").is_file()
    card(skipped)
    assert not (tmp_path / "repository/onnx/model_fused.onnx").exists()


def test_a_variant_that_was_changed_is_refused(card, finished, tmp_path):
    data, changed = finished / "results/small/lab", tmp_path / "onnx-fused"
    shutil.copytree(data / "rank/seed-1/variants/onnx-fused", changed)
    shutil.copy(data / "pair/seed-1/onnx/model.onnx", changed)
    assert "onnx-fused/model.onnx: changed since it was proven" in card(changed, code=1)
    assert not (tmp_path / "repository").exists()


def test_what_is_missing(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"no model.safetensors; expected a folder"):
        files_of_model(tmp_path, Path("model.onnx"))
