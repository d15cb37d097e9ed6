"""Reader of FASTA with the reads of each distinct sequence in its headers."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from aptarank.columns.read_as import ReadAs
from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.reading.fasta import is_fasta
from aptarank.reading.fasta_records import read_records
from aptarank.reading.input_format import ReadRows
from aptarank.values.measurements import to_count
from aptarank.values.sequences import shortened

NUMBER = r"[0-9]+(?:\.[0-9]*)?(?:[eE]\+?[0-9]+)?"  # R writes 100000 as 1e+05
READS = rf"(?P<reads>{NUMBER})"
# FASTAptamer 1 and FASTAptameR 2: RANK-READS-RPM, after clustering with more behind; 3: by name.
FASTAPTAMER = re.compile(rf"{NUMBER}-{READS}-(?P<rpm>[0-9.]+(?:[eE][-+]?[0-9]+)?)(-.*)?")
FASTAPTAMER_3 = re.compile(rf"rank={NUMBER};reads?={READS};rp[um]=(?P<rpm>[0-9.eE+-]+)(;.*)?", re.I)
COLLAPSER = re.compile(rf"(?P<rank>[0-9]+)-{READS}")  # fastx_collapser
MIRDEEP = re.compile(rf"\S*[0-9]_x{READS}")
KEY = re.compile(rf"(?:^|[\s;|,])(?P<key>[A-Za-z_]+)[=:]{READS}(?=[\s;|,]|$)")

# Keys whose number is of reads: vsearch, usearch and swarm write size, OBITools count, pRESTO
# DUPCOUNT. A header may have other numbers too, but not one that may be the fitness.
READ_KEYS = {
    *("size", "count", "counts", "reads", "read", "abundance", "dupcount", "copies", "copynumber"),
    *("readcount", "nreads", "numreads", "numberofreads"),
}
OTHER_KEYS = {
    *("rank", "rpm", "rpu", "cpm", "ee", "len", "length", "id", "seqs", "cluster", "clusterid"),
    *("sample", "round", "conscount", "prcons", "uniq", "lane", "tile", "seed", "distance", "ed"),
}
ANY_KEY = re.compile(r"(?<![A-Za-z_])([A-Za-z_]++|[)\]'\"]) ?[=:] ?[-+.]?[0-9]")
LABEL = re.compile(r"[^\s;|,=]*(?:[\s;|,]|$)")  # before the keys; Illumina's has colons


class Counted(NamedTuple):
    """What a header says: the reads; RPM as text and a name, "" if it has none."""

    reads: int
    rpm: str = ""
    name: str = ""


Dialect = Callable[[str], Counted | None]  # reads a header


def fastaptamer(title: str) -> Counted | None:
    """RANK-READS-RPM of FASTAptamer, in any of its versions."""
    match = FASTAPTAMER.fullmatch(title) or FASTAPTAMER_3.fullmatch(title)
    return counted(match["reads"], match["rpm"]) if match else None


def collapser(title: str) -> Counted | None:
    """RANK-READS of fastx_collapser."""
    match = COLLAPSER.fullmatch(title)
    return counted(match["reads"]) if match else None


def mirdeep(title: str) -> Counted | None:
    """NAME_xREADS of miRDeep2."""
    match = MIRDEEP.fullmatch(title)
    return counted(match["reads"], name=title) if match else None


def keyed(title: str) -> Counted | None:
    """`size=READS` and the like; None if another number of the header may be the fitness."""
    label = LABEL.match(title)
    name = label[0].rstrip(" \t;|,") if label else ""
    others = {comparable_key(key) for key in ANY_KEY.findall(title[label.end() if label else 0 :])}
    numbers = {comparable_key(key["key"]): key["reads"] for key in KEY.finditer(title)}
    reads = [numbers[key] for key in numbers.keys() & READ_KEYS]
    if len(reads) != 1 or not others <= READ_KEYS | OTHER_KEYS:
        return None
    return counted(reads[0], name=name)


def comparable_key(key: str) -> str:
    """A key as it is compared: `read_count` is readcount."""
    return key.lower().replace("_", "")


def counted(reads: str, rpm: str = "", name: str = "") -> Counted | None:
    """A `Counted` with the reads as a whole number; None if they are not one."""
    try:
        return Counted(to_count(reads), rpm, name)
    except ValueError:
        return None


def is_counts(text: str, options: Options) -> bool:
    """Whether a text is FASTA with counts, and `score` is not a pattern for its headers."""
    is_pattern = "(" in (options.score or "")
    return is_fasta(text, options) and not is_pattern and has_counts(text)


def has_counts(text: str) -> bool:
    """Whether a FASTA has counts: its first header is FASTAptamer's, or all are of one dialect.

    `1-250` may be a name too, so fastx_collapser's must be in order of rank and of reads; and
    `apt1_x2` an index, so miRDeep2's must not count up by one.
    """
    titles = [line[1:].strip() for line in text.split("\n") if line.startswith(">")]
    if not titles:
        return False
    if fastaptamer(titles[0]):
        return True
    if keyed(titles[0]):
        return all(map(keyed, titles))
    marked = [count.reads for count in map(mirdeep, titles) if count]
    if len(marked) == len(titles):
        return marked != list(range(marked[0], marked[0] + len(marked)))
    collapsed = [match for match in map(COLLAPSER.fullmatch, titles) if match]
    if len(titles) < 2 or len(collapsed) < len(titles):
        return False
    ranks = [int(match["rank"]) for match in collapsed]
    reads = [float(match["reads"]) for match in collapsed]
    return ranks == sorted(set(ranks)) and reads == sorted(reads, reverse=True)


def dialect_of(titles: Sequence[str]) -> Dialect:
    """The first dialect that any header is written in; FASTAptamer's if there is none."""
    dialects = (fastaptamer, keyed, mirdeep, collapser)
    return next((each for each in dialects if any(map(each, titles))), fastaptamer)


def read_counts(text: str, source: Path, options: Options) -> ReadRows:
    """Read counts of FASTAptamer, vsearch, fastx_collapser and the like.

    The score is RPM, or `reads`. The RPM of a header without one is computed from its reads and
    those of the whole file.

    Raises:
        InputError: another score is asked for.
    """
    score = (options.score or "rpm").lower()
    if score not in ("rpm", "rpu", "reads"):
        raise InputError(
            f"{source}: a count FASTA has no score {options.score!r}; use rpm or reads"
        )
    read_as = ReadAs(
        "each record",
        f"{'reads' if score == 'reads' else 'RPM (RPU)'} by each header",
        because="what is read more often is fitter",
        reads="of each header",
    )
    return ReadRows(read_as, rows_of_counts(text, source, by_reads=score == "reads"))


def rows_of_counts(text: str, source: Path, *, by_reads: bool) -> Iterator[Row]:
    """Yield a row for each record, whose score is its reads or its RPM."""
    titled = [
        (line, title.strip(), sequence) for line, title, sequence in read_records(text, source)
    ]
    dialect = dialect_of([title for _, title, _ in titled])
    counts = [dialect(title) for _, title, _ in titled]
    total = sum(count.reads for count in counts if count)
    for (line, title, sequence), count in zip(titled, counts, strict=True):
        row = Row(source=str(source), line=line, sequence=sequence, score="")
        if count is None:
            form = EXPECTED[dialect]
            yield row._replace(problem=f"broken header: {shortened(title)!r} is not {form}")
            continue
        rpm = count.rpm or repr(1e6 * count.reads / max(total, 1))
        score = str(count.reads) if by_reads else rpm
        yield row._replace(score=score, reads=str(count.reads), name=count.name)


EXPECTED: dict[Dialect, str] = {
    fastaptamer: "RANK-READS-RPM",
    collapser: "RANK-READS",
    mirdeep: "NAME_xREADS",
    keyed: "NAME;size=READS",
}
