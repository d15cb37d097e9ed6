"""Read options that are an object of JSON or KEY=VALUE, with one message for what is wrong."""

import json
from collections.abc import Iterable
from typing import Any

import yaml

from aptarank.config.resolution import resolve_model
from aptarank.core.errors import InputError


def json_object(text: str, option: str) -> dict:
    """Return the object of JSON that was given as an option.

    Raises:
        InputError: not an object of JSON, NaN or Infinity (which JSON does not have), or a name
            that is given twice.
    """
    try:
        content = json.loads(text, parse_constant=refuse_constant, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        why = "" if isinstance(error, json.JSONDecodeError | RecursionError) else f" ({error})"
        raise InputError(f"{option} is {short(text)}; expected an object of JSON{why}") from None
    if not isinstance(content, dict):
        raise InputError(f"{option} is {short(text)}; expected an object of JSON")
    return content


def refuse_constant(constant: str) -> None:
    """Raise ValueError for NaN, Infinity and -Infinity, which Python accepts in JSON."""
    raise ValueError(f"{constant} is not a number in JSON")


def once(pairs: Iterable[tuple[str, Any]]) -> dict:
    """Return an object from its names and values; raise ValueError if a name is given twice."""
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"{name!r} is there twice")
        content[name] = value
    return content


def short(text: str) -> str:
    """Return a text in quotes, shortened if it is long."""
    return repr(text if len(text) <= 200 else text[:200] + "…")


def key_value(text: str, option: str) -> tuple[str, Any]:
    """Return the key of KEY=VALUE, and the value as YAML reads it.

    Raises:
        InputError: not of that form.
    """
    key, sign, value = text.partition("=")
    try:
        if key and sign:
            return key, yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        pass
    raise InputError(f"{option} is {short(text)}; expected KEY=VALUE, such as steps=500")


def model_settings(text: str, changes: Iterable[str] = (), kind: str | None = None) -> dict:
    """Return a model's settings with the config's defaults, from --settings and then each --set.

    Args:
        kind: of the model, if neither says it.

    Raises:
        InputError: what the config would refuse as well.
    """
    settings = {"kind": kind} if kind else {}
    settings |= json_object(text, "--settings")
    settings |= dict(key_value(change, "--set") for change in changes)
    try:
        return resolve_model(settings, "--settings")
    except InputError as error:
        raise InputError(str(error).removeprefix("config: ")) from None
