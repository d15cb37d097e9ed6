"""Millions of candidates scored block by block, and the best of them kept.

All candidates are numbered, and divided into blocks of `BLOCK` by number. Whatever a job screens,
and on however many processors, each block is scored by itself in the same batches: a score may
depend on the others of its batch (dynamic quantisation), but never on who computed it.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import comb
from typing import NamedTuple

import numpy as np
import pandas as pd

from aptarank.values.sequences import DNA, as_tokens, chemistry, normalise

BLOCK = 8192
TYPES = {"number": "int64", "id": "str", "sequence": "str", "score": "float64"}
COLUMNS = list(TYPES)
BASES = "ACGT"


class Candidate(NamedTuple):
    """One candidate as it was read: its file, line, name and text, and what is wrong with it."""

    source: str
    line: int
    name: str
    text: str
    problem: str = ""


@dataclass(frozen=True)
class Block:
    """Consecutive candidates; `start` is the number of the first, from 0."""

    start: int
    candidates: list[Candidate]


class Scored(NamedTuple):
    """A block's candidates with their scores (`COLUMNS`), and those rejected, with the reasons."""

    table: pd.DataFrame
    rejected: list[tuple[Candidate, str]]


def own_blocks(candidates: Iterator[Candidate], chunk: int, chunks: int) -> Iterator[Block]:
    """Every `chunks`-th block of candidates, from number `chunk` on."""
    for number in itertools.count():
        some = itertools.islice(candidates, BLOCK)
        if number % chunks == chunk:
            block = list(some)
            if block:
                yield Block(number * BLOCK, block)
            if len(block) < BLOCK:
                return
        elif sum(1 for _ in some) < BLOCK:  # others' blocks are read past
            return


def random_blocks(
    count: int, length: int, composition: Mapping[str, float], seed: int, chunk: int, chunks: int
) -> Iterator[Block]:
    """Blocks of random sequences, each base drawn with the probability of `composition`."""
    shares = np.array([composition[base] for base in BASES])
    letters = np.array(list(BASES), dtype="S1")
    for block in range(chunk, -(-count // BLOCK), chunks):
        start = block * BLOCK
        size = min(BLOCK, count - start)
        rng = np.random.default_rng([seed, block])
        drawn = letters[rng.choice(4, size=(size, length), p=shares / shares.sum())]
        texts = drawn.view(f"S{length}")[:, 0].astype(str).tolist()
        yield Block(
            start,
            [
                Candidate("random", number, f"random{number}", text)
                for number, text in enumerate(texts, start=start + 1)
            ],
        )


def mutants(seed: str, within: int) -> Iterator[Candidate]:
    """All sequences that differ from `seed` in at most `within` positions, itself first."""
    number = itertools.count(1)
    for changes in range(within + 1):
        for positions in itertools.combinations(range(len(seed)), changes):
            others = [BASES.replace(seed[position], "") for position in positions]
            for bases in itertools.product(*others):
                letters = list(seed)
                for position, base in zip(positions, bases, strict=True):
                    letters[position] = base
                name = "+".join(
                    f"{seed[position]}{position + 1}{base}"
                    for position, base in zip(positions, bases, strict=True)
                )
                yield Candidate("mutants", next(number), name or "seed", "".join(letters))


def count_mutants(length: int, within: int) -> int:
    """The number of sequences that `mutants` gives."""
    return sum(comb(length, changes) * 3**changes for changes in range(within + 1))


def bases_of(candidate: Candidate, trained_on: str | None) -> str:
    """The sequence as a model reads it.

    Args:
        trained_on: the chemistry that the model knows, DNA or RNA; None if that does not matter.

    Raises:
        ValueError: not a sequence of DNA or RNA, or of the other chemistry.
    """
    if candidate.problem:
        raise ValueError(candidate.problem)
    text = candidate.text
    if not text or not DNA.issuperset(text):  # not yet as the model reads it
        text = normalise(text)
    own = chemistry(text)
    if trained_on and own and own != trained_on:
        raise ValueError(f"other chemistry: {own}, the model was trained on {trained_on}")
    return as_tokens(text)


def score_block(
    block: Block,
    score: Callable[[Sequence[str]], np.ndarray],
    longest: int,
    trained_on: str | None = None,
) -> Scored:
    """Score one block.

    Args:
        score: sequences in, scores out.
        longest: bases of the longest candidate that is scored.
    """
    numbers, names, sequences, rejected = [], [], [], []
    for number, candidate in enumerate(block.candidates, start=block.start):
        try:
            sequence = bases_of(candidate, trained_on)
            if len(sequence) > longest:
                raise ValueError(f"too long: {len(sequence)} bases, the model reads {longest}")
        except ValueError as reason:
            rejected.append((candidate, str(reason)))
            continue
        numbers.append(number)
        names.append(candidate.name)
        sequences.append(sequence)
    scores = score(sequences) if sequences else np.empty(0)
    columns = zip(COLUMNS, (numbers, names, sequences, scores), strict=True)
    return Scored(pd.DataFrame(dict(columns)), rejected)


def best(tables: Sequence[pd.DataFrame], keep: int) -> pd.DataFrame:
    """The `keep` best distinct sequences, best first.

    Equal scores are in order of the sequence; of equal sequences the best-scored stays, or the
    first. So the result of parts, put together, is that of the whole.
    """
    table = pd.concat(tables, ignore_index=True)
    order = ["score", "sequence", "number"]
    table = table.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return table.drop_duplicates("sequence").head(keep).reset_index(drop=True)


def score_blocks(
    blocks: Iterator[Block], work: Callable[[Block], Scored], threads: int
) -> Iterator[Scored]:
    """Apply `work` to the blocks in several threads, in order; only a few wait in memory."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Scored]] = deque()
        for block in blocks:
            waiting.append(pool.submit(work, block))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
