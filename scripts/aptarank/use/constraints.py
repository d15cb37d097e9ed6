"""Which sequences a design may have: whether one is allowed, how many there are, drawing some.

Sequences are held as codes, 0 to 3 for A, C, G, T: uint8, shape (n, longest), 0 behind the end,
with their lengths, shape (n,).

Forbidden words, long homopolymers among them, are found by an automaton (Aho & Corasick 1975,
doi:10.1145/360825.360855) that has read the 5' primer and goes on to the 3' one, so that none
arises where a primer and the designed region meet. The sequences that it accepts are counted from
their 3' end, by GC content: so their number is known, and some are drawn without rejection.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aptarank.config.limits import bases, check_ranges
from aptarank.core.errors import InputError
from aptarank.pairing.nearest import nearest

BASES = "ACGT"
CODES = np.zeros(256, dtype=np.uint8)
CODES[list(BASES.encode())] = range(4)
LETTERS = np.frombuffer(BASES.encode(), dtype=np.uint8)
IS_GC = np.array([0, 1, 1, 0])
ROUNDING = 1e-9  # of a GC content times a length


@dataclass(frozen=True)
class Constraints:
    """What holds for every designed aptamer.

    Attributes:
        length: fewest and most bases of the designed region, without primers.
        gc: least and largest share of G and C in it.
        forbidden: words that neither it nor its junctions with the primers contain.
        homopolymer: longest run of one base, primers included; None: any.
        five, three: primers, "" for none.
        min_distance: fewest edits to a known aptamer.
        use: the part of the config that they stand in, for messages.
    """

    length: tuple[int, int]
    gc: tuple[float, float]
    forbidden: tuple[str, ...]
    homopolymer: int | None
    five: str
    three: str
    min_distance: int
    use: str = "design"


class Space:
    """The sequences that constraints allow.

    Args:
        known: aptamers to which `min_distance` holds.
        composition: share of A, C, G, T in what is drawn, before constraints; shape (4,).
        threads: for distances to known aptamers.

    Raises:
        InputError: the constraints contradict each other, or are no sequences.
    """

    def __init__(
        self,
        constraints: Constraints,
        known: Sequence[str] = (),
        composition: np.ndarray | Sequence[float] = (0.25,) * 4,
        threads: int = 1,
    ):
        self.constraints, self.known, self.threads = constraints, known, threads
        self.shortest, self.longest = constraints.length
        check_ranges(constraints.length, constraints.gc, constraints.use)
        five, three = (
            bases(text, f"{key}_primer", constraints.use)
            for key, text in (("five", constraints.five), ("three", constraints.three))
        )
        words = {
            bases(word, "forbidden", constraints.use): f"forbidden has {word}"
            for word in constraints.forbidden
        }
        if constraints.homopolymer:
            size = constraints.homopolymer + 1
            words |= {base * size: f"homopolymer is {constraints.homopolymer}" for base in BASES}
        for key, primer in (("five", five), ("three", three)):
            for word, why in words.items():
                if word in primer:
                    raise InputError(
                        f"{constraints.use}: {why}, but {key}_primer, {primer}, contains {word}; "
                        "change one of them: primers are not redesigned"
                    )
        self.steps, self.start = automaton(sorted(words), five)
        self.ends = np.array([run(self.steps, state, three) for state in range(len(self.steps))])
        self.ends = self.ends != len(self.steps) - 1
        lengths = np.arange(self.longest + 1)
        low, high = constraints.gc
        self.fewest = np.ceil(low * lengths - ROUNDING).astype(int)
        self.most = np.floor(high * lengths + ROUNDING).astype(int)
        self.share = np.asarray(composition, dtype=float)
        self.ways = self.count(self.share)
        self.possible = [
            length
            for length in range(self.shortest, self.longest + 1)
            if self.by_gc(self.ways, length).sum() > 0
        ]
        if not self.possible:
            raise InputError(
                f"{constraints.use}: no sequence of {self} is possible; relax one of these"
            )

    def __str__(self) -> str:
        """What limits the sequences, for messages."""
        limits = self.constraints
        parts = [f"{self.shortest} to {self.longest} bases (length)"]
        if limits.gc != (0, 1):
            parts.append(f"GC content from {limits.gc[0]:g} to {limits.gc[1]:g} (gc)")
        if limits.forbidden:
            parts.append(f"none of {', '.join(limits.forbidden)} (forbidden)")
        if limits.homopolymer:
            parts.append(f"no base more than {limits.homopolymer} times in a row (homopolymer)")
        if limits.five or limits.three:
            parts.append(f"between primers {limits.five!r} and {limits.three!r}")
        return ", ".join(parts)

    def count(self, weights: np.ndarray) -> np.ndarray:
        """Sum, over the ways to go on, of the products of the bases' weights.

        Returns:
            By bases to go, G and C among them, and state; shape (longest + 1, longest + 1, states).
        """
        ways = np.zeros((self.longest + 1, self.longest + 1, len(self.steps)))
        ways[0, 0] = self.ends
        for size in range(1, len(ways)):
            for base, weight in enumerate(weights):
                more = weight * ways[size - 1][:, self.steps[:, base]]
                gc = IS_GC[base]
                ways[size, gc:] += more[: len(more) - gc]
        return ways

    def by_gc(self, ways: np.ndarray, length: int) -> np.ndarray:
        """What `ways` has for whole sequences of a length, by their number of G and C, from
        `fewest` on."""
        return ways[length, self.fewest[length] : self.most[length] + 1, self.start]

    def size(self) -> float:
        """Number of sequences, whatever their distance from known aptamers."""
        ways = self.count(np.ones(4))
        return float(sum(self.by_gc(ways, length).sum() for length in self.possible))

    def draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Random sequences, codes and lengths: each possible length is as likely, and each sequence
        of a length by the composition. There may be duplicates."""
        lengths = rng.choice(self.possible, count)
        left = np.empty(count, dtype=int)  # G and C that are still to come
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            weights = self.by_gc(self.ways, length)
            left[rows] = self.fewest[length] + rng.choice(
                len(weights), len(rows), p=weights / weights.sum()
            )
        codes = np.zeros((count, self.longest), dtype=np.uint8)
        state = np.full(count, self.start)
        for position in range(self.longest):
            rows = np.flatnonzero(position < lengths)
            # Where no G or C is left, −1 is the last number, which so few bases cannot have.
            after = left[rows, None] - IS_GC, self.steps[state[rows]]
            weights = self.share * self.ways[(lengths[rows] - position - 1)[:, None], *after]
            bounds = weights.cumsum(axis=1)
            drawn = rng.random(len(rows))[:, None] * bounds[:, -1:]
            # A drawn 0 must not take a base of weight 0.
            base = np.minimum((bounds <= drawn).sum(axis=1), 3)
            codes[rows, position] = base
            left[rows] -= IS_GC[base]
            state[rows] = self.steps[state[rows], base]
        return codes, lengths

    def allows(self, codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Which sequences meet all constraints but the distance from known ones; bool, (n,)."""
        fits = (lengths >= self.shortest) & (lengths <= self.longest)
        kept = np.where(fits, lengths, 0)
        state = np.full(len(codes), self.start)
        gc = np.zeros(len(codes), dtype=int)
        for position in range(codes.shape[1]):
            inside = position < kept
            base = codes[:, position]
            state = np.where(inside, self.steps[state, base], state)
            gc += inside * IS_GC[base]
        return fits & self.ends[state] & (gc >= self.fewest[kept]) & (gc <= self.most[kept])

    def far(self, sequences: Sequence[str]) -> np.ndarray:
        """Which sequences are far enough from all known aptamers; bool, shape (n,)."""
        if not (self.constraints.min_distance and len(self.known) and len(sequences)):
            return np.ones(len(sequences), dtype=bool)
        return nearest(sequences, self.known, self.threads)[0] >= self.constraints.min_distance


def automaton(words: Sequence[str], before: str) -> tuple[np.ndarray, int]:
    """What finds words in a text, base by base.

    A state is the longest end of the text so far with which a word begins.

    Args:
        before: bases that are read first; none of the words is in them.

    Returns:
        The next state by state and base, int64, shape (n_states + 1, 4), whose last is that of a
        text with a word in it; and the state after `before`.
    """
    states = sorted({word[:size] for word in words for size in range(len(word))} | {""})
    number = {state: position for position, state in enumerate(states)}
    dead = len(states)
    steps = np.full((dead + 1, 4), dead)
    for state in states:
        for base, letter in enumerate(BASES):
            text = state + letter
            if not text.endswith(tuple(words)):
                ends = (text[start:] for start in range(len(text) + 1))
                steps[number[state], base] = next(number[end] for end in ends if end in number)
    return steps, run(steps, number[""], before)


def run(steps: np.ndarray, state: int, text: str) -> int:
    """The state after a text."""
    for code in to_codes([text], len(text))[0]:
        state = steps[state, code]
    return int(state)


def to_codes(sequences: Sequence[str], width: int) -> np.ndarray:
    """Codes of sequences of A, C, G, T that are no longer than `width`."""
    if not width:
        return np.zeros((len(sequences), 0), dtype=np.uint8)
    letters = np.array([text.encode() for text in sequences], dtype=f"S{width}")
    return CODES[letters.view(np.uint8).reshape(len(sequences), width)]


def to_text(codes: np.ndarray, lengths: np.ndarray) -> list[str]:
    """The sequences that codes stand for."""
    width, text = codes.shape[1], LETTERS[codes].tobytes().decode()
    return [text[row * width : row * width + size] for row, size in enumerate(lengths.tolist())]
