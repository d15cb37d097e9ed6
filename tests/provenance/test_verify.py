"""verify.py: what differs between two folders of results, by small files of each kind."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from aptarank.provenance.run_differences import compare_folders


@pytest.fixture
def sides(tmp_path):
    """Two empty folders of results."""
    for name in ("a", "b"):
        (tmp_path / "results" / name / "lab").mkdir(parents=True)
    return tmp_path / "results/a", tmp_path / "results/b"


def differing(sides, name):
    """What is said of the one file that differs."""
    found = compare_folders(*sides)
    assert list(found.different) == [name]
    assert not found.same
    return found.different[name]


def write_both(sides, name, *contents):
    for folder, content in zip(sides, contents, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


TABLE = "id,P,count,note\nx,0.5,1,\ny,0.25,2,b\nz,,3,c\n"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            "id,P,count,note\nx,0.5,1,\ny,0.2500001,2,b\nz,,5,c\n",
            ["P: 1 rows, by up to 1e-07", "count: 1 rows, by up to 2", "2 of 3 rows differ"],
        ),
        (
            "id,P,count,note\nx,0.5,1,d\ny,0.25,2,b\nz,1,3,c\n",
            ["P: 1 rows, 1 missing on one side", "note: 1 rows", "2 of 3 rows differ"],
        ),
        ("id,P,count,note\nx,0.5,1,\n", ["3 and 1 rows"]),
        (
            "id,P,n,note\nx,0.5,1,\ny,0.25,2,b\nz,,3,c\n",
            [
                "column count: only in the first",
                "column n: only in the second",
                "0 of 3 rows differ",
            ],
        ),
        (
            "id,count,P,note\nx,1,0.5,\ny,2,0.25,b\nz,3,,c\n",
            [
                "columns in another order: id, P, count, note; id, count, P, note",
                "0 of 3 rows differ",
            ],
        ),
    ],
)
def test_tables(sides, other, said):
    write_both(sides, "lab/t.csv", TABLE, other)
    assert differing(sides, "lab/t.csv") == said
    for folder in sides:
        pd.read_csv(folder / "lab/t.csv").to_parquet(folder / "lab/t.parquet")
        (folder / "lab/t.csv").unlink()
    assert differing(sides, "lab/t.parquet") == said


def test_the_last_digit_counts(sides):
    number = 0.1 + 0.2
    write_both(sides, "t.csv", f"x\n{number!r}\n", f"x\n{float(np.nextafter(number, 1))!r}\n")
    assert differing(sides, "t.csv")[0] == "x: 1 rows, by up to 5.55e-17"


def test_json(sides):
    one = {"accuracy": 0.75, "ci": {"auc": [0.1, 0.2]}, "gone": 1, "empty": {}, "same": None}
    two = {"accuracy": 0.5, "ci": {"auc": [0.1, "0.2"]}, "empty": [], "same": None}
    write_both(sides, "m.json", json.dumps(one), json.dumps(two))
    assert differing(sides, "m.json") == [
        "accuracy: 0.75 and 0.5, by 0.25",
        'ci.auc.1: 0.2 and "0.2"',
        "gone: 1 and none",
        "empty: {} and []",
    ]


def test_tensors(sides):
    torch.manual_seed(1)
    one = {"w": torch.randn(3, 4), "h": torch.ones(2).bfloat16(), "n": torch.arange(3)}
    two = {name: tensor.clone() for name, tensor in one.items()}
    two["w"][1, 2] += 0.5
    two["h"][0] = 1.5
    two["n"][2] = 9
    one |= {"old": torch.ones(1), "shape": torch.ones(2)}
    two |= {"shape": torch.ones(2, 1)}
    for folder, tensors in zip(sides, (one, two), strict=True):
        save_file(tensors, folder / "m.safetensors")
    said = differing(sides, "m.safetensors")
    assert sorted(said) == [
        "h: 1 of 2 values, by up to 0.5",
        "n: 1 of 3 values, by up to 7",
        "shape: F32 [2] and F32 [2, 1]",
        "tensor old: only in the first",
        "w: 1 of 12 values, by up to 0.5",
    ]


def test_other_bytes(sides):
    write_both(sides, "p.svg", "<svg/>", "<svg />")
    (said,) = differing(sides, "p.svg")
    assert said.startswith("6 and 7 bytes, SHA-256 ")
    (sides[1] / "p.svg").write_text("<svg/>")
    write_both(sides, "t.csv", "x\n1\n", "x\n1.0\n")
    assert differing(sides, "t.csv")[0].startswith("the same content in other bytes; 4 and 6 bytes")
    (sides[1] / "t.csv").write_text("x\n1\n")
    write_both(sides, "m.json", "{", "{}")
    assert differing(sides, "m.json")[0].startswith("one cannot be read as .json")


def test_what_need_not_be_the_same(sides):
    for name in (
        *("ro-crate-metadata.json", "Snakefile"),
        *("logs/manifest.log", "lab/logs/rank/seed-1/predict.log", "lab/benchmarks/pair.tsv"),
        *("lab/rank/seed-1/speed/timings.csv", "lab/rank/seed-1/speed/recommended.json"),
        *("lab/rank/seed-1/model/.snakemake_timestamp",),
        "lab/rank/seed-1/checkpoints/step-00000001-0.safetensors",
    ):
        write_both(sides, name, "1", "2")
    write_both(sides, "lab/t.csv", "x\n1\n", "x\n1\n")
    (sides[0] / "lab/logs/more.log").touch()
    (sides[0] / "report.zip").touch()  # a report was asked for here alone
    found = compare_folders(*sides)
    assert found.same
    assert found.identical == ["lab/t.csv"]
    assert sum(map(len, found.left_out.values())) == 11
    # Names alone do not hide a result: a dataset may be called logs, a model speed.
    write_both(sides, "logs/benchmarks/speed/scores.csv", "x\n1\n", "x\n2\n")
    assert differing(sides, "logs/benchmarks/speed/scores.csv")


def test_of_a_manifest_what_the_results_depend_on(sides):
    def manifest(run, path, steps, checksum):
        return {
            "config": {
                "run": run,
                "datasets": {"lab": {"path": path}},
                "models": {"rank": {"steps": steps, "checkpoint": path}},
                "split": {"file": None},
            },
            "git": {"commit": run},
            "inputs": {path: {"sha256": checksum}},
            "outputs": {f"{run}.csv": {"sha256": run}},
        }

    first = manifest("a", "s.csv", 5, "0")
    write_both(sides, "manifest.json", *map(json.dumps, (first, manifest("b", "in/s.csv", 5, "0"))))
    found = compare_folders(*sides)
    assert found.same
    assert list(found.left_out.values()) == [["manifest.json"]]
    write_both(sides, "manifest.json", *map(json.dumps, (first, manifest("b", "s.csv", 6, "1"))))
    assert differing(sides, "manifest.json") == [
        "config.models.rank.steps: 5 and 6, by 1",
        'inputs.0: "0" and "1"',
    ]


def test_the_program(program, sides):
    write_both(sides, "lab/t.csv", "x\n1\n2\n", "x\n1\n2\n")
    assert program("verify", "a", sides[1]).stdout.splitlines() == [
        "the same bytes: 1 file",
        "the same results",
    ]
    write_both(sides, "lab/t.csv", "x\n1\n2\n", "x\n1\n4\n")
    (sides[0] / "lab/more.csv").touch()
    assert program("verify", "a", "b", "--lines", "1", code=1).stdout.splitlines() == [
        "lab/t.csv",
        "    x: 1 rows, by up to 2",
        "    … and 1 more",
        "only in results/a: 1 file",
        "    lab/more.csv",
        "the same bytes: 0 files",
        "different: 1 file",
    ]


def test_folders_that_are_not_there(program, sides):
    (sides[0] / "lab/t.csv").touch()
    said = program("verify", "a", "c", code=1).output
    assert "c: no such folder, and no run of that name in results/" in said
    assert "one of: a, b" in said
    assert "results/b: no file in it" in program("verify", "a", "b", code=1).output
