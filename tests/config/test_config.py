"""The config: defaults in one place, errors that name the key."""

import re

import pytest
import yaml

from aptarank.config.config_file import config_text
from aptarank.config.input_files import check_files
from aptarank.config.resolution import models_of, resolve
from aptarank.config.schema import default
from aptarank.core.errors import InputError
from snakemake_runs import ROOT


def test_overlay_alone_is_enough(tmp_path, monkeypatch):
    """The contract of the README: a dataset, a split, seeds; the example is not run beside it."""
    monkeypatch.chdir(tmp_path)
    overlay = """
    run: ehppdk
    datasets:
      ehppdk: {path: scored.csv, sequence: Sequence, score: Entropy, better: higher}
    split: {file: split.csv}
    seeds: [1]
    """
    config = resolve(yaml.safe_load(overlay))
    assert list(config["datasets"]) == ["ehppdk"]
    assert {name: model["kind"] for name, model in config["models"].items()} == {
        "rank": "rank",
        "pair": "pair",
    }
    assert config["split"]["fractions"] == {"train": 0.8, "validation": 0.1, "test": 0.1}
    with pytest.raises(InputError, match=r"datasets.ehppdk.path is 'scored.csv': no such file"):
        check_files(config)


def test_config_file_shows_every_default():
    """config.yaml, uncommented, is the defaults and nothing but the defaults."""
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    keys = re.sub(r"(?m)^# (?= *[a-z_]+:( |$))", "", text)
    shown = yaml.safe_load(keys)
    defaults = resolve({})
    defaults["datasets"]["example"]["path"] = default("datasets")["example"]["path"]
    given = shown["models"]["pair"]
    shared = {key: shown["models"]["rank"][key] for key in defaults["models"]["pair"]}
    shown["models"]["pair"] = shared | {"kind": "pair"} | given
    assert shown == defaults


def test_config_file_is_written_from_the_schema():
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert text == config_text(), "run `make config`"
    assert max(map(len, text.splitlines())) <= 100


def test_numbers_as_people_write_them():
    config = resolve(yaml.safe_load("models: {rank: {learning_rate: 5e-5, weight_decay: 1E-2}}"))
    assert config["models"]["rank"]["learning_rate"] == 5e-5
    assert config["models"]["rank"]["weight_decay"] == 0.01
    # What snakemake --config makes of models={rank: {steps: 5, freeze: true}} seeds=[1, 2]
    given = {"models": {"rank": {"steps": "5", "freeze": "true"}}, "seeds": ["1", "2"]}
    config = resolve(given)
    assert config["models"]["rank"]["steps"] == 5
    assert config["models"]["rank"]["freeze"] is True
    assert config["seeds"] == [1, 2]
    # A column may be named null, a model may not.
    config = resolve({"publish": {"model": "null"}, "rank": {"name": "null"}})
    assert config["publish"]["model"] is None
    assert config["rank"]["name"] == "null"


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        ("spilt: {}", "spilt .*did you mean split"),
        ("models: {pair: {stpes: 3}}", "models.pair.stpes .= 3. is not a key; did you mean steps"),
        ("models: {mine: {}}", "models.mine has no kind; expected kind: rank or kind: pair"),
        ("models: {mine: {kind: best}}", "models.mine.kind is 'best'"),
        ("models: {rank: {size: huge}}", "models.rank.size is 'huge'; expected one of: nano, base"),
        ("models: {rank: {steps: 0}}", "models.rank.steps is 0; expected at least 1"),
        ("models: {rank: {steps: many}}", "models.rank.steps is 'many'; expected integer"),
        ("models: {rank: {dropout: 1}}", "models.rank.dropout is 1; expected less than 1"),
        ("models: {rank: {tokenizer: pretrained}}", "no models.rank.checkpoint"),
        ("models: {rank: {tokenizer: words}}", "rank.tokenizer is 'words'.*kmer, bpe, pretrained"),
        ("models: {rank: {k: 7}}", "models.rank.k is 7; expected at most 6"),
        ("models: {rank: {unlabelled: x.fa}}", "models.rank.pretrain is 0"),
        ("models: {rank: {init_from: lab}}", "models.rank.init_from is 'lab'; expected a text"),
        ("seeds: []", "seeds is .*at least 1"),
        ("seeds: 1", "seeds is 1; expected array"),
        ("datasets: {a: {better: lower}}", "datasets.a.path is missing: File of scored"),
        ("datasets: {a: {path: []}}", "datasets.a.path is .*at least 1 of them"),
        ("datasets: {a: {path: x, better: up}}", "datasets.a.better is 'up'; .*higher, lower"),
        ("datasets: {a/b: {path: x, better: higher}}", "datasets: the name 'a/b'"),
        ("datasets:", "datasets is None; expected object"),
        ("split: {fractions: {train: 0.9}}", "split.fractions add up to 1.1"),
        ("split: {by: column}", "split.by is column; name it as split.column"),
        ("split: {folds: 5, by: pair}", "split.folds and split.by: pair exclude each other"),
        ("split: {by: distance}", "split.by is distance; give .* as split.distance"),
        ("split: {by: distance, distance: 0}", "split.distance is 0; expected at least 1"),
        (
            "split: {by: distance, distance: 2, folds: 5}",
            "split.folds and split.by: distance exclude each other",
        ),
        ("split: {by: cluster, distance: 2}", "split.distance is 2, but split.by is cluster"),
        ("split: {positions: modulo}", "split.positions is 'modulo', but .* to position"),
        ("split: {by: cluster, k: 5}", "split.k is 5, but .* set split.by to prefix"),
        ("split: {column: gene}", "split.column is 'gene', but split.by is aptamer"),
        ("split: {reference: ACGX}", "split.reference: not a base: 'X' at position 4"),
        ("split: {reference: ACGTU}", "split.reference: mixed chemistry"),
        ("split: {folds: 1}", "split.folds is 1; expected at least 2"),
        ("models: {rank: {linear_path: true, freeze: true}}", "linear_path is true, but .*freeze"),
        ("models: {rank: {linear_path: true, tokenizer: bpe}}", "but models.rank.tokenizer is bpe"),
        (
            "rank: {candidates: c.csv, at_least: 5}\nexpected: {level: null}",
            "rank.at_least is 5, .* but expected.level is null",
        ),
        (
            "rank: {candidates: c.csv, group: ATP, model: example/pair}",
            "rank.group is 'ATP', .* but rank.model, pair, compares two aptamers",
        ),
        ("export: {opset: 99}", "export.opset is 99; expected at most"),
        ("run: ../x", "run is '../x'"),
        ("learning_curve: {models: [best]}", "learning_curve.models has 'best'; .*rank, pair"),
        ("learning_curve: {shares: [1]}", "learning_curve.shares.0 is 1; expected less than 1"),
    ],
)
def test_errors_name_the_key_its_value_and_what_is_allowed(overlay, said):
    with pytest.raises(InputError, match=said) as error:
        resolve(yaml.safe_load(overlay))
    assert str(error.value).count("\n") <= 2


TWO = "datasets: {a: {path: a.csv}, b: {path: b.csv}}\nmodels: "


def test_a_model_that_starts_from_another():
    """It is trained on the other datasets alone."""
    config = resolve(yaml.safe_load(TWO + "{rank: {}, tuned: {kind: rank, init_from: a/rank}}"))
    assert models_of(config, "a") == ["rank"]
    assert models_of(config, "b") == ["rank", "tuned"]


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ("{rank: {}, t: {kind: rank, init_from: c/rank}}", "'c' is not one of the datasets: a, b"),
        ("{rank: {}, t: {kind: rank, init_from: a/r}}", "'r' is not one of the models: rank, t"),
        (
            "{rank: {}, t: {kind: pair, init_from: a/rank}}",
            "kind is 'pair' and that of rank 'rank'",
        ),
        (
            "{rank: {tokenizer: kmer}, t: {kind: rank, init_from: a/rank}}",
            "tokenizer is 'nucleotide' and that of rank 'kmer'; expected the same",
        ),
        (
            "{rank: {}, t: {kind: rank, init_from: a/t}}",
            "t is not trained on a: it starts from a/t",
        ),
        (
            "{rank: {init_from: b/t}, t: {kind: rank, init_from: a/rank}}",
            "models.rank.init_from goes in a circle: rank from t from rank",
        ),
        (
            "{rank: {}, t: {kind: rank, init_from: a/rank, checkpoint: x}}",
            "models.t.init_from and models.t.checkpoint exclude each other",
        ),
        (
            "{rank: {}, t: {kind: rank, init_from: a/rank, pretrain: 5}}",
            "models.t.init_from and models.t.pretrain exclude each other",
        ),
    ],
)
def test_a_model_that_cannot_start_from_another(models, said):
    with pytest.raises(InputError, match=said):
        resolve(yaml.safe_load(TWO + models))


def test_no_other_dataset_to_start_on():
    models = "{rank: {}, t: {kind: rank, init_from: example/rank}}"
    with pytest.raises(InputError, match="no other dataset to train it on"):
        resolve(yaml.safe_load(f"models: {models}"))


def test_the_learning_curve_is_of_models_that_there_are():
    """`rank` by default, but not where only others are trained."""
    others = {"models": {"mine": {"kind": "pair"}}}
    assert resolve({})["learning_curve"]["models"] == ["rank"]
    assert resolve(others)["learning_curve"]["models"] == []
    chosen = resolve(others | {"learning_curve": {"models": ["mine"]}})
    assert chosen["learning_curve"]["models"] == ["mine"]
