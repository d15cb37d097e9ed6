"""manifest.py and archive.py: a run archive_inputs, and repeated from what was archive_inputs."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from aptarank import __version__
from aptarank.config.resolution import resolve
from aptarank.provenance.archive import archive_inputs, how_to_repeat
from aptarank.provenance.manifest import seeds_of
from snakemake_runs import ROOT, run_snakemake

PATH = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
CONFIG = {
    "run": "mine",
    "datasets": {
        "lab": {"path": ["one/scored.csv", "two/*.csv"], "better": "lower"},
        "more": {"path": "one/scored.csv", "better": "lower"},
    },
    "models": {
        "rank": {"checkpoint": "start", "pretrain": 5, "unlabelled": "two/scored.csv"},
        "pair": {"checkpoint": "albert-base-v2"},
    },
    "split": {"file": "three/scored.csv"},
    "rank": {"candidates": "two/scored.csv"},
    "screen": {"candidates": ["one/scored.csv"]},
}


@pytest.fixture
def made(program, tmp_path):
    """The folder of a run with few results, all but the training of which is made up."""
    for name in ("one/scored.csv", "two/scored.csv", "three/scored.csv", "start/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    folder = tmp_path / "results/mine"
    for name in ("lab/split.csv", "lab/logs/split.log", "lab/rank/seed-1/model/config.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    inputs = ["one/scored.csv", "two/scored.csv", "three/scored.csv", "start/config.json"]
    config = json.dumps(resolve(CONFIG))
    output = ["--results", "results/mine", "-o", "results/mine/manifest.json"]
    program("manifest", *inputs, "--config", config, *output)
    return folder


def test_a_manifest_of_what_is_there(made):
    manifest = json.loads((made / "manifest.json").read_text())
    results = ["lab/rank/seed-1/model/config.json", "lab/split.csv"]
    assert list(manifest["outputs"]) == ["Snakefile", *results]
    assert list(manifest["inputs"]) == sorted(manifest["inputs"])
    assert manifest["seeds"] == {
        "models": [1],
        "split": 1,
        "pairs": 1,
        "evaluation": 1,
        **dict.fromkeys(("rank", "screen", "design", "next", "explain"), 1),
    }
    commit = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    if commit.returncode == 0:
        assert manifest["git"]["commit"] == commit.stdout.strip()


def test_seeds():
    config = {"seeds": [3], "split": {"seed": 4}, "threads": 1, "sweep": None, "models": {}}
    assert seeds_of(config) == {"models": [3], "split": 4}


def test_inputs_of_one_name_do_not_collide(made, monkeypatch):
    config = resolve(CONFIG)
    before = copy.deepcopy(config)
    there, files = archive_inputs(config)
    assert config == before
    assert there["datasets"]["lab"]["path"] == ["inputs/1/scored.csv", "inputs/2/scored.csv"]
    assert there["datasets"]["more"]["path"] == "inputs/1/scored.csv"
    assert there["rank"]["candidates"] == "inputs/2/scored.csv"
    assert there["screen"]["candidates"] == "inputs/1/scored.csv"
    assert there["models"]["rank"]["unlabelled"] == "inputs/2/scored.csv"
    assert there["models"]["rank"]["checkpoint"] == "inputs/3/start"
    assert there["models"]["pair"]["checkpoint"] == "albert-base-v2"
    assert there["split"]["file"] == "inputs/4/scored.csv"
    assert {name: path.read_text() for name, path in files.items()} == {
        "inputs/1/scored.csv": "one/scored.csv",
        "inputs/2/scored.csv": "two/scored.csv",
        "inputs/3/start/config.json": "start/config.json",
        "inputs/4/scored.csv": "three/scored.csv",
    }


def test_the_zip(program, made):
    program("archive", made)
    first = Path("results/mine.zip").read_bytes()
    for path in Path("one").iterdir():
        os.utime(path, (1e9, 1e9))
    program("archive", made, "-o", "again.zip")
    assert Path("again.zip").read_bytes() == first
    with zipfile.ZipFile("again.zip") as archive:
        names = archive.namelist()
        config = yaml.safe_load(archive.read("config.yaml"))
        text = archive.read("README.txt").decode()
    assert [name for name in names if not name.startswith("inputs/")] == [
        *("README.txt", "config.yaml"),
        *("results/mine/Snakefile", "results/mine/lab/rank/seed-1/model/config.json"),
        *("results/mine/lab/split.csv", "results/mine/manifest.json"),
        *("results/mine/ro-crate-metadata.json", "ro-crate-metadata.json"),
    ]
    assert resolve(config) == archive_inputs(resolve(CONFIG))[0]
    commit = json.loads((made / "manifest.json").read_text())["git"]["commit"]
    assert text.startswith(f"aptarank {__version__}, run mine: ")
    assert f"checkout {commit}\n" in text
    (made / "report.html").touch()
    program("archive", made)
    with zipfile.ZipFile("results/mine.zip") as archive:
        assert "results/mine/report.html" in archive.namelist()


@pytest.mark.parametrize("name", ["results/mine/lab/split.csv", "one/scored.csv"])
def test_what_is_not_in_the_manifest_is_not_packed(program, made, name):
    Path(name).write_text("other")
    said = program("archive", made, code=1).output
    assert f"{name}: missing, new or changed since manifest.json" in said
    Path(name).unlink()
    assert Path(name).name in program("archive", made, code=1).output
    assert not Path("results/mine.zip").exists()


def test_a_run_without_an_ro_crate(program, made):
    (made / "ro-crate-metadata.json").unlink()
    assert "run snakemake again" in program("archive", made, code=1).output


def test_manifests_that_are_none(program, made):
    (made / "manifest.json").write_text('{"config": {}}')
    assert "not a manifest" in program("archive", made, code=1).output
    (made / "manifest.json").unlink()
    assert "finish the run" in program("archive", made, code=1).output


@pytest.mark.slow
def test_repeated_from_the_archive(finished, tmp_path):
    """The commands of README.txt: all planned, a cheap part made, the same as was packed."""
    run = finished.with_name("archived")  # the workflow is as far: nothing is run again
    shutil.copytree(finished, run)
    run_snakemake(run, "archive", "--configfile", "overlay.yaml")
    shutil.unpack_archive(run / "results/small.zip", tmp_path)
    assert (tmp_path / "inputs/1/scored.csv").read_bytes() == (run / "scored.csv").read_bytes()
    text = (tmp_path / "README.txt").read_text().replace("\\\n", "")
    start = text.index("aptarank=")
    commands = text[start : text.index("\n\n", start)].splitlines()
    words = ["aptarank=", "git -C ", "make -C ", "PATH=", "snakemake -s ", "python "]
    assert all(map(str.startswith, commands, words))
    run, verify = commands[-2:]

    def follow(command, code=0):
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=tmp_path,
            env=os.environ | {"aptarank": str(ROOT), "PATH": PATH},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    assert "rule finetune:" in follow(f"{run} -n")
    follow(f"{run} -- results/small-again/lab/pairs/test.parquet")
    assert "only in results/small: " in follow(verify, code=1)
    verify = re.sub(r"results/\S+", r"\g<0>/lab/pairs", verify)
    assert "the same bytes: 3 files\nthe same results" in follow(verify)


def test_outside_of_git(made):
    manifest = json.loads((made / "manifest.json").read_text()) | {"git": None}
    assert manifest["aptarank"] == __version__
    assert f"not known: aptarank {__version__} was not in a git" in how_to_repeat(manifest)
    del manifest["aptarank"]  # one of a version that did not write it
    assert "not known: aptarank was not in a git" in how_to_repeat(manifest)
