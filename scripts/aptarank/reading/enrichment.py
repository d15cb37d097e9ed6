"""Enrichment of sequences from one SELEX round to a later one."""

import dataclasses

import numpy as np

from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.input_format import Kind, Reading
from aptarank.values.sequences import read_notation, shortened

SHARED = 0.1  # of the sequences of a count file: with more in common, two may be rounds


def log2_enrichment(before: np.ndarray, after: np.ndarray, pseudocount: float) -> np.ndarray:
    """log2 of the ratio of a sequence's shares of the reads of two rounds.

    The pseudocount is added to each count, so that a sequence unseen in one round has a finite
    value, and few reads are drawn towards no change (Alam et al. 2015, doi:10.1038/mtna.2015.4,
    takes the ratio without one).

    Args:
        before, after: reads, shape (n,), all of the round's sequences.

    Returns:
        float64, shape (n,); 0 if the share is the same, not finite for a zero count without a
        pseudocount.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a zero count without a pseudocount
        old, new = (
            (reads + pseudocount) / np.sum(reads + pseudocount) for reads in (before, after)
        )
        return np.log2(new / old)


def enrichment_error(before: np.ndarray, after: np.ndarray, pseudocount: float) -> np.ndarray:
    """Standard error of the log2 enrichment, if reads are Poisson distributed.

    √(1 / after + 1 / before) / ln 2, with the pseudocount added to both: the first order of a
    Taylor series. Amplification and the choice of what is sequenced add to it, so that the true
    error is larger.

    Args:
        before, after: reads, shape (n,).

    Returns:
        float64, shape (n,); infinite for a zero count without a pseudocount.
    """
    with np.errstate(divide="ignore"):
        return np.sqrt(1 / (before + pseudocount) + 1 / (after + pseudocount)) / np.log(2)


def log2_share_ratio(before: np.ndarray, after: np.ndarray, pseudocount: float) -> np.ndarray:
    """log2 of the ratio of a sequence's shares in two rounds, if the reads are not known.

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


def join_rounds(readings: list[Reading], options: Options) -> list[Reading]:
    """Join the count files of two rounds, `before` and `after` by name, to one list of enrichments.

    A sequence that a round does not have has 0 reads there. Each row is a sequence of either round.

    Raises:
        InputError: not two files, or none of that name.
    """
    if not (options.before and options.after):
        raise InputError(
            f"{readings[0].source}: give both before and after, the count files of two rounds"
        )
    rounds = []
    files = ", ".join(str(reading.source) for reading in readings[:5])
    for role, name in (("before", options.before), ("after", options.after)):
        named = [
            reading for reading in readings if name in (reading.source.name, str(reading.source))
        ]
        if len(named) != 1:
            raise InputError(f"{role}: {name!r} is not one of the input files: {files}")
        rounds.append(named[0])
    if len(readings) != 2 or rounds[0] is rounds[1]:
        raise InputError(
            f"{files}: an enrichment takes two count files, before and after; got "
            f"{len(readings)}: give only {options.before} and {options.after}"
        )
    joined: dict[str, list] = {}
    broken = []
    for index, reading in enumerate(rounds):
        for row in reading.rows:
            if row.problem:
                broken.append(row)
                continue
            entry = joined.setdefault(sequence_key(row), [row, 0, 0])
            entry[0] = row
            entry[1 + index] += int(row.reads)
    counts = np.array([entry[1:] for entry in joined.values()], dtype=float).reshape(-1, 2)
    both = counts[:, 0], counts[:, 1], options.pseudocount
    scores, errors = log2_enrichment(*both).tolist(), enrichment_error(*both).tolist()
    rows = [
        entry[0]._replace(score=repr(score), reads=str(max(entry[1:])), error=repr(error))
        for entry, score, error in zip(joined.values(), scores, errors, strict=True)
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


def refuse_rounds(readings: list[Reading], options: Options) -> None:
    """Raise InputError if count files of one dataset may be rounds and the user does not say so.

    Both rounds and replicates have many sequences in common. Merged, a sequence would get the
    median of its scores over the rounds, which says nothing about its fitness.
    """
    counts = [reading for reading in readings if reading.format.kind is Kind.COUNTS]
    if options.group is not None or options.before or options.after or len(counts) < 2:
        return
    first, *others = ({sequence_key(row) for row in reading.rows} for reading in counts)
    shared = max(len(first & other) / min(len(first), len(other)) for other in others)
    if shared < SHARED:
        return
    names = [reading.source.name for reading in counts]
    raise InputError(
        f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}: are these rounds of one "
        f"selection, or replicates? {shared:.0%} of the sequences of one are in another.\n"
        f"Rounds: give only two of them, --before {names[0]} --after {names[-1]}. Replicates: "
        "--group none, for the median of each sequence's scores. Neither: --group file, to compare "
        "only within each file (in the config: datasets.<name>.before, after and group)."
    )


def sequence_key(row: Row) -> str:
    """The key by which the records of two rounds are the same sequence."""
    try:
        return read_notation(row.sequence)
    except ValueError:
        return row.sequence
