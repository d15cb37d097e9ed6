"""explain.py: which aptamers are explained, what is written of them, and bad input."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from aptarank.report.plots import pyplot
from aptarank.report.plots_explain import DIVERGING
from snakemake_runs import planned, run_snakemake


@pytest.fixture
def given(finished):
    """Options: a model of two seeds and what its run has written."""
    data = finished / "results/small/lab"
    models = [word for seed in (1, 2) for word in ("--model", data / f"rank/seed-{seed}/model")]
    return [*models, "--aptamers", data / "aptamers.csv", "--split", data / "split.csv"]


def test_the_best_the_first_ranked_and_a_sequence(given, program, finished):
    ranking = finished / "results/small/ranking/ranking.csv"
    wanted = ("best", "ranked", "parent", "GGUUGGUGUG")
    options = [*given, "--ranking", ranking, "--many", "30", "--word", "2"]
    said = program("explain", *wanted, *options).output
    assert "parent: the aptamers are not mutants of one sequence, so there is none" in said
    table = pd.read_csv("explained.csv").set_index("name")
    assert set(table.index) <= {"best", "ranked", "GGUUGGUGUG"}
    aptamers = pd.read_csv(finished / "results/small/lab/aptamers.csv")
    best = aptamers.sort_values("fitness").iloc[-1]
    assert table.loc["best", "sequence"].replace("U", "T") == best["sequence"]
    assert table.loc["GGUUGGUGUG", "sequence"] == "GGUUGGUGUG"
    assert (table["shortest"] <= table["length"]).all()
    assert (table["verified"] == "not verified: too few held-out mutants of this aptamer were "
            "measured").all()  # fmt: skip
    length = len(best["sequence"])
    mutations = pd.read_csv("maps/best/mutations.csv")
    assert len(mutations) == 3 * length + length + 4 * (length + 1)
    assert (mutations["spread"] >= 0).all()
    pairs = pd.read_csv("maps/best/dependencies.csv")
    assert len(pairs) == length * (length - 1) // 2
    figures = {path.name for path in Path("maps/best").glob("*.svg")}
    assert figures == {"mutations.svg", "truncations.svg", "dependencies.svg"}
    assert "U" in Path("maps/best/mutations.svg").read_text()
    positions = pd.read_csv("maps/all/positions.csv")
    assert list(positions.columns) == ["position", *"ACGU"]
    assert Path("maps/all/words.svg").is_file()
    about = json.loads(Path("maps/best/explanation.json").read_text())
    assert about["important"].split()[0][0] in "ACGU"


def test_the_same_bytes_twice(given, program):
    contents = []
    for _ in range(2):
        program("explain", "best", *given, "--many", "20", "--word", "2")
        files = sorted(path for path in Path(".").rglob("*") if path.is_file())
        contents.append({path: path.read_bytes() for path in files})
    assert contents[0] == contents[1]
    assert len(contents[0]) >= 13


def test_by_a_model_that_compares_two(finished, program):
    data = finished / "results/small/lab"
    program("explain", "ACGUACGUA", "--model", data / "pair/seed-1/model", "--shortest", "8")
    table = pd.read_csv("maps/ACGUACGUA/mutations.csv")
    assert table["change"].abs().max() > 0
    assert "extrapolated" not in table


def test_values_in_the_measured_unit(finished, program):
    data = finished / "results/small/lab"
    files = [data / "rank/seed-1" / name for name in ("model", "expected.json")]
    program("explain", "best", "--model", files[0], "--aptamers", data / "aptamers.csv",
            "--expected", files[1], "--many", "0")  # fmt: skip
    table = pd.read_csv("maps/best/mutations.csv")
    assert (table["expected_low"] <= table["expected"]).all()
    worse = table.sort_values("change").iloc[[0, -1]]["expected"]
    assert worse.iloc[0] >= worse.iloc[1]  # lower is better


@pytest.mark.parametrize(
    ("wanted", "options", "said"),
    [
        ("ACXT", [], "ACXT: no measured or ranked aptamer has this name"),
        ("ACGTACGT", [], "ACGTACGT: DNA, but the model was trained on RNA"),
        ("ACGUT", [], "ACGUT: mixed chemistry: T and U"),
        ("ACGU" * 200, [], "800"),
        ("best", ["--region", "5", "500"], "region is from 5 to 500, but best has"),
        ("ranked", [], "none of ranked is there to explain"),
        ("best", ["--group", "x"], "no aptamer of the group 'x'"),
    ],
)
def test_bad_input(given, program, wanted, options, said):
    assert said in program("explain", wanted, *given, *options, code=1).output


def test_a_single_base(given, program):
    program("explain", "A", *given, "--many", "0")
    assert len(pd.read_csv("maps/A/mutations.csv")) == 3 + 8
    assert not Path("maps/A/dependencies.csv").exists()


def test_the_rule(finished):
    folder = finished.with_name("explained")
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("locks"))
    setting = "explain={aptamers: [best, ranked], many: 20, model: lab/rank}"
    target = "results/small/explain/explained.csv"
    command = (target, "--configfile", "overlay.yaml", "--config", setting)
    assert planned(run_snakemake(folder, *command, "-n")) == {"explain": 1}
    run_snakemake(folder, *command)
    assert len(pd.read_csv(folder / target)) >= 1
    assert planned(run_snakemake(folder, *command, "-n")) == {}
    other = (*command[:-1], setting.replace("ranked", "parent"))
    assert planned(run_snakemake(folder, *other, "-n")) == {"explain": 1}
    log = (folder / "results/small/logs/explain.log").read_text()
    assert "the best measured aptamer" in log


def test_worse_is_orange():
    """As the legend says: more red than blue at the lower end, less at the upper one."""
    lowest, highest = pyplot.get_cmap(DIVERGING)([0.1, 0.9])[:, :3]
    assert lowest[0] > lowest[2]
    assert highest[0] < highest[2]
