"""Tables of labelled pairs, classes, files of different kinds together."""

from hostile_cases import reads, refused, table
from hostile_cases.fastas import COUNTS
from hostile_cases.logs import MAWS


def pairs(*rows: str) -> str:
    """A table of labelled pairs."""
    return table(*rows, header="Sequence1,Sequence2,Label")


GOOD = {("ACG", "ACT"): 1, ("ACG", "GGG"): 0}

CASES = [
    reads(
        "pairs.csv",
        "labels other than 0 and 1",
        pairs(
            "ACG,ACT,1",
            "ACG,GGG,0",
            "ACT,GGG,2",
            "ACT,CCC,-1",
            "ACT,CCA,",
            "ACT,CCG,yes",
            "ACT,CCT,0.5",
        ),
        GOOD,
        dict.fromkeys(range(4, 9), "not a label"),
        better=None,
    ),
    reads(
        "pairs-true.csv",
        "labels as written by programs",
        pairs("ACG,ACT,True", "ACG,GGG,0.0", "ACT,GGG, 1 "),
        {**GOOD, ("ACT", "GGG"): 1},
        better=None,
    ),
    reads(
        "pairs-same.csv",
        "an aptamer paired with itself, also as RNA",
        pairs("ACG,ACT,1", "ACG,GGG,0", "ACG,acg,1", "ACT,ACU,1"),
        GOOD,
        {4: "same aptamer", 5: "same aptamer"},
        better=None,
    ),
    reads(
        "pairs-against.csv",
        "pairs that contradict each other",
        pairs("ACG,ACT,1", "ACG,GGG,0", "ACT,GGG,1", "ACT,GGG,0", "CCC,ACT,1", "ACT,CCC,1"),
        GOOD,
        dict.fromkeys((4, 5, 6, 7), "contradiction"),
        better=None,
    ),
    reads(
        "pairs-twice.csv",
        "a pair twice, the second time in the other order",
        pairs("ACG,ACT,1", "ACT,ACG,0", "ACG,ACT,1", "GGG,ACG,1"),
        GOOD,
        better=None,
    ),
    reads(
        "pairs-bad.csv",
        "invalid sequences and rows",
        pairs(
            "ACG,ACT,1",
            "ACG,GGG,0",
            "ACN,ACT,1",
            ",ACT,1",
            "ACG,ACT",
            "ACG,ACC,1,1",
            "ACU,ACT,1",
            "АCG,ACC,1",
        ),
        GOOD,
        {
            4: "degenerate code",
            5: "empty sequence",
            6: "ragged row",
            7: "ragged row",
            8: "same aptamer",
            9: "foreign letter",
        },
        better=None,
    ),
    refused(
        "pairs-column.csv",
        "a table of pairs that lacks a column",
        "Sequence1,Label\nACG,1\n",
        "no column 'Sequence2'",
        "--format pairs",
        better=None,
    ),
    refused(
        "pairs-double.csv",
        "a table of pairs with a duplicate column",
        "Sequence1,Sequence2,Sequence2,Label\nACG,ACT,ACC,1\n",
        "2 columns are named 'Sequence2'",
        better=None,
    ),
    refused(
        "pairs-none.csv",
        "a table of pairs without a valid row",
        pairs("ACG,ACT,5"),
        "pairs-none.csv: all 1 rows were rejected",
        better=None,
    ),
    refused(
        "pairs-and-scores.csv",
        "pairs and scores together",
        pairs("ACG,ACT,1"),
        "other.csv: has scores, but another file is a table of labelled pairs",
        others={"other.csv": table("ACGT,1", "ACGG,2")},
    ),
    refused(
        "binding.csv",
        "which aptamer binds which protein",
        "aptamer,protein,label\nACGT,MKV,1\nACGG,MKV,0\n",
        "says whether an aptamer binds, not how well: there is no order of fitness to learn",
        better=None,
    ),
    refused(
        "maws.log",
        "files whose scores mean different things",
        MAWS,
        "cannot be one dataset: maws.log (maws: lower); counts.fasta (fastaptamer: higher)",
        better=None,
        others={"counts.fasta": COUNTS},
    ),
]
