"""What a split lets a model know of its test aptamers: what is shared, near, or alike."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.evaluation.baselines import shared_prefix
from aptarank.evaluation.metrics import accuracy
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference import mutations
from aptarank.pairing.reference_fitness import centred, known_fitness
from aptarank.pairing.splits import ALL_PARTS, PARTS, within_group_rank

COLUMNS = ["quantity", "at", "part", "value"]
QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)
PREFIXES = range(1, 13)  # bases
EDITS = (1, 2, 3)

Rows = list[tuple[str, float | None, str, float]]  # of COLUMNS


def check_split(sequences: pd.Index, split: pd.DataFrame, source: Path) -> pd.Series:
    """The part of each distinct aptamer.

    Args:
        sequences: the distinct aptamers.
        split: with the columns sequence and part.

    Returns:
        Text, its index `sequences`.

    Raises:
        InputError: an unknown part, an aptamer in two parts or in none, a part without any.
    """
    again = "run split.py again rather than edit what it writes (own parts: split.file)"
    known = (ALL_PARTS,) if (split["part"] == ALL_PARTS).all() else PARTS
    if not (good := split["part"].isin(known)).all():
        line, part = int(np.argmin(good)) + 2, split["part"][~good].iloc[0]
        raise InputError(
            f"{source}, line {line}: part {part!r}; expected one of {', '.join(PARTS)}, or "
            f"{ALL_PARTS} throughout; {again}"
        )
    parts = split.drop_duplicates(["sequence", "part"]).set_index("sequence")["part"]
    if not parts.index.is_unique:
        twice = parts.index[parts.index.duplicated()]
        found = " and ".join(parts[twice[0]])
        raise InputError(
            f"{source}: {len(twice)} aptamers are in more than one part, the first is {twice[0]} "
            f"in {found}; an aptamer belongs to one part: {again}"
        )
    if len(missing := sequences.difference(parts.index)):
        raise InputError(
            f"{source}: {len(missing)} of {len(sequences)} aptamers have no part, the first is "
            f"{missing[0]}; {again}"
        )
    parts = parts.reindex(sequences)
    if len(empty := [name for name in PARTS if not members(parts, name)]):
        raise InputError(f"{source}: no aptamer for {' and '.join(empty)}; {again}")
    return parts


def check_families(part: pd.Series, family: pd.Series, source: Path) -> None:
    """Raise InputError where a family is in two parts (`family`, `part`: by sequence)."""
    held = part.groupby(family).nunique()
    if len(torn := held.index[held > 1]):
        found = part[family == torn[0]].drop_duplicates()
        examples = " and ".join(f"{sequence} in {part}" for sequence, part in found.items())
        raise InputError(
            f"{source}: {len(torn)} families are in more than one part, the first has {examples}; "
            "run split.py again, with the same --by, --k and --identity"
        )


def members(part: pd.Series, name: str) -> list[str]:
    """The sequences of a part, which are all of them where there is no other part."""
    return part.index[part.isin([name, ALL_PARTS])].tolist()


def count_parts(part: pd.Series, family: pd.Series) -> Rows:
    """Aptamers and families of each part, and aptamers that training has too."""
    rows: Rows = []
    train = set(members(part, "train"))
    for name in PARTS:
        own = members(part, name)
        rows += [
            ("aptamers", None, name, len(own)),
            ("families", None, name, int(family[own].nunique())),
        ]
    for name in PARTS[1:]:
        rows.append(("shared_with_train", None, name, len(train.intersection(members(part, name)))))
    return rows


def prefix_rows(test: Sequence[str], train: Sequence[str]) -> Rows:
    """The share of test aptamers whose first `at` bases are those of a training aptamer.

    An aptamer of fewer bases counts as a whole, and so as shared only where training has it.
    """
    rows: Rows = []
    for k in PREFIXES:
        if k > max(map(len, test)):
            break
        known = {sequence[:k] for sequence in train}
        rows.append(("prefix_in_train", k, "test", float(np.mean([s[:k] in known for s in test]))))
    return rows


def distance_rows(edits: np.ndarray, share: np.ndarray) -> Rows:
    """Quantiles of what `clusters.nearest` gives for test against training, and near copies."""
    return [
        *quantile_rows("nearest_edits", "test", edits),
        *quantile_rows("nearest_edits_per_base", "test", share),
        *(("within_edits", limit, "test", float(np.mean(edits <= limit))) for limit in EDITS),
    ]


def quantile_rows(quantity: str, part: str, values: np.ndarray) -> Rows:
    """A row for each of QUANTILES."""
    found = np.quantile(values, QUANTILES)
    return [(quantity, at, part, float(value)) for at, value in zip(QUANTILES, found, strict=True)]


def counts_at_distance(distance: pd.Series, part: pd.Series) -> pd.DataFrame:
    """How many aptamers of each part are at each distance that occurs; a column a part.

    Args:
        distance, part: by sequence.
    """
    counts = pd.crosstab(distance.reindex(part.index), part)
    return counts[[name for name in (*PARTS, ALL_PARTS) if name in counts]]


def rows_at_distance(counts: pd.DataFrame) -> Rows:
    """A row for each distance and part, of what `counts_at_distance` gives."""
    return [
        ("aptamers_at_distance", float(at), name, int(counts.loc[at, name]))
        for name in counts
        for at in counts.index
    ]


def untrained_rows(part: pd.Series, reference: str) -> Rows:
    """Positions, from 1, at which test aptamers are mutated and no training aptamer is: how many.

    Aptamers of another length than the reference are left out.
    """
    aligned = part[part.index.str.len() == len(reference)]
    train, test = (
        mutations(members(aligned, name), reference).sum(axis=0) for name in ("train", "test")
    )
    new = np.flatnonzero((test > 0) & (train == 0))
    return [("mutated_in_test_alone", float(at + 1), "test", int(test[at])) for at in new]


def known_scores(aptamers: pd.DataFrame) -> tuple[str, pd.Series]:
    """What the scores of aptamers are called, and each one's, by sequence; unknown ones dropped.

    Scores as they were given for one group; for several, `within_group_rank` of the fitness, in
    per cent.
    """
    if aptamers["group"].nunique() > 1:
        return "fitness_percentile_within_group", 100 * within_group_rank(aptamers).dropna()
    return "score", aptamers.set_index("sequence")["score"].dropna().sort_index()


def by_part(values: pd.Series, part: pd.Series) -> dict[str, np.ndarray]:
    """The values of each part that has any, both by sequence."""
    own = part.reindex(values.index)
    there = {name: values[(own == name).to_numpy()].to_numpy() for name in (*PARTS, ALL_PARTS)}
    return {name: found for name, found in there.items() if len(found)}


def prefix_accuracy(
    aptamers: pd.DataFrame, part: pd.Series, pairs: Pairs, sequences: pd.Index
) -> float | None:
    """Share of test pairs that the baseline `shared_prefix` orders rightly, as in baselines.csv.

    Args:
        aptamers: as `tables.read_aptamers` gives them.
        part: by sequence.
        pairs: indices into `sequences`.

    Returns:
        In [0, 1]; None where the input was a table of labelled pairs, which has no fitness, or
        where no group has two training aptamers.
    """
    if aptamers["fitness"].isna().any():
        return None
    known = known_fitness(aptamers, sequences, pairs)
    taught = centred(known[known["sequence"].isin(members(part, "train"))])
    if taught.empty:
        return None
    score = shared_prefix(
        taught["sequence"].tolist(), taught["fitness"].to_numpy(), sequences.tolist(), seed=1
    )
    first_fitter = (1 + np.sign(score[pairs.first] - score[pairs.second])) / 2
    return accuracy(pairs.label, first_fitter)
