"""Find the columns of a table: those that the user names, or those with usual names."""

import difflib
import re
from pathlib import Path

from aptarank.columns.column_names import UNIT_IN_NAME, meaning_of
from aptarank.core.errors import InputError
from aptarank.values.sequences import shortened

SEQUENCE_NAMES = (
    *("sequence", "sequences", "seq", "seqs", "aptamer", "aptamer sequence", "aptamersequence"),
    *("oligo", "oligonucleotide", "random region"),
)
NAME_NAMES = ("id", "name", "aptamer id", "aptamer name", "seq id")
# What an aptamer may be measured for.
TARGET_NAMES = (
    *("target", "targets", "target name", "target id", "protein", "protein name", "uniprot"),
    *("ligand", "analyte", "antigen", "receptor", "compound", "molecule", "small molecule"),
    *("smiles", "canonical smiles"),
)
# Words that make a first row a header, whatever else is in it.
KNOWN_NAMES = {*SEQUENCE_NAMES, *NAME_NAMES, "sequence1", "sequence2", "label"}


def plain_name(name: str) -> str:
    """Return a column's name as it is compared: lower case, `_` and `-` as spaces, no unit."""
    words = UNIT_IN_NAME.sub("", " ".join(name.split())).replace("_", " ").replace("-", " ")
    return " ".join(words.lower().split())


def is_usual_name(field: str) -> bool:
    """Whether this is the usual name of a column."""
    return plain_name(field) in KNOWN_NAMES or meaning_of(field).role == "score"


def column_index(header: list[str], wanted: str, role: str, source: Path) -> int:
    """Return the index of a column that the user named (by name, else by number from 1).

    Raises:
        InputError: no such column (lists those there are), or several of that name.
    """
    exact = [index for index, name in enumerate(header) if name == wanted]
    matches = exact or [
        index for index, name in enumerate(header) if plain_name(name) == plain_name(wanted)
    ]
    if len(matches) > 1:
        fields = " and ".join(str(index + 1) for index in matches)
        raise InputError(
            f"{source}, line 1: {len(matches)} columns are named {wanted!r} (fields {fields}); "
            f"rename them, or name the {role} by its number"
        )
    if matches:
        return matches[0]
    if re.fullmatch("[0-9]{1,6}", wanted) and 1 <= int(wanted) <= len(header):
        return int(wanted) - 1
    near = difflib.get_close_matches(wanted, header, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise InputError(
        f"{source}: no column {wanted!r}{hint}; the columns are {header_in_words(header)}.\n"
        f"Name the right one as {role} (in the config: datasets.<name>.{role})."
    )


def find_column(header: list[str], names: tuple[str, ...], role: str, source: Path) -> int | None:
    """Return the index of the one column that has one of these names; None if none has.

    Raises:
        InputError: several have.
    """
    indices = [index for index, name in enumerate(header) if plain_name(name) in names]
    if len(indices) > 1:
        candidates = ", ".join(repr(header[index]) for index in indices)
        raise InputError(
            f"{source}, line 1: {candidates} may each be the {role}; name one "
            f"(in the config: datasets.<name>.{role})"
        )
    return indices[0] if indices else None


def header_in_words(header: list[str]) -> str:
    """Return the names of columns for a message, cut if there are many or long ones."""
    few = ", ".join(repr(shortened(name)) for name in header[:20])
    return few + (f" and {len(header) - 20} more" if len(header) > 20 else "")
