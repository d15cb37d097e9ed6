"""From rows, as they were read, to aptamers with a fitness."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.core.log import Track
from aptarank.core.tables import APTAMER_COLUMNS
from aptarank.ingestion.primers import find_primer, trim_primers
from aptarank.ingestion.rejections import Rejected, keep_valid, rejected_table
from aptarank.ingestion.standard_errors import (
    LARGEST,
    add_errors,
    add_replicates,
    error_of,
    replicate_values,
)
from aptarank.values.measurements import COUNTS, is_concentration, parse_measurement, to_count
from aptarank.values.sequences import (
    as_tokens,
    check_bases,
    check_chemistry,
    chemistry,
    has_mixed_case,
    named_chemistry,
    read_notation,
    shortened,
)

FEWEST_DIGITS = 6  # of an aptamer's id


def clean_rows(
    rows: Sequence[Row], better: str, options: Options, track: Track = iter
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accept or reject each row, then merge the rows of one sequence in one group.

    `fitness` is higher for better aptamers: the score with its sign, and of a Kd
    −log10(Kd / (mol/L)), with its score in nM. Merged rows get the median of their fitness, their
    count, and as spread the sample standard deviation of the fitness (empty for a single row).
    `low` and `high` bound the fitness; they are equal except for bounds and ranges, which only
    count if a sequence has no exact value. `error` is the standard error of the fitness, by
    `standard_errors.add_errors`; of columns of replicates, the fitness is the mean, and `count`,
    `spread` and `replicates` are of these. Aptamers are sorted by group and sequence, so
    that the order of the rows does not matter.

    Args:
        better: `higher` or `lower`, the direction of the score (of a Kd, `lower`).
        track: wraps the rows, for progress.

    Returns:
        Aptamers (`APTAMER_COLUMNS`) and rejected rows (`REJECTED_COLUMNS`).

    Raises:
        InputError: primers that too few sequences have.
    """
    rejected: Rejected = []
    accepted = []
    for row, sequence in read_sequences(rows, options, rejected, track):
        try:
            fitness = fitness_of(row, better, options)
        except ValueError as reason:
            rejected.append((row, str(reason)))
        else:
            group = group_of(row, sequence, options)
            kind = chemistry(sequence) or named_chemistry(row.sequence)
            accepted.append((row, group, sequence, kind, *fitness))
    columns = ["row", "group", "sequence", "chemistry", *Fitness._fields]
    table = pd.DataFrame(accepted, columns=columns)
    table = table.astype({"low": float, "high": float, "error": float})
    table = unify_chemistry(table, rejected)
    aptamers = merge_duplicates(table, rejected)
    add_errors(aptamers)
    aptamers["score"] = score_of(aptamers["fitness"], better, is_kd=any(map(is_kd, rows)))
    return aptamers[APTAMER_COLUMNS], rejected_table(rejected)


def read_sequences(
    rows: Sequence[Row], options: Options, rejected: Rejected, track: Track
) -> list[tuple[Row, str]]:
    """Return the rows whose sequence can be read, with the sequence, without padding and primers.

    Args:
        rejected: gets the other rows.
        track: wraps the rows, for progress.

    Raises:
        InputError: primers that too few sequences have.
    """
    bases = read_whole(rows, options, rejected, track)
    # What is on a plate is written without its primers too.
    whole = [(row, sequence) for row, sequence in bases if not row.plate]
    five, three = find_primers([sequence for _, sequence in whole], options, rows)
    trim = partial(without_primers, five=five, three=three, max_length=options.max_length)
    plain = partial(without_primers, five="", three="", max_length=options.max_length)
    wells = [(row, sequence) for row, sequence in bases if row.plate]
    return keep_valid(whole, trim, rejected) + keep_valid(wells, plain, rejected)


def read_whole(
    rows: Sequence[Row], options: Options, rejected: Rejected, track: Track
) -> list[tuple[Row, str]]:
    """Return what `read_sequences` does, with primers."""
    as_letters = partial(read_letters, options=options)
    letters = keep_valid(((row, row) for row in track(rows)), as_letters, rejected)
    unpad = partial(without_padding, is_filled_up=are_filled_up([text for _, text in letters]))
    return keep_valid(letters, unpad, rejected)


def trimmed_primers(rows: Sequence[Row], options: Options) -> tuple[str, str]:
    """Return the 5' and 3' primers that `read_sequences` trims, "" for none."""
    own = [row for row in rows if not row.plate]
    if not (options.five_primer or options.three_primer) or not own:
        return "", ""
    whole = [sequence for _, sequence in read_whole(own, options, [], iter)]
    return find_primers(whole, options, own)


def read_letters(row: Row, options: Options) -> str:
    """Return the letters of a row's sequence in upper case.

    Raises:
        ValueError: the row has a problem, or a notation or letter case that is not read.
    """
    if row.problem:
        raise ValueError(row.problem)
    letters = read_notation(row.sequence)
    if options.case == "reject" and has_mixed_case(row.sequence):
        raise ValueError("mixed case: small letters and capitals in one sequence")
    return letters


def are_filled_up(sequences: Sequence[str]) -> bool:
    """Whether all sequences are filled up with N to one length.

    Then a single N at the end is padding too; otherwise it may be a base that the sequencer could
    not call.
    """
    one_length = len(set(map(len, sequences))) == 1
    return one_length and any(sequence.endswith("NN") for sequence in sequences)


def without_padding(letters: str, *, is_filled_up: bool) -> str:
    """Return the bases of a sequence, without the N at its end that fill it up: two or more, or one
    if all sequences are filled up to one length.

    Raises:
        ValueError: other letters than bases, or nothing but padding.
    """
    bare = letters.rstrip("N")
    if not bare:
        raise ValueError("empty sequence: padding alone")
    is_padded = is_filled_up or len(letters) - len(bare) > 1
    return check_bases(bare if is_padded else letters)


def without_primers(sequence: str, five: str, three: str, max_length: int) -> str:
    """Return a sequence without its primers.

    Raises:
        ValueError: it lacks a primer, has both T and U, or is too long.
    """
    sequence = check_chemistry(trim_primers(sequence, five, three))
    if len(sequence) > max_length:
        raise ValueError(f"too long: {len(sequence)} bases, max_length is {max_length}")
    return sequence


def find_primers(sequences: list[str], options: Options, rows: Sequence[Row]) -> tuple[str, str]:
    """Find the 5' and 3' primers to trim; "" if none is asked for."""
    share, source = options.primer_share, rows[0].source if rows else ""
    five, three = (
        find_primer(sequences, given, end, share, source) if given and sequences else ""
        for given, end in ((options.five_primer, "5'"), (options.three_primer, "3'"))
    )
    return five, three


def group_of(row: Row, sequence: str, options: Options) -> str:
    """Return the group of an aptamer: by the user's option, else that of its format or column.

    On a plate, `group: file` is that of the file whose aptamers it goes on with.
    """
    if row.plate and options.group == "file" and row.group:
        return row.group
    by = {"none": "", "length": str(len(sequence)), "file": Path(row.source).name}
    return by.get(options.group or "", row.group)


def is_kd(row: Row) -> bool:
    """Whether the score is a Kd with a unit."""
    return is_concentration(row.scale)


class Fitness(NamedTuple):
    """Bounds of a row's fitness, its standard error (NaN if unknown), that of each replicate."""

    low: float
    high: float
    error: float = math.nan
    replicates: Sequence[float] = ()


def fitness_of(row: Row, better: str, options: Options) -> Fitness:
    """The fitness of a row.

    Raises:
        ValueError: no score, too few reads, a bound if `bounds` is `reject`, or no valid error.
    """
    if row.replicates:
        values = [as_fitness(value, row, better) for value in replicate_values(row)]
        mean = float(np.nanmean(values))
        check_size(np.nanmax(np.abs(values)), row)
        return Fitness(mean, mean, replicates=values)
    low, high = parse_measurement(row.score, row.scale)
    if options.bounds == "reject" and low != high:
        raise ValueError(f"bound or range: {shortened(row.score)!r}")
    if options.min_count and not row.plate:
        reads = row.reads or (row.score if row.scale == COUNTS else "")
        if not reads:
            raise ValueError(f"no number of reads, and min_count is {options.min_count}")
        if to_count(reads) < options.min_count:
            raise ValueError(f"few reads: {reads}, min_count is {options.min_count}")
    error = error_of(row, low if low == high else math.nan)
    low, high = sorted(as_fitness(value, row, better) - row.shift for value in (low, high))
    for value in filter(math.isfinite, (low, high)):
        check_size(value, row)
    return Fitness(low, high, error)


def check_size(fitness: float, row: Row) -> None:
    """Raise ValueError for a finite fitness with which nothing can be computed."""
    if math.isfinite(fitness) and abs(fitness) > LARGEST:
        raise ValueError(f"not a score: {shortened(row.score)!r} is beyond {LARGEST:g}")


def as_fitness(score: float, row: Row, better: str) -> float:
    """A score of a row as fitness: with its sign, and of a Kd in mol/L its logarithm to base 10."""
    if is_kd(row) and not math.isnan(score):
        score = math.log10(score) if score > 0 else -math.inf
    return score if better == "higher" else 0.0 - score


def usual_chemistry(counts: Counter[str]) -> str:
    """Return `RNA` if there are more sequences of RNA than of DNA, else `DNA`."""
    return "RNA" if counts["RNA"] > counts["DNA"] else "DNA"


def unify_chemistry(table: pd.DataFrame, rejected: Rejected) -> pd.DataFrame:
    """Fill in the chemistry of sequences with neither T nor U, by the most frequent one.

    The model reads U as T, so the same letters in the other chemistry would be one key with two
    meanings: those of the rarer chemistry are rejected.
    """
    usual = usual_chemistry(Counter(table["chemistry"]))
    table["chemistry"] = table["chemistry"].fillna(usual)
    table["sequence"] = table["sequence"].map(as_tokens)
    kinds = table.groupby("sequence")["chemistry"].transform("nunique")
    rarer = (kinds > 1) & (table["chemistry"] != usual)
    for row in table.loc[rarer, "row"]:
        reason = f"other chemistry: the same letters are there as {usual}; the model reads U as T"
        rejected.append((row, reason))
    return table[~rarer].reset_index(drop=True)


def merge_duplicates(table: pd.DataFrame, rejected: Rejected) -> pd.DataFrame:
    """Return one row for each group and sequence, sorted by them; `clean_rows` says how."""
    table["exact"] = table["low"].where(table["low"] == table["high"])
    table["squared"] = table["error"] ** 2
    table["name"] = [row.name for row in table["row"]]
    table["family"] = [row.family for row in table["row"]]
    aptamers = (
        table.groupby(["group", "sequence"], sort=True)
        .agg(
            fitness=("exact", "median"),
            spread=("exact", "std"),
            low=("low", "max"),
            high=("high", "min"),
            least=("low", "min"),
            most=("high", "max"),
            count=("low", "size"),
            chemistry=("chemistry", "first"),
            family=("family", lambda values: " | ".join(sorted(set(values)))),
            squared=("squared", "mean"),
            errors=("squared", "count"),
        )
        .reset_index()
    )
    aptamers["error"] = np.sqrt(aptamers["squared"] / aptamers["errors"])  # of independent rows
    aptamers["replicates"] = ""
    if table["replicates"].str.len().any():
        add_replicates(aptamers, table)
    # Without an exact value: where all bounds hold at once, if they can; else all that they span.
    exact, apart = aptamers["fitness"].notna(), aptamers["low"] > aptamers["high"]
    for column, bound in (("low", "least"), ("high", "most")):
        aptamers[column] = aptamers[column].mask(apart, aptamers[bound])
        aptamers[column] = aptamers[column].mask(exact, aptamers["fitness"])
    middle = (aptamers["low"] + aptamers["high"]) / 2
    bound = aptamers["low"].where(np.isfinite(aptamers["low"]), aptamers["high"])
    aptamers["fitness"] = middle.where(np.isfinite(middle), bound)
    undecided = ~np.isfinite(aptamers["fitness"])
    if undecided.any():
        lost = aptamers.loc[undecided, ["group", "sequence"]].itertuples(index=False, name=None)
        keys = set(lost)
        for row, *key in table[["row", "group", "sequence"]].itertuples(index=False, name=None):
            if tuple(key) in keys:
                score = shortened(row.score)
                rejected.append((row, f"contradiction: {score!r} against the other bounds"))
        aptamers = aptamers[~undecided].reset_index(drop=True)
    names = table.groupby("sequence")["name"].min()
    distinct = pd.Index(aptamers["sequence"].unique()).sort_values()
    ids = dict(zip(distinct, lasting_ids(names.reindex(distinct), distinct), strict=True))
    aptamers["id"] = aptamers["sequence"].map(ids)
    return aptamers


def score_of(fitness: pd.Series, better: str, *, is_kd: bool) -> pd.Series:
    """Return the score of a fitness: with its sign, or as a Kd in nM."""
    if is_kd:
        return (10 ** (9 - fitness)).map(lambda value: float(f"{value:.12g}"))
    return fitness if better == "higher" else 0.0 - fitness


def make_ids(names: Sequence[str]) -> list[str]:
    """Return the input's own names if every aptamer has one and no two are equal; else numbers."""
    if all(names) and len(set(names)) == len(names):
        return list(names)
    width = max(4, len(str(len(names))))
    return [f"apt{number:0{width}d}" for number in range(1, len(names) + 1)]


def lasting_ids(names: Sequence[str], sequences: Sequence[str]) -> list[str]:
    """Ids that stay when other aptamers are added: the own name where no other has it, else one
    made of the sequence, `apt-` and as many digits of its SHA-256 as make all differ.
    """
    times, digests = Counter(names), [hashlib.sha256(s.encode()).hexdigest() for s in sequences]
    digits = FEWEST_DIGITS
    while len({digest[:digits] for digest in digests}) < len(set(digests)):
        digits += 1
    return [
        name if name and times[name] == 1 else f"apt-{digest[:digits]}"
        for name, digest in zip(names, digests, strict=True)
    ]


def check_learnable(aptamers: pd.DataFrame, source: str, why: str = "") -> None:
    """Raise InputError if all aptamers have one score; `why` is the likely reason, if known."""
    if aptamers["fitness"].nunique() < 2 and (aptamers["low"] == aptamers["high"]).all():
        score = aptamers["score"].iloc[0]
        number = len(aptamers)
        remaining = f"all {number} aptamers have" if number > 1 else "one aptamer is left, with"
        raise InputError(
            f"{source}: {remaining} the score {score:g}: there is nothing to learn.\n"
            + (why or "Is score the right column?")
        )
