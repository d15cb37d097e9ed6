"""Enrichment of sequences from one SELEX round to a later one."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from aptarank.errors import InputError
from aptarank.rows import Options, Row
from aptarank.sequences import shortened, spell

if TYPE_CHECKING:
    from aptarank.readers import Reading


def log2_enrichment(before: np.ndarray, after: np.ndarray, pseudocount: float) -> np.ndarray:
    """log2 of the ratio of a sequence's shares of the reads of two rounds.

    The pseudocount is added to each count, so that a sequence unseen in one round has a finite
    value, and few reads are drawn towards no change (Alam et al. 2015, doi:10.1038/mtna.2015.4,
    takes the ratio without one).

    Args:
        before, after: reads, shape (n,), all of the round's sequences.

    Returns:
        float64, shape (n,); 0 where the share stays, not finite for a zero count without a
        pseudocount.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a zero count without a pseudocount
        old, new = (
            (reads + pseudocount) / np.sum(reads + pseudocount) for reads in (before, after)
        )
        return np.log2(new / old)


def log2_share_ratio(before: np.ndarray, after: np.ndarray, pseudocount: float) -> np.ndarray:
    """log2 of the ratio of a sequence's shares in two rounds, where the reads are not known.

    The rarest sequence of a round has about one read: a share below `pseudocount` times the round's
    smallest is raised to that, so that a sequence unseen in one round has a finite value. It does
    not matter whether shares are RPM, per cent or fractions.

    Args:
        before, after: shares, shape (n,).

    Returns:
        float64, shape (n,); not finite for a share of 0 without a pseudocount.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        old, new = (
            np.maximum(shares, pseudocount * np.min(shares[shares > 0], initial=np.inf))
            if (shares > 0).any()
            else shares
            for shares in (before, after)
        )
        return np.log2(new / old)


def enrich_files(readings: "list[Reading]", options: Options) -> "list[Reading]":
    """Two rounds' count files, `before` and `after` by name, joined to one list of enrichments.

    A sequence that one round lacks has 0 reads there. A row of the result is a sequence of either.

    Raises:
        InputError: not two files, or none of that name.
    """
    if not (options.before and options.after):
        raise InputError(
            f"{readings[0].source}: give both before and after, the count files of two rounds"
        )
    rounds = []
    there = ", ".join(str(reading.source) for reading in readings[:5])
    for role, name in (("before", options.before), ("after", options.after)):
        found = [
            reading for reading in readings if name in (reading.source.name, str(reading.source))
        ]
        if len(found) != 1:
            raise InputError(f"{role}: {name!r} is not one of the input files: {there}")
        rounds.append(found[0])
    if len(readings) != 2 or rounds[0] is rounds[1]:
        raise InputError(
            f"{there}: an enrichment takes two count files, before and after; got {len(readings)}"
        )
    joined: dict[str, list] = {}
    broken = []
    for place, reading in enumerate(rounds):
        for row in reading.rows:
            if row.problem:
                broken.append(row)
                continue
            entry = joined.setdefault(key_of(row), [row, 0, 0])
            entry[0] = row
            entry[1 + place] += int(row.reads)
    counts = np.array([entry[1:] for entry in joined.values()], dtype=float).reshape(-1, 2)
    scores = log2_enrichment(*counts.T, options.pseudocount).tolist()
    rows = [
        entry[0]._replace(score=repr(score), reads=str(max(entry[1:])))
        for entry, score in zip(joined.values(), scores, strict=True)
    ]
    before, after = (f"file {shortened(reading.source.name)!r}" for reading in rounds)
    read_as = dataclasses.replace(
        rounds[1].read_as,
        score="log2 enrichment (reads)",
        because="it is an enrichment",
        rounds=f"from {before} to {after}",
        reads="the more of the two rounds",
    )
    return [dataclasses.replace(rounds[1], rows=[*rows, *broken], read_as=read_as)]


def key_of(row: Row) -> str:
    """What makes two rounds' records the same sequence."""
    try:
        return spell(row.sequence)
    except ValueError:
        return row.sequence
