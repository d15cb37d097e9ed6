"""expected.json, and what is said of one that is damaged, changed or hostile."""

import json
import math

import numpy as np
import pytest

from aptarank.core.errors import InputError
from aptarank.expected.expected_file import Expected, ModelMaps, read_expected, write_expected
from aptarank.expected.quantity import Quantity
from aptarank.expected.score_map import ScoreMap

WEIGHTS = "a" * 64
MAP = ScoreMap("", 12, np.array([-1.0, 0.5]), np.array([2.0, 2.0]), 0.25, np.array([-1.0, 0, 0, 1]))
WIDE = ScoreMap("b", 6, np.array([0.0]), np.array([1.0]), math.inf, np.array([0.5]))
KD = Quantity("column 'Kd'", "nM", "lower", "Kd")
FOUND = Expected(KD, 0.9, 0.125, {"c": "3 validation aptamers"}, (
    ModelMaps("rank", WEIGHTS, (MAP, WIDE)),
))  # fmt: skip


@pytest.fixture
def path(tmp_path):
    write_expected(FOUND, tmp_path / "expected.json")
    return tmp_path / "expected.json"


def test_what_is_written_is_read(path):
    found = read_expected(path)
    assert (found.quantity, found.level, found.farthest) == (KD, 0.9, 0.125)
    assert found.left_out == {"c": "3 validation aptamers"}
    (model,) = found.models
    assert (model.name, model.weights) == ("rank", WEIGHTS)
    for read, written in zip(model.maps, (MAP, WIDE), strict=True):
        assert all(
            np.array_equal(getattr(read, key), value) for key, value in vars(written).items()
        )


def at(content, *keys):
    """The object or list in which the last key stands."""
    for key in keys[:-1]:
        content = content[key]
    return content


FIRST = ("models", 0, "maps", 0)
CHANGES = [
    (("level",), 1.5, "level is 1.5; expected less than 1"),
    (("level",), "0.9; rm", "level is '0.9; rm'; expected"),
    (("level",), math.nan, "level is nan; expected"),
    (("farthest",), -1, "farthest is -1; expected at least 0"),
    (("quantity", "better"), "best", "expected one of: higher, lower"),
    (("quantity", "unit"), ["nM"], "expected string"),
    (("quantity",), None, "quantity is None"),
    (("left_out",), [], "left_out is"),
    (("models",), {}, "models is"),
    (("models", 0, "weights"), "../model", "expected a text that matches"),
    (("models", 0, "weights"), WEIGHTS + "\n", "expected a text that matches"),
    ((*FIRST, "scores"), [0.5, -1.0], "scores: expected numbers that rise"),
    ((*FIRST, "scores"), [0.5, 0.5], "scores: expected numbers that rise"),
    ((*FIRST, "scores"), [1.0], "1 scores and 2 fitness values"),
    ((*FIRST, "scores"), [], "expected at least 1 of them"),
    ((*FIRST, "scores"), [True, 2], "scores.0 is True; expected number"),
    ((*FIRST, "scores"), [-math.inf, 2], "expected"),
    ((*FIRST, "scores"), [0, 10**400], "expected a finite number"),
    ((*FIRST, "scores"), [[1], [2]], "expected"),
    ((*FIRST, "fitness"), [3.0, 2.0], "fitness: expected numbers that rise"),
    ((*FIRST, "residuals"), [1.0, 0.0], "residuals: expected numbers that rise"),
    ((*FIRST, "half_width"), -0.1, "half_width is -0.1; expected at least 0"),
    ((*FIRST, "aptamers"), 0, "aptamers is 0; expected at least 1"),
    ((*FIRST, "code"), "import os", "code (= 'import os') is not a key"),
]


def test_a_group_that_is_given_twice(path):
    content = json.loads(path.read_text())
    content["models"][0]["maps"] *= 2
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"models.0.maps: a group is given twice"):
        read_expected(path)


@pytest.mark.parametrize(("keys", "value", "said"), CHANGES)
def test_a_changed_file_is_refused(path, keys, value, said):
    content = json.loads(path.read_text())
    at(content, *keys)[keys[-1]] = value
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as error:
        read_expected(path)
    assert said in str(error.value)
    assert "expected.json: " in str(error.value)
    assert "not what expect.py writes" in str(error.value)


@pytest.mark.parametrize("key", ["quantity", "level", "models", "farthest", "left_out"])
def test_each_key_is_needed(path, key):
    content = json.loads(path.read_text())
    del content[key]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"{key} is missing"):
        read_expected(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"models": ' + "[" * 900 + "]" * 900 + "}"]
)
def test_what_is_no_object_is_refused(tmp_path, text):
    (tmp_path / "expected.json").write_text(text)
    with pytest.raises(InputError, match=r"expected\.json: "):
        read_expected(tmp_path / "expected.json")


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"no such file; expected what expect\.py writes"):
        read_expected(tmp_path / "expected.json")
