"""Every command that README and docs show runs, on the files of a finished run."""

import gzip
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snakemake_runs import ROOT

PAGES = ["README.md", "CONTRIBUTING.md", "config/README.md"]
PAGES += sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
# What is not run here, and why.
ELSEWHERE = {
    "source .venv/bin/activate": "there is one venv",
    "--directory ../lab": "there is one folder; test_deployment.py",
    "--report": "test_report.py makes one",
    "--sdm conda": "there is no conda here; test_rules_in_envs.py",
    "export HF_TOKEN": "there is no token; test_publish.py",
    "torchrun --nnodes 2": "needs two machines; test_distributed.py",
}


def commands(page):
    """The lines of a page's blocks of bash, joined where they go on, without comments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"^ *```bash\n(.*?)^ *```", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if line := line.split("  #")[0].strip():
                yield line


ALL = [(page, line) for page in PAGES for line in commands(page)]


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """A user's folder: a finished run, and files of the names that the pages use."""
    folder = tmp_path_factory.mktemp("user") / "aptarank"
    (folder.parent / "shared/data").mkdir(parents=True)  # what the benchmarks read
    for run in ("example/example", "mine/lab", "other/lab"):
        shutil.copytree(finished / "results/small/lab", folder / "results" / run)
    for name in ("mine", "mine-again"):
        shutil.copytree(finished / "results/small", folder / "results" / name, dirs_exist_ok=True)
    lab = folder / "results/mine/lab"
    shutil.copy(lab / "aptamers.csv", folder)
    shutil.copytree(lab / "pairs", folder / "pairs")  # a copy: a command writes there
    for name in ("example", "profiles"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("model", "onnx"):
        (folder / name).symlink_to(lab / "rank/seed-1" / name)
    for seed in (1, 2):
        (folder / f"seed-{seed}").symlink_to(lab / f"rank/seed-{seed}")
    table = (finished / "scored.csv").read_text(encoding="utf-8")
    (folder / "candidates.csv").write_text(table)
    (folder / "scored.csv").write_text(table)
    sequences = [line.split(",")[0] for line in table.splitlines()[1:]]
    fasta = "".join(f">{number}\n{text}\n" for number, text in enumerate(sequences))
    with gzip.open(folder / "pool.fasta.gz", "wt") as file:
        file.write(fasta)
    overlay = (finished / "overlay.yaml").read_text(encoding="utf-8")
    publish = "publish: {repository: me/mine}\n"
    (folder / "mine.yaml").write_text(overlay.replace("run: small", "run: mine") + publish)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_commands(folder, page, program, monkeypatch):
    """In the order of the page; those in Python in this process, which is sooner."""
    monkeypatch.chdir(folder)
    for line in commands(page):
        if any(words in line for words in ELSEWHERE):
            continue
        words = shlex.split(line)
        if words[0] == "make":
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert re.search(rf"^{words[1]}:", makefile, re.M), line
            continue
        if words[0] == "python" and words[1].startswith("scripts/"):
            program(words[1].removeprefix("scripts/").removesuffix(".py"), *words[2:])
            continue
        if words[0] == "python":
            with monkeypatch.context() as context:
                context.syspath_prepend(ROOT / "benchmarks")  # as Python does for a program there
                main = runpy.run_path(str(ROOT / words[1]))["main"]
            main.make_context(words[1], words[2:])  # click knows each option, and misses none
            continue
        assert words[0] == "snakemake", line
        words = [sys.executable, "-m", *words, "-n", "-s", ROOT / "Snakefile"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_what_is_left_out_is_still_there():
    lines = [line for _, line in ALL]
    for words in ELSEWHERE:
        assert any(words in line for line in lines), words


def test_no_file_is_written_over_one_that_is_read(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = Path("scored.csv")
    table.write_text("sequence,score\nACGTACGTAC,1\nACGTACGTAG,2\n")
    before = table.read_text()
    Path("link.csv").symlink_to(table)
    for name in ("scored.csv", "./scored.csv", "link.csv", str(table.absolute()), "s*.csv"):
        said = program("ingest", name, "--better", "higher", "-o", table, code=1).output
        assert "scored.csv: both an input and --output" in said
    assert table.read_text() == before
    said = program("ingest", table, "-o", "a.csv", "--rejected", "a.csv", code=1).output
    assert "both --output and --rejected" in said
    said = program("ingest", table, "--log", table, code=1).output
    assert "both an input and --log" in said
    assert table.read_text() == before
