"""The program, on what the field's tools write: formats, options, messages."""

import gzip
import hashlib
import json
import math

import numpy as np
import pandas as pd
import pytest


def by_sequence(aptamers):
    return aptamers.set_index("sequence")


MAWS = """SEQUENCE: G ENTROPY: -0.25234843992003112564831896272118 ENERGY: -1197.7
SEQUENCE: A ENTROPY: -0.2 ENERGY: -1161.8
SEQUENCE: G A ENTROPY: -0.35 ENERGY: -1221.2
SEQUENCE: A G ENTROPY: -0.15 ENERGY: -1230.5
SEQUENCE: G G ENTROPY: -0.10 ENERGY: -1230.5
SEQUENCE: G G ENTROPY: -0.20 ENERGY: -1231.5
"""
MAWS_RESIDUES = MAWS.replace("G A", "DGN DAN").replace("A G", "DAN DGN").replace("G G", "DGN DGN")
MAWS_PLAIN = """SEQUENCE DT DG  ENTROPY 4.628700  ENERGY -1162.49
SEQUENCE DG DT  ENTROPY 4.5  ENERGY -1163.49
SEQUENCE GAUC  ENTROPY 4.5  ENERGY -1163.49
"""
MAWS_2015 = """reading the structure
Ntide: DGN entropy: -0.19
Ntide: DAN entropy: -0.29
DG5 DA DT3 : -0.2
DG5 DT DT3 : -0.4
"""
EFBA_LITE = """Number of spatial sampling positions 412
Done computing step 1, aptamer so far: T, relative entropy added in this step: 0.3, \
total relative entropy so far: 0.34, time elapsed so far: 301.0 s.
Computed TC, relative entropy gained in this step: 0.88, \
total entropy w this aptamer 1.22, time elapsed so far: 421.0 s.
Computed TG, relative entropy gained in this step: 0.88, \
total entropy w this aptamer 1.32, time elapsed so far: 421.0 s.
Failed to meet entropy gain target with TG, retracing.
Done computing, final aptamer: TG, total relative entropy: 1.32, time elapsed: 1260.0 s.
"""
EFBA_SCORE = """>one; Score (relative entropy): 19.5
AGG
AGG

>two; Score (relative entropy): 21.5
ACGTAG

"""
ENRICH = """Sequence\tLength\tReads (x)\tRPM (x)\tReads (y)\tRPM (y)\tEnrichment (y/x)
TGCA\t4\t28673\t93298.93\t573469\t170049.45\t1.82
TGCC\t4\t\t\t5\t1.5\t
TGAA\t4\t67997\t221255.09\t475984\t141142.45\t0.64
TGAC\t4\t7\t221255.09\t4\t141142.45\t0.14
"""
FASTAPTAMER = {
    1: ">1-573469-170049.45\nTGCA\n>2-4-1.5\nTGAA\n",
    2: ">1-573469-170049.45-1-1-0\nTGCA\n>2-4-1.5-1-2-3\nTGAA\n",
    3: ">Rank=1;Reads=573469;RPU=170049.45\nTGCA\n>rank=2;read=4;RPU=1.5;cluster=1\nTGAA\n",
}
APTASUITE = "Aptamer Id\tSequence\tR0\tR3\n1\tTGCA\t0\t573\n2\tTGAA\t5\t40\n3\tTGCC\t9\t1\n"
RAPTGEN = "seq_id,random_region,duplicate,is_training_data\n0,TGCA,20,True\n1,TGAA,3,False\n"
KD = (
    "Name,Sequence,Kd,Note\na,TGCA,0.58 nM,\nb,TGAA,∼0.17 µM,\nc,TGCC,Kd<100μM,\nd,TTT,25-200 nM,\n"
)
PKD = "sequence,pKd_value,target\nTGCA,6.5,x\nTGAA,7,x\nTGCC,>5,y\nTTT,,y\nTTA,6-7,y\n"
TEA = "Unnamed: 0,Sequence,Entropy\n0,AAAA,0.25\n1,CCCC,0.5\n"


def ingest(program, tmp_path, name, text, *more):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / name).write_bytes(data)
    said = program("ingest", name, *more).output
    aptamers = pd.read_csv("aptamers.csv", dtype={"group": str}, keep_default_na=False)
    summary = json.loads((tmp_path / "ingestion.json").read_text())
    total = summary["accepted"] + summary["rejected"] + summary["merged"]
    assert total == summary["rows"]
    assert len(pd.read_csv("rejected.csv")) == summary["rejected"]
    return aptamers, summary, said


@pytest.mark.parametrize(
    ("name", "text", "kind", "better", "expected"),
    [
        (
            "e.log",
            MAWS,
            "maws",
            "lower",
            {("1", "A"): -0.2, ("2", "GA"): -0.35, ("2", "GG"): -0.15},
        ),
        ("e.log", MAWS_RESIDUES, "maws", "lower", {("2", "GA"): -0.35, ("2", "AG"): -0.15}),
        ("e.log", MAWS_PLAIN, "maws", "lower", {("2", "TG"): 4.6287, ("4", "GATC"): 4.5}),
        ("e.log", MAWS_2015, "maws", "lower", {("1", "G"): -0.19, ("3", "GAT"): -0.2}),
        ("o.txt", EFBA_LITE, "efba", "higher", {("1", "T"): 0.34, ("2", "TC"): 1.22}),
        ("o.fasta", EFBA_SCORE, "efbascore", "higher", {("6", "AGGAGG"): 19.5}),
        ("e.tsv", ENRICH, "enrichment", "higher", {("", "TGCA"): 1.82, ("", "TGAC"): 0.14}),
        ("e.csv", ENRICH.replace("\t", ","), "enrichment", "higher", {("", "TGCA"): 1.82}),
        ("c.fa", FASTAPTAMER[1], "fastaptamer", "higher", {("", "TGCA"): 170049.45}),
        ("c.fa", FASTAPTAMER[2], "fastaptamer", "higher", {("", "TGAA"): 1.5}),
        ("c.fa", FASTAPTAMER[3], "fastaptamer", "higher", {("", "TGAA"): 1.5}),
        ("pool.txt", APTASUITE, "aptasuite", "higher", {("", "TGCA"): 573, ("", "TGCC"): 1}),
        ("r.csv", RAPTGEN, "raptgen", "higher", {("", "TGCA"): 20}),
        ("k.csv", KD, "csv", "lower", {("", "TGCA"): 0.58, ("", "TGAA"): 170, ("", "TGCC"): 1e5}),
        ("p.csv", PKD, "csv", "higher", {("", "TGCA"): 6.5, ("", "TTA"): 6.5, ("", "TGCC"): 5}),
        ("t.csv", TEA, "csv", "higher", {("", "AAAA"): 0.25}),
        ("n.tsv", "TGCA\t0.5\nTGAA\t0.25\nTGCC\t0.1\n", "tsv", None, {("", "TGCA"): 0.5}),
        ("n.csv", "3;TGCA;x\n2;TGAA;y\n", "csv", None, {("", "TGCA"): 3}),
        ("s.csv", "Seq|Kd\nTGCA|3\nTGAA|2\n", "csv", "lower", {("", "TGCA"): 3}),
    ],
)
def test_formats_are_recognised(program, tmp_path, name, text, kind, better, expected):
    more = [] if better else ["--better", "higher"]
    for zipped in (False, True):
        data = gzip.compress(text.encode()) if zipped else text
        suffix = ".gz" if zipped else ""
        loose = ["--max-rejected", "0.3"]
        aptamers, summary, said = ingest(program, tmp_path, name + suffix, data, *more, *loose)
        (file,) = summary["files"]
        assert (file["format"], file["better"]) == (kind, better)
        assert f"{name}{suffix}: {kind}" in said
        table = aptamers.set_index(["group", "sequence"])["score"]
        for key, score in expected.items():
            assert table[key] == pytest.approx(score), key


def test_maws_of_the_final_step_and_by_energy(program, tmp_path):
    final, summary, _ = ingest(program, tmp_path, "e.log", MAWS, "--steps", "final")
    assert set(final["group"]) == {"2"}
    assert summary["rows"] == 4
    energy, _, _ = ingest(program, tmp_path, "e.log", MAWS, "--score", "energy")
    assert energy.set_index("sequence").loc["GA", "score"] == -1221.2
    assert energy.set_index("sequence").loc["GG", "score"] == -1231.0
    said = program("ingest", "e.log", "--score", "Kd", code=1).output
    assert "a MAWS log has no score 'Kd'; use entropy or energy" in said
    (tmp_path / "old.txt").write_text(MAWS_2015)
    said = program("ingest", "old.txt", "--score", "energy", code=1).output
    assert "old.txt, line 2: MAWS of 2015 prints no energy" in said


def test_excel_and_parquet(program, tmp_path):
    table = pd.DataFrame({"sequence": ["TGCA", "TGAA"], "Kd (nM)": [5, 2.5], "note": ["", None]})
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"about": ["nothing here"]}).to_excel(book, sheet_name="read me", index=False)
        table.to_excel(book, sheet_name="data", index=False)
    table.to_parquet(tmp_path / "a.parquet")
    for name, more, kind in (
        ("a.xlsx", ["--sheet", "data"], "excel"),
        ("a.parquet", [], "parquet"),
    ):
        said = program("ingest", name, *more).output
        assert f"{name}: {kind}, 2 rows, lower is better" in said
        aptamers = by_sequence(pd.read_csv("aptamers.csv"))
        assert aptamers["score"].to_dict() == {"TGAA": 2.5, "TGCA": 5}
        assert aptamers.loc["TGCA", "fitness"] == pytest.approx(9 - math.log10(5))
    said = program("ingest", "a.xlsx", "--sheet", "Data", code=1).output
    assert "no sheet 'Data'; there are 'read me', 'data'" in said


def test_enrichment_from_two_columns_or_two_files(program, tmp_path):
    expected = np.log2(np.array([574, 41, 2]) / 617 / (np.array([1, 6, 10]) / 17))
    rounds = ["--before", "R0", "--after", "R3"]
    table, _, _ = ingest(program, tmp_path, "pool.txt", APTASUITE, *rounds)
    table = by_sequence(table)
    assert table.loc[["TGCA", "TGAA", "TGCC"], "score"].tolist() == pytest.approx(expected.tolist())
    few, summary, _ = ingest(
        program, tmp_path, "pool.txt", APTASUITE, *rounds, "--min-count", 20, "--max-rejected", 0.5
    )
    assert few["sequence"].tolist() == ["TGAA", "TGCA"]
    assert summary["reasons"] == {"few reads": 1}
    (tmp_path / "r0.fa").write_text(">1-9-1\nTGCC\n>2-5-1\nTGAA\n")
    (tmp_path / "r3.fa").write_text(">1-573-1\nTGCA\n>2-40-1\ntgaa\n>3-1-1\nTGCC\n")
    rounds = ["--before", "r0.fa", "--after", "r3.fa"]
    said = program("ingest", "r3.fa", "r0.fa", *rounds).output
    assert "3 rows read" in said
    joined = by_sequence(pd.read_csv("aptamers.csv"))
    assert joined.loc[["TGCA", "TGAA", "TGCC"], "score"].tolist() == pytest.approx(
        expected.tolist()
    )
    said = program("ingest", "r3.fa", "r0.fa", "--before", "x", "--after", "r3.fa", code=1).output
    assert "before: 'x' is not one of the input files" in said


def test_many_files_and_patterns(program, tmp_path):
    for name, start in (("a", 0), ("b", 2)):
        lines = [f"{s},{start + i}" for i, s in enumerate(("TGCA", "TGAA"))]
        (tmp_path / f"run-{name}.csv").write_text("sequence,score\n" + "\n".join(lines))
    said = program("ingest", "run-*.csv", "--better", "higher").output
    assert "4 rows read (higher is better) = 2 aptamers + 0 rejected + 2 merged" in said
    program("ingest", "run-a.csv", "run-b.csv", "--better", "higher", "--group", "file")
    assert pd.read_csv("aptamers.csv")["group"].tolist() == ["run-a.csv"] * 2 + ["run-b.csv"] * 2
    (tmp_path / "m.log").write_text(MAWS)
    said = program("ingest", "run-a.csv", "m.log", "--better", "higher", code=1).output
    assert "mean different things" in said
    assert "no file matches" in program("ingest", "x*.csv", code=1).output


def test_fasta_score_by_a_pattern(program, tmp_path):
    (tmp_path / "a.fa").write_text(">x|17.5\nACGT\n>y|9.5\nGGT\n", encoding="utf-8")
    program("ingest", "a.fa", "--better", "higher", "--score", r"\|([\d.]+)$")
    assert pd.read_csv("aptamers.csv")["score"].tolist() == [17.5, 9.5]


def test_decimal_commas_are_read_when_said(program, tmp_path):
    (tmp_path / "a.csv").write_text("sequence;Kd\nACGT;1,5\nGGT;2,25\nGGA;1.234,5\n")
    said = program("ingest", "a.csv", code=1).output
    assert "a decimal comma? say decimal: ','" in said
    program("ingest", "a.csv", "--decimal", ",", "--max-rejected", 0.4)
    assert pd.read_csv("aptamers.csv")["score"].tolist() == [1.5, 2.25]
    assert "has a point" in pd.read_csv("rejected.csv")["reason"].iloc[0]


def test_too_many_rejects_stop_with_the_commonest_reasons(program, tmp_path):
    bad = [f"ACN{s},1" for s in ("A", "C", "G")] + ["ACT,x", "ACG,"]
    good = [f"ACGT{s},{n}" for n, s in enumerate(("A", "C", "G", "T", "AA"))]
    (tmp_path / "a.csv").write_text("\n".join(["sequence,Kd", *good, *bad]))
    said = program("ingest", "a.csv", code=1).output
    assert "5 of 10 rows were rejected (50%), at most 20%" in said
    assert "3 x degenerate code: 'N' (any base) at position 3 (a.csv, line 7)" in said
    assert "1 x missing score (a.csv, line 11)" in said
    assert len(pd.read_csv("rejected.csv")) == 5
    assert not (tmp_path / "aptamers.csv").exists()
    program("ingest", "a.csv", "--max-rejected", 0.5)
    assert len(pd.read_csv("aptamers.csv")) == 5
    strict = ["--max-rejected", 0.5, "--on-reject", "fail"]
    assert "at most 0%" in program("ingest", "a.csv", *strict, code=1).output


def test_classes_are_refused(program, tmp_path):
    (tmp_path / "a.csv").write_text("aptamer,protein,label\nACGT,MKV,1\nGGT,MKL,0\n")
    said = program("ingest", "a.csv", code=1).output
    assert "says whether an aptamer binds, not how well" in said
    said = program("ingest", "a.csv", "--score", "label", "--better", "higher").output
    (tmp_path / "b.csv").write_text("sequence,score\nACGT,1\nGGT,0\nGGA,1\n")
    said = program("ingest", "b.csv", "--better", "higher", code=1).output
    assert "every score is 0 or 1" in said


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("Seq,Kd1\nACG,1\n", [], "no column 'score'; the columns are 'Seq', 'Kd1'"),
        ("S,Kd\nACG,1\n", [], "no column 'sequence'; the columns are 'S', 'Kd'"),
        ("Seq,Kd\nACG,1\n", ["--score", "Kdd"], "did you mean 'Kd'"),
        ("Seq,Kd,score\nACG,1,2\n", [], "'Kd', 'score' may each be the score; name one"),
        ("Seq,a,a\nACG,1,2\n", ["--score", "a"], "2 columns are named 'a' (fields 2 and 3)"),
        ("Seq,score\nACG,1\nACT,2\n", [], "are higher or lower scores better?"),
        ("Seq,Kd\nACG,1\nACT,1\n", [], "all 2 aptamers have the score 1"),
        ("Seq,Kd\nXX,1\nXY,2\n", [], "all 2 rows were rejected"),
        ("Seq,Kd\n", [], "a.csv: no aptamer in it"),
        ("Seq,Kd nM\nACG,1\n", ["--better", "higher"], "a Kd is better lower"),
        ("Seq,Kd\nACG,1\n", ["--group", "g"], "no column 'g'"),
        ("Seq,Kd\nACG,1\n", ["--before", "g"], "give both before and after"),
        (MAWS, ["--group", "job"], "format maws has no column 'job'"),
        (APTASUITE, ["--five-primer", "ACGTAC"], "only 0 of 3 sequences have the 5' primer"),
        (APTASUITE, ["--five-primer", "auto"], "no constant region at the 5' end"),
    ],
)
def test_bad_input_gets_a_short_message(program, tmp_path, text, more, said):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    result = program("ingest", "a.csv", *more, code=1)
    message = result.output[result.output.index("error: ") :]
    assert said in message
    assert "a.csv" in message
    assert message.count("\n") <= 4
    assert not (tmp_path / "aptamers.csv").exists()


def test_the_checksum_is_that_of_the_bytes_that_were_read(program, tmp_path):
    """Of a compressed file, of the file as it is; of two rounds, each file's own."""
    data = gzip.compress(KD.encode())
    _, summary, _ = ingest(program, tmp_path, "k.csv.gz", data, "--max-rejected", "0.3")
    assert [file["sha256"] for file in summary["files"]] == [hashlib.sha256(data).hexdigest()]
    counts = {"r0.fa": FASTAPTAMER[1], "r3.fa": FASTAPTAMER[2].replace("-4-", "-90-")}
    for name, text in counts.items():
        (tmp_path / name).write_text(text)
    program("ingest", *counts, "--before", "r0.fa", "--after", "r3.fa")
    files = json.loads((tmp_path / "ingestion.json").read_text())["files"]
    assert {file["file"]: file["sha256"] for file in files} == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in counts.items()
    }


def counts(path, reads):
    """A count FASTA of so many reads of each of some sequences."""
    words = ["ACGTACGTAA", "GGCATTAGCC", "TTGACCATTG", "CCATGGACTA", "AGGTTACCAG"]
    records = zip(words, reads, strict=False)
    path.write_text("".join(f">{n}-{r}-{r * 10}.0\n{w}\n" for n, (w, r) in enumerate(records, 1)))


def test_count_files_may_be_rounds_or_replicates(program, tmp_path):
    for name, reads in (("r1", (50, 40, 30, 9, 3)), ("r2", (60, 20, 9)), ("r3", (90, 7, 2, 80, 5))):
        counts(tmp_path / f"{name}.fasta", reads)
    three = ["r1.fasta", "r2.fasta", "r3.fasta"]
    said = program("ingest", *three, code=1).output
    assert "are these rounds of one selection, or replicates? 100% of the sequences" in said
    assert "--before r1.fasta --after r3.fasta" in said
    merged = program("ingest", *three, "--group", "none").output
    assert "13 rows read (higher is better) = 5 aptamers + 0 rejected + 8 merged" in merged
    assert (
        "5 aptamers"
        in program(
            "ingest", "r1.fasta", "r3.fasta", "--before", "r1.fasta", "--after", "r3.fasta"
        ).output
    )
    assert "in 3 groups" in program("ingest", *three, "--group", "file").output
    said = program("ingest", *three, "--before", "r1.fasta", "--after", "r3.fasta", code=1).output
    assert "give only r1.fasta and r3.fasta" in said


def test_count_files_of_different_sequences_are_one_dataset(program, tmp_path):
    counts(tmp_path / "a.fasta", (50, 40, 30))
    (tmp_path / "b.fasta").write_text(">1-9-90.0\nTTTTACGTAA\n>2-8-80.0\nTTTTCATTAG\n")
    assert "5 aptamers" in program("ingest", "a.fasta", "b.fasta").output


def test_a_table_of_an_earlier_call_is_not_taken_for_this_ones(program, tmp_path):
    counts(tmp_path / "a.fasta", (50, 40, 30))
    assert "earlier call" not in program("ingest", "a.fasta").output
    said = program("ingest", "gone.csv", code=1).output
    assert "aptamers.csv is from an earlier call, not from these files" in said
