"""Measured values, and the ways in which people print them: for tests and the fuzzer."""

import math
from dataclasses import dataclass
from random import Random

UNITS = {
    **{unit: -9 for unit in ("nM", "n M", "nmol/L", "nmol/l", "nmol L-1", "nmol·L−1", "nmol l-1")},
    **{unit: -9 for unit in ("nmol L⁻¹", "nmol.L-1", "nmol dm-3", "nmol L^-1", "nanomolar")},
    **{unit: -6 for unit in ("µM", "μM", "uM", "µmol/L", "micromolar", "μ M")},
    **{"pM": -12, "fM": -15, "pmol/L": -12, "mM": -3},
}
BOUNDS = {
    **{sign: "<" for sign in ("<", "≤", "<=", "<<", "≪", "⩽", "less than", "below", "up to")},
    **{sign: ">" for sign in (">", "≥", ">=", ">>", "≫", "more than", "at least", "above")},
}
POWERS = ("× 10^{}", "x10^{}", "·10^{}", " × 10{}", "*10**{}", "× 10^({})", "X 10^{{{}}}")
DASHES = ("-", " - ", "–", "—", " to ", "~", "～", " ∼ ", "−", "‐")
ERRORS = ("{} ± {}", "{}±{}", "{} +/- {}", "{} +- {}", "{} (±{})", "({} ± {})")
NAMES = ("", "Kd = ", "KD: ", "K_d = ", "kd ", "Kd~", "Kd of ", "≈ ", "ca. ", "about ", "~")


@dataclass(frozen=True)
class Printed:
    """A text, and what it says: the ends and the error in mol/L."""

    text: str
    low: float
    high: float
    error: float | None = None


def superscript(exponent: int) -> str:
    """Ten to a power."""
    return "10" + str(exponent).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def power(random: Random, exponent: int) -> str:
    """A power of ten behind a number, in one of its notations."""
    if random.random() < 0.5:
        return random.choice(("× ", " × ", "x ", "·")) + superscript(exponent)
    signed = str(exponent).replace("-", random.choice("-−–"))
    return random.choice(POWERS).format(signed)


def decimal(random: Random) -> float:
    """A number with up to two decimals."""
    return random.randint(100, 4999) / 100


def printed(random: Random) -> Printed:
    """A Kd with a unit, in any notation of a value, a bound, an error or a range."""
    value = decimal(random)
    if random.random() < 0.5:
        exponent = random.randint(-11, -5)
        tail = power(random, exponent) + " M"
    else:
        unit = random.choice([*UNITS])
        exponent = UNITS[unit]
        tail = (" " if "mol" in unit else random.choice(("", " "))) + unit
    ten = 10.0**exponent
    name = random.choice(NAMES)
    kind = random.choice(("value", "bound", "error", "range", "between"))
    if kind == "value":
        return Printed(f"{name}{value}{tail}", value * ten, value * ten)
    if kind == "bound":
        sign = random.choice([*BOUNDS])
        low, high = (-math.inf, value) if BOUNDS[sign] == "<" else (value, math.inf)
        return Printed(f"{sign} {value}{tail}", low * ten, high * ten)
    if kind == "error":
        error = f"{random.randint(1, 50) * value / 100:.4f}"
        both = random.choice(ERRORS).format(value, error)
        return Printed(f"{name}{both}{tail}", value * ten, value * ten, float(error) * ten)
    top = value + decimal(random)
    if kind == "between":
        return Printed(f"between {value} and {top}{tail}", value * ten, top * ten)
    both = random.choice(("{}{}{}", "({}{}{})")).format(value, random.choice(DASHES), top)
    return Printed(f"{name}{both}{tail}", value * ten, top * ten)
