"""What MAWS and EFBA print."""

from hostile_cases import reads, refused

MAWS = """\
SEQUENCE: G ENTROPY: -0.25 ENERGY: -1197.75
SEQUENCE: A ENTROPY: -0.5 ENERGY: -1161.5
SEQUENCE: G A ENTROPY: -0.125 ENERGY: -1221.25
"""
ENTROPY = {"G": -0.25, "A": -0.5, "GA": -0.125}
MAWS_2015 = "reading\nNtide: DGN entropy: -0.25\nDG5 DA3 : -0.5\n"
LITE = """\
Done computing step 1, aptamer so far: T, relative entropy added in this step: 0.5, total relative \
entropy so far: 0.5, time elapsed so far: 1.0 s.
Computed TC, relative entropy gained in this step: 0.75, total entropy w this aptamer 1.25, time \
elapsed so far: 2.0 s.
"""

CASES = [
    reads(
        "good.log",
        "both grammars, with other output between",
        "starting\n" + MAWS + "SEQUENCE DT DG  ENTROPY 4.5  ENERGY -1162.5\ndone in 5 s: 3\n",
        {**ENTROPY, "TG": 4.5},
        better=None,
    ),
    reads(
        "crlf.log",
        "Windows line ends, tabs",
        MAWS.replace("\n", "\r\n").replace(" E", "\tE"),
        ENTROPY,
        better=None,
    ),
    reads(
        "cr.log",
        "old Mac line ends, with other output first",
        "starting\r" + MAWS.replace("\n", "\r"),
        ENTROPY,
        better=None,
    ),
    reads(
        "cut.log",
        "cut short within the last line",
        MAWS + "SEQUENCE: A G ENTR",
        ENTROPY,
        {4: "broken record: not a whole line of MAWS"},
        better=None,
    ),
    reads(
        "cut-energy.log",
        "cut short within the last number, which is not the score",
        MAWS + "SEQUENCE: A G ENTROPY: -0.75 ENERGY: -12",
        {**ENTROPY, "AG": -0.75},
        better=None,
    ),
    reads(
        "cut-score.log",
        "the same, and it is the score",
        MAWS + "SEQUENCE: A G ENTROPY: -0.75 ENERGY: -12",
        {"G": -1197.75, "A": -1161.5, "GA": -1221.25},
        {4: "broken record: the file ends within this number"},
        "--score energy",
        better=None,
    ),
    reads(
        "cut-2015.log",
        "MAWS of 2015 cut short within a number",
        MAWS_2015 + "DG5 DT3 : -0.",
        {"G": -0.25, "GA": -0.5},
        {4: "broken record: the file ends"},
        better=None,
    ),
    reads(
        "nan.log",
        "entropies that are not numbers",
        "SEQUENCE: C ENTROPY: nan ENERGY: -1\n"
        + MAWS
        + "SEQUENCE: T ENTROPY: inf ENERGY: -1\nSEQUENCE: G G ENTROPY: ** ENERGY: 5\n",
        ENTROPY,
        {1: "not finite: 'nan'", 5: "not finite: 'inf'", 6: "not a number: '**'"},
        better=None,
    ),
    reads(
        "residue.log",
        "an unknown residue",
        MAWS_2015 + "DG5 DX DT3 : -0.75\n" + MAWS.replace("G A", "DG5 DI3"),
        {"G": -0.25, "GA": -0.5, "A": -0.5},
        {4: "unknown residue: 'DX'", 7: "unknown residue: 'DI3'"},
        better=None,
    ),
    reads(
        "chemistry.log",
        "a DNA and an RNA job in one log",
        MAWS
        + "SEQUENCE: G T ENTROPY: -1 ENERGY: 1\nSEQUENCE: G U ENTROPY: -2 ENERGY: 1\nSEQUENCE: C U"
        " ENTROPY: -3 ENERGY: 1\nSEQUENCE: U ENTROPY: -4 ENERGY: 1\n",
        {**ENTROPY, "GT": -2, "CT": -3, "T": -4},
        {4: "other chemistry: the same letters are there as RNA"},
        better=None,
    ),
    reads(
        "joined.log",
        "two records on one line, as from two processes",
        MAWS + "SEQUENCE: C ENTROPY: -1 ENERGY: -5SEQUENCE: T ENTROPY: -2 ENERGY: -6\n",
        ENTROPY,
        {4: "not a base"},
        better=None,
    ),
    reads(
        "final.log",
        "the final step, with a broken and an unreadable record",
        MAWS
        + "SEQUENCE: G G ENTROPY: -1 ENERGY: 1\nSEQUENCE: broken\nSEQUENCE: G A G A x ENTROPY: -2"
        " ENERGY: 1\n",
        {"GA": -0.125, "GG": -1},
        {5: "broken record", 6: "not a base"},
        "--steps final",
        better=None,
    ),
    refused(
        "energy.log",
        "the energy from MAWS 2015, which does not print it",
        MAWS_2015,
        "energy.log, line 2: MAWS of 2015 prints no energy",
        "--score energy",
        better=None,
    ),
    refused(
        "score.log",
        "a score that MAWS does not have",
        MAWS,
        "a MAWS log has no score 'Kd'; use entropy or energy",
        "--score Kd",
        better=None,
    ),
    refused(
        "nothing.log",
        "a log that stopped before the first record",
        "starting\nreading: 3 molecules\n",
        "nothing.log, line 1: no delimiter",
    ),
    refused(
        "nothing-said.log",
        "the same, with the format given",
        "starting\nreading 3 molecules\n",
        "nothing-said.log: no aptamer in it; expected at least one maws record",
        "--format maws",
    ),
    reads(
        "blanks.log",
        "10,000 spaces in a line",
        MAWS
        + "SEQUENCE: G"
        + " " * 10_000
        + "G ENTROPY: -1 ENERGY: 1\nSEQUENCE: G"
        + " " * 10_000
        + "\n",
        {**ENTROPY, "GG": -1},
        {5: "broken record"},
        better=None,
    ),
    reads(
        "lite.txt",
        "EFBALite's output with a branch that it reverts",
        "Number of positions 412\n"
        + LITE
        + "Failed to meet entropy gain target with TC, retracing.\nDone computing, final aptamer:"
        " T, total relative entropy: 0.5, time elapsed: 3.0 s.\n",
        {"T": 0.5, "TC": 1.25},
        better=None,
    ),
    reads(
        "lite-cut.txt",
        "EFBALite's output cut short within a number",
        LITE + "Computed TCT, relative entropy gained in this step: 0.875, total entropy w this"
        " aptamer 2.1",
        {"T": 0.5, "TC": 1.25},
        {3: "broken record: not a whole line of EFBA"},
        better=None,
    ),
    reads(
        "lite-cut-2.txt",
        "EFBALite's output cut short earlier",
        LITE + "Computed TCT, relative entropy gained",
        {"T": 0.5, "TC": 1.25},
        {3: "broken record"},
        better=None,
    ),
    reads(
        "score.txt",
        "EFBAScore's output, cut short within a number",
        "Done with ACGT, total entropy with this sequence 1.5\nDone with ACGG, total entropy with"
        " this sequence 2.5\nDone with AAAA, total entropy with this sequence 3.",
        {"ACGT": 1.5, "ACGG": 2.5},
        {3: "broken record: the file ends within this number"},
        better=None,
    ),
    reads(
        "efba.fasta",
        "EFBAScore's FASTA: no score, two scores, a protein",
        ">a; Score (relative entropy): 19.5\nACGT\n\n>b; Score (relative entropy):"
        " 21.5\nACGG\n\n>c\nAAAA\n>d; Score (relative entropy): 1; Score (relative entropy):"
        " 2\nAAAC\n>e; Score (relative entropy): 3\nMKV\n",
        {"ACGT": 19.5, "ACGG": 21.5},
        {7: "missing score", 9: "broken header: several scores", 11: "degenerate code"},
        better=None,
    ),
]
