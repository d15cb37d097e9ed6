"""Readers of FASTA: EFBAScore's, and any with a score in its headers; for counts see `counts`."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from aptarank.columns.read_as import HEADER, ReadAs
from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.fasta_records import read_records
from aptarank.reading.input_format import ReadRows
from aptarank.values.measured import has_unit, tidy_text
from aptarank.values.measurements import with_point
from aptarank.values.sequences import shortened

EFBA_SCORE = re.compile(r"Score \(relative entropy\):\s*(\S*)")
# The number after "score" and ':' or '=', as in most hand-made headers. A comma ends it, unless
# it is a decimal comma.
SCORE_IN_HEADER = r"(?i)score[^:=|;]{0,40}[:=]\s*([^\s;|,]+(?:,[0-9][^\s;|,]*)*)"

KD_PATTERN = re.compile("kd|ic50|ec50", re.I)  # in a user's pattern: scores may have units
IS_EFBA_FASTA = re.compile(r"^>.*Score \(relative entropy\):", re.M)


def is_fasta(text: str, options: Options) -> bool:
    """Whether a text begins with a header of FASTA."""
    return text.lstrip().startswith(">")


def is_efba_fasta(text: str, options: Options) -> bool:
    """Whether a FASTA has EFBAScore's scores in its headers."""
    return is_fasta(text, options) and IS_EFBA_FASTA.search(text) is not None


def read_efba_fasta(text: str, source: Path, options: Options) -> ReadRows:
    """Read EFBAScore's FASTA."""
    read_as = ReadAs(
        "each record",
        "'Score (relative entropy)' of each header",
        because="EFBA looks for the highest relative entropy",
        name="the header before the score",
    )
    return ReadRows(read_as, efba_rows(text, source))


def efba_rows(text: str, source: Path) -> Iterator[Row]:
    """Yield a row for each record of EFBAScore's FASTA."""
    for line, title, sequence in read_records(text, source):
        name = EFBA_SCORE.split(title)[0].rstrip("; ")
        row = Row(source=str(source), line=line, sequence=sequence, score="", name=name)
        yield with_score(row, EFBA_SCORE.findall(title))


def with_score(row: Row, scores: Sequence[str]) -> Row:
    """Return a row with the one score that its header has; several different ones are a problem."""
    if len(set(scores)) > 1:
        several = ", ".join(repr(shortened(score)) for score in scores[:3])
        return row._replace(problem=f"broken header: several scores ({several})")
    return row._replace(score=scores[0] if scores else "")


def read_fasta(text: str, source: Path, options: Options) -> ReadRows:
    """Read FASTA with the score in each header, found by the pattern `score` (one group).

    The score is a Kd, and lower is better, if the pattern names one and any score has a unit.

    Raises:
        InputError: the pattern is not valid, or does not have one group.
    """
    pattern = options.score or SCORE_IN_HEADER
    try:
        score = re.compile(pattern)
    except re.error as error:
        raise InputError(f"{source}: score pattern {pattern!r}: {error}") from None
    if score.groups != 1:
        raise InputError(
            f"{source}: score pattern {pattern!r} has {score.groups} groups; expected one"
        )
    found_by = (
        f"what {shortened(pattern)!r} finds" if options.score else "the number behind 'score'"
    )
    read_as = ReadAs("each record", f"{found_by} in each header", name="first word of the header")
    rows = []
    for line, title, sequence in read_records(text, source):
        name = title.split(maxsplit=1)[0].rstrip(";") if title.strip() else ""
        row = Row(source=str(source), line=line, sequence=sequence, score="", name=name)
        row = with_score(row, list(filter(None, score.findall(title))))
        try:
            rows.append(row._replace(score=with_point(row.score, options.decimal)))
        except ValueError as reason:
            rows.append(row._replace(problem=str(reason)))
    if KD_PATTERN.search(pattern) and any(has_unit(tidy_text(row.score)) for row in rows):
        rows = [row._replace(scale="") for row in rows]
        read_as = dataclasses.replace(
            read_as,
            better="lower",
            because="the pattern names a Kd",
            unit="the unit of each header",
            unit_from=HEADER,
        )
    return ReadRows(read_as, rows)
