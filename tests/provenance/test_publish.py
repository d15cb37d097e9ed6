"""Uploading a repository, by huggingface_hub and real requests to a stand-in for the Hub."""

import os
import pickle
import re
import shutil
import subprocess
import sys

import pytest

import hub as stand_in
from made_aptamers import random_aptamers
from snakemake_runs import ROOT

NAME = "lab/aptamers"


@pytest.fixture
def hub():
    with stand_in.running() as running:
        yield running


@pytest.fixture
def repository(finished):
    return finished / "results/small/lab/rank/seed-1/repository"


@pytest.fixture
def environment(hub, tmp_path):
    """Variables with which huggingface_hub talks to the stand-in, by plain HTTP (not by Xet, whose
    servers are others)."""
    ours = {
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": stand_in.TOKEN,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
    }
    return os.environ | ours


def publish(folder, *arguments, environment, code=0):
    """scripts/publish.py in a process of its own; returns what it said."""
    command = [sys.executable, ROOT / "scripts/publish.py", folder, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    assert stand_in.TOKEN not in said
    assert "\r" not in said
    return said


def contents(folder):
    """The files that are to be uploaded, by their names."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".snakemake_timestamp"
    }


def test_what_arrives_is_the_folder(hub, repository, environment, tmp_path):
    log = tmp_path / "publish.log"
    options = ("--repository", NAME, "--upload", "--log", log)
    said = publish(repository, *options, environment=environment)
    assert f"{hub.address}/{NAME}" in said
    assert hub.repositories[NAME]["private"]
    assert hub.repositories[NAME]["files"] == contents(repository)
    assert {"README.md", "onnx/model.onnx"} <= hub.repositories[NAME]["files"].keys()
    # The large ones went the way of large files, the others within the commit.
    large = [name for name in contents(repository) if name.endswith(stand_in.LARGE)]
    assert len([path for method, path in hub.seen if method == "PUT"]) == len(large) == 3
    assert sum(path.endswith("/commit/main") for _, path in hub.seen) == 1
    assert stand_in.TOKEN not in log.read_text()


def test_again_it_replaces_what_it_made(hub, repository, environment):
    others = {"LICENSE": b"mine", "onnx/model_old.onnx": b"of a former model", "README.md": b"old"}
    hub.repositories[NAME] = {"private": True, "files": dict(others)}
    publish(repository, "--repository", NAME, "--upload", environment=environment)
    expected = contents(repository) | {"LICENSE": b"mine"}
    assert hub.repositories[NAME]["files"] == expected


def test_a_dry_run_makes_no_request(hub, repository, environment):
    said = publish(repository, "--repository", NAME, environment=environment)  # the default
    assert hub.seen == []
    assert hub.repositories == {}
    assert f"to {NAME} (private)" in said
    for name, content in contents(repository).items():
        assert f"  {name}  " in said
        assert f"{len(content) / 1e6:.3f} MB" in said
    assert "nothing was uploaded" in said
    assert ".snakemake_timestamp" not in said


def test_what_is_missing(hub, repository, environment, tmp_path):
    said = publish(repository, "--upload", environment=environment, code=1)
    assert "no repository is given" in said
    assert "publish: {repository: owner/name}" in said
    environment.pop("HF_TOKEN")
    options = ("--repository", NAME, "--upload")
    said = publish(repository, *options, environment=environment, code=1)
    assert "HF_TOKEN is not set" in said
    said = publish(tmp_path, *options, environment=environment, code=1)
    assert "no README.md" in said
    assert hub.seen == []


@pytest.mark.parametrize("name", [".token.json", "credentials.json", ".git/config.json", "x.onnx"])
def test_what_card_does_not_write_stays_here(repository, environment, tmp_path, name):
    copy = tmp_path / "repository"
    shutil.copytree(repository, copy)
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("{}")
    said = publish(copy, "--repository", NAME, environment=environment, code=1)
    assert f"{copy / name}: not a file that card.py writes" in said


@pytest.mark.parametrize("name", ["me/x--y", "me/a.git", "a/" + "b" * 200])
def test_a_name_that_the_hub_refuses(repository, environment, name):
    said = publish(repository, "--repository", name, environment=environment, code=1)
    assert "not the name of a repository" in said


@pytest.mark.parametrize("name", ["model.safetensors", "onnx/model.onnx", "config.json"])
def test_what_is_not_what_its_name_says_stays_here(hub, repository, environment, tmp_path, name):
    copy = tmp_path / "repository"
    shutil.copytree(repository, copy)
    (copy / name).write_bytes(pickle.dumps([1]))
    said = publish(copy, "--repository", NAME, "--upload", environment=environment, code=1)
    assert f"{copy / name}: " in said
    assert hub.seen == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"HF_TOKEN": "hf_another"}, "the Hub does not know this HF_TOKEN"),
        ({"refuse": 403}, "this HF_TOKEN may not write there"),
        ({"HF_HUB_OFFLINE": "1"}, "offline"),
        ({"HF_ENDPOINT": "http://127.0.0.1:1"}, "cannot upload to lab/aptamers"),
    ],
)
def test_what_the_hub_refuses(hub, repository, environment, change, expected):
    hub.refuse = change.pop("refuse", None)
    options = ("--repository", NAME, "--upload")
    said = publish(repository, *options, environment=environment | change, code=1)
    assert expected in said
    assert hub.repositories == {}


def test_nothing_private_goes_into_a_public_repository(hub, repository, environment):
    hub.repositories[NAME] = {"private": False, "files": {}}
    options = ("--repository", NAME, "--upload")
    said = publish(repository, *options, environment=environment, code=1)
    assert "is public, but publish.private is true" in said
    assert hub.repositories[NAME]["files"] == {}
    publish(repository, *options, "--public", environment=environment)
    assert hub.repositories[NAME]["files"] == contents(repository)


def test_which_are_made_and_published(snakemake, tmp_path):
    """A repository for each fold and seed, variants in the first alone, which is uploaded."""
    random_aptamers(1, 60).to_csv(tmp_path / "scored.csv", index=False)
    text = """
datasets: {lab: {path: scored.csv, better: lower}}
models: {rank: {}, pair: {}}
seeds: [7, 8]
split: {folds: 2}
speed: {variants: [onnx-fp32, onnx-fused, openvino-int8]}
publish: {repository: lab/aptamers, model: lab/pair}
"""
    said = snakemake("all", "publish", "-n", "-p", config=text).stdout
    cards = re.findall(r"python \S*card\.py (.*)", said)
    assert len(cards) == 2 * 2 * 3  # folds, seeds, and rank, pair and their blend
    full = [words for words in cards if "/variants/" in words]
    assert {re.search(r"-o \S*lab/(\S+)", words)[1] for words in full} == {
        "fold-1/rank/seed-7/repository",
        "fold-1/pair/seed-7/repository",
    }
    for words in full:
        found = re.findall(r"/variants/(\S+)", words)
        assert sorted(found) == ["onnx-fused", "openvino-int8"]
    assert sum("--repository=lab/aptamers" in words for words in cards) == 1
    (upload,) = re.findall(r"python \S*publish\.py (.*)", said)
    assert "/lab/fold-1/pair/seed-7/repository --repository=lab/aptamers --private" in upload
    assert "--dry-run" in upload


def test_the_rule(hub, finished, environment):
    """`snakemake publish` uploads the model that the config names, and makes no result anew."""
    folder = finished.with_name("published")  # as far from the workflow: its path is the same
    shutil.copytree(finished, folder)  # with the times of the files
    publishing = f"publish={{repository: {NAME}, model: lab/pair, license: MIT, dry_run: false}}"
    command = [sys.executable, "-m", "snakemake", "publish", "--cores", "2", "-s"]
    command += [ROOT / "Snakefile", "--configfile", "overlay.yaml", "--config", publishing]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert stand_in.TOKEN not in said
    assert re.findall(r"^\[\d of 2\] (\w+)", said, re.M) == ["card", "publish"]
    made = folder / "results/small/lab/pair/seed-1/repository"
    assert hub.repositories[NAME]["files"] == contents(made)
    card = hub.repositories[NAME]["files"]["README.md"].decode()
    assert "license: mit\n" in card
    assert f'snapshot_download("{NAME}")' in card
    for log in folder.rglob("*.log"):
        assert stand_in.TOKEN not in log.read_text(encoding="utf-8")
