"""Readers of what MAWS and EFBA print: one record a line, among lines of other kinds."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from aptarank.columns.read_as import ReadAs
from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.input_format import ReadRows
from aptarank.values.sequences import check_bases, read_notation

# {job}_entropy.log with and without colons, and {job}_scores.log, which says SCORE. Runs of blanks
# are read as one.
MAWS_LINE = re.compile(
    r"SEQUENCE:? (?P<sequence>\S.*?) (?:ENTROPY|SCORE):? (?P<entropy>\S+) ENERGY:? (?P<energy>\S+)"
)
# MAWS 2015: the first step's line, and that of each later one. Any letter may be a residue's, so
# that a line with an unknown one is rejected and not taken for other output.
MAWS_FIRST = re.compile(r"Ntide: ?(?P<sequence>\S+) entropy: ?(?P<entropy>\S+)")
MAWS_LATER = re.compile(
    r"(?P<sequence>[DR]?[A-Z][35N]?(?: [DR]?[A-Z][35N]?)*) ?: ?(?P<entropy>[-+0-9.]\S*|nan|inf)"
)
EFBA_LITE = re.compile(
    r"Computed (?P<sequence>[^,]*), relative entropy gained in this step: [^,]*, "
    r"total entropy w this aptamer (?P<score>[^,\s]+),.*"
)
EFBA_LITE_FIRST = re.compile(
    r"Done computing step 1, aptamer so far: (?P<sequence>[^,]*), .*?"
    r"total relative entropy so far: (?P<score>[^,\s]+),.*"
)
EFBA_SCORE = re.compile(
    r"Done with (?P<sequence>[^,]*), total entropy with this sequence (?P<score>[^,\s]+).*"
)

# How each version of MAWS prints: that of 2015 in lines of its own; those until 2023 with up to 60
# digits (mpmath), that of 2025 with those of a float, and an earlier state of it without colons.
MAWS_2015, MAWS_2017, MAWS_2025 = "2015", "2017 to 2023 (60 digits)", "2025 (digits of a float)"
MAWS_EARLY_2025 = "2025, an early state (no colons)"
FLOAT_DIGITS = 17  # at most; those of an entropy that tell the two apart are more than SHORT
SHORT = 12

IS_MAWS = re.compile(
    r"^[ \t]*(SEQUENCE:?[ \t]+\S.*[ \t](ENTROPY|SCORE):?[ \t]+([-+0-9.]|nan|inf)"
    r"|Ntide: *\S+ entropy:)",
    re.M,
)
IS_EFBA = re.compile(
    r"^[ \t]*(Computed [^,\n]*, relative entropy gained|Done computing step 1, aptamer so far"
    r"|Done with [^,\n]*, total entropy with this sequence)",
    re.M,
)


# Both programs end each line; without that, the last number of a file may lack digits.
CUT = "broken record: the file ends within this number (no line end): was it cut short?"


MAWS_READ_AS = {
    "entropy": ReadAs("", "ENTROPY of the log", because="MAWS looks for the lowest entropy"),
    "energy": ReadAs(
        "",
        "ENERGY of the log",
        because="MAWS looks for the lowest energy",
        unit="kJ/mol",
        unit_from="as MAWS writes it",
    ),
}


def is_maws(text: str, options: Options) -> bool:
    """Whether a text has a line of MAWS."""
    return IS_MAWS.search(text) is not None


def is_efba(text: str, options: Options) -> bool:
    """Whether a text has a line of EFBALite or EFBAScore."""
    return IS_EFBA.search(text) is not None


def read_maws(text: str, source: Path, options: Options) -> ReadRows:
    """Read a MAWS log of any version; scores are comparable within one length (one step).

    `score` is `entropy` or `energy` (kJ/mol); with `steps: final`, only the candidates of the
    longest length are read.

    Raises:
        InputError: another score is asked for.
    """
    score = options.score or "entropy"
    if score not in MAWS_READ_AS:
        raise InputError(f"{source}: a MAWS log has no score {score!r}; use entropy or energy")
    rows, steps = list(maws_rows(text, source, score)), "every step"
    if options.steps == "final":
        rows, steps = longest_only(rows), "the last step alone"
    sequence = f"SEQUENCE of the log, {steps}"
    return ReadRows(dataclasses.replace(MAWS_READ_AS[score], sequence=sequence), rows)


def maws_rows(text: str, source: Path, score_name: str) -> Iterator[Row]:
    """Yield a row for each record of a MAWS log, with its entropy or energy as the score."""
    unended = text.count("\n") + 1
    for line, record in lines_of(text):
        match = next(
            filter(None, (p.fullmatch(record) for p in (MAWS_LINE, MAWS_FIRST, MAWS_LATER))), None
        )
        row = Row(source=str(source), line=line, sequence=record, score="")
        if match:
            score = match.groupdict().get(score_name)
            if score is None:
                raise InputError(f"{source}, line {line}: MAWS of 2015 prints no energy")
            is_cut = line == unended and match.end(score_name) == len(record)
            yield row._replace(
                sequence=match["sequence"],
                score=score,
                version=version_of(match),
                problem=CUT if is_cut else "",
            )
        elif record.startswith(("SEQUENCE", "Ntide:")):
            yield row._replace(problem="broken record: not a whole line of MAWS")


def version_of(record: re.Match[str]) -> str:
    """The versions of MAWS that print a record like this; "" if it could be several."""
    if record.re is not MAWS_LINE:
        return MAWS_2015
    if not record[0].startswith("SEQUENCE:"):
        return MAWS_EARLY_2025
    digits = len(re.sub("[eE].*|[^0-9]", "", record["entropy"]).lstrip("0"))
    if digits > FLOAT_DIGITS:
        return MAWS_2017
    return MAWS_2025 if digits > SHORT else ""


def longest_only(rows: list[Row]) -> list[Row]:
    """The rows of the longest sequences, and those that cannot be read, to be rejected."""
    lengths = [0 if row.problem else readable_length(row.sequence) for row in rows]
    last = max(lengths, default=0)
    return [row for row, length in zip(rows, lengths, strict=True) if length in (0, last)]


def readable_length(sequence: str) -> int:
    """The number of bases of a sequence, 0 if it has other letters."""
    try:
        return len(check_bases(read_notation(sequence)))
    except ValueError:
        return 0


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number, single blanks between its words."""
    for number, line in enumerate(text.split("\n"), start=1):
        yield number, " ".join(line.split())


def read_efba(text: str, source: Path, options: Options) -> ReadRows:
    """Read what EFBALite and EFBAScore print; scores are comparable within one length."""
    read_as = ReadAs(
        "each step of the log",
        "total relative entropy",
        because="EFBA looks for the highest relative entropy",
    )
    return ReadRows(read_as, efba_rows(text, source))


def efba_rows(text: str, source: Path) -> Iterator[Row]:
    """Yield a row for each step of an EFBA log."""
    records = (EFBA_LITE, EFBA_LITE_FIRST, EFBA_SCORE)
    unended = text.count("\n") + 1
    for line, record in lines_of(text):
        match = next(filter(None, (p.fullmatch(record) for p in records)), None)
        row = Row(source=str(source), line=line, sequence=record, score="")
        if match:
            is_cut = line == unended and match.end("score") == len(record)
            yield row._replace(
                sequence=match["sequence"], score=match["score"], problem=CUT if is_cut else ""
            )
        elif IS_EFBA.match(record):
            yield row._replace(problem="broken record: not a whole line of EFBA")
