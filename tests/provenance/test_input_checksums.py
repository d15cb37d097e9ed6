"""The checksums of the user's files: found when a run starts, and looked at again at its end."""

import json
import os
import shutil

import pytest

from aptarank.core.files import sha256
from aptarank.provenance import input_checksums
from aptarank.provenance.input_checksums import (
    STORE,
    combine_checksums,
    find_checksums,
    stored_checksums,
)
from snakemake_runs import planned, run_snakemake


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two files in an empty folder, and the names of those that were read, in a list."""
    monkeypatch.chdir(tmp_path)
    STORE.parent.mkdir()
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    read = []
    monkeypatch.setattr(
        input_checksums, "sha256", lambda path: read.append(str(path)) or sha256(path)
    )
    return read


def test_a_file_is_read_again_only_where_it_differs(files, tmp_path):
    first = find_checksums(["a", "b"], write=True)
    assert first == stored_checksums() == {name: sha256(name) for name in ("a", "b")}
    assert find_checksums(["a", "b", "missing"], write=True) == first
    assert files == ["a", "b"]
    before = os.stat("a")
    (tmp_path / "c").write_text("c")  # of the same size, and of a date before
    os.utime("c", ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))
    os.replace("c", "a")
    assert find_checksums(["a"], write=False)["a"] == sha256("a") != first["a"]
    assert stored_checksums() == first  # a dry run notes nothing
    assert find_checksums(["a"], write=True)["a"] == sha256("a")
    assert stored_checksums() == {"a": sha256("a"), "b": first["b"]}
    assert files == ["a", "b", "a", "a"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 5}', '{"a": {"sha256": "x"}}'])
def test_damaged_notes_are_none(files, text):
    STORE.write_text(text)
    assert stored_checksums() == {}
    assert find_checksums(["a"], write=True) == stored_checksums() == {"a": sha256("a")}


def test_together():
    assert combine_checksums([]) == ""
    assert (
        len(
            {combine_checksums(["x", "y"]), combine_checksums(["y", "x"]), combine_checksums(["x"])}
        )
        == 3
    )


def test_the_manifest_refuses_what_changed_meanwhile(program, tmp_path):
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "b.csv").write_text("b")
    known = [f"--read={sha256(tmp_path / name)}" for name in ("b.csv", "a.csv")]
    arguments = ["manifest", "b.csv", "a.csv", "--config", '{"datasets": {}}', *known]
    program(*arguments)
    inputs = json.loads((tmp_path / "manifest.json").read_text())["inputs"]
    assert inputs["a.csv"]["sha256"] == sha256(tmp_path / "a.csv")
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "b.csv").write_text("other")
    said = program(*arguments, code=1).output
    assert "b.csv: changed after the run began" in said
    assert "run snakemake again" in said
    assert not (tmp_path / "manifest.json").exists()
    program("manifest", "b.csv", "--config", '{"datasets": {}}', "--read=")  # not known


def test_replaced_by_an_older_file_or_lost(finished, tmp_path):
    """On a copy of a finished run, a dry run each."""
    # Beside it: at another depth, the paths of the scripts are others, and all is made anew.
    folder = finished.with_name("replaced")
    shutil.copytree(finished, folder)
    overlay = ("-n", "--configfile", "overlay.yaml")
    assert planned(run_snakemake(folder, *overlay)) == {}
    weights = folder / "results/small/lab/pair/seed-2/model/model.safetensors"
    weights.rename(tmp_path / "weights")
    done = run_snakemake(folder, *overlay)
    assert "seed-2/model/model.safetensors: gone or emptied; will be made again" in done.stderr
    assert planned(done)["finetune"] == 1
    assert not weights.exists()
    (tmp_path / "weights").rename(weights)
    scored = folder / "scored.csv"
    scored.write_text(scored.read_text().replace("-", "-1", 1))
    os.utime(scored, (10**9, 10**9))
    assert planned(run_snakemake(folder, *overlay))["ingest"] == 1
