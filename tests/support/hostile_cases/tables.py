"""Delimited tables: quotes, rows of other lengths, delimiters."""

from hostile_cases import reads, refused, table

TABLE = table("ACGT,1", "ACGG,2.5")
READ = {"ACGT": 1, "ACGG": 2.5}
NOTED = "sequence,score,note"
MEGABASE = "ACGT" * 250_000

QUOTES = [
    reads(
        "quoted.csv", "all fields quoted", '"sequence","score"\n"ACGT","1"\n"ACGG","2.5"\n', READ
    ),
    reads(
        "doubled.csv",
        "doubled quotes in a field",
        table('ACGT,1,"say ""x"", y"', "ACGG,2.5,z", header=NOTED),
        READ,
    ),
    reads(
        "inch.csv",
        "a quote inside a field",
        table('ACGT,1,5" tube', "ACGG,2.5,z", header=NOTED),
        READ,
    ),
    reads(
        "lines.csv",
        "a note of two lines",
        table('ACGT,1,"see\npage 3"', "ACGG,2.5,z", "AXG,3,", header=NOTED),
        READ,
        {5: "not a base"},
    ),
    refused(
        "open-end.csv",
        "a quote left open in the last row",
        table("ACGT,1", '"ACGG,2'),
        "open-end.csv, line 3: a quote that is never closed",
    ),
    refused(
        "open-middle.csv",
        "a quote left open above other rows",
        table("ACGT,1,a", 'ACGG,2,"b', "ACGC,3,c", "ACGA,4,d", header=NOTED),
        "open-middle.csv, line 3: a quote that is never closed",
    ),
    refused(
        "open-twice.csv",
        "two quotes left open, the second closes the first",
        table('ACGT,1,"a', 'ACGG,2,"b', header=NOTED),
        "open-twice.csv, line 2: text after a closing quote",
    ),
    reads(
        "swallowed.csv",
        "a quote left open in a note and closed rows below, so that they are part of the note",
        table("ACGT,1,a", 'ACGG,2.5,"b', "ACGC,3,c", 'ACGA,4,d"', "AAAA,5,e", header=NOTED),
        {"ACGT": 1, "AAAA": 5},
        {3: "open quote: a field holds rows of the table, 3 lines long"},
    ),
    reads(
        "swallowed-one.csv",
        "the same with a broken row in the note",
        table("ACGT,1,a", 'ACGG,2.5,"b', 'ACGC,3"', "AAAA,5,e", header=NOTED),
        {"ACGT": 1, "AAAA": 5},
        {3: "open quote: a field holds rows of the table, 2 lines long"},
    ),
    reads(
        "swallowed-first.csv",
        "a quote left open in a name before the sequence",
        table("a,ACGT,1", '"b,ACGG,2', 'c",ACGC,3', "d,ACGA,4", header="name,sequence,score"),
        {"ACGT": 1, "ACGA": 4},
        {3: "open quote"},
    ),
    refused(
        "single.csv",
        "single quotes around fields with commas",
        table("'ACGT','1,5'", "'ACGG','2,5'"),
        "all 2 rows were rejected",
    ),
]

RAGGED = [
    reads(
        "ragged.csv",
        "rows that are too short and too long",
        table("ACGT,1,a", "ACGC", "ACGA,3", "ACGG,2.5,b", "AAAA,4,c,d", header=NOTED),
        READ,
        {3: "ragged row: 1 fields where the header has 3", 4: "ragged row: 2", 6: "ragged row: 4"},
    ),
    reads(
        "comma-note.csv",
        "a comma in a note without quotes",
        table("ACGT,1,a", "ACGG,2.5,b, c", "AAAA,4,c", header=NOTED),
        {"ACGT": 1, "AAAA": 4},
        {3: "ragged row: 4 fields where the header has 3"},
    ),
    reads(
        "empty-behind.csv",
        "empty fields after the last column",
        "sequence,score\nACGT,1,,\nACGG,2.5,,,\n",
        READ,
    ),
    reads(
        "header-behind.csv",
        "empty names after the last column",
        "sequence,score,,\nACGT,1,,\nACGG,2.5\n",
        READ,
    ),
    refused(
        "row-names.tsv",
        "R's row names, without a name in the header",
        "sequence\tscore\n1\tACGT\t1\n2\tACGG\t2.5\n",
        "row-names.tsv: all 2 rows were rejected. The commonest reasons:\n  2 x ragged row: 3"
        " fields where the header has 2; one more, as R's row names make? (row-names.tsv, line 2)",
    ),
    reads(
        "row-names.csv",
        "R's row names from write.csv",
        '"","sequence","score"\n"1","ACGT",1\n"2","ACGG",2.5\n',
        READ,
    ),
    refused(
        "blanks.txt",
        "spaces between the columns",
        "sequence score\nACGT 1\nACGG 2.5\n",
        "blanks.txt, line 1: no delimiter (comma, tab, semicolon or |) in 'sequence score'",
    ),
    reads(
        "comment.csv",
        "a comment among the rows",
        table("ACGT,1", "# second plate, repeated", "ACGG,2.5"),
        READ,
        {3: "not a base: '#'"},
    ),
    refused(
        "comment-first.csv",
        "a comment above the header",
        "# plate reader 2, room 5\n" + TABLE,
        "comment-first.csv: no column 'sequence'; the columns are '# plate reader 2', 'room 5'",
    ),
    refused(
        "title.csv",
        "a title above the header",
        "Table S1,\nsequence,score\nACGT,1\n",
        "Is the first row a title? Delete what is above the header.",
    ),
    reads(
        "units.csv",
        "a row of units below the header",
        table(",nM", "ACGT,1", "ACGG,2.5"),
        READ,
        {2: "empty sequence"},
    ),
    reads(
        "total.csv",
        "a mean below the rows",
        table("ACGT,1", "ACGG,2.5", "Mean,1.75"),
        READ,
        {4: "not a base: 'E'"},
    ),
    reads(
        "again.csv",
        "two files joined, so that the header is repeated",
        TABLE + "sequence,score\nACCC,4\n",
        {**READ, "ACCC": 4},
        {4: "the header again"},
    ),
    reads(
        "again-bom.csv",
        "two files with byte order marks joined",
        "\ufeff" + TABLE + "\ufeffACCC,4\n",
        READ,
        {4: "foreign letter: '\\ufeff' (zero width no-break space)"},
    ),
    reads(
        "megabase.csv",
        "a sequence of a million bases",
        table("ACGT,1", f"{MEGABASE},2", "ACGG,2.5"),
        READ,
        {3: "too long: 1000000 bases, max_length is 500"},
    ),
    reads(
        "essay.csv",
        "a note of 200,000 characters",
        table("ACGT,1," + "x" * 200_000, "ACGG,2.5,b", header=NOTED),
        READ,
    ),
]

DELIMITERS = [
    reads("semicolon.csv", "semicolons", TABLE.replace(",", ";"), READ),
    reads("tab.csv", "tabs in a .csv", TABLE.replace(",", "\t"), READ),
    reads("comma.tsv", "commas in a .tsv", TABLE, READ),
    reads("bar.txt", "bars", TABLE.replace(",", "|"), READ),
    reads(
        "sep.csv",
        "Excel's line that declares the delimiter",
        "sep=;\nsequence;score\nACGT;1\nAXG;2\nACGG;2.5\n",
        READ,
        {4: "not a base"},
    ),
    refused(
        "german.csv",
        "semicolons and decimal commas",
        "sequence;score\nACGT;1,5\nACGG;2,25\n",
        "2 x not a number: '1,5' (a decimal comma? say decimal: ',') (german.csv, line 2)",
    ),
    reads(
        "german-said.csv",
        "the same, with the decimal separator given",
        "sequence;score\nACGT;1,5\nACGG;2,25\nACCC;1.250,5\n",
        {"ACGT": 1.5, "ACGG": 2.25},
        {4: "not a number: '1.250,5' has a point, but decimal is ','"},
        "--decimal ,",
    ),
    reads(
        "german-bare.csv",
        "the same without a header",
        "ACGT;1,5\nACGG;2,25\n",
        {"ACGT": 1.5, "ACGG": 2.25},
        {},
        "--decimal ,",
    ),
    reads(
        "german-quoted.csv",
        "decimal commas in quotes",
        'sequence,score\nACGT,"1,5"\nACGG,"2,25"\nACCC,3\nAAAA,4\n',
        {"ACCC": 3, "AAAA": 4},
        {2: "not a number: '1,5' (a decimal comma?", 3: "not a number"},
    ),
    reads(
        "german-kd.csv",
        "decimal commas in a Kd",
        "sequence;Kd\nACGT;1,5 nM\nACGG;<2,5 µM\nACCC;0,5-1,5 nM\n",
        {"ACGT": 1.5, "ACGG": 2500, "ACCC": 0.866025403784},
        {},
        "--decimal ,",
        better=None,
    ),
    refused(
        "comma-decimal.csv",
        "decimal commas among comma delimiters",
        "sequence,score\nACGT,1,5\nACGG,2,25\n",
        "all 2 rows were rejected. The commonest reasons:\n  2 x ragged row: 3 fields where the"
        " header has 2",
    ),
    refused(
        "one-column.csv",
        "only sequences",
        "sequence\nACGT\nACGG\n",
        "one-column.csv, line 1: no delimiter",
    ),
    refused(
        "long-delimiter.csv",
        "a delimiter of two characters",
        TABLE,
        "delimiter '::' is not one character",
        "--delimiter ::",
    ),
    refused(
        "wrong-delimiter.csv",
        "a different delimiter from the one given",
        TABLE,
        "no column 'sequence'; the columns are 'sequence,score'",
        "--delimiter ';'",
    ),
    refused(
        "prose.txt",
        "prose",
        "Dear all,\nplease find attached the table.\n",
        "prose.txt: no column 'sequence'; the columns are 'Dear all', ''",
    ),
]

CASES = [*QUOTES, *RAGGED, *DELIMITERS]
