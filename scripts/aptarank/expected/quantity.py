"""What was measured, in the scale and direction of the user's own file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aptarank.core.errors import InputError

KD = "Kd"  # the scale of dissociation constants, whose fitness is −log10 of mol/L


@dataclass(frozen=True)
class Quantity:
    """The quantity that a score column holds.

    Attributes:
        column: where the score was read from, in words.
        unit: of the values here, "" where the file names none. A Kd is in nM, whatever the file's
            own unit, as in aptamers.csv.
        better: higher or lower.
        scale: `Kd` or `number`.
    """

    column: str
    unit: str
    better: str
    scale: str

    def __str__(self) -> str:
        """The quantity in words."""
        unit = f", in {self.unit}" if self.unit else ""
        return f"{self.column}{unit} ({self.better} is better)"

    def value_of(self, fitness: np.ndarray) -> np.ndarray:
        """Values in the user's scale of a fitness; a bound may be infinite."""
        if self.scale == KD:
            return 10.0 ** (9 - fitness)
        return fitness if self.better == "higher" else 0.0 - fitness

    def fitness_of(self, value: float) -> float:
        """The fitness of a value in the user's scale.

        Raises:
            InputError: a Kd that is not above 0.
        """
        if self.scale == KD:
            if value <= 0:
                raise InputError(f"{value:g} {self.unit}: not a Kd; expected a number above 0")
            return float(9 - np.log10(value))
        return value if self.better == "higher" else 0.0 - value

    def ends(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends of intervals in the user's scale, from those of the fitness."""
        ends = np.sort(np.stack([self.value_of(low), self.value_of(high)]), axis=0)
        return ends[0], ends[1]


def quantity_of(ingestion: Mapping, source: Path) -> Quantity:
    """The quantity that ingest.py read, by its account; labelled pairs have none.

    Raises:
        InputError: it is not such an account.
    """
    if "better" not in ingestion and "aptamers" in ingestion:
        return Quantity("none: the input was a table of labelled pairs", "", "higher", "number")
    files = ingestion.get("files")
    read_as = files[0].get("read_as") if isinstance(files, list) and files else None
    directed = ingestion.get("better") in ("higher", "lower")
    if not isinstance(read_as, dict) or "scale" not in ingestion or not directed:
        raise InputError(
            f"{source}: has no files, scale or direction; expected the ingestion.json that "
            "ingest.py writes"
        )
    is_kd = ingestion["scale"] == KD
    unit = "nM" if is_kd else read_as.get("unit", "")
    column = read_as.get("score") or "the score"
    return Quantity(column, unit, ingestion["better"], KD if is_kd else "number")
