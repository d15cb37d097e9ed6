"""Measured values, and the ways in which people print them: for tests and the fuzzer."""

import math
from dataclasses import dataclass

from hypothesis import strategies as st

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
    return "10" + str(exponent).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


@st.composite
def powers(draw, exponent: int) -> str:
    """A power of ten behind a number, in one of its notations."""
    if draw(st.booleans()):
        return draw(st.sampled_from(("× ", " × ", "x ", "·"))) + superscript(exponent)
    notation = draw(st.sampled_from(POWERS))
    signed = str(exponent).replace("-", draw(st.sampled_from("-−–")))
    return notation.format(signed)


decimals = st.integers(100, 4999).map(lambda number: number / 100)


@st.composite
def printed(draw) -> Printed:
    """A Kd with a unit, in any notation of a value, a bound, an error or a range."""
    value = draw(decimals)
    kind = draw(st.sampled_from(("value", "bound", "error", "range", "between")))
    scientific = draw(st.booleans())
    exponent = (
        draw(st.integers(-11, -5)) if scientific else draw(st.sampled_from([*UNITS.values()]))
    )
    if scientific:
        unit, tail = "M", draw(powers(exponent)) + " M"
    else:
        unit = draw(st.sampled_from([unit for unit, ten in UNITS.items() if ten == exponent]))
        tail = draw(st.sampled_from(("", " "))) + unit
        tail = " " + unit if "mol" in unit else tail
    ten = 10.0**exponent
    name = draw(st.sampled_from(NAMES))
    if kind == "value":
        return Printed(f"{name}{value}{tail}", value * ten, value * ten)
    if kind == "bound":
        sign = draw(st.sampled_from([*BOUNDS]))
        low, high = (-math.inf, value) if BOUNDS[sign] == "<" else (value, math.inf)
        return Printed(f"{sign} {value}{tail}", low * ten, high * ten)
    if kind == "error":
        error = draw(st.integers(1, 50)) * value / 100
        both = draw(st.sampled_from(ERRORS)).format(value, f"{error:.4f}")
        return Printed(f"{name}{both}{tail}", value * ten, value * ten, float(f"{error:.4f}") * ten)
    top = value + draw(decimals)
    if kind == "between":
        return Printed(f"between {value} and {top}{tail}", value * ten, top * ten)
    dash = draw(st.sampled_from(DASHES))
    both = draw(st.sampled_from(("{}{}{}", "({}{}{})"))).format(value, dash, top)
    return Printed(f"{name}{both}{tail}", value * ten, top * ten)
