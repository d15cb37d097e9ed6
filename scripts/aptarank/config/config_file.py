"""Write config.yaml, which shows every setting with its default, from config.schema.yaml.

`make config` runs it; a test compares the committed file with what it writes.
"""

import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from aptarank.config.model_kinds import KINDS
from aptarank.config.schema import HOME, complete, schema

CONFIG_FILE = HOME / "config.yaml"
HEADER = """\
# yaml-language-server: $schema=config.schema.yaml
# The settings of aptarank with their defaults, written from config.schema.yaml by `make config`.
# What is commented out need not be given. For your own data, copy the block `datasets` to a file
# and change it there:
#   snakemake --cores 8 --resources gpu=1 --configfile mine.yaml
"""
WIDTH = 100  # columns of the file
MARK = "# "  # in front of what need not be given


def config_text() -> str:
    """Return the text of config.yaml."""
    text, entry = HEADER, ["", ""]
    for key, rule in schema()["properties"].items():
        above, entry = entry, top_level_entry(key, rule)
        text += "\n" if len(above) > 1 or len(entry) > 1 else ""
        text += "".join(f"{line}\n" for line in entry)
    return text


def top_level_entry(key: str, rule: Mapping) -> list[str]:
    """Return the lines of a key at the top level: alone, or with a description and its keys."""
    if key == "run":
        return setting_lines(key, rule)
    if key == "datasets":
        block = dataset_lines(rule)
    elif key == "models":
        block = model_lines()
    elif rule.get("type") == "object":
        block = lines_of(rule["properties"])
    else:
        lines = setting_lines(key, rule, width=WIDTH - len(MARK))
        return [line if line.startswith("#") else MARK + line for line in lines]
    return [*wrapped(rule["description"]), f"{MARK}{key}:", *(MARK + line for line in block)]


def dataset_lines(rule: Mapping) -> list[str]:
    """Return the lines of the default dataset, with all keys that a dataset has."""
    ((name, given),) = rule["default"].items()
    keys = schema()["$defs"]["dataset"]["properties"]
    keys = {key: dict(keys[key]) | pick_default(given, key) for key in keys}
    return [f"  {name}:", *lines_of(keys, indent=4)]


def pick_default(given: Mapping, key: str) -> dict:
    """Return the default that `given` has for a key, as a part of the key's rule."""
    return {"default": given[key]} if key in given else {}


def model_lines() -> list[str]:
    """Return the lines of one model of each kind; after the first, of the keys that differ."""
    lines: list[str] = []
    shown: Mapping = {}
    for kind in KINDS:
        keys = schema()["$defs"][kind]["properties"]
        keys = {key: dict(rule) for key, rule in keys.items() if rule != shown.get(key)}
        if shown:
            lines.append(f"  {kind}:  # these settings differ from those of {next(iter(KINDS))}")
        else:
            lines.append(f"  {kind}:")
            keys["kind"]["default"] = kind
            shown = schema()["$defs"][kind]["properties"]
        lines += lines_of(keys, indent=4)
    return lines


def lines_of(keys: Mapping[str, Mapping], indent: int = 2) -> list[str]:
    """Return the lines of several keys."""
    return [
        " " * indent + line
        for key, rule in keys.items()
        for line in setting_lines(key, rule, width=WIDTH - len(MARK) - indent)
    ]


def setting_lines(key: str, rule: Mapping, width: int = WIDTH) -> list[str]:
    """Return a key with its default and its description behind it, or above it if it is long."""
    setting = f"{key}: {as_yaml(full_default(rule))}"
    about = description(rule)
    line = f"{setting}  # {about}"
    return [line] if len(line) <= width else [*wrapped(about, width), setting]


def description(rule: Mapping) -> str:
    """Return the description of a key, with its allowed values where they are a list."""
    about = " ".join(rule["description"].split())
    allowed = [as_yaml(value) for value in rule.get("enum", []) if value is not None]
    return f"{about} One of: {', '.join(allowed)}." if allowed else about


def wrapped(text: str, width: int = WIDTH) -> list[str]:
    """Return a text as lines of comments; an example in braces stays on one line."""
    text = re.sub(r"\{.*?\}", lambda example: example[0].replace(" ", "\0"), " ".join(text.split()))
    lines = textwrap.wrap(text, width, initial_indent="# ", subsequent_indent="# ")
    return [line.replace("\0", " ") for line in lines]


def full_default(rule: Mapping) -> Any:
    """Return the default of a key; that of an object with the defaults of its keys."""
    default = rule["default"]
    return complete(dict(default), rule, rule) if isinstance(default, dict) else default


def as_yaml(value: Any) -> str:
    """Return a value as YAML in one line."""
    if isinstance(value, str) and not any(map(str.isalnum, value)):
        return json.dumps(value)  # easier to see than `.`
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return text.removesuffix("...\n").strip()


if __name__ == "__main__":
    CONFIG_FILE.write_text(config_text(), encoding="utf-8")
