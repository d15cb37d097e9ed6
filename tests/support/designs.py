"""Constraints of designs for tests."""

from aptarank.config.schema import default
from aptarank.use.constraints import Constraints


def constraints(shortest, longest, **given):
    """Constraints with the config's defaults, but for the length and what is given."""
    keys = ("gc", "forbidden", "homopolymer", "min_distance")
    defaults = {key: default(f"design.{key}") for key in keys} | {"five": "", "three": ""}
    return Constraints(length=(shortest, longest), **(defaults | given))
