"""FASTA: with scores, and of counts; tables of counts and enrichments."""

from hostile_cases import reads, refused

TWO = {"ACGT": 1, "ACGG": 2.5}
FASTA = ">a score=1\nACGT\n>b score=2.5\nACGG\n"
COUNTS = ">1-573-170.5\nACGT\n>2-40-12.25\nACGG\n"
COUNTED = {"ACGT": 170.5, "ACGG": 12.25}

FASTAS = [
    reads(
        "good.fasta",
        "lower case, wrapped lines, blank lines",
        ">a score=1\nac\ngt\n\n>b score=2.5\n\nAC GG\n\n",
        TWO,
    ),
    reads("cr.fasta", "old Mac line ends", FASTA.replace("\n", "\r"), TWO),
    reads("bom.fasta", "a byte order mark", "\ufeff" + FASTA, TWO),
    reads("no-end.fasta", "no end of the last line", FASTA.rstrip(), TWO),
    refused(
        "before.fasta",
        "text before the first header",
        "; by Maria\n" + FASTA,
        "before.fasta, line 1: '; by Maria' is before the first FASTA header",
        "--format fasta",
    ),
    refused(
        "before-auto.fasta",
        "the same, and the format is to be found out",
        "ACGT\n" + FASTA,
        "before-auto.fasta, line 1: no delimiter",
    ),
    refused(
        "indented.fasta",
        "a blank before the first header",
        " " + FASTA,
        "indented.fasta, line 1: ' >a score=1' is before the first FASTA header",
    ),
    reads(
        "indented-later.fasta",
        "a blank before a later header",
        FASTA + " >c score=3\nAAAA\n>d score=4\nAAAC\n",
        {"ACGT": 1, "AAAC": 4},
        {3: "not a base: '>'"},
    ),
    reads(
        "empty-record.fasta",
        "a record without a sequence",
        FASTA + ">c score=3\n>d score=4\nAAAA\n",
        {**TWO, "AAAA": 4},
        {5: "empty sequence"},
    ),
    reads(
        "sign-alone.fasta",
        "a header that is only its sign",
        FASTA + ">\nAAAA\n",
        TWO,
        {5: "missing score"},
    ),
    reads(
        "no-score.fasta",
        "a header without a score",
        FASTA + ">c\nAAAA\n>d score=\nAAAC\n>e score\nAAAG\n",
        TWO,
        {5: "missing score", 7: "missing score", 9: "missing score"},
    ),
    reads(
        "two-scores.fasta",
        "a header with two scores",
        FASTA
        + ">c score=3 score=4\nAAAA\n>d z-score: 1; score: 2\nAAAC\n>e score=5 score=5\nAAAG\n",
        {**TWO, "AAAG": 5},
        {5: "broken header: several scores ('3', '4')", 7: "broken header"},
    ),
    reads(
        "comma-score.fasta",
        "a decimal comma in a header, a list in another",
        FASTA + ">c score=1,5\nAAAA\n>d score=4, of 5\nAAAC\n",
        {**TWO, "AAAC": 4},
        {5: "not a number: '1,5' (a decimal comma?"},
    ),
    reads(
        "comma-said.fasta",
        "the same, and the decimal sign is said",
        FASTA.replace(".", ",") + ">c score=3.5\nAAAA\n",
        TWO,
        {5: "not a number: '3.5' has a point"},
        "--decimal ,",
    ),
    reads("one-name.fasta", "records of one name", FASTA.replace(">b", ">a"), TWO),
    reads(
        "comments.fasta",
        "comments among the records",
        FASTA + "; repeated\n>c score=3\nAAAA\n",
        {"ACGT": 1, "AAAA": 3},
        {3: "not a base: ';'"},
    ),
    reads(
        "stops.fasta",
        "a stop and a gap",
        FASTA + ">c score=3\nAAAA*\n>d score=4\nAA-A\n",
        TWO,
        {5: "modified residue", 7: "not a base: '-'"},
    ),
    refused(
        "protein.fasta",
        "proteins",
        ">sp|P69905|HBA\nMVLSPADKTNVKAAW\n>sp|P68871\nMVHLTPEEK\n",
        "protein.fasta: all 2 rows were rejected. The commonest reasons:\n  2 x not a base: 'L' at"
        " position 3",
    ),
    refused(
        "no-scores.fasta",
        "no scores at all",
        ">a\nACGT\n>b\nACGG\n",
        "2 x missing score (no-scores.fasta, line 1)",
    ),
    refused(
        "pattern.fasta",
        "a pattern that is none",
        FASTA,
        "score pattern '(': missing )",
        "--score '('",
    ),
    refused(
        "pattern-groups.fasta",
        "a pattern without a group",
        FASTA,
        "score pattern 'score=.*' has 0 groups; expected one",
        "--score score=.*",
    ),
    refused(
        "column.fasta",
        "a column of what has none",
        FASTA,
        "column.fasta: format fasta has no column 'target' (group)",
        "--group target",
    ),
    refused(
        "round.fasta", "rounds of what has none", FASTA, "format fasta has no rounds", "--after x"
    ),
    reads(
        "long-header.fasta",
        "a header of 100,000 letters",
        FASTA + ">" + "score" * 20_000 + "\nAAAA\n",
        TWO,
        {5: "missing score"},
    ),
]

COUNT_FILES = [
    reads(
        "counts.fasta",
        "a broken header among counts",
        COUNTS + ">3-x-1\nAAAA\n>4-5\nAAAC\n>5-6-7\nAAAG\n",
        {**COUNTED, "AAAG": 7},
        {5: "broken header: '3-x-1' is not RANK-READS-RPM", 7: "broken header: '4-5'"},
        better=None,
    ),
    refused(
        "counts-first.fasta",
        "a broken first header",
        ">x-573-170.5\nACGT\n" + COUNTS,
        "all 3 rows were rejected. The commonest reasons:\n  3 x missing score",
    ),
    reads(
        "counts-first-said.fasta",
        "the same, and the format is said",
        ">x-573-170.5\nAAAA\n" + COUNTS,
        COUNTED,
        {1: "broken header: 'x-573-170.5'"},
        "--format fastaptamer",
        better=None,
    ),
    reads(
        "counts-huge.fasta",
        "a count of 5,000 digits, another without a number",
        COUNTS + f">3-{'9' * 5000}-1\nAAAA\n>4-5-.\nAAAC\n",
        COUNTED,
        {5: "broken header", 7: "not a number: '.'"},
        "--min-count 1",
        better=None,
    ),
    reads(
        "counts-3.fasta",
        "FASTAptameR 3, a key missing",
        ">rank=1;reads=573;rpu=170.5\nACGT\n>Rank=2;Reads=40;RPU=12.25;Cluster=1\nACGG\n>rank=3;reads=4\nAAAA\n",
        COUNTED,
        {5: "broken header"},
        better=None,
    ),
    refused(
        "counts-score.fasta",
        "a score that counts do not have",
        COUNTS,
        "a count FASTA has no score 'Kd'; say rpm or reads",
        "--score Kd",
        better=None,
    ),
    refused(
        "counts-one.fasta",
        "an enrichment of one file",
        COUNTS,
        "enrichment takes two count files",
        "--before counts-one.fasta --after counts-one.fasta",
        better=None,
    ),
    refused(
        "counts-after.fasta",
        "a later round without an earlier",
        COUNTS,
        "counts-after.fasta: give both before and after",
        "--after counts-after.fasta",
        better=None,
    ),
    reads(
        "pool.txt",
        "AptaSUITE's pool with a count that is none",
        "Aptamer Id\tSequence\tR0\tR3\n1\tACGT\t0\t5\n2\tACGG\t7\tx\n3\tAAAA\t1\t2\n",
        {"ACGT": 5, "AAAA": 2},
        {3: "not a number: 'x'"},
        "--format aptasuite",
        better=None,
    ),
    reads(
        "rounds.csv",
        "an enrichment of two columns: missing, broken and huge counts",
        "sequence,r0,r3\nACGT,1,3\nACGG,,1\nAAAA,1.5,2\nAAAC,-1,2\nAAAG,1"
        + "0" * 400
        + ",2\nAAAT,NA,0.0\n",
        {"ACGT": 0.192645077942396, "ACGG": 0.192645077942396, "AAAT": -0.807354922057604},
        dict.fromkeys((4, 5, 6), "not a count"),
        "--before r0 --after r3",
        better=None,
    ),
    reads(
        "rounds-r.csv",
        "reads as R writes large numbers, and with commas between thousands",
        'sequence,r0,r3\nACGT,1e+05,"200,000"\nACGG,3e5,2e5\nAAAA,1.5e0,2\n',
        {"ACGT": 1, "ACGG": -0.584962500721156},
        {4: "not a count"},
        "--before r0 --after r3 --pseudocount 0",
        better=None,
    ),
    reads(
        "few-reads.csv",
        "reads that are no count, with a least count",
        "random_region,duplicate\nACGT,20\nACGG,15.0\nAAAA,3\nAAAC,many\nAAAG,\n",
        {"ACGT": 20, "ACGG": 15},
        {4: "few reads: 3, min_count is 10", 5: "not a number: 'many'", 6: "missing score"},
        "--min-count 10",
        better=None,
    ),
    reads(
        "enrich.tsv",
        "enrichment with blanks and infinities",
        "Sequence\tReads (x)\tReads (y)\tEnrichment"
        " (y/x)\nACGT\t1\t2\t2\nACGG\t1\t\t\nAAAA\t0\t5\tInf\nAAAC\t4\t1\t0.25\n",
        {"ACGT": 2, "AAAC": 0.25},
        {3: "missing score", 4: "not finite: 'Inf'"},
        better=None,
    ),
    reads(
        "enrich-kd.csv",
        "a Kd is named in a table of enrichments: lower is better",
        "sequence,enrichment,Kd\nACGT,2,1\nACGG,1,2.5\n",
        TWO,
        {},
        "--score Kd",
        better=None,
    ),
]

CASES = [*FASTAS, *COUNT_FILES]
