"""Fuzz the parser of measured values with printed values, mutations, and pieces in any order.

A finding is any exception other than ValueError, a text that takes longer than 0.1 s (a regular
expression that backtracks), or a printed value that is misread.

Run: python benchmarks/fuzz_values.py --minutes 3
"""

import contextlib
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests/support")]

from aptarank.columns.column_names import unit_of
from aptarank.columns.lookup import plain_name
from aptarank.values.measured import exponent_of, parse_value, tidy_text
from aptarank.values.measurements import parse_measurement, to_count, with_point
from aptarank.values.sequences import has_mixed_case, named_chemistry, normalise
from measured_texts import BOUNDS, DASHES, ERRORS, NAMES, UNITS, printed

SLOW = 0.1  # CPU seconds for one text
SCALES = ("number", "pKd", "%", "", "nM", "mol/L")
PIECES = (
    *(*UNITS, *BOUNDS, *DASHES, *NAMES),
    *(error.replace("{}", "5") for error in ERRORS),
    *("5", "0", "1,000", "1.5", ".", ",", "e-9", "E5", "10", "10^-9", "10⁻⁹", "× 10", "^", "**"),
    *("(", ")", "[", "{", "}", "%", " ", "\t", "and", "between", "M-1", "M⁻¹", "-", "--", "+", "1"),
    *("d(", "r(", "dA", "rG", "Ap", "p", "ACGU", "ggtt", "5'-", "-3'", "mA", "*", "s", "N"),
)


@click.command()
@click.option("--minutes", default=1.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(minutes, seed):
    """Print executions, executions per second and findings."""
    random = Random(seed)
    findings: dict[str, str] = {}
    begin, executions = time.monotonic(), 0
    while time.monotonic() - begin < 60 * minutes:
        kd = printed(random)
        try_one("read back", kd.text, lambda text, kd=kd: read_back(text, kd), findings)
        mutated = mutate(random, kd.text)
        mixed = "".join(random.choice(PIECES) for _ in range(random.randint(1, 40)))
        long = random.choice(PIECES) * random.randint(1, 400) + random.choice(PIECES)
        for text in (mutated, mixed, long):
            try_one("any text", text, lambda text: read_all(text, random), findings)
        executions += 4
    seconds = time.monotonic() - begin
    print(f"{executions:,} executions, {executions / seconds:,.0f}/s, {len(findings)} findings")
    for kind, text in findings.items():
        print(f"  {kind}: {text!r}")
    sys.exit(1 if findings else 0)


def try_one(source: str, text: str, work: Callable[[str], None], findings: dict[str, str]) -> None:
    """Run the work on a text; record the first text of each kind of finding."""
    start = time.process_time()
    try:
        work(text)
    except Exception as error:
        findings.setdefault(f"{source}: {type(error).__name__}: {str(error)[:80]}", text)
    if time.process_time() - start > SLOW:
        findings.setdefault(f"{source}: slow", text)


def read_back(text: str, kd) -> None:
    """Raise if a printed value is not read as it was."""
    low, high = parse_measurement(text, "")
    parsed = parse_value(tidy_text(text))
    assert all(map(same, (low, high), (kd.low, kd.high))), (low, high)
    if kd.error is not None:
        assert same(parsed.error * 10.0 ** exponent_of(parsed.low_unit), kd.error), parsed.error


def same(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=1e-9)


def read_all(text: str, random: Random) -> None:
    """Read a text as a cell, a header and a sequence; refusals are fine."""
    unit_of(text)
    plain_name(text)
    has_mixed_case(text)
    named_chemistry(text)
    scale = random.choice(SCALES)
    for work in (
        lambda: ordered(parse_measurement(text, scale)),
        lambda: ordered(parse_measurement(with_point(text, ","), scale)),
        lambda: to_count(text),
        lambda: normalise(text),
    ):
        with contextlib.suppress(ValueError):
            work()


def ordered(ends: tuple[float, float]) -> None:
    """Raise if a range ends below its start or is not a number."""
    assert ends[0] <= ends[1], ends


def mutate(random: Random, text: str) -> str:
    """A text with pieces inserted, removed or duplicated."""
    for _ in range(random.randint(1, 4)):
        position, size = random.randint(0, len(text)), random.randint(0, 3)
        text = (
            text[:position]
            + random.choice((random.choice(PIECES), "", text))
            + text[position + size :]
        )
    return text


if __name__ == "__main__":
    main()
