"""Check what the config says of the next plate. Imports nothing heavy."""

from collections.abc import Mapping

from aptarank.core.errors import InputError

SPREAD = "spread"  # the strategy that needs no measurement


def chooses_by_measurements(config: Mapping) -> bool:
    """Whether a plate is asked for that is chosen by what was measured."""
    return bool(config["next"]["size"]) and config["next"]["strategy"] != SPREAD


def resolve_next(config: dict, screened: str | None) -> None:
    """Fill in where candidates come from, and check it.

    Args:
        screened: where candidates to screen come from, if any are.

    Raises:
        InputError: there is no such source, two exclude each other, or nothing was measured.
    """
    settings = config["next"]
    if not settings["size"]:
        if not config["datasets"]:
            raise InputError(
                "config: datasets is empty; expected at least one, unless next.size asks for a "
                "first plate (next.strategy: spread)"
            )
        return
    given = "candidates" if settings["candidates"] else "mutants"
    source = settings["source"] = settings["source"] or given
    if source == "candidates" and given != "candidates":
        raise InputError("config: next.source is 'candidates', but next.candidates is null")
    if source != "candidates" and given == "candidates":
        raise InputError(
            f"config: next.candidates is given, but next.source is {source!r}; leave one out"
        )
    if source != "mutants" and settings["parent"]:
        raise InputError(
            f"config: next.parent is given, but next.source is {source!r}; leave one of them out"
        )
    if source == "screen" and not screened:
        raise InputError(
            "config: next.source is 'screen', but nothing is screened; give screen.candidates, "
            "screen.mutants_of or screen.random"
        )
    if source == "design" and not config["design"]["generations"]:
        raise InputError(
            "config: next.source is 'design', but design.generations is 0; give a number, such as "
            "200"
        )
    check_wells(settings)
    check_direction(settings["better"], settings["unit"])
    for name, dataset in config["datasets"].items():
        if settings["better"] and dataset.get("better") not in (None, settings["better"]):
            raise InputError(
                f"config: next.better is {settings['better']!r}, but datasets.{name}.better is "
                f"{dataset['better']!r}; leave next.better out: it is of a first plate"
            )
    if config["datasets"]:
        return
    if settings["strategy"] != SPREAD:
        raise InputError(
            f"config: datasets is empty, but next.strategy is {settings['strategy']!r}, which "
            "chooses by what was measured; for a first plate, next.strategy: spread"
        )
    if source == "mutants" and not settings["parent"]:
        raise InputError(
            "config: a first plate, but next has neither candidates nor a parent; give files of "
            "candidates, or the sequence whose mutants are to be measured first"
        )


def check_wells(settings: Mapping) -> None:
    """Raise InputError if controls and replicates leave no well for a new aptamer."""
    if settings["replicates"] >= settings["size"]:
        raise InputError(
            f"config: next.replicates is {settings['replicates']}, of {settings['size']} wells "
            "(next.size); expected fewer, so that wells are left for new aptamers"
        )


def check_direction(better: str | None, unit: str | None) -> None:
    """Raise InputError for a Kd of which higher ones are said to be better."""
    if unit and better == "higher":
        raise InputError(
            f"next: unit is {unit}, that of a Kd, of which lower ones are better, but better is "
            "'higher'; leave one of them out"
        )
