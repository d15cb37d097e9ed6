"""Scores as people write them: numbers, bounds, ranges, and affinities with units."""

import math
import re
from typing import NamedTuple

from aptarank.sequences import shortened

# Each pattern reads what `tidied` leaves, where no two blanks are beside each other.
DIGITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
# The power of ten needs its ^ or sign: in a text that lost its formatting, 1x105 may be 1 × 10⁵.
POWER = r"[eE][-+]?[0-9]+| ?[x×·*] ?10 ?(?:\^ ?[-+]?|[-+])[0-9]+"
NUMBER = rf"[-+]?{DIGITS}(?:{POWER})?"
BEFORE_POWER = re.compile(r"[eE]| ?[x×·*] ?10 ?\^? ?")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
LONGEST = 200  # characters; MAWS prints 60 digits

MOLAR = {"fM": 1e-15, "pM": 1e-12, "nM": 1e-9, "uM": 1e-6, "mM": 1e-3, "M": 1.0}
UNIT = r"(?:[fpnuµμm]?M|[fpnuµμm]?mol(?:/L| ?L-1| ?[·*] ?L-1))"
KD_LIMITS = (1e-24, 1e6)  # mol/L: a molecule in a litre and a half, and more than there is of any

ABOUT = r"(?:~|∼|≈|≃|ca\.?|about|approx\.?)? ?"
BOUND = r"(?P<bound><=|>=|[<>≤≥])? ?"
ERROR = rf"(?: ?(?:±|\+/-) ?(?P<error>{NUMBER}))?"
RANGE = rf"(?: ?(?:-|–|—|to) ?(?P<top>{NUMBER}))?"
NAME = r"(?:K[dD] ?)?(?:=|:)? ?"

PLAIN = re.compile(rf"{BOUND}(?P<number>{NUMBER})")
SPREAD = re.compile(rf"{ABOUT}{BOUND}{ABOUT}(?P<number>{NUMBER}){ERROR}{RANGE}")
KD = re.compile(
    rf"{NAME}{ABOUT}{BOUND}{ABOUT}(?P<number>{NUMBER}) ?(?P<first>{UNIT})?{ERROR}{RANGE}"
    rf" ?(?P<unit>{UNIT})?"
)

# How a score column is to be read.
PLAIN_NUMBERS, PKD = "number", "pKd"


class Measure(NamedTuple):
    """What a score says: a value from `low` to `high`, equal for a plain number."""

    low: float
    high: float


def tidied(text: str) -> str:
    """A score with single blanks, plain minus signs and 10⁻⁹ as 10^-9."""
    text = " ".join(text.split()).replace("−", "-")
    if text.isascii():
        return text
    return re.sub(
        r"(?<=10)[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(SUPERSCRIPTS), text
    )


def to_number(text: str) -> float:
    """A decimal number of ASCII digits, also as `1.2 × 10^-9`.

    Raises:
        ValueError: no number, or one that a float cannot hold.
    """
    tidy = tidied(text)
    if len(tidy) > LONGEST or not re.fullmatch(NUMBER, tidy):
        raise ValueError(f"not a number: {shortened(text)!r}")
    mantissa, *power = BEFORE_POWER.split(tidy, maxsplit=1)
    value = float("e".join([mantissa, *power]))
    if not math.isfinite(value):
        raise ValueError(f"not finite: {shortened(text)!r} is too large")
    if value == 0 and re.search("[1-9]", mantissa):
        raise ValueError(f"not a number: {shortened(text)!r} is too small to tell from 0")
    return value + 0.0  # -0 is 0


def to_count(text: str) -> int:
    """A number of reads, also as `12.0`.

    Raises:
        ValueError: not a whole number.
    """
    if not re.fullmatch(r"[0-9]{1,15}(\.0*)?", text.strip()):
        raise ValueError(f"not a count: {shortened(text)!r}; reads are whole numbers")
    return int(float(text))


def with_point(text: str, decimal: str) -> str:
    """A score with a decimal point; as it was where `decimal` is not its sign.

    Raises:
        ValueError: a point, where the decimal sign is a comma.
    """
    if decimal != ",":
        return text
    if "." in text:
        raise ValueError(f"not a number: {shortened(text)!r} has a point, but decimal is ','")
    return re.sub(r"(?<![0-9,])([0-9]*),([0-9]+)(?![0-9,])", r"\1.\2", text)


def measure(text: str, scale: str = PLAIN_NUMBERS) -> Measure:
    """Read a score.

    Args:
        scale: `number` for plain numbers and bounds (`<5`); `pKd` also for ranges and errors
            (`6.5-7.2`, `6.5 ± 0.2`); a unit of concentration such as `nM`, or "" where each text
            has its own, for Kd (`0.58 nM`, `∼0.17 µM`, `<100μM`, `25-200 nM`).

    Returns:
        In the unit of the score; a Kd in mol/L. A bound has an infinite end.

    Raises:
        ValueError: missing, not a number, or not finite; says what was found.
    """
    tidy = tidied(text)
    if not tidy:
        raise ValueError("missing score")
    pattern = {PLAIN_NUMBERS: PLAIN, PKD: SPREAD}.get(scale, KD)
    found = pattern.fullmatch(tidy) if len(tidy) <= LONGEST else None
    if not found:
        raise ValueError(not_a_score(tidy, scale))
    parts = found.groupdict()
    low = high = to_number(parts["number"])
    if parts.get("top"):
        high = to_number(parts["top"])
        if parts["bound"]:
            raise ValueError(f"not a number: {shortened(text)!r} is a bound and a range at once")
    if pattern is KD:
        last = parts["unit"] or parts["first"] or scale
        if not last:
            raise ValueError(f"no unit: {shortened(text)!r}; expected one of {', '.join(MOLAR)}")
        low, high = low * molar(parts["first"] or last), high * molar(last)
        if parts["top"] is None:
            high = low
        if low <= 0:
            raise ValueError(f"not a Kd: {shortened(text)!r} is not above 0")
        if low < KD_LIMITS[0] or max(low, high) > KD_LIMITS[1]:
            raise ValueError(f"not a Kd: {shortened(text)!r} is beyond any concentration")
    if low > high:
        raise ValueError(f"not a range: {shortened(text)!r} ends below its start")
    if parts["bound"] in ("<", "<=", "≤"):
        low = -math.inf
    elif parts["bound"]:
        high = math.inf
    return Measure(low, high)


def molar(unit: str) -> float:
    """A unit of concentration in mol/L: `µmol/L` is 1e-6."""
    prefix = unit[0].replace("µ", "u").replace("μ", "u") if unit[0] != "M" else ""
    return MOLAR[f"{'' if unit.startswith('mol') else prefix}M"]


def not_a_score(text: str, scale: str) -> str:
    """Why a text is no score, with what would help."""
    shown, text = shortened(text), text[:LONGEST]
    hint = ""
    if re.fullmatch(r"[^0-9]*[0-9]{1,3}(,[0-9]{3})+\b.*", text):
        hint = " (a decimal comma? say decimal: ','; one between thousands? take it out)"
    elif re.search(r"[0-9],[0-9]", text):
        hint = " (a decimal comma? say decimal: ',')"
    elif is_date(text):
        hint = " (a date? spreadsheets make them of numbers such as 1-2 or 5.6)"
    if scale not in (PLAIN_NUMBERS, PKD):
        return f"not a Kd: {shown!r}{hint or '; expected a number with a unit, such as 0.58 nM'}"
    if re.fullmatch(r"[-+]?(inf|infinity|nan)", text, re.I):
        return f"not finite: {shown!r}"
    if not hint and KD.fullmatch(text):
        hint = " (a Kd with its unit? say format: kd)"
    return f"not a number: {shown!r}{hint}"


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
