"""Resolve a config: fill in defaults, check it against the schema and for contradictions.

Imports nothing heavy: the Snakefile runs it each time that it is parsed.
"""

import copy
import itertools
import json
import math
import os
from collections.abc import Mapping
from typing import Any

from aptarank.config.limits import check_limits
from aptarank.config.model_kinds import KINDS, scoring_kinds
from aptarank.config.names import BASELINES, BLEND, is_reserved
from aptarank.config.next_settings import chooses_by_measurements, resolve_next
from aptarank.config.schema import HOME, brief, schema, suggest, validate
from aptarank.config.split_settings import check_split
from aptarank.config.yaml_text import plain_data
from aptarank.core.errors import InputError

CANDIDATE_SOURCES = ("candidates", "mutants_of", "random")  # where candidates to screen come from
# Settings that a model must share with the one that it starts from.
INHERITED = ("kind", "size", "tokenizer", "k", "vocabulary")
# Settings that cannot be swept: they say which model it is, and may contain any text.
UNSWEPT = ("kind", "checkpoint", "init_from", "unlabelled")
MAX_TRAININGS = 100_000  # per run; Snakemake plans several jobs for each
MAX_FOLDER_NAME = 255  # characters


def resolve(config: Mapping) -> dict:
    """Return the config with every default filled in; `config` is not changed.

    Raises:
        InputError: names the key, its value and what is allowed.
    """
    resolved = plain_data(config)
    read_tabs(resolved)
    validate(resolved, schema(), "")
    if "datasets" not in config:  # the embedded example is in the workflow's own folder
        for dataset in resolved["datasets"].values():
            dataset["path"] = os.path.relpath(HOME / dataset["path"])
    check_names(resolved)
    check_screen(resolved["screen"])
    resolve_next(resolved, candidate_source(resolved))
    for name, settings in resolved["models"].items():
        if "kind" not in settings and name not in KINDS:
            kinds = " or ".join(f"kind: {kind}" for kind in KINDS)
            raise InputError(f"config: models.{name} has no kind; expected {kinds}")
        settings.setdefault("kind", name)
        resolve_model(settings, f"models.{name}")
    check_transfer(resolved)
    check_nodes(resolved)
    resolve_sweep(resolved)
    check_split(resolved["split"])
    curve, speed = config.get("learning_curve", {}), config.get("speed", {})
    resolve_curve(resolved, models_given="models" in curve)
    resolve_batch_size(resolved["speed"], given="batch_size" in speed)
    uses = {"rank": resolved["rank"]["candidates"], "screen": candidate_source(resolved)}
    uses["design"] = resolved["design"]["generations"]
    uses["explain"] = bool(resolved["explain"]["aptamers"])
    uses["next"] = chooses_by_measurements(resolved)
    uses["publish"] = resolved["publish"]["repository"]
    for use, asked in uses.items():
        if asked or resolved[use]["model"]:
            used_model(resolved, use)
    check_rank(resolved)
    check_design(resolved)
    for use in ("design", "next"):
        check_limits(resolved[use], use)
    check_trainings(resolved)
    return resolved


def read_tabs(config: Mapping) -> None:
    """Read a delimiter of a backslash and a t, as YAML gives it in single quotes, as a tab."""
    datasets = config.get("datasets")
    for dataset in datasets.values() if isinstance(datasets, dict) else ():
        if isinstance(dataset, dict) and dataset.get("delimiter") == r"\t":
            dataset["delimiter"] = "\t"


def check_names(config: Mapping) -> None:
    """Raise InputError if a name is that of a file or folder of the pipeline's own."""
    if config["run"].endswith(".zip"):
        raise InputError(
            f"config: run is {config['run']!r}: archives of runs end in .zip; choose another name"
        )
    for section in ("datasets", "models"):
        names = config[section]
        for name in names:
            if is_reserved(name, section):
                raise InputError(
                    f"config: {section}.{name}: that name is taken by a file or folder of the "
                    "pipeline itself; choose another"
                )
        last = {name.casefold(): name for name in names}
        if other := next((name for name in names if last[name.casefold()] != name), None):
            raise InputError(
                f"config: {section}.{other} and {section}.{last[other.casefold()]} differ only in "
                "case, and many file systems would make one folder of both; rename one"
            )
    if taken := sorted(set(config["models"]) & set(BASELINES)):
        raise InputError(
            f"config: models.{taken[0]}: that is the name of a baseline; choose another"
        )


def check_screen(screen: Mapping) -> None:
    """Raise InputError if random sequences could not have any base."""
    if not any(screen["composition"].values()):
        raise InputError(
            "config: screen.composition is 0 for every base; expected one that is more than 0"
        )


def check_trainings(config: Mapping) -> None:
    """Raise InputError if there are more trainings than Snakemake can plan."""
    models = len(config["models"]) + sweep_size(config["sweep"])
    parts = {
        "datasets": len(config["datasets"]),
        "folds": config["split"]["folds"] or 1,
        "models": models,
        "seeds": len(config["seeds"]),
    }
    if (count := math.prod(parts.values())) > MAX_TRAININGS:
        product = " × ".join(f"{number:,} {part}" for part, number in parts.items())
        raise InputError(
            f"config: {product} are {count:,} trainings; expected at most {MAX_TRAININGS:,}"
        )


def sweep_size(sweep: Mapping | None) -> int:
    """Return how many models a sweep adds."""
    return math.prod(len(values) for key, values in sweep.items() if key != "model") if sweep else 0


def candidate_source(config: Mapping) -> str | None:
    """Return where candidates to screen come from, one of `CANDIDATE_SOURCES`, or None.

    Raises:
        InputError: several are given.
    """
    given = [key for key in CANDIDATE_SOURCES if config["screen"][key]]
    if len(given) > 1:
        raise InputError(f"config: screen.{' and screen.'.join(given)} exclude each other")
    return given[0] if given else None


def used_model(config: Mapping, use: str) -> str:
    """Return the model for a use, as dataset/model: the one that it names, the blend, or the first.

    Args:
        use: rank, publish, screen, design or next; the last three need a model that scores
            aptamers.

    Raises:
        InputError: there is no such model.
    """
    if not config["datasets"]:
        raise InputError(f"config: {use} needs a trained model, but datasets is empty")
    suitable = [
        f"{dataset}/{model}"
        for dataset in config["datasets"]
        for model in models_of(config, dataset)
        if use not in ("screen", "design", "next")
        or KINDS[config["models"][model]["kind"]].scores_aptamers
    ]
    if config["blend"]:
        suitable = [f"{dataset}/{BLEND}" for dataset in config["datasets"]] + suitable
    named = config[use]["model"]
    if named in suitable or (named is None and suitable):
        return named or suitable[0]
    allowed = ", ".join(suitable) or f"none, there is no model of kind {scoring_kinds()}"
    raise InputError(f"config: {use}.model is {named!r}; expected one of: {allowed}")


def used_dataset(config: Mapping, use: str) -> str:
    """Return the dataset for a use: that of its model, or the first where it needs none."""
    if use == "next" and not chooses_by_measurements(config):
        return (config["next"]["model"] or next(iter(config["datasets"]))).split("/")[0]
    return used_model(config, use).split("/")[0]


def check_nodes(config: Mapping) -> None:
    """Raise InputError if the processes cannot be spread evenly over the nodes."""
    processes, nodes = config["processes"], config["nodes"]
    if processes % nodes or processes == 1 < nodes:
        raise InputError(
            f"config: {processes} processes cannot be spread evenly over {nodes} nodes; "
            "make processes a multiple of nodes"
        )


def resolve_curve(config: dict, *, models_given: bool) -> None:
    """Drop models from the default of the learning curve that the config does not have.

    Raises:
        InputError: the user gave a model that does not exist.
    """
    curve, models = config["learning_curve"], config["models"]
    unknown = [name for name in curve["models"] if name not in models]
    if models_given and unknown:
        raise InputError(
            f"config: learning_curve.models has {unknown[0]!r}; expected one of: "
            + ", ".join(models)
        )
    curve["models"] = [name for name in curve["models"] if name in models]


def resolve_batch_size(speed: dict, *, given: bool) -> None:
    """Replace the default batch size by the largest that is measured, if it is not measured.

    Raises:
        InputError: the user gave a batch size that is not measured.
    """
    sizes = speed["batch_sizes"]
    if speed["batch_size"] not in sizes:
        if given:
            raise InputError(
                f"config: speed.batch_size is {speed['batch_size']}; expected one of "
                f"speed.batch_sizes: {', '.join(map(str, sizes))}"
            )
        speed["batch_size"] = max(sizes)


def check_rank(config: Mapping) -> None:
    """Raise InputError if ranking is to use expected values that nothing computes."""
    rank = config["rank"]
    for key in ("at_least", "group"):
        if rank[key] is None or not rank["candidates"]:
            continue
        where = f"config: rank.{key} is {brief(rank[key])}, in the scale of the data"
        if config["expected"]["level"] is None:
            raise InputError(
                f"{where}, but expected.level is null, so there are no expected values; set it, "
                "such as to 0.9"
            )
        model = used_model(config, "rank").partition("/")[2]
        if model != BLEND and not KINDS[config["models"][model]["kind"]].scores_aptamers:
            raise InputError(
                f"{where}, but rank.model, {model}, compares two aptamers and scores none; choose "
                f"a model of kind {scoring_kinds()}"
            )


def check_design(config: Mapping) -> None:
    """Raise InputError if kappa needs a spread over seeds, but there is only one seed."""
    kappa = config["design"]["kappa"]
    if kappa and len(config["seeds"]) == 1:
        raise InputError(
            f"config: design.kappa is {kappa:g}, but there is one seed, and uncertainty is the "
            "spread over seeds; give several, such as seeds: [1, 2, 3]"
        )


def resolve_sweep(config: dict) -> None:
    """Check a sweep and convert its values in place.

    Raises:
        InputError: an unknown setting, or a combination that cannot be trained.
    """
    sweep, models = config["sweep"], config["models"]
    if not sweep:
        return
    if sweep["model"] not in models:
        raise InputError(
            f"config: sweep.model is {sweep['model']!r}{suggest(sweep['model'], models)}\n"
            f"expected one of: {', '.join(models)}"
        )
    settings = schema()["$defs"][models[sweep["model"]]["kind"]]["properties"]
    lists = {
        key: {"type": "array", "minItems": 1, "uniqueItems": True, "items": rule}
        for key, rule in settings.items()
        if key not in UNSWEPT
    }
    rules = {"properties": {"model": {"type": "string"}} | lists, "additionalProperties": False}
    validate(sweep, rules, "sweep")
    if (count := sweep_size(sweep)) > MAX_TRAININGS:
        raise InputError(
            f"config: sweep has {count:,} combinations; expected at most {MAX_TRAININGS:,}"
        )
    longest = max(map(len, (name.partition("/")[2] for name in swept_models(config))))
    if longest > MAX_FOLDER_NAME:
        raise InputError(
            f"config: sweep: the names of its trainings would have up to {longest} characters, "
            f"and the name of a folder may have {MAX_FOLDER_NAME}; sweep fewer settings"
        )
    check_transfer(config | {"models": models | swept_models(config)})


def swept_models(config: Mapping) -> dict[str, dict]:
    """Return the settings of each model of a sweep, by a name that can be a path.

    The name does not depend on the order of the settings or on how many values they have.
    """
    if not config["sweep"]:
        return {}
    lists = dict(config["sweep"])
    model = lists.pop("model")
    models = {}
    for values in itertools.product(*lists.values()):
        swept = dict(zip(lists, values, strict=True))
        name = "_".join(
            [f"sweep/{model}", *(f"{key}={as_text(swept[key])}" for key in sorted(swept))]
        )
        models[name] = resolve_model(copy.deepcopy(config["models"][model]) | swept, name)
    return models


def as_text(value: Any) -> str:
    """Return a setting's value as it is written in the config: `null`, `true`, `0.001`, `nano`."""
    return value if isinstance(value, str) else json.dumps(value)


def resolve_model(settings: dict, where: str) -> dict:
    """Fill in and check a model's settings in place, by its kind."""
    kind = settings.get("kind")
    if kind not in tuple(KINDS):  # it may be a list
        raise InputError(
            f"config: {where}.kind is {brief(kind)}; expected one of: {', '.join(KINDS)}"
        )
    validate(settings, {"$ref": f"#/$defs/{kind}", "$defs": schema()["$defs"]}, where)
    if settings["init_from"] and (settings["checkpoint"] or settings["pretrain"]):
        other = "checkpoint" if settings["checkpoint"] else "pretrain"
        raise InputError(f"config: {where}.init_from and {where}.{other} exclude each other")
    if settings.get("linear_path") and (
        settings["freeze"] or settings["tokenizer"] in ("kmer", "bpe")
    ):
        other = "freeze is true" if settings["freeze"] else f"tokenizer is {settings['tokenizer']}"
        raise InputError(
            f"config: {where}.linear_path is true, but {where}.{other}; it learns beside an "
            "encoder that is trained and reads single bases"
        )
    if settings["unlabelled"] and not settings["pretrain"]:
        raise InputError(
            f"config: {where}.unlabelled is given, but {where}.pretrain is 0, so it is not used; "
            "give a number of steps"
        )
    if settings["tokenizer"] == "pretrained" and not (
        settings["checkpoint"] or settings["init_from"]
    ):
        raise InputError(
            f"config: {where}.tokenizer is 'pretrained', but there is no {where}.checkpoint to "
            "take it from"
        )
    return settings


def models_of(config: Mapping, dataset: str) -> list[str]:
    """Return the models that a dataset trains: all except those that start from one of its own."""
    return [
        name
        for name, model in config["models"].items()
        if (model["init_from"] or "").split("/")[0] != dataset
    ]


def check_transfer(config: Mapping) -> None:
    """Raise InputError if a model cannot start from the one that `init_from` names."""
    models = config["models"]
    starts = {name: model["init_from"] for name, model in models.items() if model["init_from"]}
    for name, start in starts.items():
        where = f"config: models.{name}.init_from is {start!r}"
        dataset, source = start.split("/")
        for part, section in ((dataset, "datasets"), (source, "models")):
            if part not in config[section]:
                names = ", ".join(config[section])
                raise InputError(f"{where}, but {part!r} is not one of the {section}: {names}")
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
