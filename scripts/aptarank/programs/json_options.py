"""Options that are an object of JSON: read, and refused in one message."""

import json
from collections.abc import Iterable
from typing import Any

import yaml

from aptarank.config.resolution import resolve_model
from aptarank.core.errors import InputError


def json_object(text: str, option: str) -> dict:
    """The object of JSON that was given as an option.

    Raises:
        InputError: no object of JSON, NaN or Infinity (which JSON has not), or a name twice.
    """
    try:
        found = json.loads(text, parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        why = "" if isinstance(error, json.JSONDecodeError | RecursionError) else f" ({error})"
        raise InputError(f"{option} is {short(text)}; expected an object of JSON{why}") from None
    if not isinstance(found, dict):
        raise InputError(f"{option} is {short(text)}; expected an object of JSON")
    return found


def refuse(constant: str) -> None:
    """ValueError for NaN, Infinity and -Infinity, which Python reads in JSON."""
    raise ValueError(f"{constant} is no number of JSON")


def once(pairs: Iterable[tuple[str, Any]]) -> dict:
    """An object's names and values; ValueError where a name is there twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = value
    return found


def short(text: str) -> str:
    """A text in quotes, cut where it is long."""
    return repr(text if len(text) <= 200 else text[:200] + "…")


def key_value(text: str, option: str) -> tuple[str, Any]:
    """The key, and the value as YAML reads it, of KEY=VALUE.

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
    """A model's settings with the config's defaults, from --settings and then each --set.

    Args:
        kind: the model's, where neither says it.

    Raises:
        InputError: what the config would refuse, too.
    """
    settings = {"kind": kind} if kind else {}
    settings |= json_object(text, "--settings")
    settings |= dict(key_value(change, "--set") for change in changes)
    try:
        return resolve_model(settings, "--settings")
    except InputError as error:
        raise InputError(str(error).removeprefix("config: ")) from None
