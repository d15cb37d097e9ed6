"""Reading, normalising, rejecting and merging."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aptarank.aptamers import APTAMER_COLUMNS, REJECTED_COLUMNS, clean, parse_score
from aptarank.readers import Row
from aptarank.sequences import as_tokens, chemistry, normalise


def rows(*pairs):
    return [Row("f.csv", line, s, v) for line, (s, v) in enumerate(pairs, start=2)]


def test_normalise_reads_case_and_ends():
    assert normalise("  acgu\n") == "ACGU"
    assert chemistry("ACGU") == "RNA"
    assert chemistry("ACGT") == "DNA"
    assert chemistry("GACC") is None
    assert as_tokens("ACGU") == "ACGT"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("ACNT", "'N' at position 3"),
        ("AC GT", "' ' at position 3"),
        ("АCGT", "position 1"),  # a Cyrillic А
        ("ACUT", "T and U mixed"),
    ],
)
def test_normalise_never_repairs(text, reason):
    with pytest.raises(ValueError, match=reason):
        normalise(text)


@pytest.mark.parametrize("text", ["", "  ", "n/a", "inf", "nan", "1e999", "0.58 nM"])
def test_scores_that_are_no_number(text):
    with pytest.raises(ValueError, match="score"):
        parse_score(text)


def test_duplicates_are_merged_by_median():
    aptamers, rejected = clean(
        rows(("ACGT", "1"), ("acgt", "5"), ("ACGT", "2"), ("CC", "3")), "higher"
    )
    assert list(aptamers.columns) == APTAMER_COLUMNS
    assert rejected.empty
    merged = aptamers.set_index("sequence").loc["ACGT"]
    assert (merged["score"], merged["count"]) == (2.0, 3)
    assert merged["spread"] == pytest.approx(2.0816659994661326)
    assert math.isnan(aptamers.set_index("sequence").loc["CC", "spread"])


def test_lower_is_better_turns_the_sign():
    aptamers, _ = clean(rows(("AAT", "-2.5"), ("CCT", "1")), "lower")
    assert aptamers.set_index("sequence")["fitness"].to_dict() == {"AAT": 2.5, "CCT": -1.0}
    assert aptamers.set_index("sequence")["score"].to_dict() == {"AAT": -2.5, "CCT": 1.0}


def test_chemistry_is_kept_and_never_two_in_one():
    aptamers, rejected = clean(
        rows(("ACGU", "1"), ("GACC", "2"), ("UUA", "3"), ("ACGT", "4")), "higher"
    )
    assert aptamers.set_index("sequence")["chemistry"].to_dict() == {
        "ACGT": "RNA",
        "GACC": "RNA",
        "TTA": "RNA",
    }
    assert rejected["line"].tolist() == [5]
    assert "RNA" in rejected["reason"].iloc[0]


def test_names_are_kept_where_they_are_unique():
    named = [Row("f", 2, "AAT", "1", "x"), Row("f", 3, "CCT", "2", "y")]
    assert clean(named, "higher")[0]["id"].tolist() == ["x", "y"]
    twice = [row._replace(name="x") for row in named]
    assert clean(twice, "higher")[0]["id"].tolist() == ["apt0001", "apt0002"]


texts = st.sampled_from(["A", "AC", "ACGT", "acgt", "ACGU", "GG", "AN", "", "UT", "TTT"])
scores = st.sampled_from(["1", "2.5", "-3", "", "x", "inf", "1e-3"])


@given(st.lists(st.tuples(texts, scores), min_size=1), st.randoms())
def test_every_row_is_accounted_for_in_any_order(pairs, random):
    original = rows(*pairs)
    aptamers, rejected = clean(original, "higher")
    assert aptamers["count"].sum() + len(rejected) == len(original)
    assert list(rejected.columns) == REJECTED_COLUMNS
    shuffled = list(original)
    random.shuffle(shuffled)
    again, rejected_again = clean(shuffled, "higher")
    pd.testing.assert_frame_equal(aptamers, again)
    pd.testing.assert_frame_equal(
        rejected.reset_index(drop=True), rejected_again.reset_index(drop=True)
    )


def test_program_reads_csv_tsv_and_fasta_alike(program, tmp_path):
    (tmp_path / "a.csv").write_text(
        "\ufeffSeq,Kd\r\nacgt,1.5\r\n\r\nGGU,2\r\nANA,3\r\nTT,\r\n", encoding="utf-8"
    )
    (tmp_path / "a.tsv").write_text("Seq\tKd\nACGT\t1.5\nGGU\t2\n", encoding="utf-8")
    (tmp_path / "a.fasta").write_text(
        ">x score=1.5\nAC\nGT\n\n>y; Score (relative entropy): 2\nGGU\n", encoding="utf-8"
    )
    for name, options in (
        ("a.csv", ["--sequence", "Seq", "--score", "Kd"]),
        ("a.tsv", ["--sequence", "Seq", "--score", "Kd"]),
        ("a.fasta", []),
    ):
        said = program("ingest", name, *options, "--better", "lower").output
        assert "lower is better: 2 aptamers" in said
        table = pd.read_csv("aptamers.csv")
        assert table["sequence"].tolist() == ["ACGT", "GGT"]
        assert table["fitness"].tolist() == [-1.5, -2.0]
        assert table["chemistry"].tolist() == ["DNA", "RNA"]
        if name == "a.csv":
            rejected = pd.read_csv("rejected.csv")
            assert rejected["line"].tolist() == [5, 6]
            assert rejected["reason"].str.contains("'N'|missing score").all()
    assert pd.read_csv("aptamers.csv")["id"].tolist() == ["x", "y"]


def test_fasta_score_by_a_pattern(program, tmp_path):
    (tmp_path / "a.fa").write_text(">1-573-17.5\nACGT\n>2-45-9.5\nGGT\n", encoding="utf-8")
    program("ingest", "a.fa", "--better", "higher", "--score", r"-([\d.]+)$")
    assert pd.read_csv("aptamers.csv")["score"].tolist() == [17.5, 9.5]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "a.csv: the file is empty"),
        ("a.csv", "sequence,score\n", "no aptamer in it"),
        ("a.csv", "Seq,Kd\nA,1\n", "no column 'sequence'; the columns are 'Seq', 'Kd'"),
        ("a.csv", "sequence,score\nA,1,2,3\nC,2\n", "a.csv: "),
        ("a.csv", "sequence,score\nACG,1\nACT,1\n", "all 2 aptamers have the score 1"),
        ("a.csv", "sequence,score\nXX,1\nXY,2\n", "all 2 rows were rejected"),
        ("a.fasta", "", "no aptamer in it"),
        ("a.fasta", ">a score=x\nACG\n", "all 1 rows were rejected"),
        ("a.xyz", "sequence,score\n", "the extension '.xyz' says no format"),
        ("other.csv", None, "a.csv: no such file"),
    ],
)
def test_bad_files_get_a_short_message(program, tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    else:
        name = "a.csv"
    result = program("ingest", name, "--better", "higher", code=1)
    message = result.output[result.output.index("error: ") :]
    assert said in message
    assert message.count("\n") <= 3
    assert not (tmp_path / "aptamers.csv").exists()


def test_bytes_that_are_no_text(program, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"sequence,score\n\xff\xfe\x00,1\n")
    assert "a.csv: " in program("ingest", "a.csv", "--better", "higher", code=1).output
