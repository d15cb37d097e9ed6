"""The programs' options have the limits of the config, from the same place."""

import importlib
import json
import math
import re

import click
import pytest

from aptarank.config.schema import rule_of
from aptarank.programs.schema_options import FiniteNumber, WholeNumber
from snakemake_runs import ROOT

PROGRAMS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))
NUMBERS = (click.types.IntParamType, click.types.FloatParamType)
NO_NUMBERS = ("nan", "inf", "-inf", "1e400", "x", "1e-400x")


def options_of(name):
    """The options of a program that take a number."""
    command = importlib.import_module(name).main
    return [param for param in command.params if isinstance(param.type, NUMBERS)]


ANY_NUMBER = {("rank", "at_least")}  # a value in the scale of the user's file
ALL_PARTS = [
    pytest.param(name, option, id=f"{name}-{option.name}")
    for name in PROGRAMS
    for option in options_of(name)
]


@pytest.mark.parametrize(("name", "option"), ALL_PARTS)
def test_a_number_is_finite_and_within_limits(program, name, option):
    assert isinstance(option.type, WholeNumber | FiniteNumber), "made by schema_options"
    beyond = [*NO_NUMBERS]
    if (name, option.name) not in ANY_NUMBER:
        assert math.isfinite(option.type.min), "it has a least value"
        beyond.append(str(option.type.min - 1))
    if option.type.max is not None:
        beyond.append(str(option.type.max * 2 + 1))
    for value in beyond:
        given = [f"{option.opts[0]}={value}"]
        if option.nargs > 1:
            given = [option.opts[0], *[value] * option.nargs]
        said = program(name, *given, code=2).output
        assert f"Invalid value for '{option.opts[0]}'" in said


def test_whole_numbers_as_the_config_reads_them():
    kind = WholeNumber(min=1, max=2_000_000)
    assert [kind.convert(text, None, None) for text in ("1e6", "4.0", "7")] == [1_000_000, 4, 7]
    for text in ("1.5", "1e-3", "1e7", "nan", "one"):
        with pytest.raises(click.BadParameter):
            kind.convert(text, None, None)


@pytest.mark.parametrize("name", ["tokenizer", "pretrain", "finetune"])
@pytest.mark.parametrize(
    "settings",
    ["{", "[]", "5", "null", '"x"', '{"steps": NaN}', '{"steps": 1, "steps": 2}', "[" * 100_000],
)
def test_settings_are_an_object_of_json(program, tmp_path, name, settings):
    (tmp_path / "a.csv").write_text("id\n")
    needed = {
        "tokenizer": ["a.csv"],
        "pretrain": ["--aptamers", "a.csv", "--split", "a.csv", "--tokenizer", "t"],
        "finetune": [
            "--aptamers",
            "a.csv",
            "--train",
            "a",
            "--validation",
            "a",
            "--tokenizer",
            "t",
        ],
    }
    said = program(name, *needed[name], "--settings", settings, code=1).output
    assert "--settings is " in said
    assert "expected an object of JSON" in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": "many"}, "steps is 'many'"),
        ({"stepz": 4}, "stepz (= 4) is not a key; did you mean steps?"),
        ({"k": 99}, "k is 99; expected at most"),
        ({"kind": "x"}, "kind is 'x'; expected one of: rank, pair"),
    ],
)
def test_settings_have_the_limits_of_the_config(program, tmp_path, settings, said):
    (tmp_path / "a.csv").write_text("id\n")
    told = program("tokenizer", "a.csv", "--settings", json.dumps(settings), code=1).output
    assert said in told


def test_byte_pairs_are_learnt_from_a_split(program, scored):
    scored.to_csv("scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    settings = '{"kind": "rank", "tokenizer": "bpe"}'
    said = program("tokenizer", "aptamers.csv", "--settings", settings, code=1).output
    assert "a bpe tokenizer learns from the training aptamers: give --split" in said


COMPOSITIONS = [
    *['{"A": NaN, "C": 1, "G": 1, "T": 1}', '{"A": 1e308, "C": 1e308, "G": 1e308, "T": 1e308}'],
    *['{"A": 0, "C": 0, "G": 0, "T": 0}', '{"A": -1, "C": 1, "G": 1, "T": 1}', '{"A": 1}'],
    *["[]", "{", "5", '{"X": 1}'],
]


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_a_composition_is_shares_of_the_four_bases(program, composition):
    said = program(
        "screen", "--random", 10, "--model", "m", "--composition", composition, code=1
    ).output
    assert "composition" in said


def advised():
    """The options that messages in the sources speak of, with the file they stand in."""
    found = []
    for path in sorted((ROOT / "scripts").rglob("*.py")):
        text = re.sub(r'"""(.|\n)*?"""', "", path.read_text(encoding="utf-8"))
        for literal in re.findall(r'f?"((?:[^"\\\n]|\\.)*)"', text):
            if " " in literal:
                found += [
                    (path.name, name) for name in re.findall(r"(?<![\w-])--[a-z][a-z-]+", literal)
                ]
    return sorted(set(found))


SNAKEMAKES = {"--report", "--configfile", "--directory", "--unlock", "--cores", "--until", "--help"}


def test_advice_names_options_that_exist():
    exist = {
        name
        for program in PROGRAMS
        for param in importlib.import_module(program).main.params
        for name in [*param.opts, *param.secondary_opts]
    }
    assert len(advised()) > 10
    assert [one for one in advised() if one[1] not in exist | SNAKEMAKES] == []


def test_help_does_not_mention_null():
    """It is a value in the config; a program is told it by 0, or by leaving the option out."""
    for program in PROGRAMS:
        for param in importlib.import_module(program).main.params:
            assert not re.search(r"\bnull\b", getattr(param, "help", None) or ""), param.name


def test_every_option_of_a_dataset_has_its_description():
    options = {param.name: param for param in importlib.import_module("ingest").main.params}
    for key, rule in rule_of("$defs.dataset")["properties"].items():
        if key != "path":
            assert options[key].help.split(";")[0] == rule["description"].split(";")[0]
            assert options[key].default == rule.get("default")
