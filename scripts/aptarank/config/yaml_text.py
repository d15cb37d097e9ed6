"""Refuse what PyYAML reads differently from what is written, and reduce a config to plain data.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from aptarank.core.errors import InputError

MAX_DEPTH = 20  # levels of a config
MAX_VALUES = 100_000  # in a config
MAX_CHARACTERS = 4096  # of a text, as many as a path may have
NO_TEXT = re.compile("[\0\ud800-\udfff]")
READ_AS = {
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:timestamp": "a date",
}
# Numbers and dates that people read as YAML 1.1 does; not 010 (8), 12:30 (750), 2024_11_26.
PLAIN = {
    "int": re.compile(r"[-+]?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+)"),
    "float": re.compile(r"[^:]+"),
    "timestamp": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


def check_yaml(path: Path) -> None:
    """Refuse what PyYAML silently reads as something else than what is written.

    These are: a key that is given twice, of which the last would win; a key that is not text; and a
    number or date in a notation whose value few people know. A file that cannot be read is left to
    Snakemake, which reads it first.

    Raises:
        InputError: names the file, the line and what to write.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, ValueError, RecursionError):
        return
    except yaml.YAMLError:
        check_json(path, text)
        return
    for node in nodes(tree):
        if isinstance(node, yaml.MappingNode):
            check_keys(path, node)
        elif isinstance(node, yaml.ScalarNode):
            check_scalar(path, node)


def nodes(tree: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield each node of a tree once, however often it is referred to."""
    waiting, seen = [tree] if tree else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            waiting += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def check_keys(path: Path, mapping: yaml.MappingNode) -> None:
    """Raise InputError for a key that is not text, or given twice."""
    lines: dict[str, int] = {}
    for key, _ in mapping.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise InputError(f"{path}, line {line}: a list or object as a key; expected a text")
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.tag in READ_AS:
            shown = key.value or "nothing"
            raise InputError(
                f"{path}, line {line}: YAML reads the key {shown} as {READ_AS[key.tag]}; "
                f"write '{shown}', in quotes"
            )
        if key.value in lines:
            raise InputError(
                f"{path}: {key.value!r} is there twice (lines {lines[key.value]} and {line}), and "
                "YAML would drop the first; keep only one"
            )
        lines[key.value] = line


def check_scalar(path: Path, node: yaml.ScalarNode) -> None:
    """Raise InputError for a number or date whose value is not obvious."""
    plain = PLAIN.get(node.tag.rpartition(":")[2])
    if not plain or plain.fullmatch(node.value):
        return
    try:
        meant = f"{READ_AS[node.tag]}, {yaml.safe_load(node.value)}"
    except ValueError:  # the 13th month
        meant = READ_AS[node.tag]
    raise InputError(
        f"{path}, line {node.start_mark.line + 1}: YAML reads {node.value} as {meant}; write "
        f"'{node.value}', in quotes, for a text, or the number in plain digits"
    )


def check_json(path: Path, text: str) -> None:
    """Raise InputError for a key that is given twice in JSON that is not YAML (because of tabs)."""

    def once(pairs: list[tuple[str, Any]]) -> dict:
        content = dict(pairs)
        if len(content) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise InputError(f"{path}: {twice!r} is there twice; keep only one")
        return content

    try:
        json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return


def plain_data(value: Any) -> Any:
    """Return a config as objects, lists, texts, numbers, true, false and null, none of them shared.

    An anchor of YAML is one object in several places; in the result, each place has its own copy. A
    date becomes its text.

    Raises:
        InputError: another type, a text that cannot be given to a program, or a config that is too
            deep or too large.
    """
    left = MAX_VALUES

    def copy(value: Any, keys: tuple[str, ...]) -> Any:
        nonlocal left
        left -= 1
        where = ".".join(keys) or "the config"
        if left < 0:
            raise InputError(f"config: more than {MAX_VALUES:,} values; expected a config")
        if len(keys) > MAX_DEPTH:
            raise InputError(f"config: {keys[0]} has more than {MAX_DEPTH} nested levels")
        if isinstance(value, Mapping):
            for key in value:
                check_key(key, where)
            return {key: copy(part, (*keys, key)) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [copy(part, (*keys, str(index))) for index, part in enumerate(value)]
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        if isinstance(value, str):
            check_text(value, where)
        elif not isinstance(value, bool | int | float | None):
            kind = type(value).__name__
            raise InputError(f"config: {where} is a {kind}; expected a text, a number or a list")
        return value

    return copy(value, ())


def check_key(key: Any, where: str) -> None:
    """Raise InputError for a key that is not text."""
    if not isinstance(key, str):
        shown = json.dumps(key) if isinstance(key, bool | int | float | None) else str(key)
        at = "" if where == "the config" else f" {where}:"
        raise InputError(
            f"config:{at} YAML reads the name {shown} as something other than text; put what you "
            f"wrote in quotes, such as '{shown}'"
        )
    check_text(key, where)


def check_text(text: str, where: str) -> None:
    """Raise InputError for a text that cannot be given to a program."""
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"config: {where} has {len(text):,} characters; expected at most {MAX_CHARACTERS:,}"
        )
    if NO_TEXT.search(text):
        raise InputError(f"config: {where} is {text!a}; expected no NUL and no lone surrogates")
