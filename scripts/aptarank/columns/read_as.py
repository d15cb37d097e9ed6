"""What of a file was read as what, and why: one structure for all formats, and its wording."""

import dataclasses
from collections.abc import Mapping

from aptarank.values.sequences import shortened

SAID = "the option better says so"


@dataclasses.dataclass(frozen=True)
class ReadAs:
    """What was read as sequence, score and so on, in words; "" for what is not there.

    `because` is the reason for the direction `better`, `unit_from` says where the unit stands, and
    `passed_over` which columns were not taken for the score though they look like it.
    """

    sequence: str
    score: str = ""
    better: str = ""
    because: str = ""
    unit: str = ""
    unit_from: str = ""
    rounds: str = ""
    name: str = ""
    group: str = ""
    family: str = ""
    target: str = ""
    reads: str = ""
    error: str = ""
    plate: str = ""
    passed_over: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the fields that are not empty."""
        return {key: text for key, text in dataclasses.asdict(self).items() if text}


def column_in_words(name: str) -> str:
    """Return a column in words; control characters in its name are escaped."""
    return f"column {shortened(name)!r}"


def with_direction(read_as: ReadAs, better: str | None) -> ReadAs:
    """Return this with the direction that the user gives, if any."""
    if not better or better == read_as.better:
        return read_as
    return dataclasses.replace(read_as, better=better, because=SAID)


def read_as_in_words(read_as: Mapping[str, str]) -> str:
    """One line, from what `as_json` gives: the score with unit and direction, then the rest."""
    if not read_as:
        return ""
    score = [read_as["score"]] if "score" in read_as else []
    if "unit" in read_as:
        source = "" if read_as["unit_from"] == HEADER else f" ({read_as['unit_from']})"
        score.append(f"in {read_as['unit']}{source}")
    if "better" in read_as:
        score.append(f"{read_as['better']} is better, because {read_as['because']}")
    parts = [f"score: {', '.join(score)}"] if score else []
    roles = (
        *("sequence", "name", "group", "target", "family", "reads", "rounds", "error", "plate"),
        "passed_over",
    )
    parts += [f"{WORDS.get(key, key)}: {read_as[key]}" for key in roles if key in read_as]
    return "; ".join(parts)


HEADER = "the column's name says so"
WORDS = {
    "target": "compared across",
    "family": "kept together in a split",
    "passed_over": "not the score",
}
