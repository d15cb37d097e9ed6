"""The config: defaults filled in and errors worded, by config.schema.yaml.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import copy
import difflib
import functools
import itertools
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from aptarank.errors import InputError
from aptarank.files import expand

HOME = Path(__file__).resolve().parents[2]  # of the workflow
SCHEMA_FILE = HOME / "config.schema.yaml"
KINDS = ("rank", "pair")
SCREENED = ("candidates", "mutants_of", "random")  # where candidates to screen come from
# Settings that a model shares with the one that it starts from.
INHERITED = ("kind", "size", "tokenizer", "k", "vocabulary")
# Settings that a sweep leaves alone: they say which model it is, and may hold any text.
UNSWEPT = ("kind", "checkpoint", "init_from", "unlabelled")
NAMED = "letters, digits, '_', '.' and '-' alone (not '.' or '..')"
SNAKEMAKES = re.compile(r"\{[^{}]+\}|<[a-z][a-z0-9_]*>")  # its wildcards and path variables
EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")


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


def resolve(config: Mapping) -> dict:
    """Return the config with every default filled in; `config` stays as it is.

    Raises:
        InputError: names the key, its value and what is allowed.
    """
    resolved = copy.deepcopy(dict(config))
    check(resolved, schema(), "")
    if "datasets" not in config:  # the embedded example lies in the workflow's own folder
        for dataset in resolved["datasets"].values():
            dataset["path"] = os.path.relpath(HOME / dataset["path"])
    for name, settings in resolved["models"].items():
        settings.setdefault("kind", name)
        resolve_model(settings, f"models.{name}")
    check_transfer(resolved)
    check_nodes(resolved)
    resolve_sweep(resolved)
    check_split(resolved["split"])
    resolve_curve(resolved, "models" in config.get("learning_curve", {}))
    check_speed(resolved["speed"], "batch_size" in config.get("speed", {}))
    uses = {"rank": resolved["rank"]["candidates"], "screen": screened(resolved)}
    uses["design"] = resolved["design"]["generations"]
    uses["publish"] = resolved["publish"]["repository"]
    for use, wanted in uses.items():
        if wanted or resolved[use]["model"]:
            used_model(resolved, use)
    check_design(resolved)
    return resolved


def screened(config: Mapping) -> str | None:
    """Where candidates to screen come from, one of `SCREENED`, or None; InputError for several."""
    given = [key for key in SCREENED if config["screen"][key]]
    if len(given) > 1:
        raise InputError(f"config: screen.{' and screen.'.join(given)} exclude each other")
    return given[0] if given else None


def used_model(config: Mapping, use: str) -> str:
    """By which model candidates are judged, as dataset/model: that named, or the first.

    Args:
        use: rank, publish, screen or design; the latter two need a model that scores.

    Raises:
        InputError: there is no such model.
    """
    known = [
        f"{data}/{model}"
        for data in config["datasets"]
        for model in models_of(config, data)
        if use not in ("screen", "design") or config["models"][model]["kind"] == "rank"
    ]
    named = config[use]["model"]
    if named in known or (named is None and known):
        return named or known[0]
    told = ", ".join(known) or "none, there is no model of kind rank"
    raise InputError(f"config: {use}.model is {named!r}; expected one of: {told}")


def check_nodes(config: Mapping) -> None:
    """Raise InputError where the processes cannot be spread alike over the nodes."""
    processes, nodes = config["processes"], config["nodes"]
    if processes % nodes or processes == 1 < nodes:
        raise InputError(
            f"config: {processes} processes cannot be spread alike over {nodes} nodes; "
            "make processes a multiple of nodes"
        )


def check_split(split: Mapping) -> None:
    """Raise InputError where keys of the split contradict each other."""
    total = sum(split["fractions"].values())
    if abs(total - 1) > 1e-9:
        raise InputError(f"config: split.fractions add up to {total:g}; expected 1")
    if split["by"] == "column" and not split["column"]:
        raise InputError("config: split.by is column; name it as split.column")
    if split["folds"] and (split["file"] or split["by"] == "pair"):
        what = "split.file" if split["file"] else "split.by: pair"
        raise InputError(f"config: split.folds and {what} exclude each other")


def resolve_curve(config: dict, named: bool) -> None:
    """Leave in the learning curve only models that there are; InputError where one was named."""
    curve, models = config["learning_curve"], config["models"]
    unknown = [name for name in curve["models"] if name not in models]
    if named and unknown:
        raise InputError(
            f"config: learning_curve.models has {unknown[0]!r}; expected one of: "
            + ", ".join(models)
        )
    curve["models"] = [name for name in curve["models"] if name in models]


def check_speed(speed: dict, named: bool) -> None:
    """Choose a batch size that is measured; InputError where another was named."""
    sizes = speed["batch_sizes"]
    if speed["batch_size"] not in sizes:
        if named:
            raise InputError(
                f"config: speed.batch_size is {speed['batch_size']}; expected one of "
                f"speed.batch_sizes: {', '.join(map(str, sizes))}"
            )
        speed["batch_size"] = max(sizes)


def check_design(config: Mapping) -> None:
    """Raise InputError where there is no spread over seeds to be careful about."""
    kappa = config["design"]["kappa"]
    if kappa and len(config["seeds"]) == 1:
        raise InputError(
            f"config: design.kappa is {kappa:g}, but there is one seed, and uncertainty is the "
            "spread over seeds; name several, such as seeds: [1, 2, 3]"
        )


def resolve_sweep(config: dict) -> None:
    """Read the numbers of the sweep in place; InputError where a combination cannot be trained."""
    sweep, models = config["sweep"], config["models"]
    if not sweep:
        return
    if sweep["model"] not in models:
        raise InputError(
            f"config: sweep.model is {sweep['model']!r}{near(sweep['model'], models)}\n"
            f"expected one of: {', '.join(models)}"
        )
    settings = schema()["$defs"][models[sweep["model"]]["kind"]]["properties"]
    lists = {
        key: {"type": "array", "minItems": 1, "uniqueItems": True, "items": rule}
        for key, rule in settings.items()
        if key not in UNSWEPT
    }
    rules = {"properties": {"model": {"type": "string"}} | lists, "additionalProperties": False}
    check(sweep, rules, "sweep")
    check_transfer(config | {"models": models | swept_models(config)})


def swept_models(config: Mapping) -> dict[str, dict]:
    """Settings of each model of a resolved config's sweep, by a name that can be a path.

    The name does not depend on the order of the settings, nor on how many values they have.
    """
    if not config["sweep"]:
        return {}
    lists = dict(config["sweep"])
    model = lists.pop("model")
    found = {}
    for values in itertools.product(*lists.values()):
        swept = dict(zip(lists, values, strict=True))
        name = "_".join(
            [f"sweep/{model}", *(f"{key}={as_text(swept[key])}" for key in sorted(swept))]
        )
        found[name] = resolve_model(copy.deepcopy(config["models"][model]) | swept, name)
    return found


def as_text(value: Any) -> str:
    """A setting's value as it stands in the config: `null`, `true`, `0.001`, `nano`."""
    return value if isinstance(value, str) else json.dumps(value)


def resolve_model(settings: dict, where: str) -> dict:
    """Fill in a model's settings in place, by its kind."""
    kind = settings.get("kind")
    if kind not in KINDS:
        raise InputError(f"config: {where}.kind is {kind!r}; expected one of: {', '.join(KINDS)}")
    check(settings, {"$ref": f"#/$defs/{kind}", "$defs": schema()["$defs"]}, where)
    if settings["init_from"] and (settings["checkpoint"] or settings["pretrain"]):
        other = "checkpoint" if settings["checkpoint"] else "pretrain"
        raise InputError(f"config: {where}.init_from and {where}.{other} exclude each other")
    if settings["unlabelled"] and not settings["pretrain"]:
        raise InputError(
            f"config: {where}.unlabelled is given, but {where}.pretrain is 0, so that it is not "
            "read; say how many steps"
        )
    if settings["tokenizer"] == "pretrained" and not (
        settings["checkpoint"] or settings["init_from"]
    ):
        raise InputError(
            f"config: {where}.tokenizer is 'pretrained', but no {where}.checkpoint is given to "
            "take it from"
        )
    return settings


def models_of(config: Mapping, dataset: str) -> list[str]:
    """The models that a dataset trains: all but those that start from one of its own."""
    return [
        name
        for name, model in config["models"].items()
        if (model["init_from"] or "").split("/")[0] != dataset
    ]


def check_transfer(config: Mapping) -> None:
    """Raise InputError where a model cannot start from the one that `init_from` names."""
    models = config["models"]
    starts = {name: model["init_from"] for name, model in models.items() if model["init_from"]}
    for name, start in starts.items():
        where = f"config: models.{name}.init_from is {start!r}"
        dataset, source = start.split("/")
        for wanted, what in ((dataset, "datasets"), (source, "models")):
            if wanted not in config[what]:
                known = ", ".join(config[what])
                raise InputError(f"{where}, but {wanted!r} is none of the {what}: {known}")
        if source not in models_of(config, dataset):
            raise InputError(
                f"{where}, but {source} is not trained on {dataset}: it starts from "
                f"{starts[source]}"
            )
        if set(config["datasets"]) == {dataset}:
            raise InputError(f"{where}, but there is no other dataset to train it on")
        for key in INHERITED:
            ours, theirs = models[name][key], models[source][key]
            if ours != theirs:
                raise InputError(
                    f"{where}, but its {key} is {ours!r} and that of {source} {theirs!r}; "
                    "expected the same"
                )
    for name in starts:
        chain = [name]
        while chain[-1] in starts:
            chain.append(starts[chain[-1]].split("/")[1])
            if chain[-1] in chain[:-1]:
                raise InputError(
                    f"config: models.{name}.init_from goes in a circle: {' from '.join(chain)}"
                )


def check(value: dict, rules: dict, where: str) -> None:
    """Fill in defaults in place, then report the first error."""
    complete(value, rules, rules)
    errors = jsonschema.Draft202012Validator(rules).iter_errors(value)
    error = min(errors, key=lambda error: list(map(str, error.absolute_path)), default=None)
    if error is not None:
        raise InputError("config: " + worded(error, where))


def complete(value: Any, rules: Mapping, root: Mapping) -> Any:
    """Return `value` with defaults filled in (in place), down through objects and references.

    Numbers that came as text are read: YAML 1.1 takes `1e-3` for a text (it wants `1.0e-3`), and
    Snakemake's `--config` gives texts for all that is nested.
    """
    if "$ref" in rules:
        rules = functools.reduce(
            lambda place, name: place[name], rules["$ref"][2:].split("/"), root
        )
    if isinstance(value, str):
        return unquoted(value, rules)
    if isinstance(value, list):
        return [complete(item, rules.get("items", {}), root) for item in value]
    if isinstance(value, dict):
        properties = rules.get("properties", {})
        for name, rule in properties.items():
            if "default" in rule:
                value.setdefault(name, copy.deepcopy(rule["default"]))
        others = rules.get("additionalProperties")
        for name in value:
            rule = properties.get(name, others if isinstance(others, dict) else {})
            value[name] = complete(value[name], rule, root)
    return value


def unquoted(text: str, rule: Mapping) -> Any:
    """What a text stands for where the rule does not allow a text; else the text."""
    if "type" not in rule or "string" in rule["type"]:
        return text
    try:
        return float(text) if EXPONENT.fullmatch(text) else yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def worded(error: jsonschema.ValidationError, where: str) -> str:
    """One of jsonschema's errors as a user would say it: the key, its value, what is allowed."""
    key = ".".join([*([where] if where else []), *map(str, error.absolute_path)]) or "the config"
    rule, limit = error.validator, error.validator_value
    if rule == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))[0]
        hint = near(unknown, allowed)
        prefix = "" if key == "the config" else f"{key}."
        value = error.instance[unknown]
        return f"{prefix}{unknown} (= {value!r}) is not a key{hint}\nallowed: {', '.join(allowed)}"
    if rule == "required":
        missing = next(name for name in limit if name not in error.instance)
        about = error.schema["properties"][missing]
        allowed = f" (one of: {', '.join(about['enum'])})" if "enum" in about else ""
        return f"{key}.{missing} is missing{allowed}: {about['description']}"
    if "propertyNames" in error.absolute_schema_path:
        return f"{key}: the name {error.instance!r}; expected {NAMED}"
    name = schema()["properties"]["run"]["pattern"]
    expected = {
        "enum": lambda: f"one of: {', '.join(map(str, limit))}",
        "type": lambda: " or ".join([limit] if isinstance(limit, str) else limit),
        "minimum": lambda: f"at least {limit}",
        "maximum": lambda: f"at most {limit}",
        "exclusiveMinimum": lambda: f"more than {limit}",
        "exclusiveMaximum": lambda: f"less than {limit}",
        "pattern": lambda: NAMED if limit == name else f"a text that matches {limit}",
        "minItems": lambda: f"at least {limit} of them",
        "maxItems": lambda: f"at most {limit} of them",
        "minLength": lambda: "a text that is not empty",
        "minProperties": lambda: f"at least {limit} of them",
        "uniqueItems": lambda: "each only once",
    }
    allowed = expected[rule]() if rule in expected else error.message
    about = error.schema.get("description", "")
    return f"{key} is {error.instance!r}; expected {allowed}" + (f"\n{about}" if about else "")


def near(name: Any, allowed: Iterable[str]) -> str:
    """What the user may have meant by a name, as the next words of an error."""
    found = difflib.get_close_matches(str(name), allowed, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def check_files(config: Mapping) -> None:
    """Raise InputError, naming key and file, where a file of a resolved config is missing."""
    files = []
    inputs = {f"datasets.{name}.path": data["path"] for name, data in config["datasets"].items()}
    inputs |= {f"{use}.candidates": config[use]["candidates"] or [] for use in ("rank", "screen")}
    checkpoints = [
        (f"models.{name}.checkpoint", model["checkpoint"] or "")
        for name, model in config["models"].items()
    ]
    for key, paths in inputs.items():
        try:
            found = expand([paths] if isinstance(paths, str) else paths) if paths else []
        except InputError as error:
            raise InputError(f"config: {key}: {error}") from None
        files += [(key, str(path)) for path in found]
    for name, model in config["models"].items():
        if model["unlabelled"]:
            files.append((f"models.{name}.unlabelled", model["unlabelled"]))
    if config["split"]["file"]:
        files.append(("split.file", config["split"]["file"]))
    for key, path in [*files, *checkpoints]:
        if found := SNAKEMAKES.search(path):
            raise InputError(
                f"config: {key} is {path!r}: Snakemake puts something else in the place of "
                f"{found[0]} in a file's name; rename it"
            )
    for key, path in files:
        if not Path(path).is_file():
            raise InputError(
                f"config: {key} is {path!r}: no such file\n"
                f"Paths are relative to the working directory, {Path.cwd()}"
            )
