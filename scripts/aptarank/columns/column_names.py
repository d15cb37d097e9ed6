"""What a column's whole name says: which quantity, on what scale, and which values are better."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from aptarank.values.measured import LONGEST, UNIT

ROUND = re.compile(r"(?:r|rd|rnd|round|cycle|c|selex|selection|sel|pool)? ?0*([0-9]{1,4})")
UNIT_IN_NAME = re.compile(rf"[\[(,_/ ] ?({UNIT}) ?[\])]?$")
UNIT_IN_BRACKETS = re.compile(rf"(?<=[\[(]) ?({UNIT}) ?(?=[,;\])])")  # Kd (nM, SPR)
NUMBER_BEFORE_UNIT = re.compile(rf"[\[(] ?[0-9.]+ ?{UNIT}")  # Kd (100 nM): a scale, or a condition
POWER_IN_NAME = re.compile(r"10 ?\^? ?[-−–⁻]|10\^|[x×] ?10|\de[-−–]")  # as of Kd (10^-9 M)
PER_UNIT = re.compile(  # of an association constant
    rf"(?:(?:[\[(] ?|1 ?)/ ?{UNIT}|[\[(] ?{UNIT} ?\^? ?(?:[-−–]1|⁻¹)) ?[\])]?$"
)
SECOND = r"(?:s|sec|seconds?|min|minutes?|h)"
PER_SECOND = re.compile(  # of a rate, such as the kd (1/s) of Biacore
    rf"(?:[\[( ] ?(?:1 ?)?/ ?{SECOND}|[\[(] ?{SECOND} ?\^? ?(?:[-−–]1|⁻¹)) ?[\])]?$"
)
OTHER_UNIT = re.compile(r"[\[(] ?(?:k?(?:cal|J) ?[/·* ]? ?mol(?:-1|\^-1|⁻¹)?|° ?C) ?[\])]$")


class Quantity(NamedTuple):
    """Something that is measured of aptamers.

    `better` says which values are better, "" if that depends on the experiment. `kind` is
    `concentration`, `enrichment`, `seen` (how often a sequencer saw it), `score` (whole scores of
    some program or assay) or `measure` (never taken for the score without being named).
    """

    name: str
    phrase: str
    better: str = ""
    kind: str = "measure"


READS = Quantity("reads", "a number of reads", "higher", "seen")
SHARE = Quantity("share", "a share of the reads", "higher", "seen")
ENRICHMENT = Quantity("enrichment", "an enrichment", "higher", "enrichment")
FITNESS = Quantity("fitness", "a fitness", "higher", "score")
FOLD_CHANGE = Quantity("fold change", "a fold change")
ENERGY = Quantity("energy", "an energy")
RATE = Quantity("rate", "a rate")
ASSOCIATION = Quantity("ka", "an association constant")


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def concentration(name: str) -> Quantity:
    """A concentration at which half of something is reached: the less, the better."""
    return Quantity(name, f"{'an' if name[0] in 'EI' else 'a'} {name}", "lower", "concentration")


QUANTITIES = {
    **{
        word: concentration(name)
        for word, name in {"kd": "Kd", "ki": "Ki", "ic50": "IC50", "ec50": "EC50"}.items()
    },
    **dict.fromkeys(("enrichment", "enrichments"), ENRICHMENT),
    **dict.fromkeys(("read", "reads", "count", "counts", "duplicate", "duplicates"), READS),
    **dict.fromkeys(("rpm", "rpu", "cpm", "tpm", "frequency", "frequencies", "fraction"), SHARE),
    **dict.fromkeys(("share", "abundance", "proportion"), SHARE),
    "fitness": FITNESS,
    "score": Quantity("score", "a score", "", "score"),
    "entropy": Quantity("entropy", "an entropy", "", "score"),
    "energy": ENERGY._replace(kind="score"),
    **dict.fromkeys(("dg", "ddg", "dh", "mfe"), ENERGY),
    "foldchange": FOLD_CHANGE,
    **{
        word: Quantity(word, f"a measure ({word})")
        for word in (
            *("zscore", "affinity", "affinities", "activity", "potency", "inhibition", "binding"),
            *("bound", "cleaved", "fluorescence", "rfu", "signal", "intensity", "response", "tm"),
            *("absorbance", "ct", "cq", "kon", "koff", "ka", "halflife", "efficiency", "yield"),
            *("viability", "survival", "growth", "odds", "selectivity", "specificity"),
        )
    },
}
GENERAL = ("score", "zscore", "affinity", "affinities", "binding", "efficiency", "signal")
LOOSE = ("count", "counts", "frequency", "frequencies", "fraction", "share", "proportion")

# What a word makes of the quantity next to it.
STATISTICS = {
    "pvalue": "a p-value", "qvalue": "a q-value", "fdr": "a false discovery rate",
    **dict.fromkeys(("significance", "significant"), "a significance"),
    **dict.fromkeys(("se", "sem", "stderr"), "a standard error"),
    **dict.fromkeys(("sd", "std", "stdev", "stddev", "deviation"), "a standard deviation"),
    **dict.fromkeys(("error", "errors", "err", "uncertainty", "±"), "an error"),
    **dict.fromkeys(("ci", "ci95", "confidence", "iqr", "interval"), "an interval"),
    **dict.fromkeys(("variance", "var", "cv", "rsd", "mad", "spread"), "a spread"),
    **dict.fromkeys(("rank", "ranks", "ranking", "percentile", "quantile"), "a rank"),
    **dict.fromkeys(("n", "nreps", "replicates"), "a number of measurements"),
    **dict.fromkeys(("r2", "rsquared", "chi2", "residuals"), "the quality of a fit"),
    **dict.fromkeys(("flag", "qualifier", "comment", "note", "unit", "units", "method"), "a note"),
}  # fmt: skip
BOUNDS = ("min", "max", "minimum", "maximum", "lower", "upper")
COUNTER = word_set(
    "counter counterselection counterselected negative neg control controls ctrl mock blank "
    "naive background bg unselected nonspecific nontarget notarget offtarget scramble "
    "scrambled unbound flowthrough input library initial start beads bead empty wash "
    "supernatant depleted untreated vehicle unenriched"
)
LOGARITHMS = ("log", "log2", "log10", "ln", "lg", "log1p")
FLIPS = ("minus", "inverse")
RELATIVE = word_set(
    "ratio foldchange fold change relative rel normalized normalised norm delta diff "
    "difference vs versus over / percent % improvement increase decrease reduction loss gain"
)
STILL_ENRICHMENT = word_set(
    "ratio fold foldchange relative normalized normalised norm factor / over score index"
)
# Next to a concentration: it is of a knockdown, or was computed from the concentration.
NO_CONCENTRATION = word_set("score zscore efficiency signal knockdown")
STILL_READS = word_set("relative normalized normalised norm percent % number total raw")
HARMLESS = word_set(
    "value values mean average avg median app apparent measured experimental observed obs "
    "fitted best the of"
)

# Other spellings of a word, replaced in this order in a name in small letters.
SPELLINGS = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"[_.](?![0-9])|(?<![0-9])[_.]|_", " "),
        (r"naïve", "naive"),
        (r"\b(?:counts?|reads?) per million\b", "rpm"),
        (r"\bdissociation const(?:ant|\.)?", "kd"),
        (r"\bassociation const(?:ant|\.)?", "ka"),
        (r"\bk[ -]?(d|i|a|on|off)\b", r"k\1"),
        (r"\b([ie])c[ -]?50\b", r"\1c50"),
        (r"\bt[ -]?m\b", "tm"),
        (r"[δ∆]", "delta "),
        (r"\bdelta ?delta ?([gh])\b", r"d\1"),
        (r"\bd(?:d|elta)?[ -]?([gh])(?= |\)|$|[0-9])", r"d\1 "),
        (r"\bfree energ(?:y|ies)\b", "energy"),
        (r"\blog ?([0-9]+)", r"log\1"),
        (r"\b[nm](?=log(?:[0-9]|p\b|kd))", "minus "),
        (r"\b(log(?:2|10)?|ln)(?=kd|ki\b|ic50|ec50|fc\b|fold|enrich|rpm|cpm|read|count|p ?val|"
         r"p\b|ratio)", r"\1 "),
        (r"\blog2 ?e\b", "log2 enrichment"),
        (r"\blfc", "log2 foldchange "),
        (r"\b(?:fold[ -]?changes?|fc)\b", "foldchange"),
        (r"(?:^|(?<=[ (\[]))\(?-\)? ?(?:1 ?[*x×·] ?)?(?=log|ln\b|lg\b|d[gh]\b|energy|kd|ki|ic50|"
         r"ec50)", "minus "),
        (r"^\(?- ?\)? ?(?:1 ?[*x×·] ?)?(?=[a-z(])", "minus "),
        (r"[\[(]-[\])]", " negative "),
        (r"\bneg(?:ative)?[ -]*(?=log|ln\b)|\bneg(?=log|ln)", "minus "),
        (r"(?<![\w] [\[(])(?<![\w][\[(])\b1 ?/ ?(?=[a-z(])|\b(?:inverse|reciprocal|inv) (?:of )?",
         "inverse "),
        (r"\bp[ -]?(kd|ki|ic50|ec50)\b", r"p \1"),
        (r"\b(?:adj(?:usted)?[ .-]*)?p[ -]?(?:val(?:ue)?s?|adj(?:ust(?:ed)?)?)(?:[ .-]?val(?:ue)?)?"
         r"\b|\badj(?:usted)?[ -]p\b|\bpr ?\(>.*", "pvalue"),
        (r"\bq[ -]?val(?:ue)?s?\b", "qvalue"),
        (r"\bz[ -]?scores?\b", "zscore"),
        (r"\b(?:standard|std|st)[. -]*err(?:or)?s?\b|\bs\.e\.m?\.?|\bs e m\b", "se"),
        (r"\b(?:standard|std|st)[. -]*dev(?:iation)?s?\b|\bs\.d\.?", "sd"),
        (r"\+ ?/ ?-|\+-", "±"),
        (r"\br ?(?:\^ ?2|²|squared)", "r2"),
        (r"\b(?:off|non|no|minus)[ -](target|specific|protein)\b", "counter"),
        (r"\bflow[ -]?through\b", "flowthrough"),
        (r"\bhalf[ -]?li(?:fe|ves)\b", "halflife"),
        (r"\bper ?cent(?:age)?\b|\bpct\b", "percent"),
        (r"\bscores\b", "score"),
    )
]  # fmt: skip
# Words that are written together: log2FoldChange, pValue, KdError, IC50SE, R3RPM.
TOGETHER = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=(?:SEM?|SD|CI|RPM|CPM|RPU)\b)"
)
SAME = str.maketrans("−–‐‑–—", "------")


class Meaning(NamedTuple):
    """What a name says.

    `role` is `score` if every word of the name is understood and it may be a score, `likely` if
    there is a quantity and something else, `other` if it is not a score (a p-value, a counter
    selection, no quantity at all). `because` gives the reason of `better`, or of not knowing it.
    """

    quantity: Quantity | None
    role: str
    better: str
    because: str
    logarithm: bool = False
    flipped: bool = False

    @property
    def kind(self) -> str:
        """The kind of the quantity, "" if there is none."""
        return self.quantity.kind if self.quantity else ""


def unit_of(name: str) -> str:
    """The unit of concentration at the end or in brackets of a column's name, such as `Kd (nM)` or
    `Kd (nM, SPR)`; "" if none.

    With a power of ten before the unit (`Kd (10^-9 M)`), its scale is not one that is read: "".
    """
    name = " ".join(name.split())
    unit = UNIT_IN_NAME.search(name) or UNIT_IN_BRACKETS.search(name)
    others = (POWER_IN_NAME, PER_UNIT, NUMBER_BEFORE_UNIT)
    return unit[1] if unit and not any(other.search(name) for other in others) else ""


def words_of(name: str) -> list[str]:
    """The words of a name in one spelling, without a unit at its end."""
    text = PER_UNIT.sub(" per molar", " ".join(name.split()))
    text = UNIT_IN_NAME.sub("", UNIT_IN_BRACKETS.sub("", text))
    text = " ".join(OTHER_UNIT.sub("", text).translate(SAME).split())
    text = TOGETHER.sub(" ", text).lower()
    for pattern, word in SPELLINGS:
        text = pattern.sub(word, text)
    return re.findall(r"[^\W_]+|[%/±]", text)


def label_of(name: str) -> tuple[str, ...]:
    """The words of a name besides those of its quantity: `y` of `Reads (y)`, `ba` of `log2E_ba`."""
    quantity_words = (*QUANTITIES, *HARMLESS, *LOGARITHMS, *STILL_ENRICHMENT)
    return tuple(word for word in words_of(name) if word not in quantity_words)


def meaning_of(name: str) -> Meaning:
    """Interpret a column's whole name."""
    if len(name) > LONGEST:
        return Meaning(None, "other", "", "")
    for pattern, quantity in ((PER_SECOND, RATE), (PER_UNIT, ASSOCIATION)):
        if pattern.search(" ".join(name.split())):
            return Meaning(quantity, "likely", "", f"it is {quantity.phrase}")
    words = words_of(name)
    if "±" in words[1:]:  # Kd ± SD: each cell has both
        words = words[: words.index("±")]
    quantities = quantities_of(words)
    bare = [word for word in words if word not in LOGARITHMS and word != "minus"]
    if bare in (["p"], ["q"]) or (
        quantities and quantities[0].kind != "seen" and words[-1] in ("p", "q")
    ):
        words = [*words[:-1], f"{bare[-1]}value"]
    p_form = "p" in words and quantities != [] and quantities[0].kind == "concentration"
    logarithm = p_form or any(word in LOGARITHMS for word in words)
    flipped = (sum(word in FLIPS for word in words) + p_form) % 2 == 1
    statistic = next((STATISTICS[word] for word in words if word in STATISTICS), "")
    if not quantities:
        return Meaning(None, "other", "", f"it is {statistic}" if statistic else "")
    quantity = quantities[0]
    if statistic and not (quantity is READS and statistic == STATISTICS["n"]):
        return Meaning(quantity, "other", "", f"it is {statistic}")
    if COUNTER & set(words):
        which = next(word for word in words if word in COUNTER)
        because = f"{which!r} is a counter selection, a control or a start, which is no fitness"
        return Meaning(quantity, "other", "", because, logarithm, flipped)
    phrase = phrase_of(quantity, words, p_form=p_form)
    known = (*QUANTITIES, *HARMLESS, *LOGARITHMS, *FLIPS, *(["p"] if p_form else []))
    others = [word for word in words if word not in known]
    if quantity != FOLD_CHANGE:
        others += [word for word in words if word == "foldchange"]
    still = {"enrichment": STILL_ENRICHMENT, "seen": STILL_READS}.get(quantity.kind, frozenset())
    strange = [word for word in others if word not in still]
    if quantity.kind == "concentration":
        strange += [word for word in words if word in NO_CONCENTRATION]
        strange += ["unit"] * bool(OTHER_UNIT.search(name))
    bound = any(word in BOUNDS for word in words)
    whole = not strange and quantity.kind != "measure"
    role = "other" if bound else "score" if whole else "likely"
    if len(quantities) > 1 or set(strange) & RELATIVE:
        because = f"it is {phrase}, but in relation to something"
        return Meaning(quantity, "likely", "", because, logarithm, flipped)
    loose = strange and any(word in LOOSE for word in words)
    better = "" if loose else quantity.better
    if better and flipped:
        better = "lower" if better == "higher" else "higher"
    return Meaning(quantity, role, better, f"it is {phrase}", logarithm, flipped)


def quantities_of(words: list[str]) -> list[Quantity]:
    """The quantities that a name mentions, without those that another one makes more precise."""
    named = [word for word in words if word in QUANTITIES]
    special = [word for word in named if word not in GENERAL]
    special = special or [word for word in named if word == "score"] or named
    quantities = list(dict.fromkeys(QUANTITIES[word] for word in special))
    if ENRICHMENT in quantities:
        quantities = [each for each in quantities if each.kind != "seen" and each != FOLD_CHANGE]
    if SHARE in quantities:  # a fraction of the reads
        quantities = [each for each in quantities if each != READS]
    if FITNESS in quantities or ENERGY in quantities:
        quantities = [each for each in quantities if each.kind != "measure"] or [ENERGY]
    return quantities


def phrase_of(quantity: Quantity, words: list[str], *, p_form: bool) -> str:
    """The quantity in words, with what was done to it."""
    phrase = f"a p{quantity.name}" if p_form else quantity.phrase
    if "inverse" in words:
        return f"one over {phrase}"
    if p_form and "minus" in words:
        return f"the negative of {phrase}"
    if p_form:
        return phrase
    if any(word in LOGARITHMS for word in words):
        return f"the {'negative ' if 'minus' in words else ''}logarithm of {quantity.phrase}"
    return f"the negative of {quantity.phrase}" if "minus" in words else quantity.phrase


def is_share(name: str) -> bool:
    """Whether a name is that of shares of a round's reads: RPM, CPM, frequency, per cent."""
    words = words_of(name)
    return SHARE in quantities_of(words) or bool({"%", "percent"} & set(words))


def is_p_form(name: str) -> bool:
    """Whether a name is that of a pKd, pIC50 or the like: -log10 of mol/L."""
    return "p" in words_of(name)


def is_count(name: str) -> bool:
    """Whether a name is that of plain numbers of reads: not relative, per million or logarithms."""
    words = set(words_of(name))
    scaled = words & {*RELATIVE, *LOGARITHMS, *FLIPS}
    meaning = meaning_of(name)
    return meaning.role == "score" and meaning.quantity == READS and not scaled


def error_kind_of(name: str) -> str:
    """Return `standard_error` or `standard_deviation` for a name that says so, "" for another."""
    named = {STATISTICS.get(word, "") for word in words_of(name)}
    kinds = named & {"a standard error", "a standard deviation"}
    return kinds.pop().removeprefix("a ").replace(" ", "_") if len(kinds) == 1 else ""


def round_number(name: str) -> int | None:
    """The number of a round such as `R3`, `Round 3` or `cycle_3`; None for any other name."""
    match = ROUND.fullmatch(" ".join(words_of(name)))
    return int(match[1]) if match else None


def are_in_order(numbers: Sequence[int | None]) -> bool:
    """Whether all rounds have a number, each a larger one than the round before."""
    present = [number for number in numbers if number is not None]
    return len(present) == len(numbers) and sorted(set(present)) == present
