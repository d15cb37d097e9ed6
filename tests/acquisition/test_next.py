"""next.py: where candidates come from, which are left out, and the first plate."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from aptarank.acquisition.choosing import weigh
from aptarank.acquisition.first_plate import evenly, single_mutants
from aptarank.config.resolution import resolve
from aptarank.core.errors import InputError
from aptarank.predictors.normal_scores import fitness_of, normal_scores
from made_aptamers import random_sequences
from snakemake_runs import planned, run_snakemake

RNG = np.random.default_rng(21)
SEQUENCES = random_sequences(80, RNG, 12, 12)
CANDIDATES = random_sequences(400, np.random.default_rng(22), 12, 12)


def fitness(sequences):
    return [sum("ACGT".index(b) * (i % 3) for i, b in enumerate(s)) for s in sequences]


@pytest.fixture
def known(program):
    """Options of what was measured."""
    table = pd.DataFrame({"sequence": SEQUENCES, "score": fitness(SEQUENCES)})
    rejected = pd.DataFrame({"sequence": [CANDIDATES[0]], "score": "broken"})
    pd.concat([table, rejected]).to_csv("lab.csv", index=False)
    program("ingest", "lab.csv", "--better", "higher")
    pd.DataFrame({"sequence": CANDIDATES}).to_csv("c.csv", index=False)
    return [
        "--known",
        "aptamers.csv",
        "--ingestion",
        "ingestion.json",
        "--rejected",
        "rejected.csv",
    ]


def read(name="plate.csv"):
    return pd.read_csv(name, keep_default_na=False)


@pytest.mark.parametrize("strategy", ["greedy", "ucb", "ei", "thompson", "random"])
def test_strategies(known, program, strategy):
    """All find better ones than chance, and the same ones again."""
    options = ["c.csv", *known, "--size", "24", "--strategy", strategy]
    program("next", *options)
    plate = read()
    new = plate[plate["role"] != "control"]
    assert len(plate) == 24
    assert set(new["aptamer"]) <= set(CANDIDATES) - set(SEQUENCES) - {CANDIDATES[0]}
    found, usual = np.mean(fitness(new["aptamer"])), np.mean(fitness(CANDIDATES))
    assert (found > usual + 2) == (strategy != "random")
    before = {name: Path(f"plate.{name}").read_bytes() for name in ("csv", "html", "svg")}
    program("next", *options)
    assert before == {name: Path(f"plate.{name}").read_bytes() for name in before}


def test_what_is_near(known, program):
    program("next", "c.csv", *known, "--min-distance", "5", "--size", "12")
    plate = read()
    new = plate[plate["role"] != "control"]
    assert (new["distance"].astype(int) >= 5).all()
    assert (plate["on_plate"].astype(int) >= 1).all()
    assert set(plate["nearest"][plate["distance"] != ""]) <= set(pd.read_csv("aptamers.csv")["id"])


def test_mutants_within_constraints(known, program):
    said = program(
        *("next", *known, "--size", "16", "--parents", "2", "--within", "2"),
        *("--gc", "0.3", "0.7", "--forbidden", "GGG", "--five-primer", "GGAA"),
        *("--replicates", "3"),
    ).output
    plate = read()
    new = plate[plate["role"].isin(["exploit", "explore"])]
    assert len(new) == 16 - 4 - 3
    assert (plate["role"] == "replicate").sum() == 3
    assert plate["sequence"].str.startswith("GGAA").all()
    assert not new["sequence"].str.contains("GGG").any()
    best = pd.read_csv("aptamers.csv").sort_values("fitness").iloc[-2:]["sequence"]
    for text in new["aptamer"]:
        assert min(sum(a != b for a, b in zip(text, each, strict=True)) for each in best) <= 2
    assert "left out: against the constraints" in said
    assert "left out: measured or rejected before" in said


def test_too_few_candidates(known, program):
    said = program("next", "c.csv", *known, "--size", "384", "--gc", "0.5", "0.5", code=1).output
    assert "candidates for 380 wells" in said
    assert "against the constraints" in said
    said = program("next", "c.csv", *known, "--size", "4", code=1).output
    assert "4 wells for 4 controls and replicates leave none for candidates" in said
    program("next", "c.csv", *known, "--size", "4", "--no-controls")
    assert len(read()) == 4


def test_another_chemistry(known, program):
    pd.DataFrame({"sequence": ["ACGUACGUACGU"]}).to_csv("rna.csv", index=False)
    said = program("next", "rna.csv", *known, code=1).output
    assert "the candidates are RNA, but what was measured is DNA" in said
    said = program("next", *known, "--chemistry", "RNA", code=1).output
    assert "chemistry is RNA, but what was measured is DNA" in said
    both = [*CANDIDATES[:40], "ACGUACGUACGU", "ACGUACGUACGA"]
    pd.DataFrame({"sequence": both}).to_csv("both.csv", index=False)
    said = program("next", "both.csv", *known, "--size", "12").output
    assert "2 candidates left out: of another chemistry than what was measured, DNA" in said


def test_a_few_measurements_can_be_spread_from(known, program):
    pd.read_csv("lab.csv").head(3).to_csv("few.csv", index=False)
    program("ingest", "few.csv", "--better", "higher")
    said = program("next", "c.csv", *known, "--size", "10", code=1).output
    assert "3 aptamers with a value; expected at least 4" in said
    said = program("next", "c.csv", *known, "--size", "10", "--strategy", "spread").output
    assert "spread out; 3 aptamers were measured before" in said


def test_primers_that_ingestion_trimmed_are_ordered(known, program):
    table = pd.DataFrame({"sequence": SEQUENCES, "score": fitness(SEQUENCES)})
    table["sequence"] = "GGGAAC" + table["sequence"] + "TTCCC"
    table.to_csv("whole.csv", index=False)
    ends = ("--five-primer", "auto", "--three-primer", "TTCCC")
    program("ingest", "whole.csv", "--better", "higher", *ends)
    given = ("next", "c.csv", *known[:4], "--size", "8")
    assert "ordered with the primers GGGAAC … TTCCC" in program(*given).output
    plate = read()
    assert (plate["sequence"] == "GGGAAC" + plate["aptamer"] + "TTCCC").all()
    program(*given, "--five-primer", "none", "--three-primer", "AAAA")
    plate = read()
    assert (plate["sequence"] == plate["aptamer"] + "AAAA").all()


def test_a_plate_that_is_filled_in_is_not_written_over(known, program):
    given = ("next", "c.csv", *known, "--size", "8")
    program(*given)
    program(*given)
    read().assign(measured="1.5").to_csv("plate.csv", index=False)
    assert "plate.csv: a plate that is filled in" in program(*given, code=1).output
    assert set(pd.read_csv("plate.csv")["measured"]) == {1.5}


def test_bounds_are_learnt_from(program):
    """Half of the words that do not bind are known as such only by bounds."""
    values = np.array(fitness(SEQUENCES))
    weak = values < np.median(values)
    kd = [
        f">{10**-7:g} M" if w else f"{10 ** (-7 - v / 6):.3g} M"
        for w, v in zip(weak, values, strict=True)
    ]
    kd[int(values.argmax())] = f"<{10 ** (-7 - values.max() / 6):.3g} M"
    pd.DataFrame({"sequence": SEQUENCES, "Kd": kd}).to_csv("kd.csv", index=False)
    program("ingest", "kd.csv")
    given = ("--known", "aptamers.csv", "--ingestion", "ingestion.json", "--size", "8")
    said = program("next", *given).output
    assert f"80 measured aptamers ({weak.sum() + 1} of them bounds or ranges)" in said
    controls = set(read().query("role == 'control'")["aptamer"])
    best = SEQUENCES[int(values.argmax())]
    assert best not in controls  # its value is not known
    middling = f"<{10 ** (-7.0 + 1):.3g} M"  # says nothing
    pd.DataFrame({"sequence": SEQUENCES, "Kd": [*kd[:-1], middling]}).to_csv("kd.csv", index=False)
    program("ingest", "kd.csv")
    said = program("next", *given).output
    assert "1 measured aptamers with a bound or range that tells too little" in said


def test_controls_stay_from_round_to_round(known, program):
    given = ("--known", "aptamers.csv", "--ingestion", "ingestion.json", "--size", "12")
    program("next", "c.csv", *given)
    first = read()
    expected = dict(zip(SEQUENCES, fitness(SEQUENCES), strict=True))
    first["measured"] = [str(expected.get(text, 5.0)) for text in first["aptamer"]]
    first.to_csv("round-1.csv", index=False)
    program("ingest", "lab.csv", "round-1.csv", "--better", "higher")
    program("next", "c.csv", *given)
    kept = [list(plate.query("role == 'control'")["aptamer"]) for plate in (first, read())]
    assert kept[0] == kept[1]


def test_what_is_said_of_a_first_plate(known, program):
    said = program("next", "c.csv", "--unit", "nM", "--better", "higher", code=1).output
    assert "unit is nM, that of a Kd, of which lower ones are better" in said
    said = program("next", "c.csv", *known, "--better", "lower", code=1).output
    assert "better is 'lower' and unit None, but what was measured is column 'score'" in said
    said = program("next", "c.csv", *known, "--unit", "nM", code=1).output
    assert "leave both out: they are of a first plate" in said
    Path("ingestion.json").write_text("{}")
    said = program("next", "c.csv", *known, code=1).output
    assert "ingestion.json: has no files, scale or direction" in said


@pytest.mark.parametrize("wrong", [{"plates": [1]}, {"primers": "A"}, {"primers": [1, 2]}])
def test_an_account_that_was_changed(known, program, wrong):
    account = json.loads(Path("ingestion.json").read_text())
    Path("ingestion.json").write_text(json.dumps(account | wrong))
    said = program("next", "c.csv", *known, code=1).output
    assert "its plates or primers are not as ingest.py writes them" in said


def test_files_of_two_calls(known, program):
    table = pd.read_csv("aptamers.csv")
    table.head(30).to_csv("aptamers.csv", index=False)
    said = program("next", "c.csv", *known, code=1).output
    assert "says that 80 aptamers were accepted, but aptamers.csv has 30" in said


def test_groups_and_labels(program):
    table = pd.DataFrame({"sequence": SEQUENCES, "score": fitness(SEQUENCES)})
    table["target"] = ["a", "b"] * 40
    table.to_csv("lab.csv", index=False)
    program("ingest", "lab.csv", "--better", "higher", "--group", "target")
    known = ("--known", "aptamers.csv", "--ingestion", "ingestion.json", "--size", "12")
    said = program("next", *known, "--within", "1", code=1).output
    assert "has 2 groups" in said
    program("next", *known, "--within", "1", "--group", "b")
    assert set(read()["group"]) == {"b"}
    said = program("next", *known, "--group", "c", code=1).output
    assert "no group 'c'; expected one of: 'a', 'b'" in said
    pd.DataFrame(
        {"Sequence1": SEQUENCES[:20], "Sequence2": SEQUENCES[20:40], "Label": [0, 1] * 10}
    ).to_csv("pairs.csv", index=False)
    program("ingest", "pairs.csv")
    said = program("next", *known, code=1).output
    assert "labelled pairs say which of two is fitter, but not by how much" in said


def test_a_trained_model_counts_by_what_it_says_of_test_aptamers(known, program, models):
    table = pd.read_csv("aptamers.csv")
    parts = ["test"] * 40 + ["train"] * 40
    pd.DataFrame({"sequence": table["sequence"], "part": parts}).to_csv("split.csv", index=False)
    given = ["c.csv", *known, "--size", "12", "--model", models / "rank-1"]
    said = program("next", *given, "--split", "split.csv").output
    assert "by the trained model and a Gaussian process" in said
    said = program("next", *given).output
    assert "0 test aptamers with a value are too few to tell" in said
    said = program("next", *given[:-1], models / "pair-1", "--split", "split.csv", code=1).output
    assert "compares two aptamers" in said


def test_weights():
    rng = np.random.default_rng(1)
    target = rng.normal(size=200)
    good, bad = target + rng.normal(0, 0.1, 200), rng.normal(size=200)
    (ours, theirs), offset = weigh(np.stack([bad, good + 5], axis=1), target)
    assert theirs > 0.9
    assert ours < 0.1
    assert offset == pytest.approx(-5 * theirs, abs=0.1)
    assert weigh(np.stack([-target, -target], axis=1), target)[0] == (1.0, 0.0)


def test_normal_scores_come_back():
    values = np.array([3.0, 1, 1, 7, 20])
    assert np.allclose(fitness_of(normal_scores(values), values), values)
    ends = normal_scores(values)[[1, 4]] + np.array([-1e-9, 1e-9])
    assert fitness_of(ends, values) == pytest.approx([1, 20])


def test_what_is_expected_may_be_better_than_all_that_was_measured():
    """By the slope of the half that it goes on from; a single outlier does not steepen it."""
    line = np.linspace(0, 1, 101)
    above, further = fitness_of(np.array([3.0, 4.0]), line)
    assert 1 < above < further
    assert further - above == pytest.approx(0.4 / 1.2816, rel=1e-3)
    assert fitness_of(np.array([-9.0]), np.where(line < 0.6, 0.0, line)) == pytest.approx([0])
    outlier = np.append(line[:-1], 1000.0)
    assert np.diff(fitness_of(np.array([4.0, 5.0]), outlier)) < 1


def test_the_first_plate(program):
    pd.DataFrame({"sequence": CANDIDATES}).to_csv("c.csv", index=False)
    said = program("next", "c.csv", "--size", "20", "--better", "lower", "--unit", "nM").output
    assert "nothing was measured" in said
    plate = read()
    assert (set(plate["better"]), set(plate["unit"])) == ({"lower"}, {"nM"})
    assert set(plate["round"]) == {1}
    near = pd.read_csv("plate.csv")["on_plate"].mean()
    rng = np.random.default_rng(1)
    others = []
    for _ in range(20):
        some = rng.choice(CANDIDATES, 20, replace=False)
        apart = [[sum(x != y for x, y in zip(a, b, strict=True)) or 99 for b in some] for a in some]
        others.append(np.min(apart, axis=1).mean())
    assert near > np.mean(others)
    plate["measured"] = 10 ** (np.array(fitness(plate["aptamer"])) / 4)
    plate.to_csv("filled.csv", index=False)
    program("ingest", "filled.csv")
    account = json.loads(Path("ingestion.json").read_text())
    assert (account["better"], account["scale"]) == ("lower", "Kd")
    said = program("next", code=1).output
    assert "nothing was measured, so where do candidates come from?" in said


def test_rna_is_ordered_as_rna(program):
    pd.DataFrame({"sequence": ["ACGU", "ACGA", "GGUU"]}).to_csv("c.csv", index=False)
    program("next", "c.csv", "--size", "3")
    assert set(read()["sequence"]) == {"ACGU", "ACGA", "GGUU"}
    program("next", "--parent", "GGUU", "--size", "3")
    assert read()["sequence"].iloc[-1] == "GGUU"
    program("next", "c.csv", "--size", "3", "--chemistry", "DNA")
    assert set(read()["sequence"]) == {"ACGT", "ACGA", "GGTT"}


def test_a_single_candidate(program):
    pd.DataFrame({"sequence": ["ACGT"]}).to_csv("c.csv", index=False)
    program("next", "c.csv", "--size", "1")
    assert read()["sequence"].tolist() == ["ACGT"]


def test_single_mutants_of_a_parent(program):
    program("next", "--parent", "ACGTACGTAC", "--size", "12")
    plate = read()
    assert plate["aptamer"].iloc[-1] == "ACGTACGTAC"
    assert plate["role"].tolist() == ["explore"] * 11 + ["control"]
    positions = [int(name[1:-1]) for name in plate["name"][:-1]]
    assert sorted(positions[:10]) == list(range(1, 11))
    assert plate["name"].iloc[0] == "A1C"
    assert len(set(single_mutants("ACGT", rna=True)["name"])) == 12
    assert "A1U" in set(single_mutants("ACGT", rna=True)["name"])
    assert evenly(8)[:4] == [0, 4, 2, 6]
    assert sorted(evenly(13)) == list(range(13))
    said = program("next", "--parent", "ACGT", "--size", "24", code=1).output
    assert "12 candidates for 23 wells" in said
    said = program("next", "--parent", "ACXT", code=1).output
    assert "next: parent has 'ACXT'" in said


CONFIG = """
run: loop
datasets: {lab: {path: PATHS, better: higher}}
models: {rank: {steps: 10, evaluate_every: 5, batch_size: 32}}
learning_curve: {shares: []}
speed: {variants: []}
expected: {level: null}
blend: false
next: {size: 12, candidates: c.csv}
"""
TARGET = "results/loop/next/plate.csv"


@pytest.mark.slow
def test_two_rounds_under_snakemake(snakemake, tmp_path):
    """As a user does it: a plate, filled in, given back, and the next one."""
    table = pd.DataFrame({"sequence": SEQUENCES, "score": fitness(SEQUENCES)})
    table.to_csv(tmp_path / "lab.csv", index=False)
    pd.DataFrame({"sequence": CANDIDATES}).to_csv(tmp_path / "c.csv", index=False)
    first = CONFIG.replace("PATHS", "lab.csv")
    snakemake(TARGET, config=first)
    plate = pd.read_csv(tmp_path / TARGET, dtype=str, keep_default_na=False)
    assert planned(snakemake("-n", TARGET, config=first)) == {}
    plate["measured"] = list(map(str, fitness(plate["aptamer"])))
    plate.to_csv(tmp_path / TARGET, index=False)
    done = snakemake("-n", TARGET, config=first, code=1)
    assert "results/loop/next/plate.csv is filled in, but the next plate will be written" in (
        done.stdout + done.stderr
    )
    done = snakemake("-n", TARGET, config=CONFIG.replace("PATHS", f"[lab.csv, {TARGET}]"), code=1)
    assert f"{TARGET} is a file of a dataset" in done.stdout + done.stderr
    plate.to_csv(tmp_path / "round-1.csv", index=False)
    second = CONFIG.replace("PATHS", "[lab.csv, round-1.csv]")
    snakemake(TARGET, config=second)
    new = pd.read_csv(tmp_path / TARGET)
    assert set(new["round"]) == {2}
    assert not set(new["aptamer"][:-4]) & set(plate["aptamer"])
    assert new["measured"].isna().all()


@pytest.mark.slow
def test_candidates_of_a_screening_and_of_a_design(finished):
    """In a finished run, with the model that it has trained."""
    folder = finished.with_name("proposed")
    shutil.copytree(finished, folder)
    settings = {
        "screen": "screen={random: 3000, length: 12, keep: 200, chunks: 1}",
        "design": "design={generations: 2, population: 60, keep: 60}",
    }
    tables = {"screen": "screen/shortlist.csv", "design": "design/designed.csv"}
    for source, setting in settings.items():
        plate = f"next={{size: 12, source: {source}}}"
        overlay = ("--configfile", "overlay.yaml", "--config", setting, plate)
        run_snakemake(folder, "results/small/next/plate.csv", *overlay)
        proposed = pd.read_csv(folder / "results/small/next/plate.csv")
        found = pd.read_csv(folder / "results/small" / tables[source])["sequence"]
        new = proposed[proposed["role"] != "control"]
        assert len(new) == 8
        assert set(new["aptamer"]) <= set(found.str.replace("U", "T"))
        log = (folder / "results/small/logs/next.log").read_text()
        assert "test aptamers with a value are too few to tell what the trained model adds" in log


def test_a_first_plate_under_snakemake(snakemake, tmp_path):
    """Without any dataset."""
    pd.DataFrame({"sequence": CANDIDATES}).to_csv(tmp_path / "c.csv", index=False)
    config = "run: loop\ndatasets: {}\nnext: {size: 12, strategy: spread, candidates: c.csv}\n"
    done = snakemake(config=config)
    assert "What to measure next: results/loop/next/plate.csv" in done.stdout
    assert len(pd.read_csv(tmp_path / TARGET)) == 12


def test_a_parent_alone_and_the_next_round(snakemake, tmp_path):
    """The first plate has no file as its input; filled in, it is the dataset of the same run."""
    first = "{size: 8, strategy: spread, parent: ACGUACGUAC, better: lower, unit: nM}"
    done = snakemake(config=f"run: loop\ndatasets: {{}}\nnext: {first}\n")
    assert "What to measure next: results/loop/next/plate.csv" in done.stdout
    plate = pd.read_csv(tmp_path / TARGET, dtype=str, keep_default_na=False)
    assert set(plate["dataset"]) == {""}
    plate.assign(measured=list("12345678")).to_csv(tmp_path / "round-1.csv", index=False)
    config = "run: loop\ndatasets: {lab: {path: round-1.csv}}\nnext: {size: 8}\n"
    snakemake("results/loop/lab/aptamers.csv", config=config)
    assert len(pd.read_csv(tmp_path / "results/loop/lab/aptamers.csv")) == 8


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("{size: 12, source: screen}", "nothing is screened"),
        ("{size: 12, source: design}", "design.generations is 0"),
        ("{size: 12, source: candidates}", "next.candidates is null"),
        ("{size: 12, candidates: c.csv, parent: ACGT}", "next.parent is given"),
        ("{size: 500}", "next.size is 500"),
        ("{size: 12, strategy: best}", "next.strategy is 'best'"),
        ("{size: 12, length: [30, 10]}", "next: length is from 30 to 10"),
        ("{size: 12, gc: [0.9, 0.1]}", "next: gc is from 0.9 to 0.1"),
        ("{size: 12, parent: ACXT}", "next: parent has 'ACXT'"),
        ("{size: 12, forbidden: [GGX]}", "next: forbidden has 'GGX'"),
        ("{size: 12, five_primer: GGX}", "next: five_primer has 'GGX'"),
        ("{size: 12, replicates: 12}", "next.replicates is 12, of 12 wells"),
        ("{size: 12, unit: nM, better: higher}", "of which lower ones are better"),
        ("{size: 12, better: higher}", "next.better is 'higher', but datasets.example.better"),
    ],
)
def test_configs(settings, said):
    """Before any job: by what the Snakefile resolves."""
    with pytest.raises(InputError, match=re.escape(said)):
        resolve({"next": yaml.safe_load(settings)})


def test_a_config_without_datasets():
    nothing = {"run": "loop", "datasets": {}}
    with pytest.raises(InputError, match="datasets is empty; expected at least one"):
        resolve(nothing)
    first = {"size": 1, "strategy": "spread", "candidates": "c.csv"}
    with pytest.raises(InputError, match="rank needs a trained model, but datasets is empty"):
        resolve(nothing | {"next": first, "rank": {"candidates": "c.csv"}})
