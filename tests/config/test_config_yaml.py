"""Configs as people write them, and as YAML reads them."""

import datetime
import re

import pytest
import yaml

from aptarank.config.input_files import check_files, check_home
from aptarank.config.names import BASELINES as NAMES_OF_BASELINES
from aptarank.config.names import PREDICTORS, STACK, is_reserved
from aptarank.config.resolution import resolve
from aptarank.config.schema import schema
from aptarank.config.yaml_text import check_yaml
from aptarank.core.errors import InputError
from aptarank.evaluation.baselines import BASELINES
from snakemake_runs import ROOT

LAB = "datasets: {lab: {path: scored.csv, better: lower}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds: [1]\nrun: a\nseeds: [2]", "'seeds' is there twice .lines 1 and 3."),
        ("datasets:\n  a: {path: x}\n  b: {path: y}\n  a: {path: z}", "'a' .* .lines 2 and 4."),
        ("models:\n  rank:\n    steps: 1\n    k: 3\n    'steps': 2", "'steps' .*lines 3 and 5"),
        ('{"run": "a",\n "run": "b"}', "'run' is there twice .lines 1 and 2."),
        ('{"run":\t"a",\n\t"x": {"k": 1, "k": 2}}', "'k' is there twice"),
        (
            "datasets:\n  2024: {path: x}",
            "line 2: YAML reads the key 2024 as a number; write '2024'",
        ),
        ("datasets: {1.5: {path: x}}", "reads the key 1.5 as a number"),
        ("datasets: {yes: {path: x}}", "reads the key yes as true or false; write 'yes'"),
        ("models: {Off: {kind: rank}}", "reads the key Off as true or false"),
        ("models: {~: {kind: rank}}", "reads the key ~ as null"),
        ("models:\n  ?\n  : {kind: rank}", "reads the key nothing as null"),
        ("models: {2024-11-26: {kind: rank}}", "reads the key 2024-11-26 as a date"),
        ("models: {7:30: {kind: rank}}", "reads the key 7:30 as a number"),
        ("models: {0x1F: {kind: rank}}", "reads the key 0x1F as a number"),
        ("? [a, b]\n: 1", "line 1: a list or object as a key"),
        ("seeds: [010]", "reads 010 as a number, 8; write '010', in quotes"),
        ("run: 2024_11_26", "reads 2024_11_26 as a number, 20241126"),
        ("checkpoints: {minutes: 1:30}", "reads 1:30 as a number, 90"),
        ("run: 2024-01-05 10:00:00", "reads 2024-01-05 10:00:00 as a date, 2024-01-05 10"),
        ("run: 0b11", "reads 0b11 as a number, 3"),
    ],
)
def test_what_yaml_reads_otherwise_is_refused(tmp_path, text, said):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"mine.yaml.*({said})"):
        check_yaml(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: &a {b: 1}\nc: {<<: *a, d: 2}\ne: {<<: *a, b: 3}",
        "steps: 1_000_000\nrate: 1.0e-3\nother: -.5\nnone: null\ndate: 2024-11-26",
        "x: {a: 1}\ny: {a: 1}\n'1': a\n\"yes\": b",
        "a: &a [&b {c: *a}]",  # within itself
        "a: [",
        "a:\n\t- 1",
        "[" * 3000,
        "\0",
    ],
)
def test_the_rest_is_let_be(tmp_path, text):
    """What cannot be read is Snakemake's to report, which reads it first."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    check_yaml(path)
    path.write_bytes(b"\xff\xfe" + text.encode())
    check_yaml(path)
    check_yaml(tmp_path)


def test_our_own_config_is_let_be():
    check_yaml(ROOT / "config.yaml")


def read(text):
    return resolve(yaml.safe_load(LAB + text))


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("pairs: {max_pairs: 1e6}", "pairs.max_pairs", 1_000_000),
        ("pairs: {max_pairs: 1.0e+6}", "pairs.max_pairs", 1_000_000),
        ("split: {k: 4.0, seed: 2.0}", "split.k", 4),
        ("seeds: [1.0, 2e0]", "seeds", [1, 2]),
        ("screen: {random: 2e3}", "screen.random", 2000),
        ("sweep: {model: rank, steps: [1e2, 2.0e+2]}", "sweep.steps", [100, 200]),
        ("models: {rank: {depths: [3.0]}}", "models.rank.depths", [3]),
        ("run: 2024", "run", "2024"),
        ("run: 2024-11-26", "run", "2024-11-26"),
        ("rank: {sequence: 2, name: 1}", "rank.sequence", "2"),
        ("screen: {candidates: [7, b]}", "screen.candidates", ["7", "b"]),
        ("split: {by: column, column: 3}", "split.column", "3"),
        ("models: {rank: {learning_rate: 1e-3}}", "models.rank.learning_rate", 0.001),
        ("models: {rank: {freeze: 'True'}}", "models.rank.freeze", True),
        ("models: {rank: {patience: 'null'}}", "models.rank.patience", None),
    ],
)
def test_the_obvious_reading(text, key, value):
    found = read(text)
    for name in key.split("."):
        found = found[name]
    assert found == value
    assert repr(found) == repr(value)  # 4.0 is no 4


def test_columns_by_number_and_a_tab():
    lab = resolve(
        yaml.safe_load(r"datasets: {lab: {path: x, score: 2, sheet: 1, delimiter: '\t'}}")
    )["datasets"]["lab"]
    assert (lab["score"], lab["sheet"], lab["delimiter"]) == ("2", "1", "\t")


def test_an_alias_is_a_copy():
    """Defaults that depend on a model's name are not those of the first of two."""
    models = read("models: {rank: &same {steps: 5}, pair: *same}")["models"]
    assert [model["kind"] for model in models.values()] == ["rank", "pair"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("split: {k: 1.5}", "split.k is 1.5; expected integer .a whole number."),
        ("seeds: [true]", "seeds.0 is True; expected integer"),
        ("run: 1.10", "run is 1.1; expected string: put it in quotes"),
        ("rank: {sequence: no}", "rank.sequence is False; expected string or null: put it in quot"),
        ("rank: {comparisons: .inf}", "rank.comparisons is inf; expected a finite number"),
        ("rank: {comparisons: 1e999}", "rank.comparisons is inf; expected a finite number"),
        ("design: {kappa: .nan}", "design.kappa is nan; expected a finite number"),
        ("design: {gc: [0, .nan]}", "design.gc.1 is nan; expected a finite number"),
        ("pairs: {margin: -.inf}", "pairs.margin is -inf; expected a finite number"),
        ("pairs: {margin: 1" + "0" * 400 + "}", "pairs.margin is 1000.* expected a finite number"),
        ("split: {k: .inf}", "split.k is inf; expected integer"),
        ("sweep: {model: rank, dropout: [.nan]}", "sweep.dropout.0 is nan; expected a finite"),
        ("screen: {composition: {A: .nan, C: 1, G: 1, T: 1}}", "composition.A is nan"),
        ("screen: {composition: {A: 1, C: 1, G: 1}}", "screen.composition.T is missing: Relative"),
        ("screen: {composition: {A: 0, C: 0, G: 0, T: 0}}", "screen.composition is 0 for every"),
        ("split: '{}'", "split is '{}'; expected object"),
        ("speed: text", "speed is 'text'; expected object"),
        ("learning_curve: '[]'", "learning_curve is '.*'; expected object"),
        ("sweep: '{}'", "sweep is '{}'; expected object"),
        ("seeds: '[1]'", r"seeds is '\[1\]'; expected array .a list."),
        ("seeds: 2024-11-26", "seeds is '2024-11-26'; expected array"),
        ("split: {folds: 1e9}", "split.folds is 1000000000; expected at most 1,000"),
        ("seeds: [4294967296]", "seeds.0 is 4294967296; expected at most 4,294,967,295"),
        ("design: {population: 1e12}", "design.population is .* expected at most 1,000,000"),
        ("speed: {variants: [onnx-fused@1000000]}", "speed.variants.0 is .*; expected a text that"),
        (f"run: {'n' * 201}", "run is 'n.*; expected at most 200 characters"),
        (f"run: {'n' * 5000}", "run has 5,000 characters"),
        ("run: a.zip", "archives of runs end in .zip"),
        ('split: {column: "a\\0b"}', r"split.column is 'a\\x00b'; expected no NUL"),
        ("split: {column: !!binary aGk=}", "split.column is a bytes; expected a text"),
        ("split: {column: 2001-12-14 21:59:43}", "split.column is a datetime; expected a text"),
        ("split: {fractions: {a: {b: 1}}}", "split.fractions.a .* is not a key"),
        (f"models: {{a: {{kind: {[1] * 2000}}}}}", "models.a.kind is .* … .*; expected one of"),
        ("pairs: " + "{a: " * 30 + "1" + "}" * 30, "pairs has more than 20 nested levels"),
        (
            "models: {a: {kind: rank, k: 3}, " + "b: &b {kind: rank}, "
            + ", ".join(f"m{i}: *b" for i in range(1200)) + "}\nseeds: "
            + str(list(range(100))),
            "1 datasets × 1 folds × 1,202 models × 100 seeds are 120,200 trainings",
        ),
        (
            "sweep: {model: rank, steps: "
            + str(list(range(1, 1001)))
            + ", patience: "
            + str(list(range(1, 1001)))
            + "}",
            "sweep has 1,000,000 combinations; expected at most 100,000",
        ),
    ],
)  # fmt: skip
def test_one_message(text, said):
    with pytest.raises(InputError, match=f"config: .*({said})") as error:
        read(text)
    assert len(str(error.value)) < 1000


def test_names_that_are_no_text():
    """Of a config that comes from Python or another workflow."""
    for name, shown in {2021: "2021", False: "false", None: "null", 1.5: "1.5"}.items():
        with pytest.raises(InputError, match=f"datasets: YAML reads the name {shown} as"):
            resolve({"datasets": {name: {"path": "x"}}})
    with pytest.raises(InputError, match="YAML reads the name 2024-01-01 as"):
        resolve({"datasets": {datetime.date(2024, 1, 1): {"path": "x"}}})


def test_a_bomb_of_aliases():
    """10 to the power of 9 values in 300 letters."""
    lines = ["a0: &a0 [x]"] + [
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)
    ]
    with pytest.raises(InputError, match="config: more than 100,000 values"):
        resolve(yaml.safe_load("\n".join(lines)))
    circle = {}
    circle["split"] = circle
    with pytest.raises(InputError, match="config: split has more than 20 nested levels"):
        resolve(circle)


def test_a_sweep_whose_names_are_no_folders():
    values = {"learning_rate": [0.001234567], "warmup": [0.123456], "decay": [0.123456]}
    values |= {"average": [0.99123], "soft_labels": [0.0212345], "weight_decay": [0.0512345]}
    values |= {"dropout": [0.0212345], "clip": [1.23456], "validation_pairs": [100000]}
    values |= {"evaluate_every": [2], "batch_size": [32], "patience": [10], "steps": [4]}
    values |= {"accumulate": [1], "precision": ["fp32"]}
    resolve({"sweep": {"model": "rank"} | {key: values[key] for key in list(values)[:9]}})
    with pytest.raises(InputError, match="sweep: the names of its trainings would have up to 256"):
        resolve({"sweep": {"model": "rank"} | values})


@pytest.mark.parametrize(
    "name", ["ranking", "Screen", "design", "logs", "manifest.json", "snakefile"]
)
def test_names_of_our_own_folders(name):
    with pytest.raises(InputError, match=f"config: datasets.{name}: that name is taken by"):
        resolve({"datasets": {name: {"path": "x"}}})


@pytest.mark.parametrize("what", ["datasets", "models"])
def test_names_that_one_folder_may_have(what):
    own = {"datasets": {"path": "x"}, "models": {"kind": "rank"}}[what]
    with pytest.raises(InputError, match=f"{what}.lab and {what}.LAB differ only in case"):
        resolve({what: {"lab": dict(own), "LAB": dict(own)}})


@pytest.mark.parametrize(
    "name", ["description", "pairs", "split.csv", "fold-2", "x.log", *BASELINES]
)
def test_names_that_no_model_may_have(name):
    with pytest.raises(InputError, match=f"config: models.{name}: that (is the )?name"):
        resolve({"models": {name: {"kind": "rank"}}})


def test_every_name_that_the_rules_use_is_known():
    rules = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("rules/**/*.smk"))
    assert (*PREDICTORS, STACK, *BASELINES) == NAMES_OF_BASELINES
    used = {what: re.findall(rf'"<{what}>/([^/{{}}"]+)', rules) for what in ("run", "data", "fold")}
    assert {"manifest.json", "design"} <= set(used["run"])
    assert {"split.csv", "description"} <= set(used["data"] + used["fold"])
    assert not [name for name in used["run"] if not is_reserved(name, "datasets")]
    assert not [name for name in used["data"] + used["fold"] if not is_reserved(name, "models")]


def test_every_whole_number_has_a_limit():
    """So that none is too large for what computes with it."""

    def without(rule, where):
        if isinstance(rule, list):
            return [found for part in rule for found in without(part, where)]
        if not isinstance(rule, dict):
            return []
        open_end = "integer" in rule.get("type", []) and "maximum" not in rule
        return [where] * open_end + [
            found for key, part in rule.items() for found in without(part, f"{where}.{key}")
        ]

    assert not without(schema(), "")


def test_files_that_cannot_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for path, said in {
        "n" * 300 + ".csv": "'nnn.*nnn.csv': no such file .File name too long.",
        "folder": "'folder': a folder; name the files in it",
        "a\x1bm.csv": "it contains a control character",
        "{x}.csv": "Snakemake would replace {x}",
    }.items():
        with pytest.raises(InputError, match=f"config: datasets.lab.path is .*{said}"):
            check_files(resolve({"datasets": {"lab": {"path": path}}}))


def test_the_path_of_the_workflow():
    check_home("/home/me/my dir (é) it's #1/aptarank")
    for path in ("/br{x}/apt", "/lt<run>/apt", "/a}/b"):
        with pytest.raises(InputError, match=r"the path of aptarank, .* has .* move it"):
            check_home(path)


def test_a_mistake_comes_with_the_name_of_its_file(snakemake):
    done = snakemake("-n", config="seeds: none", code=1)
    assert "The config is that of overlay.yaml." in done.stdout + done.stderr
