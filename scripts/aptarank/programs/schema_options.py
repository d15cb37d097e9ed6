"""Options of the programs, made from config.schema.yaml."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from aptarank.config.schema import rule_of, schema


class WholeNumber(click.IntRange):
    """An integer within limits, which may be written as 1e6 or 4.0, as in the config."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert a text to an integer; a number that is not whole is refused."""
        return super().convert(as_whole(value), param, ctx)


class FiniteNumber(click.FloatRange):
    """A number within limits, neither NaN nor infinite."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert a text to a number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        return "" if self.min is self.max is None else super()._describe_range()


class Text(click.ParamType):
    """A text with the length and pattern that its rule asks for."""

    name = "text"

    def __init__(self, rule: Mapping):
        self.min_length = rule.get("minLength", 0)
        self.max_length = rule.get("maxLength", math.inf)
        self.pattern = rule.get("pattern", "")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check a text, and return it unchanged."""
        if not self.min_length <= len(value) <= self.max_length:
            limited = self.max_length < math.inf
            expected = f"{self.min_length} to {self.max_length}" if limited else "at least 1"
            self.fail(f"{value!r} has {len(value)} characters; expected {expected}.", param, ctx)
        if not re.search(self.pattern, value):
            self.fail(f"{value!r} does not match {self.pattern}", param, ctx)
        return value


def as_whole(value: Any) -> Any:
    """Convert `1e6`, `4.0` or 4.0 to an integer; return anything else unchanged."""
    try:
        return int(value) if isinstance(value, str | int) else int_of(value)
    except ValueError:
        pass
    try:
        return int_of(float(value))
    except ValueError:
        return value


def int_of(number: float) -> int:
    """Convert a float to an integer; raise ValueError if it is not whole."""
    if not number.is_integer():
        raise ValueError(f"{number} is not a whole number")
    return int(number)


def type_of(rule: Mapping) -> click.ParamType:
    """Return the click type for a single value of the schema."""
    if "enum" in rule:
        return click.Choice([value for value in rule["enum"] if value is not None])
    types = rule["type"]
    if "integer" in types:
        return WholeNumber(**limits(rule))
    if "number" in types:
        return FiniteNumber(**limits(rule))
    return click.BOOL if "boolean" in types else Text(rule)


def limits(rule: Mapping) -> dict:
    """Return the limits of a number as arguments of click's ranges."""
    return {
        "min": rule.get("minimum", rule.get("exclusiveMinimum")),
        "max": rule.get("maximum", rule.get("exclusiveMaximum")),
        "min_open": "exclusiveMinimum" in rule,
        "max_open": "exclusiveMaximum" in rule,
    }


def setting(key: str, *names: str, zero_for_null: bool = False, **given: Any) -> Callable:
    """Make an option for a key of the config, with its type, limits, default and description.

    A list of two is an option with two values, any other list an option that may be repeated, and
    an object an option that takes JSON.

    Args:
        key: dotted, such as `rank.full`.
        names: of the option; by default that of the key.
        zero_for_null: 0 stands for null, which no option can be given. Without it, null is said by
            leaving the option out.
        given: what differs, such as another `help`, as for `click.option`.
    """
    rule = rule_of(key)
    types = rule.get("type", [])
    made: dict[str, Any] = {"default": rule.get("default")}
    made["help"] = help_of(rule, "0" if zero_for_null else "leave out")
    if "array" in types:
        made["type"] = type_of(rule["items"])
        if rule.get("minItems") == rule.get("maxItems") == 2:
            made["nargs"] = 2
        else:
            made |= {"multiple": True, "help": f"{made['help']} May be repeated."}
    elif types == "object":
        made |= {"default": json.dumps(made["default"]), "help": f"{made['help']} JSON."}
    else:
        made["type"] = type_of(rule)
    if zero_for_null:
        made |= {"type": type(made["type"])(min=0, max=made["type"].max)}
        made |= {"default": made["default"] or 0}
    name = "--" + key.split(".")[-1].replace("_", "-")
    return click.option(*(names or [name]), **(made | given))


def help_of(rule: Mapping, null: str) -> str:
    """Return a key's description for `--help`, where `null` replaces the word null."""
    text = " ".join(rule.get("description", "").split())
    return re.sub(r"\bnull (?=for |to |if )", f"{null} ", text)


def seed_option(text: str, name: str = "--seed") -> Callable:
    """Make an option for the seed of a training, or of what depends on it, like `seeds`."""
    return setting(
        "seeds.items", name, default=schema()["properties"]["seeds"]["default"][0], help=text
    )
