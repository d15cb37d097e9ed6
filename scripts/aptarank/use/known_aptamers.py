"""What a design starts from: the known aptamers, their lengths, and the scores of the models."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import read_aptamers
from aptarank.models.scorer import Scorer
from aptarank.use.constraints import BASES, Space, to_codes
from aptarank.use.load_scorer import check_scores_aptamers
from aptarank.values.sequences import as_tokens


class KnownAptamers:
    """The distinct aptamers that the models were trained on.

    Attributes:
        table: as ingest.py writes it.
        sequences: as a model reads them, in the order of the table.
    """

    def __init__(self, path: Path):
        """Read them.

        Raises:
            InputError: there are none.
        """
        self.table = read_aptamers(path).drop_duplicates("sequence")
        if self.table.empty:
            raise InputError(f"{path}: no aptamer; expected those that the models were trained on")
        self.sequences = [as_tokens(sequence) for sequence in self.table["sequence"]]

    def length_range(self, length: tuple[int, int] | None) -> tuple[int, int]:
        """Fewest and most bases of a design: `length`, or those of the known aptamers.

        Warns if `length` is beyond what the models have seen.
        """
        known = min(map(len, self.sequences)), max(map(len, self.sequences))
        shortest, longest = length or known
        if shortest < known[0] or longest > known[1]:
            logger.warning(
                "length is from %d to %d bases, but known aptamers have %d to %d: predictions for "
                "other lengths are guesses",
                shortest,
                longest,
                *known,
            )
        return shortest, longest

    def composition(self) -> np.ndarray:
        """Share of A, C, G, T, none of them 0; shape (4,)."""
        counts = [sum(text.count(base) for text in self.sequences) for base in BASES]
        return (np.array(counts) + 1) / (sum(counts) + len(BASES))

    def is_rna(self) -> bool:
        """Whether designed aptamers are written as RNA: all known ones that tell are RNA."""
        chemistry = set(self.table["chemistry"]) - {""}
        if len(chemistry) > 1:
            logger.warning("known aptamers are DNA and RNA; designed ones are written as DNA")
        return chemistry == {"RNA"}

    def first_generation(self, objective: np.ndarray, space: Space, population: int) -> list[str]:
        """Those that meet the constraints, the best first.

        Args:
            objective: of each, in the order of `sequences`; higher is better.
            population: how many of them the generation has room for.
        """
        best = np.argsort(-objective, kind="stable")
        ranked = [
            self.sequences[row]
            for row in best
            if space.shortest <= len(self.sequences[row]) <= space.longest
        ]
        lengths = np.array(list(map(len, ranked)), dtype=int)
        fits = space.allows(to_codes(ranked, space.longest), lengths)
        fitting = [sequence for sequence, fit in zip(ranked, fits, strict=True) if fit]
        logger.info(
            "the first generation has %d known aptamers, of %d that meet the constraints",
            min(len(fitting), population),
            len(fitting),
        )
        return fitting


def check_models(
    paths: Sequence[Path], scorers: Sequence[Scorer], kappa: float, longest: int
) -> None:
    """Check that the models can do what a design asks of them.

    Raises:
        InputError: a model compares aptamers instead of scoring them, or reads fewer than `longest`
            bases; or uncertainty is wanted of a single model.
    """
    for path, scorer in zip(paths, scorers, strict=True):
        check_scores_aptamers(scorer, path)
        if longest > scorer.max_bases:
            raise InputError(
                f"{path}: reads at most {scorer.limit} tokens, too few for aptamers of {longest} "
                "bases; lower the upper end of length"
            )
    if kappa and len(scorers) == 1:
        raise InputError(
            f"kappa is {kappa:g}, but there is one model, and uncertainty is the spread of "
            "several: name models of several seeds, or kappa 0"
        )


def scores_by_model(scorers: Sequence[Scorer], sequences: Sequence[str]) -> np.ndarray:
    """The score of each sequence by each model, shape (n_models, n_sequences)."""
    return np.stack([scorer.scores(sequences) for scorer in scorers])
