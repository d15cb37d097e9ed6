"""Nucleotide sequences: which notations are read as one, and what is not."""

import re
import string
import unicodedata

DNA = frozenset("ACGT")
RNA = frozenset("ACGU")
BASES = DNA | RNA
UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)  # others stay

# IUPAC's codes for more than one base (doi:10.1093/nar/13.9.3021).
DEGENERATE = {
    **{"R": "A or G", "Y": "C or T", "S": "C or G", "W": "A or T", "K": "G or T", "M": "A or C"},
    **{"B": "not A", "D": "not C", "H": "not G", "V": "not T", "N": "any base"},
}

# Word processors and web pages write more than one sign for a prime and a dash.
PRIMES = "'´`ʹʼ‘’‛′‵＇"
DASHES = "-‐‑‒–—―−－"
PRIME = f"[{PRIMES}]"
FIVE_END = re.compile(rf"5\s*{PRIME}\s*[{DASHES}]*\s*")
THREE_END = re.compile(rf"3\s*{PRIME}\Z")
BACKWARDS = re.compile(rf"3\s*{PRIME}.*|.+5\s*{PRIME}", re.S)
# AMBER's residue names (DG5, DAN, DT3, A, U5, …; N is a lone nucleoside).
RESIDUE = re.compile("[DR]?([ACGTU])[35N]?")
# The ordinary sugar and phosphate, as order sheets and papers write them: dGpdTp, rArC, GpGpA,
# d(GGTT), r(GGAC).
LINKED = re.compile("p?(?:[dr]?[ACGTU]p?)+")
SUGARS = {"d": "DNA", "r": "RNA"}
AROUND = re.compile(r"([dr])\s*(?:\(([^()\[\]]*)\)|\[([^()\[\]]*)\])")
FOREIGN_BASE = {"d": "U", "r": "T"}  # deoxyuridine and ribothymidine are other molecules
# 2'-fluoro, 2'-O-methyl and locked bases as mA, fC, +T; phosphorothioates as * and GsG; and
# /5Biosg/, [iSp9], (FAM).
MODIFIED = re.compile(r"[mfl+][ACGTU]|[ACGTU]s(?=[ACGTUdr])|[/\[\]()*{}]")


def read_notation(text: str) -> str:
    """Return the letters of a sequence in upper case, whatever notation it is in.

    White space, `5'-…-3'`, lower case, AMBER's residue names (`DGN DAN DT3`) and the ordinary sugar
    and phosphate (`dGpdTp`, `rArC`, `GpA`, `d(GGTT)`) are read. Nothing else is removed, since that
    would make another molecule: what is not a base stays, for `check_bases` to find.

    Raises:
        ValueError: empty, written from 3' to 5', or of modified residues or two sugars.
    """
    text = without_ends(text)
    if around := AROUND.fullmatch(text):
        inner = around[2] if around[3] is None else around[3]
        return check_sugar(read_notation(inner), around[1])
    words = text.split()
    if not words:
        raise ValueError("empty sequence")
    joined = "".join(words)
    if LINKED.fullmatch(joined) and not joined.isupper():
        return bases_of_residues(joined)
    residues = [residue[1] for residue in map(RESIDUE.fullmatch, words) if residue]
    if len(residues) == len(words) and any(len(word) > 1 for word in words):
        return "".join(residues)
    refuse_unknown_residue(words)
    if part := re.search(r"[dr][(\[]", joined):
        raise ValueError(f"mixed notation: {part[0]}… is not around all of {shortened(text)!r}")
    if MODIFIED.search(joined):
        raise ValueError(f"modified residue or linker: {shortened(text)!r}")
    return joined.translate(UPPER)


def without_ends(text: str) -> str:
    """A sequence without `5'-` and `-3'` around it.

    Raises:
        ValueError: written from 3' to 5'.
    """
    text = text.strip()
    if BACKWARDS.fullmatch(text):
        raise ValueError("wrong direction: written from 3' to 5'")
    if start := FIVE_END.match(text):
        text = text[start.end() :]
    if end := THREE_END.search(text):
        text = text[: end.start()].rstrip().rstrip(DASHES).rstrip()
    return text


def bases_of_residues(text: str) -> str:
    """The bases of residues with their sugar or phosphate: `dGpdTp`, `rArC`, `pGpA`.

    Raises:
        ValueError: DNA and RNA in one, or a sugar at only some of the residues.
    """
    bases = "".join(re.findall("[ACGTU]", text))
    sugars = set(re.findall("[dr]", text))
    if not sugars:
        return bases
    if len(sugars) == 2:
        raise ValueError(f"mixed chemistry: residues of DNA (d) and RNA (r) in {shortened(text)!r}")
    (sugar,) = sugars
    if text.count(sugar) < len(bases):
        raise ValueError(
            f"mixed notation: {sugar!r} at some residues alone in {shortened(text)!r}; write it at "
            f"each, or {sugar}(…) around all"
        )
    return check_sugar(bases, sugar)


def check_sugar(sequence: str, sugar: str) -> str:
    """Return a sequence whose sugar fits its bases.

    Raises:
        ValueError: U with the sugar of DNA, or T with that of RNA.
    """
    base = FOREIGN_BASE[sugar]
    if base in sequence:
        raise ValueError(f"mixed chemistry: {base} with {sugar!r}, the sugar of {SUGARS[sugar]}")
    return sequence


def named_chemistry(text: str) -> str | None:
    """`DNA` or `RNA` if the notation of a sequence names its sugar, as `r(GGAC)`; else None."""
    start = FIVE_END.sub("", text.strip(), count=1)
    sugar = re.match(r"p?([dr])\s*[ACGTU(\[]", start)
    return SUGARS[sugar[1]] if sugar else None


def has_mixed_case(text: str) -> bool:
    """Whether a sequence has bases in small letters and in capitals."""
    return not text.isupper() and bool(re.search("[acgtu]", text) and re.search("[ACGTU]", text))


def refuse_unknown_residue(words: list[str]) -> None:
    """Raise ValueError for a short word among residue names, such as `DX` in `DG5 DX DT3`."""
    among = any(len(word) > 1 and RESIDUE.fullmatch(word) for word in words)
    unknown = next((word for word in words if not RESIDUE.fullmatch(word)), None)
    if among and unknown and len(unknown) <= 3:
        raise ValueError(f"unknown residue: {unknown!r}")


def check_bases(sequence: str) -> str:
    """Return a sequence that has no other letters than A, C, G, T, U.

    Raises:
        ValueError: names the first letter that is not one of IUPAC's, else the first degenerate
            one, and its position.
    """
    if not BASES.issuperset(sequence):
        others = [i for i, letter in enumerate(sequence) if letter not in BASES]
        first = next((i for i in others if sequence[i] not in DEGENERATE), others[0])
        raise ValueError(why_not_a_base(sequence[first], first + 1))
    return sequence


def why_not_a_base(letter: str, position: int) -> str:
    """Say why a letter is not a base: `kind: detail`, like all reasons of a rejection."""
    if letter in DEGENERATE:
        return f"degenerate code: {letter!r} ({DEGENERATE[letter]}) at position {position}"
    if letter.isascii():
        return f"not a base: {letter!r} at position {position}"
    name = unicodedata.name(letter, f"U+{ord(letter):04X}").lower()
    return f"foreign letter: {letter!r} ({name}) at position {position}"


def shortened(text: str, size: int = 40) -> str:
    """Return a text for a message, cut if it is longer than `size` characters."""
    return text if len(text) <= size else text[: size - 3] + "..."


def check_chemistry(sequence: str) -> str:
    """Return a sequence that is DNA or RNA.

    Raises:
        ValueError: T and U mixed.
    """
    if "T" in sequence and "U" in sequence:
        raise ValueError("mixed chemistry: T and U in one sequence")
    return sequence


def normalise(text: str) -> str:
    """Return the bases of a sequence in upper case: read its notation, check bases and chemistry.

    Raises:
        ValueError: says why it is not a sequence of DNA or RNA.
    """
    return check_chemistry(check_bases(read_notation(text)))


def chemistry(sequence: str) -> str | None:
    """`DNA`, `RNA`, or None if a normalised sequence has neither T nor U."""
    if "U" in sequence:
        return "RNA"
    return "DNA" if "T" in sequence else None


def as_tokens(sequence: str) -> str:
    """Return the letters that the model reads: U as T (the chemistry is kept separately)."""
    return sequence.replace("U", "T")
