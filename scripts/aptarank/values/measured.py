"""A measured value as people write it: its tokens, and what they say together.

A text is cut into tokens, each of one kind (a letter), and the word of their kinds is matched
against the forms that are read: `5.2 ± 0.3 × 10⁻⁹ M` is NENPU. Neither step can be slow.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

LONGEST = 200  # characters; MAWS prints 60 digits
DASHES = "‐‑‒–—―－"
DOTS = "·⋅∙•"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")

DIGITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
SIGN = rf"[-+{DASHES}]"
# The power of ten needs its ^, sign or brackets: in a text that lost its formatting, 1x105 may be
# 1 × 10⁵.
EXPONENT = (
    rf"(?:(?:\^|\*\*) ?(?:\({SIGN}?[0-9]+\)|\{{{SIGN}?[0-9]+\}}|{SIGN}?[0-9]+)"
    rf"|\({SIGN}[0-9]+\)|{SIGN}[0-9]+)"
)
POWER = rf"[x×{DOTS}*] ?10 ?{EXPONENT}"
NUMBER = rf"(?:10 ?\^ ?{SIGN}?[0-9]+|{DIGITS}(?:e{SIGN}?[0-9]+)?)"
GROUPED = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9,])"  # commas between thousands

PREFIX = "[fpnuµμm]"
INVERSE = r"(?:\^ ?)?(?:\(-1\)|[-⁻][1¹])"
PER_LITRE = (
    r"(?: ?/ ?(?:[Ll]\b|ℓ|lit(?:re|er)|dm(?:\^?3|³))"
    rf"|(?: ?[*.{DOTS}] ?| )?(?:[Llℓ] ?{INVERSE}|dm ?(?:\^ ?)?(?:\(-3\)|[-⁻][3³]))"
    r"| per (?:[Ll]\b|lit(?:re|er)))"
)
UNIT = (
    rf"(?:(?:{PREFIX} ?)?M|{PREFIX}?mol{PER_LITRE}|(?:femto|pico|nano|micro|milli)?molar"
    r"|(?:Femto|Pico|Nano|Micro|Milli)molar)"
)
PREFIXED = re.compile("(femto|pico|nano|micro|milli|[fpnuµμm])? ?m(?:ol.*)?", re.I)
EXPONENTS = {
    **{"": 0, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15},
    **{"milli": -3, "micro": -6, "nano": -9, "pico": -12, "femto": -15},
}

AT_MOST = "less than or equal to|no more than|not more than|at most|up to"
BELOW = "less than|lower than|smaller than|below|under"
AT_LEAST = "greater than or equal to|more than or equal to|no less than|not less than|at least"
ABOVE = "more than|greater than|higher than|larger than|above|over"
END = r"(?![a-z])"  # of a word

# What begins at a place of the text, in any case, by its kind; of several the first.
KINDS = {
    "P": POWER,
    "T": GROUPED,
    "N": NUMBER,
    "Q": rf"p ?K[_ -]?d{END}(?: ?[=:])?",
    "K": rf"(?:apparent )?K[_ -]?[dᴅ](?:[ ,_]?\(?app\)?)?{END}(?: ?[=:]| (?:of|is){END})?",
    "L": rf"<=|=<|[≤⩽≦≲⪅]|(?:{AT_MOST}){END}|<+|[≪⋘＜]|(?:{BELOW}){END}",
    "G": rf">=|=>|[≥⩾≧≳⪆]|(?:{AT_LEAST}){END}|>+|[≫⋙＞]|(?:{ABOVE}){END}",
    "F": rf"(?:between|from){END}",
    "A": rf"[≈≃≅]|(?:circa|about|approximately|around|roughly){END}|(?:ca|approx){END}\.?|c\.",
    "~": "[~∼～〜˜]",
    "E": r"±|\+ ?/ ?-|\+-",
    "D": rf"[{DASHES}…]|to{END}",
    "&": rf"and{END}|&",
    "-": "-",
    "(": r"[(\[]",
    ")": r"[)\]]",
    "%": "%|per ?cent",
    "=": "[=:]",
}
LETTERS = tuple(KINDS)
TOKEN = re.compile(
    " ?(?:"
    + "|".join(f"(?P<k{number}>(?i:{KINDS[kind]}))" for number, kind in enumerate(LETTERS))
    + f"|(?P<unit>{UNIT})(?![A-Za-z0-9]))"
)
SIGNED = re.compile(rf" ?[-+](?i:{NUMBER})")  # if no number stands before the sign

HEAD = "(?P<name>[KQ]?)=?[A~]?(?P<bound>[LG]?)[A~]?"
LOW = "(?P<low>[NT])(?P<low_power>P?)(?P<low_unit>U?)"
TOP = "(?P<top>[NT])(?P<top_power>P?)(?P<top_unit>U?)"
ERROR = "E(?P<error>[NT])(?P<error_power>P?)(?P<error_unit>U?)"
COMMON = "(?P<power>P?)(?P<unit>[U%]?)"
FORMS = tuple(
    re.compile(HEAD + form)
    for form in (
        f"{LOW}(?:{ERROR})?(?P<unit>%?)",  # 5 nM, 5 ± 1 nM, 5 ± 1 × 10⁻⁹ M
        rf"{LOW}\({ERROR}\){COMMON}",  # 5.2 (±0.3) nM
        rf"{LOW}\((?P<bare>N)\){COMMON}",  # 5.2 (0.3) nM
        rf"\({LOW}{ERROR}\){COMMON}",  # (5.2 ± 0.3) × 10⁻⁹ M
        f"{LOW}[-D~]{TOP}(?P<unit>%?)",  # 1-2 nM
        rf"\({LOW}[-D~]{TOP}\){COMMON}",
        f"F{LOW}[-D~&]{TOP}(?P<unit>%?)",  # between 1 and 2 nM
    )
)
PLAIN = re.compile("[LG]?NP?")
LEAST_ERROR = 1e-3  # of a value; nobody measures a smaller one

EITHER_COMMA = "a decimal comma? say decimal: ','; one between thousands? take it out"
EITHER_POWER = "the power of ten may be that of the second number or of both: write it with each"


class AmbiguousError(ValueError):
    """A text that can be read in two ways; says what to write."""


class Measured(NamedTuple):
    """A value from `low` to `high`, equal for one number, each with its unit ("" without one).

    `bound` is L for < and ≤, G for > and ≥, else "". `error` is in the unit of the value. `name` is
    K if the text begins with Kd, Q if with pKd. `plain`: nothing but a number and perhaps a bound.
    """

    low: float
    high: float
    low_unit: str = ""
    high_unit: str = ""
    error: float | None = None
    bound: str = ""
    name: str = ""
    plain: bool = False


def tidy_text(text: str) -> str:
    """A score with single blanks, plain minus signs and 10⁻⁹ as 10^-9."""
    text = " ".join(text.split()).replace("−", "-")
    if text.isascii():
        return text
    return re.sub(
        r"(?<=10)[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(SUPERSCRIPTS), text
    )


def parse_value(text: str) -> Measured | None:
    """Parse a tidied text; None if it does not have one of the forms that are read.

    Raises:
        AmbiguousError: it can be read in two ways.
        ValueError: a number that a float cannot hold.
    """
    kinds, tokens = tokenize_value(text)
    match = next(filter(None, (form.fullmatch(kinds) for form in FORMS)), None)
    if match is None:
        return None
    parts = {name: tokens[match.start(name)] for name, kind in match.groupdict().items() if kind}
    measured = range_of_parts(parts) if "top" in parts else value_of_parts(parts)
    plain = PLAIN.fullmatch(kinds) is not None
    return measured._replace(bound=match["bound"], name=match["name"], plain=plain)


def has_unit(text: str) -> bool:
    """Whether a tidied text is a measured value with a unit of concentration."""
    kinds, _ = tokenize_value(text)
    return "U" in kinds and any(form.fullmatch(kinds) for form in FORMS)


def tokenize_value(text: str) -> tuple[str, list[str]]:
    """Cut a tidied text into tokens; also return the word of their kinds, "" if any is unknown."""
    kinds, tokens, position = "", [], 0
    if len(text) > LONGEST:
        return "", []
    while position < len(text):
        after_number = kinds and kinds[-1] in "NTPU%)"
        if not after_number and (token := SIGNED.match(text, position)):
            kinds += "N"
        elif (token := TOKEN.match(text, position)) and token.lastgroup:
            kinds += "U" if token["unit"] else LETTERS[int(token.lastgroup[1:])]
        else:
            return "", []
        tokens.append(token[0].strip())
        position = token.end()
    return kinds, tokens


def value_of_parts(parts: dict[str, str]) -> Measured:
    """A number with or without an error."""
    error = parts.get("error") or parts.get("bare", "")
    number, error = without_commas(parts["low"], error, lambda value, spread: spread > value)
    own_unit, error_unit = parts.get("low_unit", ""), parts.get("error_unit", "")
    unit = own_unit or parts.get("unit") or error_unit
    common = parts.get("power", "")
    error_power = parts.get("error_power") or common
    power = parts.get("low_power") or common
    bare = not (power or own_unit or has_exponent(number))
    if bare and has_exponent(error) and not is_likely(number, error):
        raise AmbiguousError(EITHER_POWER)
    if bare and error_power:  # 5.2 ± 0.3 × 10⁻⁹: the power is that of both
        if is_likely(number, error, error_power) and not is_likely(number, error):
            raise AmbiguousError(EITHER_POWER)
        power = error_power
    value = number_of(number, "" if has_exponent(number) else power)
    if not error:
        return Measured(value, value, unit, unit)
    spread = abs(number_of(error, "" if has_exponent(error) else error_power))
    if "bare" in parts and ("." not in error or spread > abs(value) / 2):
        raise AmbiguousError(f"is {error} an error? write {number} ± {error}")
    if own_unit and error_unit:
        spread *= 10.0 ** (exponent_of(error_unit) - exponent_of(own_unit))
    return Measured(value, value, unit, unit, spread)


def range_of_parts(parts: dict[str, str]) -> Measured:
    """A range; a power of ten at its end is that of both numbers if nothing else makes sense."""
    low, top = without_commas(parts["low"], parts["top"], lambda first, last: first > last)
    common = parts.get("power", "")
    low_power, top_power = parts.get("low_power") or common, parts.get("top_power") or common
    low_unit, top_unit = parts.get("low_unit", ""), parts.get("top_unit") or parts.get("unit", "")
    bare = not (low_power or low_unit or has_exponent(low))
    if bare and top_power and number_of(low) <= number_of(top):
        if number_of(low) <= number_of(top, top_power):
            raise AmbiguousError(EITHER_POWER)
        low_power = top_power
    return Measured(
        number_of(low, low_power),
        number_of(top, top_power),
        low_unit or top_unit,
        top_unit or low_unit,
    )


def has_exponent(number: str) -> bool:
    """Whether a number has a power of ten of its own, as 1e-9 and 10^-9."""
    return "e" in number.lower() or "^" in number


def is_likely(number: str, error: str, power: str = "") -> bool:
    """Whether an error (with a power of ten that is its own) is of the size that errors have."""
    value = abs(number_of(number))
    return LEAST_ERROR * value <= abs(number_of(error, power)) <= value


def without_commas(
    first: str, second: str, nonsense: Callable[[float, float], bool]
) -> tuple[str, str]:
    """Two numbers (the second may be "") without the commas between their thousands.

    Args:
        nonsense: whether two values cannot be meant together.

    Raises:
        AmbiguousError: a comma may be a decimal one as well.
    """
    plain = first.replace(",", ""), second.replace(",", "")
    if plain == (first, second):
        return plain
    both = first + " " + second
    sure = "." in both or first.count(",") > 1 or second.count(",") > 1
    if not sure and second:
        as_decimals = [number_of(number.replace(",", ".")) for number in (first, second)]
        sure = nonsense(*as_decimals) and not nonsense(*map(number_of, plain))
    if not sure:
        raise AmbiguousError(EITHER_COMMA)
    return plain


def number_of(number: str, power: str = "") -> float:
    """The value of a number's token, times that of a power's token; rounded once.

    Raises:
        ValueError: it is beyond what a float can hold.
    """
    mantissa, exponent = number, "0"
    if "^" in number:  # 10^-9
        base, exponent = number.split("^")
        mantissa = base.replace("10", "1")
    elif "e" in number.lower():
        mantissa, exponent = number.lower().split("e")
    ten = exponent_number(exponent) + (
        exponent_number(power.split("10", maxsplit=1)[1]) if power else 0
    )
    value = float(f"{mantissa}e{ten}")
    shown = f"{number} {power}".strip()
    if not math.isfinite(value):
        raise ValueError(f"not finite: {shown!r} is too large")
    if value == 0 and re.search("[1-9]", mantissa):
        raise ValueError(f"not a number: {shown!r} is too small to tell from 0")
    return value + 0.0  # -0 is 0


def exponent_number(exponent: str) -> int:
    """An exponent without the signs around it: `^{–9}` is -9."""
    return int(re.sub("[^-+0-9]", "", re.sub(f"[{DASHES}]", "-", exponent)))


def exponent_of(unit: str) -> int:
    """The power of ten of a unit of concentration: `µmol/L` is -6.

    Raises:
        ValueError: not a unit that `UNIT` matches.
    """
    prefixed = PREFIXED.fullmatch(unit)
    if prefixed is None:
        raise ValueError(f"{unit!r} is not a unit of concentration")
    return EXPONENTS[(prefixed[1] or "").lower()]
