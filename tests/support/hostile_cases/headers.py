"""Headers of tables: none, unclear, several of one name."""

from hostile_cases import reads, refused, table

TABLE = table("ACGT,1", "ACGG,2.5")
READ = {"ACGT": 1, "ACGG": 2.5}

CASES = [
    refused(
        "header.csv", "a header without rows", "sequence,score\n", "header.csv: no aptamer in it"
    ),
    reads("bare.csv", "no header", "ACGT,1\nACGG,2.5\n", READ),
    reads(
        "bare.tsv",
        "no header, with the score first and a note last",
        "1\tACGT\tx\n2.5\tACGG\ty\n",
        READ,
    ),
    refused(
        "bare-two.csv",
        "no header, and two columns of numbers",
        "ACGT,1,7\nACGG,2.5,8\n",
        "bare-two.csv, line 1: no header, and the fields that are numbers are: 2, 3",
    ),
    reads(
        "bare-two-said.csv",
        "the same, with the columns given by number",
        "ACGT,1,7\nACGG,2.5,8\n",
        {"ACGT": 7, "ACGG": 8},
        {},
        "--sequence 1 --score 3",
    ),
    refused(
        "bare-broken.csv",
        "no header, and the first row is broken",
        "ACGN,1\nACGT,1\nACGG,2.5\n",
        "bare-broken.csv, line 1: is this a header or a row ('ACGN', '1')? Say header: true or"
        " header: false",
        "--sequence 1 --score 2",
    ),
    reads(
        "bare-broken-said.csv",
        "the same, with the answer given",
        "ACGN,1\nACGT,1\nACGG,2.5\n",
        READ,
        {1: "degenerate code: 'N'"},
        "--sequence 1 --score 2 --header false",
    ),
    refused(
        "bare-no-score.csv",
        "no header, and the first row lacks its score",
        "ACGT,n/a\nACGG,2.5\n",
        "is this a header or a row",
        "--sequence 1 --score 2",
    ),
    reads(
        "numbered.csv",
        "columns named by numbers, like rounds",
        "sequence,0,1\nACGT,5,1\nACGG,6,2.5\n",
        READ,
        {},
        "--score 1",
    ),
    refused(
        "tata.csv",
        "a header with a sequence and a number in it",
        "sequence,TATA,3\nACGT,1,2\n",
        "is this a header or a row ('sequence', 'TATA', '3')",
    ),
    reads(
        "tata-said.csv",
        "the same, with the answer given",
        "sequence,TATA,3\nACGT,1,2\nACGG,2.5,3\n",
        READ,
        {},
        "--header true --score TATA",
    ),
    reads(
        "spaces.csv",
        "spaces, case and a unit in the header",
        " Aptamer_Sequence , KD (nM) \nACGT,1\nACGG,2.5\n",
        READ,
        better=None,
    ),
    reads(
        "line-in-name.csv",
        "a line end within a column's name",
        '"Aptamer\nsequence","Kd\n(nM)"\nACGT,1\nAXG,2\nACGG,2.5\n',
        READ,
        {5: "not a base"},
        better=None,
    ),
    refused(
        "doubled-name.csv",
        "two columns with the same name",
        "sequence,score,score\nACGT,1,2\n",
        "doubled-name.csv, line 1: 'score', 'score' may each be the score; name one",
    ),
    refused(
        "doubled-said.csv",
        "the same, with the name given",
        "sequence,score,Score\nACGT,1,2\n",
        "2 columns are named 'SCORE' (fields 2 and 3)",
        "--score SCORE",
    ),
    refused(
        "two-sequences.csv",
        "two columns of sequences",
        "sequence,aptamer,score\nACGT,ACG,1\n",
        "'sequence', 'aptamer' may each be the sequence",
    ),
    refused(
        "two-scores.csv",
        "two columns that may be the score",
        "sequence,Kd,pKd\nACGT,1,9\n",
        "'Kd', 'pKd' may each be the score",
    ),
    refused(
        "no-sequence.csv",
        "no column of sequences",
        "probe,Kd\nA1,1\n",
        "no-sequence.csv: no column 'sequence'; the columns are 'probe', 'Kd'",
    ),
    refused(
        "no-score.csv",
        "no column of scores",
        "sequence,affinity\nACGT,1\n",
        "no-score.csv: no column 'score'; the columns are 'sequence', 'affinity'",
    ),
    refused(
        "typing-error.csv",
        "a column's name misspelt",
        "sequence,affinity\nACGT,1\n",
        "no column 'afinity' (did you mean 'affinity'?)",
        "--score afinity",
    ),
    refused(
        "too-far.csv", "a column's number that is too high", TABLE, "no column '9'", "--score 9"
    ),
    refused(
        "cyrillic-name.csv",
        "a Cyrillic с in a column's name",
        "sequence,sсore\nACGT,1\n",
        "no column 'score'; the columns are 'sequence', 'sсore'",
    ),
    refused(
        "direction.csv",
        "nothing tells which scores are better",
        TABLE,
        "direction.csv: are higher or lower scores better?",
        better=None,
    ),
    refused(
        "kd-higher.csv",
        "a Kd declared to be better if higher",
        "sequence,Kd (nM)\nACGT,1\nACGG,2\n",
        "kd-higher.csv: a Kd is better lower",
        better="higher",
    ),
    refused(
        "constant.csv",
        "all scores are equal",
        table("ACGT,1", "ACGG,1"),
        "constant.csv: all 2 aptamers have the score 1",
    ),
    refused(
        "classes.csv",
        "scores that are classes, 0 and 1",
        table("ACGT,1", "ACGG,0", "AAAA,1"),
        "classes.csv: every score is 0 or 1",
    ),
    reads(
        "missing-group.csv",
        "a row without its group",
        table("ACGT,1,x", "ACGG,2.5,", "AAAA,3,x", header="sequence,score,target"),
        {"ACGT": 1, "AAAA": 3},
        {3: "missing group: 'target'"},
        "--group target",
    ),
]
