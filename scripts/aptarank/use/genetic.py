"""A genetic algorithm that designs aptamers which models score high (Holland 1975; Goldberg & Deb
1991, doi:10.1016/B978-0-08-050684-5.50008-2, for selection by tournament).

Every aptamer of the run is scored once: a child that was scored before, or that the constraints do
not allow, is made again. So the best found never depends on copies, and a population has no
duplicates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from aptarank.core.errors import InputError
from aptarank.core.log import Track
from aptarank.use.constraints import Space, to_codes, to_text

# Normalised sequences in, their scores by each model out, shape (n_models, n): higher is fitter.
Score = Callable[[list[str]], np.ndarray]

ROUNDS = 25  # of making as many children as are wanted, before random ones replace them
PAIRS = 500  # of a population, whose mean distance is its diversity
NONE = -1  # no parent


@dataclass(frozen=True)
class GeneticSettings:
    """How a run goes; as `design` in config.schema.yaml has them."""

    population: int
    generations: int
    tournament: int
    crossover: float
    mutation: float
    insertion: float
    deletion: float
    elite: float
    kappa: float
    seed: int


class Children(NamedTuple):
    """New sequences: `codes` and `lengths` as in constraints.py; `parents`, numbers of scored
    aptamers or `NONE`, int64, shape (n, 2); `operation`, what was done to them, n texts."""

    codes: np.ndarray
    lengths: np.ndarray
    parents: np.ndarray
    operation: np.ndarray


class Population(NamedTuple):
    """What is bred from: codes, lengths, numbers and objective, each of n rows."""

    codes: np.ndarray
    lengths: np.ndarray
    number: np.ndarray
    objective: np.ndarray

    def take(self, rows: np.ndarray) -> "Population":
        """Some of it."""
        return Population(*(part[rows] for part in self))


class Scored:
    """Every aptamer that a run has scored, numbered from 0 in that order."""

    def __init__(self, score: Score, kappa: float):
        self.score, self.kappa = score, kappa
        self.seen: set[str] = set()
        self.parts: list[pd.DataFrame] = []

    def add(self, children: Children, generation: int) -> Population:
        """Score new aptamers."""
        sequences = to_text(children.codes, children.lengths)
        table = pd.DataFrame({"sequence": sequences}).join(
            summarise(self.score(sequences), self.kappa)
        )
        table["generation"], table["operation"] = generation, children.operation
        table["parent1"], table["parent2"] = children.parents.T
        table.index += len(self.seen)
        self.seen.update(sequences)
        self.parts.append(table)
        number, objective = table.index.to_numpy(), table["lcb"].to_numpy()
        return Population(children.codes, children.lengths, number, objective)

    def table(self) -> pd.DataFrame:
        """sequence, score, uncertainty, lcb, generation, operation, parent1, parent2."""
        return pd.concat(self.parts)


def standardised(score: Score, reference: np.ndarray, names: Sequence[str]) -> Score:
    """Scores less the mean of the known aptamers, in standard deviations of theirs.

    Each model's scores are on a scale of its own, since only differences within a model mean
    anything: without this, a model with large scores would have more of a say in the mean, and the
    spread over models would be that of their scales.

    Args:
        reference: the models' scores of the known aptamers, shape (n_models, n_known).
        names: of the models, for messages.

    Raises:
        InputError: a model scores all known aptamers the same.
    """
    mean, sd = reference.mean(axis=1, keepdims=True), reference.std(axis=1, keepdims=True)
    if not (sd > 0).all():
        which = names[int(np.argmin(sd[:, 0]))]
        raise InputError(
            f"{which}: it scores all {reference.shape[1]} known aptamers the same, so there is "
            "nothing to design by; train it longer or give other aptamers"
        )
    return lambda sequences: (score(sequences) - mean) / sd


def summarise(scores: np.ndarray, kappa: float) -> pd.DataFrame:
    """Mean over models (score), standard deviation (uncertainty, NaN for one model), and the lower
    confidence bound that is maximised: lcb = score − kappa × uncertainty.

    It is the upper bound of Srinivas et al. 2010 (arXiv:0912.3995) turned to caution: where models
    trained alike (Lakshminarayanan et al. 2017, arXiv:1612.01474) disagree, they are not believed.

    Args:
        scores: shape (n_models, n).
    """
    several = len(scores) > 1
    spread = scores.std(axis=0, ddof=1) if several else np.full(scores.shape[1], np.nan)
    mean = scores.mean(axis=0)
    bound = mean - kappa * spread if several and kappa else mean
    return pd.DataFrame({"score": mean, "uncertainty": spread, "lcb": bound})


def evolve(
    score: Score,
    space: Space,
    settings: GeneticSettings,
    first: Sequence[str] = (),
    track: Track = iter,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the genetic algorithm.

    Args:
        score: is to be maximised.
        first: of the first generation, before random ones; allowed and distinct. They may be nearer
            to known aptamers than `min_distance`.
        track: wraps the generations, for progress.

    Returns:
        All that was scored (`Scored.table`), its index a number from 0; and for each generation, of
        its population: best, median, mean (of the objective, lcb), diversity (mean edit distance of
        `PAIRS` random pairs), size, newcomers (random ones) and evaluated (up to then).

    Raises:
        InputError: there are not enough sequences for a population.
    """
    check_size(space, settings)
    rng = np.random.default_rng(settings.seed)
    scored, history = Scored(score, settings.kappa), []
    keep = min(round(settings.elite * settings.population), settings.population - 1)

    def random(count: int) -> Children:
        return without_parents(*space.draw(count, rng), "random")

    known = list(first)[: settings.population]
    lengths = np.array([len(sequence) for sequence in known], dtype=np.int64)
    given = without_parents(to_codes(known, space.longest), lengths, "known")
    missing = settings.population - len(known)
    found = joined([given, fresh(random, missing, space, {*known})])
    if len(found.lengths) < settings.population:
        raise InputError(
            f"design: only {len(found.lengths)} aptamers at least {space.constraints.min_distance} "
            f"edits from all {len(space.known)} known ones were found, too few for a population of "
            f"{settings.population}; lower min_distance or population, or allow more lengths"
        )
    population = scored.add(found, 0)
    history.append(statistics(population, 0, len(scored.seen), missing, settings.seed))
    for generation in track(range(1, settings.generations + 1)):
        best = np.argsort(-population.objective, kind="stable")[:keep]
        wanted = settings.population - keep

        def bred(count: int, parents: Population = population) -> Children:
            return breed(parents, count, space, settings, rng)

        children = fresh(bred, wanted, space, scored.seen)
        missing = wanted - len(children.lengths)
        texts = to_text(children.codes, children.lengths)
        others = fresh(random, missing, space, {*scored.seen, *texts} if missing else set())
        found = joined([children, others])
        if not len(found.lengths):
            break  # all there is has been scored
        parts = zip(population.take(best), scored.add(found, generation), strict=True)
        population = Population(*map(np.concatenate, parts))
        new = len(others.lengths)
        history.append(statistics(population, generation, len(scored.seen), new, settings.seed))
    return scored.table(), pd.DataFrame(history)


def check_size(space: Space, settings: GeneticSettings) -> None:
    """Raise InputError where there are fewer sequences than a population takes."""
    if space.size() < settings.population:
        raise InputError(
            f"design: population is {settings.population}, but only {space.size():.0f} sequences "
            f"of {space} are possible; lower the population or relax one of these"
        )


def without_parents(codes: np.ndarray, lengths: np.ndarray, operation: str) -> Children:
    """Aptamers that were not bred."""
    parents = np.full((len(lengths), 2), NONE)
    return Children(codes, lengths, parents, np.full(len(lengths), operation, dtype=object))


def joined(parts: Sequence[Children]) -> Children:
    """Children after one another."""
    return Children(*map(np.concatenate, zip(*parts, strict=True)))


def fresh(make: Callable[[int], Children], wanted: int, space: Space, seen: set[str]) -> Children:
    """As many children as are wanted, allowed, distinct and not `seen`; fewer where `ROUNDS` rounds
    did not give them."""
    parts = [make(0)]
    taken: set[str] = set()
    for _ in range(ROUNDS):
        missing = wanted - len(taken)
        if not missing:
            break
        children = make(wanted)
        rows = np.flatnonzero(space.allows(children.codes, children.lengths))
        texts = to_text(children.codes[rows], children.lengths[rows])
        new: dict[str, int] = {}
        for text, row in zip(texts, rows.tolist(), strict=True):
            if text not in seen and text not in taken:
                new.setdefault(text, row)
        far = space.far(list(new))
        chosen = [item for item, is_far in zip(new.items(), far, strict=True) if is_far][:missing]
        taken.update(text for text, _ in chosen)
        kept = np.array([row for _, row in chosen], dtype=np.int64)
        parts.append(Children(*(part[kept] for part in children)))
    return joined(parts)


def breed(
    parents: Population,
    count: int,
    space: Space,
    settings: GeneticSettings,
    rng: np.random.Generator,
) -> Children:
    """Children of parents that won a tournament: crossed over, then mutated.

    They may be copies, and may break constraints other than those of length.
    """
    first, second = (tournament(parents, count, settings.tournament, rng) for _ in range(2))
    codes, lengths, points = cross(parents, first, second, settings.crossover, rng)
    substituted = (rng.random(codes.shape) < settings.mutation) & inside(codes, lengths)
    # Another base: one, two or three further on.
    further = substituted * rng.integers(1, 4, codes.shape, dtype=np.uint8)
    codes = (codes + further) % 4
    gains, loses = (rng.random(count) < rate for rate in (settings.insertion, settings.deletion))
    after = lengths + gains - loses.astype(int)
    fits = (after >= space.shortest) & (after <= space.longest)
    gains, loses = gains & fits, loses & fits
    codes, lengths = delete(codes, lengths, loses, rng)
    codes, lengths = insert(codes, lengths, gains, rng)
    ancestors = np.stack([parents.number[first], parents.number[second]], axis=1)
    ancestors[points == 0, 1] = NONE
    changes = zip(
        points.tolist(),
        substituted.sum(axis=1).tolist(),
        loses.tolist(),
        gains.tolist(),
        strict=True,
    )
    operation = np.array(
        [
            operation_in_words(points, substitutions, loses=loss, gains=gain)
            for points, substitutions, loss, gain in changes
        ],
        dtype=object,
    )
    return Children(codes, lengths, ancestors, operation)


def operation_in_words(points: int, substitutions: int, *, loses: bool, gains: bool) -> str:
    """The operations that made a child of its parents."""
    operations = []
    if points:
        operations.append(f"crossover at {points}")
    if substitutions:
        operations.append(f"{substitutions} substituted")
    if loses:
        operations.append("1 deleted")
    if gains:
        operations.append("1 inserted")
    return "; ".join(operations)


def tournament(parents: Population, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of the best of `size` drawn parents each, the first of equals; int64, shape (count,)."""
    drawn = rng.integers(len(parents.number), size=(count, size))
    best = parents.objective[drawn].argmax(axis=1)
    return drawn[np.arange(count), best]


def inside(codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Which positions are within the sequences, not behind their end; bool, as codes."""
    return np.arange(codes.shape[1]) < lengths[:, None]


def cross(
    parents: Population,
    first: np.ndarray,
    second: np.ndarray,
    rate: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One- and two-point crossover, half of each, at the same positions of both from the 5' end.

    With one point, the child goes on as the second parent; with two, it is the first parent with a
    middle part of the second. So it has the length of one of them.

    Returns:
        Codes, lengths, and the number of points: 0 for a copy of the first, (n,).
    """
    count, width = len(first), parents.codes.shape[1]
    shorter = np.minimum(parents.lengths[first], parents.lengths[second])
    crossed = (rng.random(count) < rate) & (first != second) & (shorter > 1)
    two = rng.random(count) < 0.5
    # One point lies between two bases of the shorter; of two, one may be its end.
    cuts = np.sort(rng.random((count, 2)), axis=1)
    low = 1 + (cuts[:, 0] * (shorter - 1)).astype(int)
    high = np.maximum(1 + (cuts[:, 1] * shorter).astype(int), low + 1)
    single = 1 + (rng.random(count) * (shorter - 1)).astype(int)
    start, stop = np.where(two, low, single), np.where(two, high, width)
    position = np.arange(width)
    other = crossed[:, None] & (position >= start[:, None]) & (position < stop[:, None])
    codes = np.where(other, parents.codes[second], parents.codes[first])
    lengths = parents.lengths[np.where(crossed & ~two, second, first)]
    return codes, lengths, crossed * (1 + two)


def delete(
    codes: np.ndarray, lengths: np.ndarray, which: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Take a base out of some sequences, anywhere."""
    at = (rng.random(len(codes)) * lengths).astype(int)
    position = np.arange(codes.shape[1])
    source = np.minimum(position + ((position >= at[:, None]) & which[:, None]), codes.shape[1] - 1)
    lengths = lengths - which
    codes = np.take_along_axis(codes, source, axis=1)
    return np.where(inside(codes, lengths), codes, 0), lengths


def insert(
    codes: np.ndarray, lengths: np.ndarray, which: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Put a base into some sequences, anywhere, before the first and behind the last included."""
    at = (rng.random(len(codes)) * (lengths + 1)).astype(int)
    new = rng.integers(4, size=len(codes), dtype=np.uint8)
    position = np.arange(codes.shape[1])
    source = np.maximum(position - ((position > at[:, None]) & which[:, None]), 0)
    codes = np.take_along_axis(codes, source, axis=1)
    here = (position == at[:, None]) & which[:, None]
    return np.where(here, new[:, None], codes), lengths + which


def statistics(
    population: Population, generation: int, evaluated: int, newcomers: int, seed: int
) -> dict[str, float]:
    """A row of the history."""
    # A generator of its own: what is measured does not change what comes after.
    rng = np.random.default_rng([seed, generation])
    size = len(population.number)
    first = rng.integers(size, size=PAIRS)
    second = (first + rng.integers(1, max(2, size), PAIRS)) % size  # another one
    sides = [to_text(population.codes[rows], population.lengths[rows]) for rows in (first, second)]
    objective = population.objective
    return {
        "generation": generation,
        "best": objective.max(),
        "median": np.median(objective),
        "mean": objective.mean(),
        "diversity": cpdist(*sides, scorer=Levenshtein.distance).mean(),
        "size": size,
        "newcomers": newcomers,
        "evaluated": evaluated,
    }
