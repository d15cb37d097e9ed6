"""What the scores of candidates mean: expected values with intervals, by one model or several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.expected.expected_file import Expected, maps_of, read_expected
from aptarank.expected.quantity import Quantity
from aptarank.expected.score_map import ScoreMap

EXPECTED_COLUMNS = ["expected", "expected_low", "expected_high", "holds"]
AT_LEAST = "at_least"


@dataclass(frozen=True)
class Meaning:
    """What the scores of models mean in one group.

    Attributes:
        maps: of each model.
        quantity: that was measured.
        level: of the intervals.
        farthest: distance from the nearest training aptamer up to which intervals were tested.
        at_least: the fitness that candidates are asked to have; None for none.
    """

    maps: Sequence[ScoreMap]
    quantity: Quantity
    level: float
    farthest: float
    at_least: float | None

    def of(self, scores: Sequence[np.ndarray]) -> pd.DataFrame:
        """Expected value and interval of each candidate, in the scale of the user's file.

        Of several models, the means of their expected fitness and of the ends of their intervals.

        Args:
            scores: of each model as it gives them, shapes (n_candidates,).

        Returns:
            `expected`, `expected_low` and `expected_high`, infinite where too few validation
            aptamers say how wide an interval is; and if it is asked for, `at_least`, the
            probability that the candidate is at least as fit.
        """
        pairs = list(zip(self.maps, scores, strict=True))
        fitness = np.mean([each.expected(score) for each, score in pairs], axis=0)
        half_width = float(np.mean([each.half_width for each in self.maps]))
        low, high = self.quantity.ends(fitness - half_width, fitness + half_width)
        columns = {"expected": self.quantity.value_of(fitness)}
        columns |= {"expected_low": low, "expected_high": high}
        if self.at_least is not None:
            reached = [each.at_least(score, self.at_least) for each, score in pairs]
            columns[AT_LEAST] = np.mean(reached, axis=0)
        return pd.DataFrame(columns)


def read_meaning(
    paths: Sequence[Path], weights: Mapping[Path, str], group: str | None, at_least: float | None
) -> Meaning:
    """Read what expect.py wrote for these models.

    Args:
        paths: of expected.json, of one model or of several.
        weights: SHA-256 of the weights of each model, by its path.
        group: whose fitness is wanted; None for the only one.
        at_least: a value in the scale of the user's file, or None.

    Raises:
        InputError: a file is damaged or of other models, or the value or the group is none.
        LookupError: all is well, but there is no map to use; says why.
    """
    files = read_all(paths)
    quantity, source = files[0].quantity, ", ".join(map(str, paths))
    maps = maps_of_models(files, weights, group, source)
    fitness = None if at_least is None else quantity.fitness_of(at_least)
    farthest = min(each.farthest for each in files)
    return Meaning(maps, quantity, files[0].level, farthest, fitness)


def read_all(paths: Sequence[Path]) -> list[Expected]:
    """Read the files of several models, which are to speak of the same quantity.

    Raises:
        InputError: a file is damaged, or two differ in quantity, level or groups.
    """
    files = [read_expected(path) for path in paths]
    for path, found in zip(paths, files, strict=True):
        if (found.quantity, found.level) != (files[0].quantity, files[0].level):
            raise InputError(
                f"{path}: {found.level:.0%} intervals of {found.quantity}, but {paths[0]} has "
                f"{files[0].level:.0%} intervals of {files[0].quantity}; give files of one dataset"
            )
    return files


def maps_of_models(
    files: Sequence[Expected],
    weights: Mapping[Path, str],
    group: str | None,
    source: str,
) -> list[ScoreMap]:
    """The map of each model in one group.

    Args:
        weights: SHA-256 of the weights of each model, by its path.
        group: None for the only one.
        source: of the files, for messages.

    Raises:
        InputError: a model is not in the files, or the group is not.
        LookupError: nothing is wrong with them, but they have no map to use; says why.
    """
    found = {path: maps_of(files, checksum) for path, checksum in weights.items()}
    for path, maps in found.items():
        if maps is None:
            raise InputError(
                f"{source}: of other models than {path}, whose weights have the SHA-256 "
                f"{weights[path]}; give what expect.py wrote for this model"
            )
    known = sorted({each.group for maps in found.values() for each in maps or ()})
    left_out = {name: why for each in files for name, why in each.left_out.items()}
    if group is None:
        if len(known) + len(left_out) > 1:
            raise LookupError(
                f"scores mean something else in each group; choose one by --group (rank.group): "
                f"{', '.join(map(repr, known)) or 'none has enough aptamers'}"
            )
        group = next(iter([*known, *left_out]), "")
    if group in left_out:
        raise LookupError(left_out[group])
    chosen = [each for maps in found.values() for each in maps or () if each.group == group]
    if len(chosen) < len(found):
        names = ", ".join(map(repr, [*known, *left_out])) or "none"
        raise InputError(f"{source}: no group {group!r}; expected one of: {names}")
    return chosen
