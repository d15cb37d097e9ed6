"""What the manifest lists is there, or the next run makes it again."""

import json
import re
import shutil

import pytest

from aptarank.core.files import sha256
from aptarank.provenance.lost_results import lost_results, made_by
from snakemake_runs import run_snakemake

EVERYTHING = """
run: all
datasets:
  lab: {path: scored.csv, better: lower}
models:
  rank: {steps: 4, pretrain: 4, init_from: null}
  pair: {steps: 4}
split: {folds: 2}
seeds: [1, 2]
sweep: {model: rank, steps: [4, 6]}
learning_curve: {shares: [0.5]}
speed: {variants: [onnx-fused]}
rank: {candidates: scored.csv}
screen: {random: 100, chunks: 3}
design: {generations: 1}
"""


def words_after(key, text):
    return {
        word for line in re.findall(rf"^    {key}: (.*)", text, re.M) for word in line.split(", ")
    }


def test_every_output_of_every_rule_is_asked_for(snakemake, tmp_path):
    """So Snakemake itself sees that a file is gone, or a whole folder."""
    (tmp_path / "scored.csv").write_text("sequence,score\nACGUACG,1\nGGGUACG,2\n")
    said = snakemake("-n", config=EVERYTHING)
    everything, _, last = (said.stdout + said.stderr).partition("\nrule all:")
    made = words_after("output", everything)
    assert len(made) > 150
    assert made - words_after("input", last) == set()


def test_each_file_of_the_manifest_is_missed(finished):
    """Of every file that a run lists, deleted or emptied: the target that is made again."""
    folder = finished / "results/small"
    names = json.loads((folder / "manifest.json").read_text())["outputs"]
    assert lost_results(folder) == []
    said = run_snakemake(finished, "-n", "--forceall", "--configfile", "overlay.yaml").stdout
    targets = words_after("input", said.partition("\nrule all:")[2])
    for name in names:
        place = f"results/small/{name}"
        ((target, found),) = made_by([place], targets).items()
        assert found == [place]
        assert place.startswith(target)


@pytest.fixture
def run(tmp_path):
    """A folder with a manifest of three files."""
    outputs = {}
    for name, text in (("a/plot.svg", "<svg/>"), ("a/none.csv", ""), ("b.csv", "x\n")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        outputs[name] = {"sha256": sha256(path)}
    manifest = {"config": {"datasets": {}}, "inputs": {}, "outputs": outputs}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_what_is_lost(run):
    assert lost_results(run) == []
    (run / "a/plot.svg").unlink()
    (run / "b.csv").write_text("")
    assert lost_results(run) == ["a/plot.svg", "b.csv"]
    shutil.rmtree(run / "a")
    assert lost_results(run) == ["a/plot.svg", "a/none.csv", "b.csv"]
    (run / "manifest.json").write_text("{")
    assert lost_results(run) == ["manifest.json"]
    (run / "manifest.json").unlink()
    assert lost_results(run) == []


def test_what_the_config_no_longer_makes_is_let_be():
    assert made_by(["r/old/model/x", "r/new/model/x", "r/new/y"], ["r/new/model", "r/new/z"]) == {
        "r/new/model": ["r/new/model/x"]
    }
