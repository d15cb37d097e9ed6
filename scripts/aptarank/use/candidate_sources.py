"""Where the candidates of a screening come from: files, random sequences, or mutants of one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aptarank.core.errors import InputError
from aptarank.core.files import expand
from aptarank.core.tables import read_aptamers
from aptarank.use.candidate_streams import Stream
from aptarank.use.screening import Block, count_mutants, mutants, own_blocks, random_blocks
from aptarank.values.sequences import as_tokens, chemistry, normalise

MOST = 10**11  # mutants, months of work for a fast machine


@dataclass(frozen=True)
class Source:
    """The blocks of candidates that one job screens.

    Attributes:
        blocks: this job's.
        done: takes the number of candidates read and gives the share of the work that is done.
    """

    blocks: Iterator[Block]
    done: Callable[[int], float]


def from_files(
    paths: Sequence[str], sequence: str | None, name: str | None, chunk: int, chunks: int
) -> Source:
    """Candidates of files; `sequence` and `name` are columns of tables."""
    stream = Stream(expand(list(paths)), sequence, name)
    return Source(own_blocks(iter(stream), chunk, chunks), lambda read: stream.share)


def from_random(
    count: int, length: int, composition: dict[str, float], seed: int, chunk: int, chunks: int
) -> Source:
    """`count` random sequences of `length` bases."""
    blocks = random_blocks(count, length, composition, seed, chunk, chunks)
    return Source(blocks, lambda read: min(1.0, read * chunks / count))


def from_mutants(parent: str, within: int, chunk: int, chunks: int) -> Source:
    """All sequences that differ from `parent` in at most `within` positions.

    Raises:
        InputError: the parent is not a sequence, or there are too many of them.
    """
    try:
        start = as_tokens(normalise(parent))
    except ValueError as reason:
        raise InputError(f"mutants of {parent!r}: {reason}") from None
    if within > len(start):
        raise InputError(f"within {within} positions: {start} has only {len(start)} bases")
    count = count_mutants(len(start), within)
    if count > MOST:
        raise InputError(
            f"{count:.2g} mutants of {len(start)} bases within {within} positions; expected at "
            f"most {MOST:.0e}: lower --within (screen.within), or design new aptamers instead"
        )
    blocks = own_blocks(mutants(start, within), chunk, chunks)
    return Source(blocks, lambda read: min(1.0, read * chunks / count))


def chemistry_trained_on(aptamers: Path, parent: str | None) -> str | None:
    """DNA or RNA, if a model was trained on one of them alone.

    Args:
        aptamers: that the model was trained on, as ingest.py writes them.
        parent: of the mutants to be screened, if they are.

    Raises:
        InputError: the parent is of the other chemistry.
    """
    present = set(read_aptamers(aptamers)["chemistry"])
    known = present.pop() if len(present) == 1 else None
    if parent and known and chemistry(normalise(parent)) not in (known, None):
        raise InputError(
            f"mutants of {parent!r}: not {known}, which the model was trained on ({aptamers})"
        )
    return known
