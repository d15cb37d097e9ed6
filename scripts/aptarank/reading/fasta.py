"""Readers of FASTA: EFBAScore's, and any with a score in its headers; see also read_counts."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from Bio.SeqIO.FastaIO import SimpleFastaParser

from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.logs import length_of
from aptarank.values.measured import has_unit, tidied
from aptarank.values.measurements import with_point
from aptarank.values.sequences import shortened

EFBA_SCORE = re.compile(r"Score \(relative entropy\):\s*(\S*)")
# The number after "score" and ':' or '=' in a header: most hand-made ones. A comma ends it, but
# for a decimal comma.
SCORE_IN_HEADER = r"(?i)score[^:=|;]{0,40}[:=]\s*([^\s;|,]+(?:,[0-9][^\s;|,]*)*)"

KD_PATTERN = re.compile("kd|ic50|ec50", re.I)  # in a user's pattern: scores may have units
IS_EFBA_FASTA = re.compile(r"^>.*Score \(relative entropy\):", re.M)


def records(text: str, source: Path) -> Iterator[tuple[int, str, str]]:
    """(line of the header, title, sequence) of each record.

    Raises:
        InputError: text before the first header, which would be lost.
    """
    lines = list(io.StringIO(text))
    headers = [number for number, line in enumerate(lines, start=1) if line.startswith(">")]
    numbered = enumerate(lines, start=1)
    before, first = next((found for found in numbered if found[1].strip()), (1, ""))
    if not headers or before < headers[0]:
        raise InputError(
            f"{source}, line {before}: {first.rstrip()[:40]!r} is before the first FASTA header; "
            "expected a line that begins with '>'"
        )
    parsed = SimpleFastaParser(io.StringIO(text))
    for line, (title, sequence) in zip(headers, parsed, strict=True):
        yield line, title, sequence


def read_efba_fasta(text: str, source: Path, options: Options) -> Iterator[Row]:
    """EFBAScore's FASTA: higher is better, comparable within one length."""
    for line, title, sequence in records(text, source):
        name = EFBA_SCORE.split(title)[0].rstrip("; ")
        row = Row(str(source), line, sequence, "", length_of(sequence), "higher", name)
        yield with_score(row, EFBA_SCORE.findall(title))


def with_score(row: Row, found: list[str]) -> Row:
    """A row with the one score that its header has."""
    if len(set(found)) > 1:
        scores = ", ".join(repr(shortened(score)) for score in found[:3])
        return row._replace(problem=f"broken header: several scores ({scores})")
    return row._replace(score=found[0] if found else "")


def read_fasta(text: str, source: Path, options: Options) -> Iterator[Row]:
    """FASTA with the score in each header, where the pattern `score` (one group) finds it.

    It is a Kd, and lower is better, where the pattern names one and a score has its unit.
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
    rows = []
    for line, title, sequence in records(text, source):
        name = title.split(maxsplit=1)[0].rstrip(";") if title.strip() else ""
        scores = list(filter(None, score.findall(title)))
        row = with_score(Row(str(source), line, sequence, "", name=name), scores)
        try:
            rows.append(row._replace(score=with_point(row.score, options.decimal)))
        except ValueError as reason:
            rows.append(row._replace(problem=str(reason)))
    if KD_PATTERN.search(pattern) and any(has_unit(tidied(row.score)) for row in rows):
        rows = [row._replace(scale="", better="lower") for row in rows]
    yield from rows
