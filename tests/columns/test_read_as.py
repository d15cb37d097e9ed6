"""What was read as what is said: in the log, in ingestion.json, in the answer; else it is asked."""

import itertools
import json
import re
import shlex

import pandas as pd
import pytest

from aptarank.columns.read_as import read_as_in_words
from aptarank.evaluation.answer import what_was_read
from aptarank.ingestion.description import what_was_read as described

ROWS = ("ACGTACGTACGG", "TGCATGCATGCC", "GGCATTACGGAT")


def table(header, *values):
    """A table of three aptamers, of each the same number of fields."""
    return "".join(
        f"{line}\n" for line in (header, *map(",".join, zip(ROWS, *values, strict=True)))
    )


@pytest.fixture
def read(program, tmp_path):
    """Read a text; returns the scores of the aptamers, and what its file was read as."""

    def run(text, *options, name="t.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        said = program("ingest", name, *options).output
        (file,) = json.loads((tmp_path / "ingestion.json").read_text())["files"]
        assert f"{name}: {read_as_in_words(file['read_as'])}\n" in said
        aptamers = pd.read_csv("aptamers.csv")
        scores = dict(zip(aptamers["sequence"], aptamers["score"], strict=True))
        return [scores.get(sequence) for sequence in ROWS], file["read_as"]

    return run


@pytest.fixture
def asked(program, tmp_path):
    """Read a text that is not clear; returns the question."""

    def run(text, *options, name="t.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        output = program("ingest", name, *options, code=1).output
        assert not (tmp_path / "aptamers.csv").exists()
        return output[output.index("error: ") :]

    return run


LINES = [
    (
        table("Sequence,Kd (nM)", "123"),
        [],
        "score: column 'Kd (nM)', in nM, lower is better, because it is a Kd; sequence: column "
        "'Sequence'",
    ),
    (
        table("Sequence,Kd", ("1 nM", "2 nM", "3 µM")),
        [],
        "score: column 'Kd', in the unit of each cell, lower is better, because it is a Kd; "
        "sequence: column 'Sequence'",
    ),
    (
        table("seq,score,name,target", "123", "abc", "xxx"),
        ["--better", "higher", "--group", "target"],
        "score: column 'score', higher is better, because the option better says so; sequence: "
        "column 'seq'; name: column 'name'; group: column 'target'",
    ),
    (
        table("seq,log2_IC50,log2_IC50_se", "123", "456"),
        [],
        "score: column 'log2_IC50', lower is better, because it is the logarithm of an IC50; "
        "sequence: column 'seq'; not the score: column 'log2_IC50_se' (it is a standard error)",
    ),
    (
        "ACGT\t1\nACGG\t2\n",
        ["--better", "lower"],
        "score: column '2', lower is better, because the option better says so; sequence: column "
        "'1'",
    ),
    (
        "Sequence1,Sequence2,Label\nACG,ACT,1\nACG,CCC,0\n",
        [],
        "score: column 'Label', 1 where the first is fitter; sequence: column 'Sequence1' and "
        "column 'Sequence2'",
    ),
    (
        "SEQUENCE: G A ENTROPY: -0.35 ENERGY: -1221.2\nSEQUENCE: A G ENTROPY: -0.1 ENERGY: -12.5\n",
        ["--score", "energy"],
        "score: ENERGY of the log, in kJ/mol (as MAWS writes it), lower is better, because MAWS "
        "looks for the lowest energy; sequence: SEQUENCE of the log, every step; group: the length",
    ),
    (
        ">1-573-170.5\nACGT\n>2-40-12.25\nACGG\n",
        [],
        "score: RPM (RPU) by each header, higher is better, because what is read more often is "
        "fitter; sequence: each record; reads: of each header",
    ),
    (
        ">a Kd=1 nM\nACGT\n>b Kd=2 uM\nACGG\n",
        ["--score", "Kd=(.*)"],
        "score: what 'Kd=(.*)' finds in each header, in the unit of each header, lower is better, "
        "because the pattern names a Kd; sequence: each record; name: first word of the header",
    ),
    (
        ">a score=1\nACGT\n>b score=2\nACGG\n",
        ["--better", "lower"],
        "score: the number behind 'score' in each header, lower is better, because the option "
        "better says so; sequence: each record; name: first word of the header",
    ),
]


@pytest.mark.parametrize(("text", "options", "line"), LINES)
def test_one_line_says_what_was_read_as_what(read, text, options, line):
    assert read_as_in_words(read(text, *options)[1]) == line


def test_two_count_files_say_their_rounds(program, tmp_path):
    for name, reads in (("r0.fa", 40), ("r3.fa", 90)):
        (tmp_path / name).write_text(f">1-573-170.5\nACGT\n>2-{reads}-12.25\nACGG\n")
    program("ingest", "r0.fa", "r3.fa", "--before", "r0.fa", "--after", "r3.fa")
    files = json.loads((tmp_path / "ingestion.json").read_text())["files"]
    assert [file["read_as"]["rounds"] for file in files] == [
        "from file 'r0.fa' to file 'r3.fa'"
    ] * 2


@pytest.mark.parametrize(
    ("header", "values", "score"),
    [
        ("sequence,enrichment,enrichment_pvalue", ("841", "123"), "enrichment"),
        ("sequence,p.value,enrichment,FDR", ("123", "841", "123"), "enrichment"),
        ("sequence,log2_enrichment,enrichment_se", ("841", "123"), "log2_enrichment"),
        ("sequence,enrichment_rank,enrichment_score", ("123", "841"), "enrichment_score"),
        ("sequence,enrichment,enrichment_negative", ("841", "123"), "enrichment"),
        ("sequence,Kd (nM),Kd error,n", ("841", "123", "333"), "Kd (nM)"),
        ("sequence,IC50,IC50 95% CI", ("841", "123"), "IC50"),
        ("sequence,reads,Rank", ("841", "123"), "reads"),
        ("sequence,Kd,log10 Kd", ("841", "123"), "Kd"),
        ("sequence,score,z-score", ("841", "123"), "score"),
    ],
)
def test_statistics_are_not_the_score(read, header, values, score):
    more = ["--better", "higher"] if score == "score" else []
    scores, read_as = read(table(header, *values), *more)
    assert scores == [8, 4, 1]
    assert read_as["score"] == f"column {score!r}"


@pytest.mark.parametrize(
    ("header", "question"),
    [
        ("sequence,Count,Relative Score", "--score Count, or --score 'Relative Score'"),
        ("sequence,RPM,affinity", "'RPM', 'affinity' may each be the score"),
        ("sequence,Kd,Kd_app", "'Kd', 'Kd_app' may each be the score"),
        ("sequence,Kd,relative Kd", "'Kd', 'relative Kd' may each be the score"),
        ("sequence,Kd,fold enrichment", "'Kd', 'fold enrichment' may each be the score"),
        ("sequence,enrichment ATP,enrichment GTP", "'enrichment ATP', 'enrichment GTP' may each"),
        ("sequence,R0_RPM,R3_RPM", "for an enrichment, --before R0_RPM --after R3_RPM"),
        ("sequence,log2FoldChange,padj", "no column 'score'; .*\n.*--score log2FoldChange"),
        ("sequence,Kd,$(rm -r)Kd", "--score Kd, or --score '.*rm -r.Kd'"),
    ],
)
def test_two_likely_readings_are_a_question(asked, header, question):
    said = asked(table(header, *["841"] * header.count(",")))
    assert re.search(question, said), said


@pytest.mark.parametrize(
    "name", ["log2FoldChange", "log2 signal", "relative Kd", "ΔG", "Ka (M-1)", "kon/koff", "Ct"]
)
def test_a_direction_that_the_name_does_not_say_is_asked(asked, name):
    said = asked(table(f"sequence,{name}", "841"), "--score", "2")
    assert "are higher or lower scores better?" in said
    assert "Say --better higher or --better lower" in said


FASTAPTAMER_2 = (
    "seqs,Rank.a,Reads.a,RPM.a,Rank.b,Reads.b,RPM.b,Rank.c,Reads.c,RPM.c,"
    "enrichment_ba,log2E_ba,enrichment_cb,log2E_cb"
)


def test_of_three_rounds_the_last_over_the_first(read):
    """FASTAptameR writes only the steps: it is made of the shares, or without them of the reads."""
    values = (
        "121",
        ["1", "4", "2"],
        ["50", "200", "100"],
        "111",
        "811",
        ["400", "50", "50"],
        "111",
    )
    values += (["4", "2", "1"], ["200", "100", "0"], "841", "320", "841", "321")
    scores, read_as = read(table(FASTAPTAMER_2, *values))
    assert scores == pytest.approx([2, -1, 0])  # unseen: as the rarest
    assert read_as["rounds"] == "from column 'RPM.a' to column 'RPM.c'"
    reads = table(
        "seqs,Reads.a,Reads.b,Reads.c,log2E_ba,log2E_cb", "142", "811", "421", "321", "123"
    )
    _, read_as = read(reads)
    assert read_as["rounds"] == "from column 'Reads.a' to column 'Reads.c'"


def test_an_enrichment_of_the_whole_selection_is_taken(read):
    header = "Sequence,Enrichment (y/x),Enrichment (z/y),Enrichment (z/x)"
    scores, read_as = read(table(header, "123", "321", "841"))
    assert (scores, read_as["score"]) == ([8, 4, 1], "column 'Enrichment (z/x)'")


def test_steps_alone_are_asked(asked):
    steps = table("Sequence,Enrichment (y/x),Enrichment (z/y)", "123", "321")
    assert "'Enrichment (y/x)', 'Enrichment (z/y)' may each be the score" in asked(steps)


def pool(header, *values):
    """A pool of AptaSUITE."""
    columns = (("7", "9", "12"), ROWS, *values)
    lines = ["Aptamer Id\tSequence\t" + header, *map("\t".join, zip(*columns, strict=True))]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("header", "score"),
    [
        ("R0\tR3\tR3_counter", "R3"),
        ("naive\tR3\tR5", "R5"),
        ("Round 1\tRound 2\tnegative control", "Round 2"),
        ("R3\tmock", "R3"),
    ],
)
def test_counter_selections_are_no_fitness(read, header, score):
    values = ["841" if name == score else "123" for name in header.split("\t")]
    scores, read_as = read(pool(header, *values))
    assert scores == [8, 4, 1]
    assert read_as["score"] == f"column {score!r}"
    assert ("passed_over" in read_as) == (header != "R0\tR3")


@pytest.mark.parametrize("header", ["thrombin\talbumin", "R3\tR0", "R0\tR3\tR3 BSA", "mock\tinput"])
def test_rounds_that_are_not_clear_are_asked(asked, header):
    values = ["841"] * len(header.split("\t"))
    assert "--score" in asked(pool(header, *values))
    assert "higher or lower" in asked(pool("R0\tmock", "123", "841"), "--score", "mock")


SHARES = {
    "frequencies": ("R0\tR3", ("1e-06", "3e-6", "0"), ("2.5e-04", "1e-06", "4e-05"), 1),
    "RPM": ("R0 RPM\tR3 RPM", ("1", "3", "0"), ("250", "1", "40"), 1),
    "CPM": ("CPM.0\tCPM.3", ("1.0", "3.0", ""), ("250", "1.0", "40"), 1),
    "per cent": ("R0 (%)\tR3 (%)", ("0.1%", "0.3%", "NA"), ("25%", "0.1%", "4 %"), 1),
    "half a read": ("R0\tR3", ("0.1", "0.3", "0"), ("0.25", "0.001", "0.04"), 0.5),
}


@pytest.mark.parametrize("kind", SHARES)
def test_shares_give_enrichments(read, kind):
    """The ratio of the shares; what one round did not see has about one read there."""
    header, before, after, pseudocount = SHARES[kind]
    names = header.split("\t")
    options = ["--before", names[0], "--after", names[1], "--pseudocount", pseudocount]
    scores, read_as = read(pool(header, before, after), *options)
    expected = {"half a read": [2.5, 1 / 300, 0.8]}.get(kind, [250, 1 / 3, 40])
    assert [2**score for score in scores] == pytest.approx(expected)
    assert read_as["score"] == "log2 enrichment (shares)"
    assert read_as["rounds"] == f"from column {names[0]!r} to column {names[1]!r}"


def test_shares_have_no_reads_to_count(asked, read):
    options = ["--before", "R0", "--after", "R3"]
    text = pool("R0\tR3", *SHARES["frequencies"][1:3])
    assert "min_count needs reads" in asked(text, *options, "--min-count", "5")
    scores, _ = read(text, *options, "--pseudocount", "0", "--max-rejected", "0.5")
    assert scores[2] is None  # unseen before, and no floor: not finite
    lost = pd.read_csv("rejected.csv")["reason"]
    assert lost.str.startswith("not finite").all()


def test_a_pool_of_frequencies_is_recognised(read):
    scores, read_as = read(pool("R0\tR3", *SHARES["frequencies"][1:3]))
    assert (scores, read_as["score"]) == ([2.5e-4, 1e-6, 4e-5], "column 'R3'")


def test_names_are_text_wherever_they_are_shown(read):
    """In the terminal, in the answer (reStructuredText) and in the table of the report."""
    name = "Kd `x`_ \x1b[31m|red| </script>"
    _, read_as = read(table(f"sequence,{name}", "841"), "--score", "2", "--better", "lower")
    assert "\x1b" not in read_as_in_words(read_as)
    account = {"files": [{"file": "t.csv", "format": "csv", "read_as": read_as}]}
    assert described(account)["read_as"].tolist() == [read_as_in_words(read_as)]
    said = what_was_read(account)
    assert said.startswith("Read as ")
    assert "`x`_" not in said
    assert r"\`x\`\_" in said


TWO_TABLES = "sequence,Kd (nM)\nACGTACGTAC,1\nACGTACGTAG,2\nsequence,Kd (µM)\nACGTACGTAT,3\n"


def test_a_second_table_is_not_read_as_rows_of_the_first(program, tmp_path):
    path = tmp_path / "two.csv"
    path.write_text(TWO_TABLES, encoding="utf-8")
    said = program("ingest", path, code=1).output
    assert "two.csv, line 4: another header, 'sequence', 'Kd (µM)'" in said
    path.write_text(TWO_TABLES.replace("µ", "n"), encoding="utf-8")  # two files put together
    said = program("ingest", path, "--max-rejected", "1").output
    assert "3 aptamers + 1 rejected" in said
    assert "the header again" in said


UNCLEAR = [
    *("Enrichment (R0/R6)", "enrichment_ab", "enrichment w/o target", "enrichment IgG"),
    *("anti-enrichment", "Enrichment round", "enrichment class"),
]


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_enrichment_of_which_the_name_says_more_is_asked_about(program, tmp_path, name):
    path = tmp_path / "a.csv"
    path.write_text(f"sequence,{name}\nACGTACGTAC,1.5\nACGTACGTAG,2\n")
    said = program("ingest", path, code=1).output
    assert f"--score {shlex.quote(name)}" in said


@pytest.mark.parametrize("name", ["Enrichment R6/R0", "enrichment R5", "Enrichment (y/x)"])
def test_an_enrichment_of_known_rounds_is_read(program, tmp_path, name):
    path = tmp_path / "a.csv"
    path.write_text(f"sequence,{name}\nACGTACGTAC,1.5\nACGTACGTAG,2\n")
    assert "higher is better" in program("ingest", path).output


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("R0 CPM,R8 CPM", "--before 'R0 CPM' --after 'R8 CPM'"),
        ("R1,R2,R3", "--before R1 --after R3"),
        ("reads_sel,reads_unsel", "--before and --after with the columns"),
        ("R5_count,R5_RPM,R6_count,R6_RPM", "--before and --after with the columns"),
    ],
)
def test_rounds_are_put_in_an_order_only_where_their_names_have_one(
    program, tmp_path, header, told
):
    path = tmp_path / "a.csv"
    numbers = ",".join("12345"[: header.count(",") + 1])
    path.write_text(f"sequence,{header}\nACGTACGTAC,{numbers}\nACGTACGTAG,{numbers}\n")
    assert told in program("ingest", path, code=1).output


def scored_column(path, name, values):
    """A table of one column of values."""
    bases = ("".join(letters) for letters in itertools.product("ACGT", repeat=6))
    rows = "".join(f"{sequence},{value}\n" for sequence, value in zip(bases, values, strict=False))
    path.write_text(f"sequence,{name}\n{rows}")
    return path


def test_reads_are_whole(program, tmp_path):
    values = ["1.500", "2.300", "950", "12.000", "800", "7", "8", "9", "-1", "1.5", *range(50)]
    path = scored_column(tmp_path / "a.csv", "reads", values)
    said = program("ingest", path, "--max-rejected", "1").output
    assert "5 x not a count" in said
    assert "a point between thousands" in said
    path = scored_column(tmp_path / "b.csv", "reads", ["1.57", "2.25", "0.61"])  # scaled by someone
    assert "3 aptamers + 0 rejected" in program("ingest", path).output


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("pKd", "-9.1", "not a pKd: '-9.1'"),
        ("pKd", "120", "not a pKd: '120'"),
        ("Kd (nM)", "1e-9", "is 1e-18 mol/L, and none is below 1e-16"),
    ],
)
def test_a_value_that_no_aptamer_has_is_of_another_scale(program, tmp_path, name, value, told):
    path = scored_column(tmp_path / "a.csv", name, [value] * 3)
    assert told in program("ingest", path, code=1).output


@pytest.mark.parametrize("code", ["-1e9", "1e20", "2147483647", "999.9", "-9999"])
def test_a_number_far_from_all_others_is_asked_about(program, tmp_path, code):
    values = [f"{number / 7:.3f}" for number in range(-20, 20)] + [code] * 5
    path = scored_column(tmp_path / "a.csv", "fitness", values)
    assert f"is the score '{code}' a missing value?" in program("ingest", path).output


def test_another_logarithm_may_be_of_any_unit(program, tmp_path):
    path = scored_column(tmp_path / "a.csv", "-log10(Kd)", ["-1.2", "-2.5 ± 0.1", "0.3"])
    assert "3 aptamers + 0 rejected" in program("ingest", path).output


def test_reads_may_have_bounds(program, tmp_path):
    path = scored_column(tmp_path / "a.csv", "reads", ["<5", "7", '"1,234"', "1e+05"])
    assert "4 aptamers + 0 rejected" in program("ingest", path).output


def test_a_header_again_whose_score_is_blank_is_a_row_of_no_aptamer(program, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sequence,Kd (nM)\nACGTACGTAC,1\nAptamer,\nACGTACGTAG,2\n")
    assert "2 aptamers + 1 rejected" in program("ingest", path, "--max-rejected", "1").output


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone.csv", "gone.csv: no such file; paths are relative to /"),
        ("folder", "name the files in it: 'folder/*.csv'"),
        ("list.txt", "has no score to learn from; rank.py and screen.py can rank it"),
    ],
)
def test_what_cannot_be_read_comes_with_advice(program, tmp_path, name, told):
    (tmp_path / "folder").mkdir()
    (tmp_path / "list.txt").write_text("ACGTACGTAC\nACGTACGTAG\n")
    assert told in program("ingest", name, code=1).output


def test_a_pool_of_frequencies_that_is_cut_short_loses_a_row(program, tmp_path):
    path = tmp_path / "pool.txt"
    rows = ["1\tTGCA\t0.5\t0.25", "2\tTGAA\t0.1\t0.5", "3\tTGCC\t0.1"]
    path.write_text("\n".join(["Aptamer Id\tSequence\tR0\tR3", *rows]), encoding="utf-8")
    program("ingest", path, "--max-rejected", 0.5)
    account = json.loads((tmp_path / "ingestion.json").read_text())
    assert account["files"][0]["format"] == "aptasuite"
    assert account["reasons"] == {"ragged row": 1}
