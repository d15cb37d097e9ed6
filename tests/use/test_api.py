"""The Python interface: what it gives is what the programs write."""

import numpy as np
import pandas as pd
import pytest

from aptarank.api import load, propose, rank, score
from aptarank.core.errors import InputError
from made_aptamers import random_sequences
from small_models import exported, saved

SEQUENCES = random_sequences(40, np.random.default_rng(5), 8, 14)


@pytest.fixture(scope="module")
def onnx(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    (folder / "onnx").mkdir()
    exported(saved(folder / "model"), folder / "onnx/model.onnx")
    return folder / "onnx/model.onnx"


def test_ranking_is_that_of_rank_py(onnx, program):
    pd.DataFrame({"sequence": SEQUENCES}).to_csv("c.csv", index=False)
    program("rank", "c.csv", "--model", onnx, "-o", "r.csv")
    written = pd.read_csv("r.csv")
    made = rank(load(onnx), SEQUENCES)
    assert made["sequence"].tolist() == written["sequence"].tolist()
    assert made["rank"].tolist() == written["rank"].tolist()
    for column in ("score", "win_probability", "wins"):
        assert np.allclose(made[column], written[column], atol=1e-6)


def test_scores(onnx):
    scores = score(load(str(onnx)), SEQUENCES)
    assert scores.shape == (40,)
    theirs = score(load(onnx.parents[1] / "model", threads=2, device="cpu"), SEQUENCES)
    assert np.abs(scores - theirs).max() < 1e-4
    assert np.array_equal(score(load(onnx), [f"5'-{SEQUENCES[0].lower()}-3'"]), scores[:1])
    assert score(load(onnx), []).shape == (0,)


def test_what_cannot_be_loaded(onnx):
    with pytest.raises(InputError, match="device 'gpu'; expected one of auto, cpu, cuda"):
        load(onnx, device="gpu")
    with pytest.raises(InputError, match="threads 0; expected at least 1"):
        load(onnx, threads=0)


def test_sequences_from_a_generator(onnx):
    assert len(rank(load(onnx), (text for text in SEQUENCES))) == len(SEQUENCES)


def test_a_model_that_compares(tmp_path):
    saved(tmp_path / "model", "pair")
    model = load(tmp_path / "model")
    made = rank(model, SEQUENCES[:5])
    assert sorted(made["sequence"]) == sorted(SEQUENCES[:5])
    assert made["rank"].is_monotonic_increasing
    with pytest.raises(InputError, match="compares two aptamers"):
        score(model, SEQUENCES[:5])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["ACGT", "ACNT"], "sequence 2: degenerate code: 'N'"),
        (["ACGT", "acgt"], "ACGT is given more than once"),
        ([], "no sequences to rank"),
        (["ACGT", "ACGU"], "ACGT is given more than once"),
        (["ACGT", None], "sequence 2: expected a text, not None"),
        ([float("nan")], "sequence 1: expected a text, not nan"),
        (b"ACGT", "expected a list of sequences"),
        ("ACGT", "expected a list of sequences"),
    ],
)
def test_what_cannot_be_ranked(onnx, given, said):
    with pytest.raises(InputError, match=said):
        rank(load(onnx), given)


def test_propose():
    fitness = [text.count("A") for text in SEQUENCES[:30]]
    made = propose(SEQUENCES[:30], fitness, SEQUENCES[30:], size=4)
    assert len(set(made["sequence"])) == 4
    assert set(made["sequence"]) <= set(SEQUENCES[30:])
    assert (made["expected_low"] <= made["expected_high"]).all()
    most = np.mean([text.count("A") for text in SEQUENCES[30:]])
    assert made["sequence"].str.count("A").mean() > most


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fitness": [1.0] * 30}, "all measured aptamers have one fitness"),
        ({"fitness": [1.0]}, "expected a finite fitness for each"),
        ({"size": 99}, "size 99; expected 1 to 10"),
        ({"strategy": "spread"}, "strategy 'spread'; expected greedy"),
        ({"candidates": SEQUENCES[:3]}, "a candidate was measured"),
    ],
)
def test_what_cannot_be_proposed(changes, said):
    given = {"measured": SEQUENCES[:30], "fitness": list(range(30)), "candidates": SEQUENCES[30:]}
    with pytest.raises(InputError, match=said):
        propose(**given | {"size": 4} | changes)
