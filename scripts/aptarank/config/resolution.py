"""The config: defaults filled in and errors worded, by config.schema.yaml.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import copy
import itertools
import json
import math
import os
from collections.abc import Mapping
from typing import Any

from aptarank.config.model_kinds import KINDS, scoring_kinds
from aptarank.config.names import BASELINES, is_own
from aptarank.config.schema import HOME as HOME
from aptarank.config.schema import brief, check, near
from aptarank.config.schema import default as default
from aptarank.config.schema import schema as schema
from aptarank.config.yaml_text import data
from aptarank.core.errors import InputError

SCREENED = ("candidates", "mutants_of", "random")  # where candidates to screen come from
# Settings that a model shares with the one that it starts from.
INHERITED = ("kind", "size", "tokenizer", "k", "vocabulary")
# Settings that a sweep leaves alone: they say which model it is, and may hold any text.
UNSWEPT = ("kind", "checkpoint", "init_from", "unlabelled")
TRAININGS = 100_000  # of a run; Snakemake plans some jobs for each
LONGEST = 255  # letters of a folder's name


def resolve(config: Mapping) -> dict:
    """Return the config with every default filled in; `config` stays as it is.

    Raises:
        InputError: names the key, its value and what is allowed.
    """
    resolved = data(config)
    read_tabs(resolved)
    check(resolved, schema(), "")
    if "datasets" not in config:  # the embedded example lies in the workflow's own folder
        for dataset in resolved["datasets"].values():
            dataset["path"] = os.path.relpath(HOME / dataset["path"])
    check_names(resolved)
    check_screen(resolved["screen"])
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
    check_trainings(resolved)
    return resolved


def read_tabs(config: Mapping) -> None:
    """Read a delimiter that YAML gives as a backslash and a t, from single quotes, as a tab."""
    datasets = config.get("datasets")
    for dataset in datasets.values() if isinstance(datasets, dict) else ():
        if isinstance(dataset, dict) and dataset.get("delimiter") == r"\t":
            dataset["delimiter"] = "\t"


def check_names(config: Mapping) -> None:
    """Raise InputError where a name would be that of a file or folder of the pipeline's own."""
    if config["run"].endswith(".zip"):
        raise InputError(
            f"config: run is {config['run']!r}: a run's archive ends so; name it otherwise"
        )
    for what in ("datasets", "models"):
        for name in config[what]:
            if is_own(name, what):
                raise InputError(
                    f"config: {what}.{name}: that name is taken by a file or folder of the "
                    "pipeline's own; choose another"
                )
        one = {name.casefold(): name for name in config[what]}
        if other := next((name for name in config[what] if one[name.casefold()] != name), None):
            raise InputError(
                f"config: {what}.{other} and {what}.{one[other.casefold()]} differ in case alone, "
                "and many file systems would make one folder of both; rename one"
            )
    if taken := sorted(set(config["models"]) & set(BASELINES)):
        raise InputError(
            f"config: models.{taken[0]}: that is the name of a baseline; choose another"
        )


def check_screen(screen: Mapping) -> None:
    """Raise InputError where random sequences would have no base."""
    if not any(screen["composition"].values()):
        raise InputError("config: screen.composition has no base; expected one that is more than 0")


def check_trainings(config: Mapping) -> None:
    """Raise InputError where there is more to train than Snakemake can plan."""
    models = len(config["models"]) + sweep_size(config["sweep"])
    parts = {
        "datasets": len(config["datasets"]),
        "folds": config["split"]["folds"] or 1,
        "models": models,
        "seeds": len(config["seeds"]),
    }
    if (count := math.prod(parts.values())) > TRAININGS:
        told = " × ".join(f"{number:,} {what}" for what, number in parts.items())
        raise InputError(f"config: {told} are {count:,} trainings; expected at most {TRAININGS:,}")


def sweep_size(sweep: Mapping | None) -> int:
    """How many models a sweep adds."""
    return math.prod(len(values) for key, values in sweep.items() if key != "model") if sweep else 0


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
        if use not in ("screen", "design") or KINDS[config["models"][model]["kind"]].scores_aptamers
    ]
    named = config[use]["model"]
    if named in known or (named is None and known):
        return named or known[0]
    told = ", ".join(known) or f"none, there is no model of kind {scoring_kinds()}"
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
    if (count := sweep_size(sweep)) > TRAININGS:
        raise InputError(
            f"config: sweep has {count:,} combinations; expected at most {TRAININGS:,}"
        )
    longest = max(map(len, (name.partition("/")[2] for name in swept_models(config))))
    if longest > LONGEST:
        raise InputError(
            f"config: sweep: the names of its trainings would have up to {longest} letters, and a "
            f"folder's may have {LONGEST}; sweep fewer settings"
        )
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
    if kind not in tuple(KINDS):  # it may be a list
        raise InputError(
            f"config: {where}.kind is {brief(kind)}; expected one of: {', '.join(KINDS)}"
        )
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
