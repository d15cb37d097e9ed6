"""The records of FASTA, as a whole or as a stream; imports nothing heavy."""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from Bio.SeqIO.FastaIO import SimpleFastaParser

from aptarank.core.errors import InputError
from aptarank.values.sequences import shortened


def stream_records(lines: Iterable[str], first_line: int = 1) -> Iterator[tuple[int, str, str]]:
    """Yield (line of the header, title, sequence) of each record, as its lines are read.

    Args:
        lines: of FASTA; those before the first header are skipped.
        first_line: the number of the first of them.
    """
    headers: deque[int] = deque()

    def noting_headers() -> Iterator[str]:
        for number, line in enumerate(lines, start=first_line):
            if line.startswith(">"):
                headers.append(number)
            yield line

    for title, sequence in SimpleFastaParser(noting_headers()):
        yield headers.popleft(), title, sequence


def read_records(text: str, source: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (line of the header, title, sequence) of each record of a text.

    Raises:
        InputError: text before the first header, which would be lost.
    """
    numbered = enumerate(io.StringIO(text), start=1)
    number, first = next((each for each in numbered if each[1].strip()), (1, ""))
    if not first.startswith(">"):
        raise InputError(
            f"{source}, line {number}: {shortened(first.rstrip())!r} is before the first FASTA "
            "header; expected a line that begins with '>'"
        )
    yield from stream_records(io.StringIO(text))
