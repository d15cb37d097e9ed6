"""Nucleotide sequences: what is read as one, and what is not."""

DNA = frozenset("ACGT")
RNA = frozenset("ACGU")


def normalise(text: str) -> str:
    """Return `text` in upper case, without white space at its ends: the letters as they are.

    Raises:
        ValueError: empty, a letter that is not one of A, C, G, T, U, or T and U mixed; nothing is
            ever deleted from a sequence, since that would make another molecule.
    """
    sequence = text.strip().upper()
    if not sequence:
        raise ValueError("empty sequence")
    letters = set(sequence)
    for position, letter in enumerate(sequence, start=1):
        if letter not in DNA | RNA:
            raise ValueError(f"{letter!r} at position {position} is not one of A, C, G, T, U")
    if {"T", "U"} <= letters:
        raise ValueError("T and U mixed in one sequence")
    return sequence


def chemistry(sequence: str) -> str | None:
    """`DNA`, `RNA`, or None where a normalised sequence has neither T nor U."""
    if "U" in sequence:
        return "RNA"
    return "DNA" if "T" in sequence else None


def as_tokens(sequence: str) -> str:
    """The letters that the model reads: U written as T (the chemistry is kept beside it)."""
    return sequence.replace("U", "T")
