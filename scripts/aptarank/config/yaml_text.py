"""What a file in YAML says beside what PyYAML makes of it, and a config that is data alone.

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

DEPTH = 20  # levels of a config
VALUES = 100_000  # values of a config
LETTERS = 4096  # letters of a text, as many as a path may have
NO_TEXT = re.compile("[\0\ud800-\udfff]")
READ_AS = {
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:timestamp": "a date",
}
# Numbers and dates that everyone reads as YAML 1.1 does; not 010 (8), 12:30 (750), 2024_11_26.
PLAIN = {
    "int": re.compile(r"[-+]?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+)"),
    "float": re.compile(r"[^:]+"),
    "timestamp": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


def check_yaml(path: Path) -> None:
    """Refuse what PyYAML reads without a word as something else than what is written.

    That is a key that is there twice, of which the last wins; a key that is no text; and a number
    or date that is written so that few would know its value. A file that cannot be read is left to
    Snakemake, which reads it first.

    Raises:
        InputError: names the file, the lines and what to write.
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
    """Each node of a tree once, however often it is referred to."""
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
    """Raise InputError for a key that is no text, or there twice."""
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
                "YAML would drop the first; make one of them"
            )
        lines[key.value] = line


def check_scalar(path: Path, node: yaml.ScalarNode) -> None:
    """Raise InputError for a number or date whose value is not plain to see."""
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
    """Raise InputError for a key that is there twice in JSON that is no YAML (by its tabs)."""

    def once(pairs: list[tuple[str, Any]]) -> dict:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise InputError(f"{path}: {twice!r} is there twice; make one of them")
        return found

    try:
        json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return


def data(value: Any) -> Any:
    """A config as objects, lists, texts, numbers, true, false and null, none of which is shared.

    An anchor of YAML is one object in several places; here each place has its own. A date becomes
    its text.

    Raises:
        InputError: what is none of these, a text that cannot be given to a program, or a config
            that is too deep or too large.
    """
    left = VALUES

    def own(value: Any, keys: tuple[str, ...]) -> Any:
        nonlocal left
        left -= 1
        where = ".".join(keys) or "the config"
        if left < 0:
            raise InputError(f"config: more than {VALUES:,} values; expected a config")
        if len(keys) > DEPTH:
            raise InputError(f"config: {keys[0]} has more than {DEPTH} levels, one in another")
        if isinstance(value, Mapping):
            for key in value:
                check_key(key, where)
            return {key: own(part, (*keys, key)) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [own(part, (*keys, str(place))) for place, part in enumerate(value)]
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        if isinstance(value, str):
            check_text(value, where)
        elif not isinstance(value, bool | int | float | None):
            kind = type(value).__name__
            raise InputError(f"config: {where} is a {kind}; expected a text, a number or a list")
        return value

    return own(value, ())


def check_key(key: Any, where: str) -> None:
    """Raise InputError for a key that is no text."""
    if not isinstance(key, str):
        shown = json.dumps(key) if isinstance(key, bool | int | float | None) else str(key)
        at = "" if where == "the config" else f" {where}:"
        raise InputError(
            f"config:{at} the name {shown} is no text, as YAML reads it; put what you wrote "
            f"in quotes, such as '{shown}'"
        )
    check_text(key, where)


def check_text(text: str, where: str) -> None:
    """Raise InputError for a text that no program can be given."""
    if len(text) > LETTERS:
        raise InputError(
            f"config: {where} has a text of {len(text):,} letters; expected at most {LETTERS:,}"
        )
    if NO_TEXT.search(text):
        raise InputError(f"config: {where} is {text!a}; expected characters that a text may have")
