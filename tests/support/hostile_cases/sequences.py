"""Sequences: other notations, other letters, padding, duplicates."""

from hostile_cases import reads, refused, table


def listed(*sequences: str) -> str:
    """A table of sequences, whose scores are 1, 2, ..."""
    return table(*(f'"{sequence}",{n}' for n, sequence in enumerate(sequences, start=1)))


# Those of primes.csv, in its order.
PRIMED = [
    *("ACGT", "ACGG", "ACGA", "ACGC", "ACCC", "ACCA"),
    *("ACCT", "AAAA", "ACAC", "AGAG", "ATAT"),
]

NOTATIONS = [
    reads("case.csv", "lower and mixed case", listed("acgt", "ACgg"), {"ACGT": 1, "ACGG": 2}),
    reads(
        "blanks.csv",
        "spaces around and within",
        listed(" ACGT ", "ACG TAC GGA", "A C\tC C"),
        {"ACGT": 1, "ACGTACGGA": 2, "ACCC": 3},
    ),
    reads(
        "nbsp.csv",
        "non-breaking spaces",
        listed("ACGT\u00a0", "ACG\u202fTAC", "AAAA\u3000"),
        {"ACGT": 1, "ACGTAC": 2, "AAAA": 3},
    ),
    reads(
        "primes.csv",
        "5'-...-3' with every sign for a prime and a dash",
        listed(
            "5'-ACGT-3'",
            "5′-ACGG-3′",
            "5’–ACGA–3’",
            "5´ ACGC 3´",
            "5`ACCC3`",
            "5ʹ‑ACCA‑3ʹ",
            "5＇－ACCT－3＇",
            "5‘—AAAA—3‘",
            "5'-acac",
            "AGAG-3'",
            "5' — ATAT −3'",
        ),
        dict(zip(PRIMED, range(1, 12), strict=True)),
    ),
    reads(
        "backwards.csv",
        "written from 3' to 5'",
        listed("ACGT", "ACGG", "3'-ACGT-5'", "3′ ACGA 5′", "3'-ACCC", "ACCA-5'"),
        {"ACGT": 1, "ACGG": 2},
        dict.fromkeys(range(4, 8), "wrong direction: written from 3' to 5'"),
    ),
    reads(
        "ends-digits.csv",
        "5- and -3 without primes",
        listed("ACGT", "ACGG", "5-ACGT-3", "5ACGA3"),
        {"ACGT": 1, "ACGG": 2},
        {4: "not a base: '5' at position 1", 5: "not a base"},
    ),
    reads(
        "dgpdtp.csv",
        "dGpdTp notation",
        listed("dGpdGpdTp", "dGp dApdT", "dGpXpdT", "dG-dT"),
        {"GGT": 1, "GAT": 2},
        {4: "not a base", 5: "not a base"},
    ),
    reads(
        "residues.csv",
        "residue names of AMBER",
        listed("DG5 DA DT3", "DGN DAN DCN", "G5 A U3", "DG5 DX DT3"),
        {"GAT": 1, "GAC": 2},
        {4: "other chemistry: the same letters are there as DNA", 5: "unknown residue: 'DX'"},
    ),
    reads(
        "modified.csv",
        "modified residues, linkers, labels",
        listed(
            "ACGT",
            "ACGG",
            "mAmCGT",
            "fCfUAG",
            "+A+C+GT",
            "/5Biosg/ACGT",
            "ACGT[iSp9]A",
            "(ACG)5",
            "A*C*G*T",
            "FAM-ACGT",
            "ACGT-biotin",
            "(2'F-U)ACG",
            "AsCsG",
        ),
        {"ACGT": 1, "ACGG": 2},
        {
            **dict.fromkeys((4, 5, 6, 7, 8, 9, 10, 13, 14), "modified residue or linker"),
            11: "not a base: 'F'",
            12: "not a base: '-'",
        },
    ),
    reads(
        "sugars-dna.csv",
        "the ordinary sugar and phosphate of DNA, as written in papers",
        listed("5'-d(TTGACC)-3'", "d(5'-TTGACG-3')", "dTdTdGdC", "TpTpGpG", "d(TpTpA)", "d[TTC]"),
        dict(zip(("TTGACC", "TTGACG", "TTGC", "TTGG", "TTA", "TTC"), range(1, 7), strict=True)),
    ),
    reads(
        "sugars-rna.csv",
        "the same for RNA, as on order sheets; two sugars, or a sugar at only some residues",
        listed(
            "rUrGrA", "r(UGC)", "pUpGpG", "rUdG", "rUGA", "d(UGA)", "r(TGA)", "r(UG)AC", "rGrAmC"
        ),
        {"TGA": 1, "TGC": 2, "TGG": 3},
        {
            5: "mixed chemistry: residues of DNA (d) and RNA (r)",
            6: "mixed notation: 'r' at some residues alone in 'rUGA'",
            7: "mixed chemistry: U with 'd'",
            8: "mixed chemistry: T with 'r'",
            9: "mixed notation: r(… is not around all",
            10: "modified residue or linker",
        },
    ),
    reads(
        "sugars-named.csv",
        "a named sugar, which decides the chemistry of a sequence without T and U",
        listed("ACGT", "r(GGAC)", "ACTT", "d(GACC)", "GGAC"),
        {"ACGT": 1, "GGAC": 5, "ACTT": 3, "GACC": 4},
        {3: "other chemistry: the same letters are there as DNA"},
    ),
]

LETTERS = [
    reads(
        "degenerate.csv",
        "codes for more than one base",
        listed("ACGT", "ACGG", "ACRT", "ACNT", "NACG", "WSGT", "acyg"),
        {"ACGT": 1, "ACGG": 2},
        {
            4: "degenerate code: 'R' (A or G) at position 3",
            5: "degenerate code: 'N'",
            6: "degenerate code: 'N' (any base) at position 1",
            7: "degenerate code: 'W'",
            8: "degenerate code: 'Y'",
        },
    ),
    reads(
        "cyrillic.csv",
        "Cyrillic А, С and Т, that look like Latin",
        listed("ACGT", "ACGG", "АCGT", "AСGT", "ACGТ", "асgt"),
        {"ACGT": 1, "ACGG": 2},
        {
            4: "foreign letter: 'А' (cyrillic capital letter a) at position 1",
            5: "foreign letter: 'С' (cyrillic capital letter es) at position 2",
            6: "foreign letter: 'Т'",
            7: "foreign letter",
        },
    ),
    reads(
        "greek.csv",
        "Greek and full-width letters",
        listed("ACGT", "ACGG", "ΑCGT", "ACGΤ", "ＡＣＧＴ", "ACGÁ"),
        {"ACGT": 1, "ACGG": 2},
        {
            4: "foreign letter: 'Α' (greek capital letter alpha)",
            5: "foreign letter: 'Τ' (greek capital letter tau)",
            6: "foreign letter",
            7: "foreign letter",
        },
    ),
    reads(
        "invisible.csv",
        "invisible characters",
        listed(
            "ACGT",
            "ACGG",
            "AC\u200bGT",
            "AC\u00adGT",
            "AC\ufeffGT",
            "AC\u200dGT",
            "ACGT\u200e",
            "AC\u0301GT",
            "AC\x07GT",
        ),
        {"ACGT": 1, "ACGG": 2},
        {
            **dict.fromkeys(range(4, 10), "foreign letter"),
            4: "foreign letter: '\\u200b' (zero width space) at position 3",
            5: "foreign letter: '\\xad' (soft hyphen)",
            10: "not a base: '\\x07'",
        },
    ),
    reads(
        "protein.csv",
        "a protein",
        listed("ACGT", "ACGG", "MKVLAAGI", "MAST"),
        {"ACGT": 1, "ACGG": 2},
        {4: "not a base: 'L' at position 4", 5: "degenerate code: 'M'"},
    ),
    reads(
        "signs.csv",
        "gaps, stops, digits, brackets",
        listed(
            "ACGT",
            "ACGG",
            "AC-GT",
            "AC.GT",
            "ACGT*",
            "10 ACGT",
            "ACGT;",
            "ACGT?",
            "AC|GT",
            "'ACGT'",
        ),
        {"ACGT": 1, "ACGG": 2},
        {
            **dict.fromkeys(range(4, 12), "not a base"),
            4: "not a base: '-' at position 3",
            6: "modified residue or linker",
        },
    ),
    reads(
        "nothing.csv",
        "no sequence",
        listed("ACGT", "ACGG", "", "  ", "5'-3'", "-", "N/A", "NA"),
        {"ACGT": 1, "ACGG": 2},
        {
            4: "empty sequence",
            5: "empty sequence",
            6: "empty sequence",
            7: "not a base",
            8: "modified residue",
            9: "degenerate code",
        },
    ),
    reads(
        "long.csv",
        "longer than max_length",
        listed("ACGT", "ACGG", "ACGT" * 126),
        {"ACGT": 1, "ACGG": 2},
        {4: "too long: 504 bases, max_length is 500"},
    ),
    reads(
        "spaces-long.csv",
        "a sequence with 10,000 spaces in it",
        listed("ACGT", "A" + " " * 10_000 + "CGG"),
        {"ACGT": 1, "ACGG": 2},
    ),
]

PADDING = [
    reads(
        "padding.csv",
        "runs of N after the sequence, as padding",
        listed("ACGTA", "ACGNNN", "ACNN"),
        {"ACGTA": 1, "ACG": 2, "AC": 3},
    ),
    reads(
        "fixed-width.csv",
        "padded to one width, also by a single N",
        listed("ACGTA", "ACGTN", "ACNNN"),
        {"ACGTA": 1, "ACGT": 2, "AC": 3},
    ),
    reads(
        "lone-n.csv",
        "a single N at the end, for a base that was not called",
        listed("ACGTA", "ACGTN", "ACGCC"),
        {"ACGTA": 1, "ACGCC": 3},
        {3: "degenerate code: 'N' (any base) at position 5"},
    ),
    reads(
        "lone-n-ragged.csv",
        "the same among sequences of other lengths",
        listed("ACGTAC", "ACGTN", "ACNN"),
        {"ACGTAC": 1, "AC": 3},
        {3: "degenerate code: 'N'"},
    ),
    reads(
        "all-n.csv",
        "nothing but N",
        listed("ACGTA", "ACGTC", "NNNNN"),
        {"ACGTA": 1, "ACGTC": 2},
        {4: "empty sequence: padding alone"},
    ),
    reads(
        "front-n.csv",
        "N before the sequence",
        listed("ACGTA", "ACGTC", "NNACG"),
        {"ACGTA": 1, "ACGTC": 2},
        {4: "degenerate code: 'N' (any base) at position 1"},
    ),
]

TOGETHER = [
    reads(
        "mixed-t-u.csv",
        "T and U in one sequence",
        listed("ACGT", "ACGG", "ACUT"),
        {"ACGT": 1, "ACGG": 2},
        {4: "mixed chemistry: T and U in one sequence"},
    ),
    reads(
        "dna-rna.csv",
        "the same letters as DNA and as RNA",
        listed("ACGU", "GGGU", "ACGT", "GGCC"),
        {"ACGT": 1, "GGGT": 2, "GGCC": 4},
        {4: "other chemistry: the same letters are there as RNA"},
    ),
    reads(
        "duplicates.csv",
        "one sequence with different scores, which become their median",
        table("ACGT,1", "acgt,5", "ACGT,2", "ACGG,9"),
        {"ACGT": 2, "ACGG": 9},
    ),
    reads(
        "duplicates-bad.csv",
        "one of them without a score",
        table("ACGT,1", "ACGT,n/a", "ACGG,9"),
        {"ACGT": 1, "ACGG": 9},
        {3: "not a number: 'n/a'"},
    ),
    reads(
        "complement.csv",
        "a sequence and its reverse complement, which are two aptamers",
        listed("ACGG", "CCGT"),
        {"ACGG": 1, "CCGT": 2},
    ),
    reads(
        "primers.csv",
        "constant ends, and a sequence without them",
        listed(
            "GGGAGAACGTCTTGCA",
            "GGGAGAACGGCTTGCA",
            "GGGAGACCCCCTTGCA",
            "GGGAGAGGGGCTTGCA",
            "TTTTTTTT",
        ),
        {"ACGT": 1, "ACGG": 2, "CCCC": 3, "GGGG": 4},
        {6: "no 5' primer: does not begin with GGGAGA"},
        "--five-primer gggaga --three-primer CUUGCA",
    ),
    refused(
        "primer-wrong.csv",
        "a primer that is not a sequence",
        listed("ACGT", "ACGG"),
        "primer-wrong.csv: the 5' primer 'T7' is not a sequence: not a base: '7'",
        "--five-primer T7",
    ),
    refused(
        "primer-other.csv",
        "a primer that no sequence has",
        listed("ACGT", "ACGG"),
        "primer-other.csv: only 0 of 2 sequences have the 5' primer TTTT",
        "--five-primer TTTT",
    ),
    refused(
        "all-bad.csv",
        "every sequence is wrong",
        listed("XX", "NN", ""),
        "all-bad.csv: all 3 rows were rejected",
        "--five-primer auto",
    ),
]

CASES = [*NOTATIONS, *LETTERS, *PADDING, *TOGETHER]
