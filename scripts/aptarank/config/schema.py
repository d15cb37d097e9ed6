"""The schema of the config: defaults, numbers and texts as people write them, error messages.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import copy
import difflib
import functools
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from aptarank.core.errors import InputError

HOME = Path(__file__).resolve().parents[3]  # of the workflow
# Where pip has installed the package, it is beside this module.
SCHEMA_FILE = next(
    path / "config.schema.yaml"
    for path in (Path(__file__).parent, HOME)
    if path == HOME or (path / "config.schema.yaml").is_file()
)
NAME_RULE = "only letters, digits, '_', '.' and '-' (and not '.' or '..')"
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
MAX_DIGITS = 30  # more than any number in a config has
WORDS = yaml.SafeLoader.bool_values | {"null": None, "~": None}
# Names of types in jsonschema that not everyone knows.
TYPES = {
    "integer": "integer (a whole number)",
    "array": "array (a list)",
    "object": "object (keys with values)",
}


def is_number(_: Any, value: Any) -> bool:
    """Whether a value is a finite number."""
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
    """Return the content of config.schema.yaml."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # all programs read it: in C if compiled
    return yaml.load(SCHEMA_FILE.read_text(encoding="utf-8"), Loader=loader)


def default(key: str) -> Any:
    """Return the default of a dotted key such as `split.fractions.train` or `$defs.rank.steps`."""
    return rule_of(key)["default"]


def rule_of(key: str) -> dict:
    """Return the schema of a dotted key such as `rank.full`, `$defs.rank.k` or `seeds.items`."""
    rule = schema()
    for name in key.split("."):
        rule = rule[name] if name in rule else rule["properties"][name]
    return rule


def validate(value: dict, rules: dict, where: str) -> None:
    """Fill in defaults in place, then check a value against its schema.

    Args:
        where: dotted key of the value in the config, "" for the whole config.

    Raises:
        InputError: the first error.
    """
    complete(value, rules, rules)
    errors = VALIDATOR(rules).iter_errors(value)
    error = min(errors, key=lambda error: list(map(str, error.absolute_path)), default=None)
    if error is not None:
        raise InputError("config: " + describe_error(error, where))


def complete(value: Any, rules: Mapping, root: Mapping) -> Any:
    """Return `value` with defaults filled in (in place), down through objects and references.

    Numbers given as text are converted: YAML 1.1 reads `1e-3` as text (it expects `1.0e-3`), and
    Snakemake's `--config` gives text for all nested values. Whole numbers written as `1e6` or `4.0`
    become integers where an integer is expected, and integers become text where text is expected
    (`score: 2`).
    """
    if "$ref" in rules:
        rules = functools.reduce(operator.getitem, rules["$ref"][2:].split("/"), root)
    if isinstance(value, list):
        return [complete(item, rules.get("items", {}), root) for item in value]
    if not isinstance(value, dict):
        return convert(value, rules)
    properties = rules.get("properties", {})
    for name, rule in properties.items():
        if "default" in rule:
            value.setdefault(name, copy.deepcopy(rule["default"]))
    others = rules.get("additionalProperties")
    for name in value:
        rule = properties.get(name, others if isinstance(others, dict) else {})
        value[name] = complete(value[name], rule, root)
    return value


def convert(value: Any, rule: Mapping) -> Any:
    """Convert a single value to the type that its rule expects, if there is one obvious reading."""
    types = rule.get("type", [])
    types = [types] if isinstance(types, str) else types
    if isinstance(value, str) and types and "string" not in types:
        value = unquoted(value)
    if value == "null" and "null" in types and not re.search(rule.get("pattern", ""), value):
        return None  # as --config gives it; a text that cannot be meant
    if isinstance(value, float) and "integer" in types and value.is_integer():
        return int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and "string" in types and abs(value) < 10**MAX_DIGITS:
        return str(value)
    return value


def unquoted(text: str) -> Any:
    """Return the number, true, false or null that a text stands for, else the text."""
    if NUMBER.fullmatch(text) and len(text) <= MAX_DIGITS:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return WORDS.get(text.lower(), text)


def describe_error(error: jsonschema.ValidationError, where: str) -> str:
    """Return the message for an error of jsonschema: the key, its value and what is allowed."""
    key = ".".join([*([where] if where else []), *map(str, error.absolute_path)]) or "the config"
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(value) - set(allowed))[0]
        prefix = "" if key == "the config" else f"{key}."
        hint = suggest(unknown, allowed)
        return (
            f"{prefix}{unknown} (= {brief(value[unknown])}) is not a key{hint}\n"
            f"allowed: {', '.join(allowed)}"
        )
    if rule == "required":
        missing = next(name for name in limit if name not in value)
        about = error.schema.get("properties", {}).get(missing, {})
        values = f" (one of: {', '.join(about['enum'])})" if "enum" in about else ""
        description = about.get("description", error.schema.get("description", ""))
        return f"{key}.{missing} is missing{values}: {description}"
    if "propertyNames" in error.absolute_schema_path:
        expected = f"at most {limit} characters" if rule == "maxLength" else NAME_RULE
        return f"{key}: the name {brief(value)}; expected {expected}"
    description = error.schema.get("description", "")
    message = f"{key} is {brief(value)}; expected {describe_rule(error)}"
    return f"{message}\n{description}" if description else message


def describe_rule(error: jsonschema.ValidationError) -> str:
    """Return what a violated rule expects."""
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "type":
        types = [limit] if isinstance(limit, str) else limit
        if isinstance(value, int | float) and not isinstance(value, bool) and "number" in types:
            return "a finite number"
        expected = " or ".join(TYPES.get(name, name) for name in types)
        if isinstance(value, bool | float) and "string" in types:
            return f"{expected}: put it in quotes, if you mean the text"
        return expected
    if rule == "pattern":
        name_pattern = schema()["properties"]["run"]["pattern"]
        return NAME_RULE if limit == name_pattern else f"a text that matches {limit}"
    descriptions: dict[str, Callable[[], str]] = {
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
        "maxLength": lambda: f"at most {limit:,} character{'s' if limit > 1 else ''}",
        "minProperties": lambda: f"at least {limit} of them",
        "uniqueItems": lambda: "each only once",
    }
    return descriptions[rule]() if rule in descriptions else error.message


def brief(value: Any) -> str:
    """Return a value as Python writes it, shortened if it is long."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a number of thousands of digits"
    return text if len(text) <= 200 else f"{text[:100]} … {text[-50:]}"


def suggest(name: str, allowed: Iterable[str]) -> str:
    """Return a hint for an error message: the allowed name that is most like this one, or ""."""
    allowed = list(allowed)
    plural = [other for other in allowed if other in (f"{name}s", name.removesuffix("s"))]
    matches = plural or difflib.get_close_matches(name, allowed, n=1)
    return f"; did you mean {matches[0]}?" if matches else ""
