"""expected.json: what the scores of models mean; checked before use, since it may be anyone's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from aptarank.config.schema import validate
from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.expected.quantity import KD, Quantity
from aptarank.expected.score_map import ScoreMap
from aptarank.models.model_files import read_object

WHAT = "what expect.py writes"
LARGEST = 1e300  # of any number
NUMBERS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
    "maxItems": 1_000_000,
}
SHORT: dict[str, Any] = {"type": "string", "maxLength": 10_000}


def objects(properties: dict[str, Any]) -> dict[str, Any]:
    """The rule of an object that has these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


MAP = objects(
    {
        "group": SHORT,
        "aptamers": {"type": "integer", "minimum": 1},
        "scores": NUMBERS | {"minItems": 1},
        "fitness": NUMBERS | {"minItems": 1},
        "half_width": {"type": ["number", "null"], "minimum": 0, "maximum": LARGEST},
        "residuals": NUMBERS | {"minItems": 1},
    }
)
MODEL = objects(
    {
        "name": SHORT,
        "weights": {"type": "string", "pattern": "^[0-9a-f]{64}$(?!\\n)"},
        "maps": {"type": "array", "items": MAP},
    }
)
RULES = objects(
    {
        "quantity": objects(
            {
                "column": SHORT,
                "unit": SHORT,
                "better": {"enum": ["higher", "lower"]},
                "scale": {"enum": ["number", KD]},
            }
        ),
        "level": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "farthest": {"type": "number", "minimum": 0, "maximum": 1},
        "left_out": {"type": "object", "additionalProperties": SHORT},
        "models": {"type": "array", "items": MODEL},
    }
)


@dataclass(frozen=True)
class ModelMaps:
    """The maps of one model.

    Attributes:
        name: of the model, for messages and tables.
        weights: SHA-256 of its weights, by which it is known.
        maps: one for each group that has enough validation aptamers.
    """

    name: str
    weights: str
    maps: tuple[ScoreMap, ...]


@dataclass(frozen=True)
class Expected:
    """What expect.py finds for the models of a dataset.

    Attributes:
        quantity: what was measured.
        level: share of aptamers whose value the intervals are to hold.
        farthest: the greatest distance (edits / length of the longer) of a validation aptamer from
            its nearest training aptamer: beyond it, no interval was ever tested.
        left_out: why groups have no map, by group.
        models: with their maps.
    """

    quantity: Quantity
    level: float
    farthest: float
    left_out: Mapping[str, str]
    models: tuple[ModelMaps, ...]


def write_expected(found: Expected, path: Path) -> None:
    """Write expected.json."""
    models = [
        {"name": model.name, "weights": model.weights, "maps": list(map(map_as_json, model.maps))}
        for model in found.models
    ]
    content = {
        "quantity": vars(found.quantity),
        "level": found.level,
        "farthest": found.farthest,
        "left_out": dict(found.left_out),
        "models": models,
    }
    write_json(content, path, allow_nan=False)


def map_as_json(each: ScoreMap) -> dict[str, Any]:
    """A map as an object of JSON; an infinite width is null."""
    return {
        "group": each.group,
        "aptamers": each.aptamers,
        "scores": each.scores.tolist(),
        "fitness": each.fitness.tolist(),
        "half_width": each.half_width if math.isfinite(each.half_width) else None,
        "residuals": each.residuals.tolist(),
    }


def read_expected(path: Path) -> Expected:
    """Read expected.json.

    Raises:
        InputError: it is damaged, or not what expect.py writes; says which key and what it holds.
    """
    found = read_object(path, WHAT)
    try:
        validate(found, RULES, "")
        models = tuple(
            ModelMaps(
                model["name"],
                model["weights"],
                tuple(
                    read_map(each, f"models.{number}.maps.{place}")
                    for place, each in enumerate(model["maps"])
                ),
            )
            for number, model in enumerate(found["models"])
        )
        for number, model in enumerate(models):
            groups = [each.group for each in model.maps]
            if len(set(groups)) < len(groups):
                raise InputError(f"models.{number}.maps: a group is given twice")
    except RecursionError:
        raise InputError(f"{path}: nested too deeply; expected {WHAT}") from None
    except InputError as error:
        reason = str(error).removeprefix("config: ")
        raise InputError(f"{path}: {reason}\nThis file is not {WHAT}, or it was changed.") from None
    quantity = Quantity(**found["quantity"])
    return Expected(quantity, found["level"], found["farthest"], found["left_out"], models)


def read_map(entry: Mapping[str, Any], where: str) -> ScoreMap:
    """One map of the file.

    Args:
        where: it stands in the file, for the message.

    Raises:
        InputError: the knots do not rise, or are not pairs.
    """
    columns = {
        key: np.array(entry[key], dtype=np.float64) for key in ("scores", "fitness", "residuals")
    }
    if len(columns["scores"]) != len(columns["fitness"]):
        raise InputError(
            f"{where}: {len(columns['scores'])} scores and {len(columns['fitness'])} fitness "
            "values; expected as many of the one as of the other"
        )
    for key, strictly in (("scores", True), ("fitness", False), ("residuals", False)):
        if any(a > b or (strictly and a == b) for a, b in pairwise(columns[key].tolist())):
            raise InputError(f"{where}.{key}: expected numbers that rise")
    width = entry["half_width"]
    half_width = math.inf if width is None else float(width)
    return ScoreMap(entry["group"], entry["aptamers"], half_width=half_width, **columns)


def maps_of(files: Sequence[Expected], weights: str) -> tuple[ScoreMap, ...] | None:
    """The maps of the model with these weights; None if no file has it."""
    for found in files:
        for model in found.models:
            if model.weights == weights:
                return model.maps
    return None
