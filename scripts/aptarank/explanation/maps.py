"""What a model says of the changes of one aptamer: which bases matter, and how short it can be."""

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.explanation.changes import Explained, changes
from aptarank.explanation.edits import SUBSTITUTION, doubles, single_edits, windows


def mutation_map(models: Explained, sequence: str) -> pd.DataFrame:
    """Every substitution, deletion and insertion of one base, with what it changes.

    Args:
        sequence: letters A, C, G, T.

    Returns:
        `kind`, `position`, `base`, `name`, `sequence`, as `edits.Edit` has them, and the columns of
        `changes.changes`.
    """
    table = pd.DataFrame(single_edits(sequence))
    return table.join(changes(models, sequence, table["sequence"].tolist()))


def truncation_scan(models: Explained, sequence: str, shortest: int) -> pd.DataFrame:
    """Every window of at least `shortest` bases, with what cutting to it changes.

    Returns:
        `start`, `end`, `length`, `sequence` and the columns of `changes.changes`; the first row is
        the whole sequence.
    """
    table = pd.DataFrame(windows(sequence, shortest))
    table.insert(2, "length", table["end"] - table["start"] + 1)
    return table.join(changes(models, sequence, table["sequence"].tolist()))


def shortest_within(scan: pd.DataFrame, loss: float) -> pd.Series:
    """The shortest window whose score is at most `loss` below the whole sequence's; of several the
    fittest. There is always one: the whole.

    Args:
        scan: what `truncation_scan` gives.
        loss: in log-odds.
    """
    within = scan[scan["change"] >= -loss]
    return within.sort_values(["length", "change", "start"], ascending=[True, False, True]).iloc[0]


def dependency_map(models: Explained, sequence: str, start: int, end: int) -> pd.DataFrame:
    """How far the change by two substitutions is from the sum of the changes by each.

    Bases that pair show: a second substitution that restores the pair takes back what the first one
    cost, as in mutate-and-map experiments (Kladwang et al. 2011, doi:10.1038/nchem.1176), here by a
    model instead of an assay.

    Args:
        start, end: first and last position of the region, from 1, both included.

    Returns:
        A row for each pair of positions: `first`, `second`; `strength`, the root mean square over
        the nine pairs of substitutions of (change of both − sum of the two), in log-odds;
        `strongest`, the value that is farthest from 0, and `bases`, the two bases of it.
    """
    both = pd.DataFrame(doubles(sequence, start, end))
    singles = pd.DataFrame(single_edits(sequence))
    singles = singles[singles["kind"] == SUBSTITUTION]
    texts = [*singles["sequence"], *both["sequence"]]
    change = changes(models, sequence, texts)["change"].to_numpy()
    alone = dict(zip(zip(singles["position"], singles["base"], strict=True), change, strict=False))
    both["beyond"] = change[len(singles) :] - [
        alone[row.first, row.base_first] + alone[row.second, row.base_second]
        for row in both.itertuples()
    ]
    both["bases"] = both["base_first"] + both["base_second"]
    pairs = both.groupby(["first", "second"], sort=True)
    farthest = both.loc[pairs["beyond"].apply(lambda values: values.abs().idxmax())]
    return pd.DataFrame(
        {
            "strength": np.sqrt(pairs["beyond"].apply(lambda values: (values**2).mean())),
            "strongest": farthest["beyond"].to_numpy(),
            "bases": farthest["bases"].to_numpy(),
        }
    ).reset_index()


def region_of(
    sequence: str, region: tuple[int, int] | None, largest: int, name: str
) -> tuple[int, int] | None:
    """First and last position of the region of a dependency map; None if there is none: an aptamer
    of one base, or one that is too long, which is said.

    Args:
        region: that the user asks for; None for the whole aptamer.
        largest: number of bases of a region.

    Raises:
        InputError: the region is not within the aptamer, or it is too large.
    """
    length = len(sequence)
    if region is None:
        if length > largest:
            logger.warning(
                "%s: no dependency map of %d bases (largest_region is %d); give a region",
                *(name, length, largest),
            )
        return (1, length) if 2 <= length <= largest else None
    start, end = region
    if not 1 <= start < end <= length:
        raise InputError(
            f"explain: region is from {start} to {end}, but {name} has {length} bases; expected "
            "two positions in it, the first one first"
        )
    if end - start + 1 > largest:
        raise InputError(
            f"explain: region has {end - start + 1} bases; expected at most {largest} "
            "(largest_region)"
        )
    return start, end


def importance(mutations: pd.DataFrame) -> pd.Series:
    """How much each position matters: the mean loss of score by its substitutions, by position.

    Args:
        mutations: what `mutation_map` gives.
    """
    single = mutations[mutations["kind"] == SUBSTITUTION]
    return -single.groupby("position")["change"].mean()
