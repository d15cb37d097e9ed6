"""How far the fitness of each aptamer may be from the truth: its standard error.

It comes from columns of replicates, a column of errors, reads, or rows of one sequence.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.values.measured import exponent_of, parse_value, tidy_text
from aptarank.values.measurements import PERCENT, is_concentration, parse_measurement
from aptarank.values.sequences import shortened

EMPTY = re.compile(r"|n/?a|nan|null|none|n\.?d\.?|-|–", re.I)  # a cell without a measurement
FEWEST_DEGREES = 10  # of freedom, by which replicates say how large the noise of a group is
SMALLEST = 1e-3  # of the mean variance: replicates that agree better do so by rounding
MOST_DEGREES = 1e4  # of the prior; with more, all aptamers have the same noise
LARGEST = 1e100  # of a score or an error; the squares of larger ones are infinite
LEAST_PRIOR = 1.0  # measurements that the pooled variance counts as
MEDIAN = math.sqrt(math.pi / 2)  # standard error of a median over that of a mean, of many values


def check_noise(options: Options) -> None:
    """Raise InputError if what is said about replicates and errors cannot be meant together."""
    named = ", ".join(map(repr, options.replicates))
    if options.replicates and options.error:
        raise InputError(
            f"both replicates ({named}) and error ({options.error!r}) are given; expected one of "
            "the two: replicates alone say how large the error is, so leave error out"
        )
    if options.replicates and options.score:
        raise InputError(
            f"both replicates ({named}) and score ({options.score!r}) are given; the score is the "
            "mean of the replicates, so leave score out"
        )
    if options.replicates and (options.before or options.after):
        raise InputError(
            f"both replicates ({named}) and the rounds of a selection (before, after) are given; "
            "expected one of the two"
        )
    if options.error and (options.before or options.after):
        raise InputError(
            f"both error ({options.error!r}) and the rounds of a selection (before, after) are "
            "given; the error of an enrichment follows from its reads, so leave error out"
        )
    for key in ("error_kind", "error_n"):
        if getattr(options, key) is not None and not options.error:
            raise InputError(
                f"{key} says what an error is, but no column of errors is given (error)"
            )
    if options.error and options.error == options.score:
        raise InputError(f"score and error name one column, {options.score!r}; expected two")
    if len(set(options.replicates)) == 1:
        raise InputError(
            f"replicates names one column, {named}; expected at least two different ones, such as "
            "[Rep1, Rep2]. If there is one measurement, name it as score"
        )
    if len(set(options.replicates)) < len(options.replicates):
        raise InputError(f"replicates names a column twice: {named}; name each once")


def replicate_values(row: Row) -> list[float]:
    """The replicates of a row as numbers, of a Kd in mol/L; NaN for an empty cell.

    Raises:
        ValueError: one is not a number, or all are missing.
    """
    values = []
    for number, text in enumerate(row.replicates, start=1):
        if EMPTY.fullmatch(text):
            values.append(math.nan)
            continue
        try:
            low, high = parse_measurement(text, row.scale)
        except ValueError as reason:
            raise ValueError(f"{reason} (replicate {number})") from None
        if low != high:
            raise ValueError(f"bound or range: {shortened(text)!r} (replicate {number})")
        values.append(low)
    if all(map(math.isnan, values)):
        raise ValueError("missing score: every replicate is empty")
    return values


def error_of(row: Row, value: float) -> float:
    """The standard error of a row's fitness, NaN if the row has none.

    Of a Kd, it is that of log10 (Kd): error / (Kd ln 10), the first order of a Taylor series.

    Args:
        value: the score, of a Kd in mol/L; NaN for a bound.

    Raises:
        ValueError: not a number above 0, or no unit.
    """
    if EMPTY.fullmatch(row.error) or math.isnan(value):
        return math.nan
    measured = parse_value(tidy_text(row.error))
    if measured is None or measured.low != measured.high or measured.bound or measured.name:
        raise ValueError(f"not an error: {shortened(row.error)!r} is not a number")
    error = measured.low
    if not error > 0:
        raise ValueError(
            f"not an error: {shortened(row.error)!r}; expected a number above 0, or an empty cell "
            "where it is not known"
        )
    if is_concentration(row.scale):
        unit = measured.low_unit or row.error_unit or row.scale
        if not unit:
            raise ValueError(f"no unit: the error {shortened(row.error)!r} has none")
        error *= 10.0 ** exponent_of(unit) / (value * math.log(10))
    elif measured.low_unit not in ("", "%" if row.scale == PERCENT else ""):
        raise ValueError(f"not an error: {shortened(row.error)!r} has a unit, the score has none")
    error /= math.sqrt(row.error_n)
    if not 1 / LARGEST < error < LARGEST:
        raise ValueError(f"not an error: {shortened(row.error)!r} is beyond {LARGEST:g}")
    return error


def add_replicates(aptamers: pd.DataFrame, table: pd.DataFrame) -> None:
    """Fill in what follows from replicates: the fitness, its bounds, count, spread, replicates.

    Args:
        aptamers: a row for each `group` and `sequence`.
        table: the rows that were merged into these, with `replicates`, a list of the fitness in
            each column of the input, NaN where it is missing, empty for a row without columns of
            them; and `exact`, the fitness of a row that has a value.
    """
    keys = [table["group"], table["sequence"]]
    values = pd.DataFrame(table["replicates"].map(list).tolist(), index=table.index)
    wanted = pd.MultiIndex.from_frame(aptamers[["group", "sequence"]])
    by_column = values.groupby(keys).mean().loc[wanted]
    aptamers["replicates"] = [
        "|".join("" if math.isnan(value) else repr(value) for value in row)
        for row in by_column.to_numpy().tolist()
    ]
    aptamers["replicates"] = aptamers["replicates"].where(by_column.notna().any(axis=1).array, "")
    # What was measured once, as on a plate, is of no column; a bound is no measurement.
    values["once"] = table["exact"].where(table["replicates"].str.len() == 0)
    every = values.assign(group=keys[0], sequence=keys[1]).melt(["group", "sequence"])
    by_aptamer = every.groupby(["group", "sequence"])["value"]
    numbers = by_aptamer.agg(["mean", "std", "count"]).loc[wanted]
    measured = numbers["count"].to_numpy() > 0
    for column, name in (("fitness", "mean"), ("low", "mean"), ("high", "mean")):
        aptamers[column] = aptamers[column].mask(measured, numbers[name].to_numpy())
    aptamers["spread"] = numbers["std"].to_numpy()
    aptamers["count"] = aptamers["count"].mask(measured, numbers["count"].to_numpy())


def add_errors(aptamers: pd.DataFrame) -> None:
    """Fill in `error`, the standard error of the fitness; NaN where it is not known.

    Errors that the input gives stay; an exact value without one gets the median of its group.
    Without any, they follow from replicates or rows of one sequence, by group: SD / √n, with the
    SD of `moderated_variance`. Those of fewer than `FEWEST_DEGREES` degrees of freedom, or which
    are all equal, as copies are, say nothing.
    """
    exact = aptamers["low"] == aptamers["high"]
    if aptamers["error"].notna().any():
        usual = aptamers.groupby("group")["error"].transform("median")
        aptamers["error"] = aptamers["error"].fillna(usual).where(exact)
        return
    count = aptamers["count"].to_numpy()
    of_mean = aptamers["replicates"].ne("").to_numpy() | (count < 3)
    for rows in aptamers.groupby("group").indices.values():
        variance = moderated_variance(aptamers["spread"].to_numpy()[rows], count[rows])
        wider = np.where(of_mean[rows], 1.0, MEDIAN)
        error = np.sqrt(variance / count[rows]) * wider
        aptamers.loc[aptamers.index[rows], "error"] = error
    aptamers["error"] = aptamers["error"].where(exact)


def moderated_variance(spread: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The variance of one measurement of each aptamer, drawn towards what is usual.

    A variance of two or three replicates says little by itself; one in hundreds of them is near 0
    by chance. The true variances are taken as inverse-gamma distributed, with d₀ degrees of freedom
    that are fitted to the variance of log variances (Smyth 2004, doi:10.2202/1544-6115.1027). The
    result is their posterior mean, (κ s₀² + d s²) / (κ + d): d = n − 1, s₀² is the pooled variance,
    and κ = d₀ − 2, but at least `LEAST_PRIOR`.

    Args:
        spread, count: standard deviation (NaN for one) and number of measurements, shape (n,).

    Returns:
        Shape (n,); NaN throughout where replicates are too few, or have no spread.
    """
    # Ranking candidates, which imports this module too, does without SciPy.
    from scipy.optimize import brentq
    from scipy.special import digamma, polygamma

    repeated = np.isfinite(spread) & (count > 1)
    degrees = np.where(repeated, count - 1, 0)
    squares = np.where(repeated, spread, 0.0) ** 2
    if degrees.sum() < FEWEST_DEGREES or not squares.any():
        return np.full(len(spread), np.nan)
    pooled = (degrees * squares).sum() / degrees.sum()
    half = degrees[repeated] / 2
    logs = np.log(np.maximum(squares[repeated], SMALLEST * pooled)) - digamma(half) + np.log(half)
    excess = logs.var(ddof=1) - polygamma(1, half).mean() if repeated.sum() > 1 else 0.0
    if not excess > polygamma(1, MOST_DEGREES / 2):
        return np.full(len(spread), pooled)
    prior = 2 * brentq(lambda x: polygamma(1, x) - excess, 1e-3, MOST_DEGREES) - 2
    prior = max(prior, LEAST_PRIOR)
    return (prior * pooled + degrees * squares) / (prior + degrees)


def noise_in_words(noise: Mapping[str, Any]) -> str:
    """Say what `describe_noise` gives."""
    text = (
        f"standard error of {noise['aptamers']:,} aptamers, median {noise['median']:.4g} in units "
        f"of the fitness, by {noise['source']}"
    )
    if noise.get("missing"):
        text += f"; {noise['missing']:,} cells are empty"
    if noise.get("single"):
        text += f"; {noise['single']:,} aptamers have a single measurement"
    return text


def warn_of_no_errors(aptamers: pd.DataFrame, options: Options) -> list[str]:
    """Warn where columns were named for errors, and no aptamer has an error by them."""
    named = options.replicates or ((options.error,) if options.error else ())
    if not named or aptamers["error"].notna().any():
        return []
    return [f"no aptamer has an error by {', '.join(map(repr, named))}: the noise is not known"]


def describe_noise(
    aptamers: pd.DataFrame, rows: Sequence[Row], options: Options
) -> dict[str, Any] | None:
    """What ingestion.json says of errors; None if none is known.

    Returns:
        `source` of the errors, in words; `aptamers` that have one; their `median`, in units of the
        fitness; of replicates, how many are `missing` and how many aptamers have a `single` one;
        of a column of errors, how many cells are `missing`.
    """
    known = aptamers["error"].notna()
    if not known.any():
        return None
    about: dict[str, Any] = {"aptamers": int(known.sum())}
    about["median"] = float(f"{aptamers['error'].median():.6g}")
    readable = [row for row in rows if not row.problem]
    if options.replicates:
        about["source"] = f"{len(options.replicates)} columns of replicates"
        cells = [text for row in readable for text in row.replicates]
        about["missing"] = sum(EMPTY.fullmatch(text) is not None for text in cells)
        about["single"] = int((aptamers["count"] == 1).sum())
    elif options.error:
        about["source"] = f"column {shortened(options.error)!r}"
        about["missing"] = sum(EMPTY.fullmatch(row.error) is not None for row in readable)
    elif any(row.error for row in readable):
        about["source"] = "reads of two rounds (Poisson)"
    else:
        about["source"] = "rows of one sequence"
    return about
