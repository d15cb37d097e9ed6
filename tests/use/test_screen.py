"""Candidates without end: the best of them, whoever scored which."""

import gzip
import itertools
import json
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aptarank.core.errors import InputError
from aptarank.use import screening
from aptarank.use.candidate_streams import Stream
from aptarank.use.load_scorer import load_scorer
from aptarank.use.screening import (
    Candidate,
    best,
    count_mutants,
    mutants,
    own_blocks,
    random_blocks,
)
from snakemake_runs import run_snakemake

rows = st.tuples(st.integers(0, 5).map(float), st.text("AC", min_size=1, max_size=3))


@given(st.lists(rows, max_size=40), st.integers(1, 12), st.lists(st.integers(0, 3), min_size=40))
def test_the_best_of_parts_are_those_of_all(rows, keep, parts):
    table = pd.DataFrame(
        [(number, str(number), text, score) for number, (score, text) in enumerate(rows)],
        columns=screening.COLUMNS,
    ).astype(screening.TYPES)
    expected = {}
    for number, (score, text) in enumerate(rows):
        expected[text] = min(expected.get(text, (0, 1, 0)), (-score, 0, number))
    ordered = sorted((score, text, number) for text, (score, _, number) in expected.items())[:keep]
    whole = best([table], keep)
    assert list(zip(-whole["score"], whole["sequence"], whole["number"], strict=True)) == ordered
    part = np.array(parts[: len(table)], dtype=int)
    pieces = [best([table[part == number]], keep) for number in range(4)]
    pd.testing.assert_frame_equal(best(pieces, keep), whole)


@settings(max_examples=30)
@given(st.integers(0, 30), st.integers(1, 5), st.integers(1, 7))
def test_chunks_share_all_candidates(count, chunks, size):
    def stream():
        return (Candidate("f", n, str(n), "ACGT") for n in range(count))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening, "BLOCK", size)
        shared = [list(own_blocks(stream(), chunk, chunks)) for chunk in range(chunks)]
        drawn = [
            list(random_blocks(count, 5, dict.fromkeys("ACGT", 1), 1, chunk, chunks))
            for chunk in range(chunks)
        ]
        whole = list(random_blocks(count, 5, dict.fromkeys("ACGT", 1), 1, 0, 1))
    for parts in (shared, drawn):
        numbers = sorted(
            block.start + place
            for block in itertools.chain(*parts)
            for place in range(len(block.candidates))
        )
        assert numbers == list(range(count))
    again = sorted(itertools.chain(*drawn), key=lambda block: block.start)
    assert again == whole


@pytest.mark.parametrize(("seed", "within"), [("ACG", 0), ("ACG", 1), ("ACGTA", 3), ("TT", 2)])
def test_mutants(seed, within):
    found = [candidate.text for candidate in mutants(seed, within)]
    expected = {
        "".join(bases)
        for bases in itertools.product("ACGT", repeat=len(seed))
        if sum(a != b for a, b in zip(seed, bases, strict=True)) <= within
    }
    assert found[0] == seed
    assert len(found) == len(set(found)) == len(expected) == count_mutants(len(seed), within)
    assert set(found) == expected


def test_random_sequences_have_the_composition():
    (block,) = random_blocks(8000, 10, {"A": 1, "C": 2, "G": 0, "T": 1}, 3, 0, 1)
    letters = "".join(candidate.text for candidate in block.candidates)
    assert len(letters) == 80_000
    assert "G" not in letters
    assert letters.count("C") / len(letters) == pytest.approx(0.5, abs=0.01)


FASTA = ">one more\nACGT\nACG\n>two\nACGN\n"
TABLE = 'Name,Sequence\none,ACGTACG\n"t,wo",ACGN\n'


@pytest.mark.parametrize(
    ("text", "lines"), [(FASTA, [1, 4]), (TABLE, [2, 3]), (TABLE.replace(",", "\t"), None)]
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_streamed(tmp_path, text, lines, packed):
    path = tmp_path / "c.txt"
    data = text.replace("\n", "\r\n").encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    stream = Stream([path, path])
    found = list(stream)
    assert [candidate.text for candidate in found] == ["ACGTACG", "ACGN"] * 2
    assert found[0].name == "one"
    assert stream.share == 1
    if lines:
        assert [candidate.line for candidate in found] == lines * 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"a,b\nx,1\n", "no column 'sequence'; the columns are 'a', 'b'"),
        (b'sequence,name\nACG,"x\nACG,y\n', "line 3: unexpected end of data: is a quote not"),
        (b"sequence\nAC\xff\n", "not UTF-8 text"),
        (gzip.compress(b">a\nACG\n" * 1000, mtime=0)[:-20], "the gzip file is cut short"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, data, said):
    (tmp_path / "c.txt").write_bytes(data)
    with pytest.raises(InputError, match=f"c.txt.*{said}"):
        list(Stream([tmp_path / "c.txt"]))


def shortlist(program, *arguments, folders=("screened",)):
    program("shortlist", *folders, *arguments)
    return pd.read_csv("shortlist.csv")


def test_the_result_hangs_on_neither_chunks_nor_threads(
    program,
    models,
    tmp_path,
    monkeypatch,
):
    """Also where a score depends on the others of its batch, as in dynamic quantisation."""
    rng = np.random.default_rng(2)
    texts = ["".join(rng.choice(list("ACGT"), rng.integers(5, 20))) for _ in range(500)]
    texts[7], texts[450], texts[300] = "ACGN", texts[3], texts[3].replace("T", "U")
    pd.DataFrame({"id": range(500), "sequence": texts}).to_csv(tmp_path / "c.csv", index=False)
    monkeypatch.setattr(screening, "BLOCK", 64)
    given = ["c.csv", "--model", models / "rank-1", "--keep", "20"]
    program("screen", *given, "--threads", "1")
    whole = shortlist(program)
    rejected = (tmp_path / "rejected.csv").read_text()
    assert "c.csv,9,ACGN,,degenerate code" in rejected
    for chunk in range(3):
        chunks = ["--chunk", str(chunk), "--chunks", "3", "--threads", "2"]
        program("screen", *given, *chunks, "-o", f"part-{chunk}")
    parts = shortlist(program, folders=["part-2", "part-0", "part-1"])
    pd.testing.assert_frame_equal(parts, whole)
    assert (tmp_path / "rejected.csv").read_text() == rejected
    scorer = load_scorer(models / "rank-1", 1, "cpu")
    distinct = sorted({text.replace("U", "T") for text in texts} - {"ACGN"})
    scores = pd.Series(scorer.scores(distinct), index=distinct).sort_values(ascending=False)
    assert whole["sequence"].tolist() == scores.index[:20].tolist()
    assert np.allclose(whole["score"], scores.iloc[:20], atol=1e-4)
    account = json.loads((tmp_path / "screen.json").read_text())
    assert (account["candidates"], account["rejected"], account["kept"]) == (500, 1, 20)


def test_more_to_keep_than_there_are(program, models):
    program("screen", "--mutants-of", "ACGU", "--within", "1", "--model", models / "rank-1")
    said = program("shortlist", "screened").output
    assert "1000 are to be kept, but there are only 13 distinct ones" in said
    assert len(pd.read_csv("shortlist.csv")) == 13


def test_draws_are_said(program, tmp_path):
    table = pd.DataFrame({"number": [0, 1], "id": "x", "sequence": ["AC", "AA"], "score": 1.0})
    (tmp_path / "part").mkdir()
    table.to_parquet(tmp_path / "part/best.parquet")
    (tmp_path / "part/account.json").write_text('{"read": 2, "rejected": 0, "keep": 1}')
    (tmp_path / "part/rejected.csv").write_text("source,line,sequence,score,reason\n")
    assert "others score as much as the last" in program("shortlist", "part").output
    assert pd.read_csv("shortlist.csv")["sequence"].tolist() == ["AA"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give one of these: CANDIDATES, --mutants-of, --random"),
        (["c.csv", "--random", "5"], "give one of these"),
        (["--mutants-of", "ACGX"], "mutants of 'ACGX': not a base"),
        (["--mutants-of", "A"], "within 2 positions: A has only 1 bases"),
        (["--random", "5", "--composition", '{"A": 1}'], "--composition.C is missing"),
    ],
)
def test_bad_input(program, models, arguments, said):
    assert said in program("screen", *arguments, "--model", models / "rank-1", code=1).output


def test_a_model_that_compares_is_refused(program, models):
    done = program("screen", "--random", "5", "--model", models / "pair-1", code=1)
    assert "expected one of kind rank" in done.output


def test_none_left(program, models, tmp_path):
    """All are RNA, or longer than the model reads."""
    (tmp_path / "s.csv").write_text("sequence,score\nACGT,1\nACTT,2\n")
    program("ingest", "s.csv", "--better", "higher", "-o", "known.csv")
    (tmp_path / "c.csv").write_text(f"sequence\nACGU\n{'A' * 600}\n")
    given = ["c.csv", "--model", models / "rank-1", "--trained-on", "known.csv"]
    program("screen", *given)
    said = program("shortlist", "screened", code=1).output
    assert "no candidate is left to screen; the first of 2: other chemistry: RNA" in said
    reasons = pd.read_csv("rejected.csv")["reason"]
    assert reasons[1] == "too long: 600 bases, the model reads 510"


def test_made_candidates_are_of_the_chemistry_of_the_model(program, models, tmp_path):
    (tmp_path / "s.csv").write_text("sequence,score\nACGU,1\nACUU,2\n")
    program("ingest", "s.csv", "--better", "higher", "-o", "known.csv")
    given = ["--model", models / "rank-1", "--trained-on", "known.csv"]
    for made, count in ((["--random", "40"], 40), (["--mutants-of", "ACGU", "--within", "1"], 13)):
        program("screen", *made, *given)
        assert json.loads((tmp_path / "screened/account.json").read_text())["rejected"] == 0
        assert len(pd.read_parquet(tmp_path / "screened/best.parquet")) == count
    said = program("screen", "--mutants-of", "ACGT", *given, code=1).output
    assert "mutants of 'ACGT': not RNA, which the model was trained on" in said


@pytest.mark.slow
def test_a_lost_chunk_is_made_again_alone(finished, tmp_path):
    """Under Snakemake, in a finished run: the same shortlist from other numbers of chunks."""
    folder = finished.with_name("screened")
    shutil.copytree(finished, folder)
    overlay = ["--configfile", "overlay.yaml", "--config"]
    screen = "screen={random: 20000, length: 8, keep: 50, chunks: %d}"
    target = "results/small/screen/shortlist.csv"
    run = partial(run_snakemake, folder, target, *overlay)
    done = run(screen % 3)
    assert done.stderr.count("Score one chunk") == 3
    first = (folder / target).read_bytes()
    assert len(pd.read_csv(folder / target)) == 50
    shutil.rmtree(folder / "results/small/screen/chunks/1")  # as where its job was killed
    (folder / target).unlink()
    done = run(screen % 3)
    assert done.stderr.count("Score one chunk") == 1
    assert (folder / target).read_bytes() == first
    run(screen % 2)
    assert (folder / target).read_bytes() == first


def test_mutants_without_end_are_refused(program, models):
    given = ("--mutants-of", "ACGT" * 10, "--within", "30", "--model", models / "rank-1")
    assert "mutants of 40 bases within 30 positions" in program("screen", *given, code=1).output
