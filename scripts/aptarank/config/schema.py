"""The schema of the config: defaults, numbers and texts as people write them, errors in words.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import copy
import difflib
import functools
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from aptarank.core.errors import InputError

HOME = Path(__file__).resolve().parents[3]  # of the workflow
SCHEMA_FILE = HOME / "config.schema.yaml"
NAMED = "letters, digits, '_', '.' and '-' alone (not '.' or '..')"
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
DIGITS = 30  # more than any number of a config has
WORDS = yaml.SafeLoader.bool_values | {"null": None, "~": None}
# jsonschema's names of types that not everyone knows.
TYPES = {
    "integer": "integer (a whole number)",
    "array": "array (a list)",
    "object": "object (keys with values)",
}


def is_number(_: Any, value: Any) -> bool:
    """Whether a value is a number that can be computed with: neither NaN nor infinite."""
    try:
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )
    except OverflowError:  # an integer larger than any float
        return False


VALIDATOR = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", is_number),
)


@functools.cache
def schema() -> dict:
    """The schema, as it stands in config.schema.yaml."""
    return yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))


def default(key: str) -> Any:
    """The default of a dotted key such as `split.fractions.train` or `$defs.rank.steps`."""
    place = schema()
    for name in key.split("."):
        place = place[name] if name in place else place["properties"][name]
    return place["default"]


def check(value: dict, rules: dict, where: str) -> None:
    """Fill in defaults in place, then report the first error."""
    complete(value, rules, rules)
    errors = VALIDATOR(rules).iter_errors(value)
    error = min(errors, key=lambda error: list(map(str, error.absolute_path)), default=None)
    if error is not None:
        raise InputError("config: " + worded(error, where))


def complete(value: Any, rules: Mapping, root: Mapping) -> Any:
    """Return `value` with defaults filled in (in place), down through objects and references.

    Numbers that came as text are read: YAML 1.1 takes `1e-3` for a text (it wants `1.0e-3`), and
    Snakemake's `--config` gives texts for all that is nested. Whole numbers written as `1e6` or
    `4.0` are integers where one is asked, and integers are texts where one is asked (`score: 2`).
    """
    if "$ref" in rules:
        rules = functools.reduce(
            lambda place, name: place[name], rules["$ref"][2:].split("/"), root
        )
    if isinstance(value, list):
        return [complete(item, rules.get("items", {}), root) for item in value]
    if not isinstance(value, dict):
        return as_asked(value, rules)
    properties = rules.get("properties", {})
    for name, rule in properties.items():
        if "default" in rule:
            value.setdefault(name, copy.deepcopy(rule["default"]))
    others = rules.get("additionalProperties")
    for name in value:
        rule = properties.get(name, others if isinstance(others, dict) else {})
        value[name] = complete(value[name], rule, root)
    return value


def as_asked(value: Any, rule: Mapping) -> Any:
    """A single value as the type that its rule asks for, where there is one obvious reading."""
    types = rule.get("type", [])
    types = [types] if isinstance(types, str) else types
    if isinstance(value, str) and types and "string" not in types:
        value = unquoted(value)
    if isinstance(value, float) and "integer" in types and value.is_integer():
        return int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and "string" in types and abs(value) < 10**DIGITS:
        return str(value)
    return value


def unquoted(text: str) -> Any:
    """The number, true, false or null that a text stands for; else the text."""
    if NUMBER.fullmatch(text) and len(text) <= DIGITS:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return WORDS.get(text.lower(), text)


def worded(error: jsonschema.ValidationError, where: str) -> str:
    """One of jsonschema's errors as a user would say it: the key, its value, what is allowed."""
    key = ".".join([*([where] if where else []), *map(str, error.absolute_path)]) or "the config"
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(value) - set(allowed))[0]
        prefix = "" if key == "the config" else f"{key}."
        return (
            f"{prefix}{unknown} (= {brief(value[unknown])}) is not a key{near(unknown, allowed)}\n"
            f"allowed: {', '.join(allowed)}"
        )
    if rule == "required":
        missing = next(name for name in limit if name not in value)
        about = error.schema.get("properties", {}).get(missing, {})
        allowed = f" (one of: {', '.join(about['enum'])})" if "enum" in about else ""
        said = about.get("description", error.schema.get("description", ""))
        return f"{key}.{missing} is missing{allowed}: {said}"
    if "propertyNames" in error.absolute_schema_path:
        long = rule == "maxLength"
        expected = f"at most {limit} letters" if long else NAMED
        return f"{key}: the name {brief(value)}; expected {expected}"
    about = error.schema.get("description", "")
    return f"{key} is {brief(value)}; expected {asked(error)}" + (f"\n{about}" if about else "")


def asked(error: jsonschema.ValidationError) -> str:
    """What a rule that is not met asks for."""
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "type":
        types = [limit] if isinstance(limit, str) else limit
        if isinstance(value, int | float) and not isinstance(value, bool) and "number" in types:
            return "a finite number"
        said = " or ".join(TYPES.get(name, name) for name in types)
        single = isinstance(value, bool | float) and "string" in types
        return f"{said}: put it in quotes, where that is what you mean" if single else said
    if rule == "pattern":
        name = schema()["properties"]["run"]["pattern"]
        return NAMED if limit == name else f"a text that matches {limit}"
    expected = {
        "enum": lambda: (
            f"one of: {', '.join('null' if each is None else str(each) for each in limit)}"
        ),
        "minimum": lambda: f"at least {limit:,}",
        "maximum": lambda: f"at most {limit:,}",
        "exclusiveMinimum": lambda: f"more than {limit:,}",
        "exclusiveMaximum": lambda: f"less than {limit:,}",
        "minItems": lambda: f"at least {limit} of them",
        "maxItems": lambda: f"at most {limit:,} of them",
        "minLength": lambda: "a text that is not empty",
        "maxLength": lambda: f"at most {limit:,} letter{'s' if limit > 1 else ''}",
        "minProperties": lambda: f"at least {limit} of them",
        "uniqueItems": lambda: "each only once",
    }
    return expected[rule]() if rule in expected else error.message


def brief(value: Any) -> str:
    """A value as Python writes it, in a line that can be read."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a number of thousands of digits"
    return text if len(text) <= 200 else f"{text[:100]} … {text[-50:]}"


def near(name: str, allowed: Iterable[str]) -> str:
    """What the user may have meant by a name, as the next words of an error."""
    found = difflib.get_close_matches(name, allowed, n=1)
    return f"; did you mean {found[0]}?" if found else ""
