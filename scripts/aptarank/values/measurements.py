"""Scores as people write them: numbers, bounds, ranges, and affinities with units."""

import math
import re
from typing import NamedTuple

from aptarank.values.measured import (
    DIGITS,
    EITHER_COMMA,
    LONGEST,
    AmbiguousError,
    Measured,
    exponent_of,
    has_unit,
    parse_value,
    tidy_text,
)
from aptarank.values.sequences import shortened

COUNT = r"[0-9]{1,15}(?:\.[0-9]*)?(?:[eE]\+?[0-9]{1,2})?"

# The lowest and highest Kd that is read, in mol/L: a hundredth of that of biotin and streptavidin;
# and some more than the tens of mM of the weakest aptamers. Beyond them, a prefix or a power of ten
# was lost.
KD_LIMITS = (1e-16, 0.1)

# How a score column is to be read.
PLAIN_NUMBERS, PKD, MINUS_LOG, PERCENT, COUNTS = "number", "pKd", "-log", "%", "reads"
PKD_LIMITS = (0.0, 16.0)  # of mol/L; another logarithm may be of any unit
RECIPROCAL = re.compile(r"M ?\^?[-⁻][1¹]\Z")  # per molar: an association constant
UNITS = "fM, pM, nM, uM, mM, M"
WHOLE = re.compile(r"[0-9]+(?:\.0*|[eE]\+?[0-9]{1,2})?")
DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
FORMULA = re.compile(rf"=(?! ?{DIGITS}(?:[eE][-+]?[0-9]+)? ?(?:[a-zA-Zµμ/]|\Z))")
FAST = re.compile(rf"[-+]?{DIGITS}(?:[eE][-+]?[0-9]{{1,2}})?")  # most numbers, without detours


class Measurement(NamedTuple):
    """What a score says: a value from `low` to `high`, equal for a plain number."""

    low: float
    high: float


def to_number(text: str) -> float:
    """A decimal number of ASCII digits, also as `1.2 × 10^-9`.

    Raises:
        ValueError: not a number, or one that a float cannot hold.
    """
    tidy = tidy_text(text)
    measured = parse_value(tidy)
    if measured is None or not measured.plain or measured.bound:
        raise ValueError(f"not a number: {shortened(text)!r}")
    return measured.low


def to_count(text: str) -> int:
    """A number of reads, also as `12.0`, as R writes it (`1e+05`), or `1,234`.

    Raises:
        ValueError: not a whole number.
    """
    bare = text.strip()
    if DOTTED.fullmatch(bare):
        raise ValueError(
            f"not a count: {shortened(text)!r} (a point between thousands? take it out; reads are "
            "whole: if these are no reads, give the column another name)"
        )
    if re.fullmatch("[0-9]{1,3}(,[0-9]{3})+", bare):  # no decimal comma: reads are whole
        bare = bare.replace(",", "")
    whole = re.fullmatch(COUNT, bare) and float(bare)
    if whole is None or not whole < 1e15 or not whole.is_integer():
        raise ValueError(f"not a count: {shortened(text)!r}; reads are whole numbers")
    return int(whole)


def looks_whole(text: str) -> bool:
    """Whether a text may be a whole number, also with points or commas between thousands."""
    return bool(WHOLE.fullmatch(text) or DOTTED.fullmatch(text.replace(",", ".")))


def with_point(text: str, decimal: str) -> str:
    """Return a score with a decimal point; unchanged unless `decimal` is a comma.

    Raises:
        ValueError: a decimal point or two commas, although the decimal sign is a comma.
    """
    if decimal != ",":
        return text
    if re.search(r"[0-9]\.[0-9]|(?<![a-zA-Z])\.[0-9]|[0-9]\.(?![0-9])", text):
        raise ValueError(f"not a number: {shortened(text)!r} has a point, but decimal is ','")
    if re.search("[0-9],[0-9]*,[0-9]", text):
        raise ValueError(f"not a number: {shortened(text)!r} has two commas, and decimal is ','")
    return re.sub(r"(?<![0-9,])([0-9]*),([0-9]+)(?![0-9,])", r"\1.\2", text)


def parse_measurement(text: str, scale: str = PLAIN_NUMBERS) -> Measurement:
    """Read a score.

    Args:
        scale: `number` for plain numbers and bounds (`<5`); `pKd` and `-log` also for ranges and
            errors (`6.5-7.2`, `6.5 ± 0.2`); `reads` for whole numbers and bounds; `%` for those of
            numbers with that sign; a unit of concentration such as `nM`, or "" if each text has
            its own, for Kd (`0.58 nM`, `∼0.17 µM`, `<100μM`, `25-200 nM`, `5.2 ± 0.3 × 10⁻⁹ M`).

    Returns:
        In the unit of the score; a Kd in mol/L. A bound has an infinite end.

    Raises:
        ValueError: missing, not a number, or not finite; says what was found.
    """
    if scale == PLAIN_NUMBERS and len(text) <= LONGEST and FAST.fullmatch(text):
        value = float(text)
        if value:
            return Measurement(value, value)
    tidy = tidy_text(text)
    if not tidy:
        raise ValueError("missing score")
    if scale == COUNTS and tidy[0] in "<>≤≥":
        scale = PLAIN_NUMBERS
    elif scale == COUNTS:
        count = float(to_count(tidy))
        return Measurement(count, count)
    if FORMULA.match(tidy):
        raise ValueError(
            f"not a number: {shortened(tidy)!r} (a formula without its value: save it from Excel)"
        )
    is_kd = is_concentration(scale)
    try:
        measured = parse_value(tidy)
    except AmbiguousError as hint:
        raise ValueError(
            f"{'not a Kd' if is_kd else 'not a number'}: {shortened(tidy)!r} ({hint})"
        ) from None
    if measured is None or not is_of_scale(measured, scale) or RECIPROCAL.search(tidy):
        raise ValueError(why_not_a_score(tidy, scale))
    if measured.bound and measured.low != measured.high:
        raise ValueError(f"not a number: {shortened(text)!r} is a bound and a range at once")
    low, high = in_molar(measured, scale, text) if is_kd else (measured.low, measured.high)
    if scale == PKD and not (PKD_LIMITS[0] <= low and high <= PKD_LIMITS[1]):
        raise ValueError(f"not a pKd: {shortened(text)!r}; expected 0 to 16: -log10 of mol/L")
    if low > high:
        raise ValueError(f"not a range: {shortened(text)!r} ends below its start")
    if measured.bound == "L":
        low = -math.inf
    elif measured.bound == "G":
        high = math.inf
    return Measurement(low, high)


def is_concentration(scale: str) -> bool:
    """Whether a scale is that of a Kd: a unit, or "" if each text has its own."""
    return scale not in (PLAIN_NUMBERS, PKD, MINUS_LOG, PERCENT, COUNTS)


def is_of_scale(measured: Measured, scale: str) -> bool:
    """Whether a value has the unit and the name that a column of this scale has."""
    if scale == PLAIN_NUMBERS:
        return measured.plain
    names = {PKD: "Q", MINUS_LOG: "Q", PERCENT: ""}.get(scale, "K")
    unitless = measured.high_unit == ""
    units = {PKD: unitless, MINUS_LOG: unitless, PERCENT: measured.high_unit == "%"}
    return measured.name in ("", names) and units.get(scale, measured.high_unit != "%")


def in_molar(measured: Measured, scale: str, text: str) -> tuple[float, float]:
    """The ends of a Kd in mol/L.

    Raises:
        ValueError: no unit, or not a concentration that a Kd can be.
    """
    units = (measured.low_unit or scale, measured.high_unit or scale)
    if not all(units):
        raise ValueError(f"no unit: {shortened(text)!r}; expected one of {UNITS}")
    low, high = (
        value * 10.0 ** exponent_of(unit)
        for value, unit in zip((measured.low, measured.high), units, strict=True)
    )
    if low <= 0:
        raise ValueError(f"not a Kd: {shortened(text)!r} is not above 0")
    if low < KD_LIMITS[0]:
        raise ValueError(
            f"not a Kd: {shortened(text)!r} is {low:.3g} mol/L, and none is below "
            f"{KD_LIMITS[0]:g}: are its unit and its power of ten right?"
        )
    if max(low, high) > KD_LIMITS[1] * (1 + 1e-9):
        raise ValueError(
            f"not a Kd: {shortened(text)!r} is {max(low, high):.3g} mol/L, and none is above "
            f"{KD_LIMITS[1]:g}: are its unit and its power of ten right?"
        )
    return low, high


# What looks like a Kd but is not read as one, with what to do; searched for in this order.
KD_HINTS = (
    (r"\dN?[fpnuµμ]?m\b(?!ol)| [fpnuµμ]m\b", "metres? the unit of a Kd has a capital M, as nM"),
    (r"[0-9 ](NM|UM|PM|FM|MM|Nm|mm|[fpnuµμm]Mol)\b", "write the unit as nM, uM, mM"),
    (r"[0-9 ][fpnuµμm]?mol\b", "an amount; a Kd is a concentration, as nM or nmol/L"),
    (r"g ?/ ?[mµμu]?[lL]|%", "not a molar unit; a Kd is one, as nM"),
    (rf"\bK_?[aA]\b|{RECIPROCAL.pattern}", "an association constant? give its inverse, the Kd"),
    (r"\bK_?i\b|[IE]C_?50", "another constant; keep to one kind in a column"),
    (r"\bp ?K_?[dD]", "a pKd: its column is named pKd"),
    (r"\d ?([fpnuµμm]?M ?)?([;/,]|\band\b) ?.*\d", "several values? keep one"),
    (r"[0-9] [0-9]", "a blank within a number? take it out"),
)


def why_not_a_score(text: str, scale: str) -> str:
    """Say why a text is not a score, with a hint if there is one."""
    shown, text = shortened(text), text[:LONGEST]
    kd = is_concentration(scale)
    hint = ""
    if re.search("(?<![0-9,])[1-9][0-9]{0,2}(,[0-9]{3})+(?![0-9,])", text):
        hint = EITHER_COMMA
    elif re.search(r"[0-9],[0-9]", text):
        hint = "a decimal comma? say decimal: ','"
    elif is_date(text):
        hint = "a date? spreadsheets make them of numbers such as 1-2 or 5.6"
    elif kd:
        hint = next((advice for found, advice in KD_HINTS if re.search(found, text)), "")
    if kd:
        return f"not a Kd: {shown!r}" + (
            f" ({hint})" if hint else "; expected a number with a unit, such as 0.58 nM"
        )
    if re.fullmatch(r"[-+]?(inf|infinity|nan)", text, re.I):
        return f"not finite: {shown!r}"
    if not hint and has_unit(text):
        hint = "a Kd with its unit? say format: kd; by hand, --format kd"
    elif not hint and scale == PERCENT:
        hint = "per cent in other rows: write the sign in each, or in none"
    elif not hint and text.endswith("%"):
        hint = "per cent: write the sign in each row, or in none"
    elif not hint and re.search("[0-9] ?(±|\\+ ?/ ?-)", text):
        hint = "an error beside the value: put it in a column of its own"
    return f"not a number: {shown!r}" + (f" ({hint})" if hint else "")


def is_date(text: str) -> bool:
    """Whether a text looks like a date, as spreadsheets write them."""
    month = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    day = r"[0-9]{1,4}"
    dates = (
        rf"{day}[-/. ]{month}([-/. ]{day})?",
        rf"{month}[-/. ]{day}",
        rf"{day}([-/.]{day}){{2}}\b.*",
    )
    return any(re.fullmatch(date, text, re.I) for date in dates)
