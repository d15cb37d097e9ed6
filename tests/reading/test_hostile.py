"""Each hostile file is read right or refused with a clear message; nothing is lost."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import hostile
from aptarank.core.errors import InputError
from aptarank.reading.fasta_records import read_records
from hostile_cases import locked
from snakemake_runs import ROOT

NAMES = [case.file for case in hostile.CASES]


def test_there_are_enough_and_none_twice():
    assert len(hostile.CASES) >= 70
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("case", hostile.CASES, ids=lambda case: ascii(case.file)[1:40])
def test_hostile_file(program, tmp_path, case):
    if case.content is locked and os.geteuid() == 0:
        pytest.skip("root reads every file; see test_a_file_that_may_not_be_read")
    arguments = case.write(tmp_path)
    if case.accepted is None:
        output = program("ingest", *arguments, code=1).output
        message = output[output.index("error: ") :].strip()
        assert case.message in message
        names = (*(case.named or ()), case.file, *case.others)
        assert any(ascii(name)[1:-1] in message for name in names)
        assert message.count("\n") < 8
        assert len(message) < 1500
        assert not (tmp_path / "aptamers.csv").exists()
    else:
        program("ingest", *arguments)
        check_rows(case)


def check_rows(case):
    """The accepted and rejected rows are those expected, and together they are all rows."""
    account = json.loads(read("ingestion.json"))
    assert account["accepted"] + account["rejected"] + account["merged"] == account["rows"]
    rejected = pd.read_csv("rejected.csv", dtype=str, keep_default_na=False)
    assert len(rejected) == account["rejected"] == sum(account["reasons"].values())
    reasons = dict(zip(rejected["line"].astype(int), rejected["reason"], strict=True))
    assert reasons.keys() == case.rejected.keys()
    for line, reason in case.rejected.items():
        assert reasons[line].startswith(reason), line
    assert all(re.match(r"[\w' ]+(:|$)", reason) for reason in rejected["reason"])
    if account["files"][0]["format"] == "pairs":
        *pair, label = pd.read_parquet("labels.parquet").to_numpy().T.tolist()
        assert dict(zip(zip(*pair, strict=True), label, strict=True)) == case.accepted
        return
    aptamers = pd.read_csv("aptamers.csv")
    assert aptamers["count"].sum() + account["rejected"] == account["rows"]
    scores = dict(zip(aptamers["sequence"], aptamers["score"], strict=True))
    assert scores == pytest.approx(dict(case.accepted), rel=1e-9)


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def test_a_file_that_may_not_be_read(tmp_path):
    """Also where the tests run as root, who may read all: then as another user."""
    locked(tmp_path / "locked.csv")
    code = (
        "import os, sys\n"
        "import ingest\n"
        "os.geteuid() == 0 and os.setuid(65534)\n"
        "ingest.main(['locked.csv'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "locked.csv: no permission to read it" in done.stderr


def test_the_page_is_the_table():
    assert read(ROOT / "docs/hostile-files.md") == hostile.page(), "regenerate it, see its head"


@pytest.mark.parametrize("text", ["", "\n", " \n\n"])
def test_fasta_without_a_line(text):
    """Found by the fuzzer; files without any text are refused before they get here."""
    with pytest.raises(InputError, match="before the first FASTA header"):
        list(read_records(text, Path("empty.fasta")))
