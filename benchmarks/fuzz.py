"""Fuzz the readers with mutated files, guided by coverage of our code (Atheris, libFuzzer).

A finding is any exception other than InputError, an input that takes longer than 5 seconds, or rows
that are not accounted for. Findings are saved in --findings, to become cases of
tests/support/hostile_cases.

Run: .venv/bin/pip install atheris==3.0.0, then
     .venv/bin/python benchmarks/fuzz.py --minutes 10 --reader maws
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests/support")]

LOGS = ("maws", "efba", "efbascore", "fastaptamer", "fasta")
TABLES = ("csv", "tsv", "kd", "enrichment", "aptasuite", "raptgen", "pairs")
READERS = (*LOGS, *TABLES, "recognise", "ingest")
SLOW = 5  # seconds for one small input
LARGEST = 4096  # bytes
IN_FULL = 16  # one in this many inputs also goes through pandas, which is slow

# What mutation inserts: words of the formats, and characters that break parsers.
TOKENS = (
    *("SEQUENCE: ", "ENTROPY: ", "ENERGY: ", "SCORE", "Ntide: ", "entropy: ", "DGN DA3 : "),
    *("Computed ", ", relative entropy gained in this step: ", ", total entropy w this aptamer "),
    *("Done with ", "Score (relative entropy): ", ">1-2-3", "rank=1;reads=2;rpu=3", "score="),
    *("sequence", "Sequence1", "Sequence2", "Label", "Kd (nM)", "pKd", "Aptamer Id", "duplicate"),
    *("random_region", "Enrichment (y/x)", "Reads (x)", "ACGT", "ACGU", "ACGN", "NNN", "dGpdT"),
    *("5'-", "-3'", "nM", "µM", "Kd=", "25-200", "6.5±0.2", "<5", "1,5", "1.234,5", "1e309"),
    *("1e-400", "-0", "nan", "inf", "NA", "1_000", " × 10^-9", "10⁻⁹", "2024-05-06", "sep=;"),
    *('"', '""', ",", "\t", ";", "|", "\n", ">"),
)


@click.command()
@click.option("--minutes", default=1.0, show_default=True, help="Minutes for each reader.")
@click.option(
    "--reader",
    "readers",
    multiple=True,
    type=click.Choice(READERS),
    help="Reader to fuzz, may be repeated; all by default.",
)
@click.option("--jobs", default=1, show_default=True, help="Number of readers in parallel.")
@click.option(
    "--findings",
    type=click.Path(path_type=Path),
    default=Path(tempfile.gettempdir()) / "aptarank-findings",
    show_default=True,
)
@click.option("--child", hidden=True, help="Fuzz one reader in this process and folder.")
def main(minutes, readers, jobs, findings, child):
    """Print executions, executions per second and findings of each reader."""
    if child:
        fuzz(readers[0], minutes, findings, Path(child))
        return
    from aptarank.core import machine

    findings.mkdir(parents=True, exist_ok=True)
    print(f"machine: {machine.describe()}")
    print("| reader | executions | executions/s | findings |\n|---|---|---|---|", flush=True)
    total = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        chosen = readers or READERS
        for name, line in zip(
            chosen, pool.map(lambda name: run(name, minutes, findings), chosen), strict=True
        ):
            executions, per_second, found = line
            total += found
            print(f"| {name} | {executions:,} | {per_second:,.0f} | {found} |", flush=True)
    print(f"{total} findings" + (f", in {findings}" if total else ""))
    sys.exit(1 if total else 0)


def run(name: str, minutes: float, findings: Path) -> tuple[int, float, int]:
    """Fuzz a reader in its own process, because libFuzzer ends it; returns its counts."""
    command = [sys.executable, __file__, "--reader", name, "--minutes", str(minutes)]
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        more = ["--findings", findings, "--child", folder]
        done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
        counted = re.search(r"^executions (\d+) in (\S+) s$", done.stdout, re.M)
    if counted is None:  # libFuzzer stopped at a hang, or the process died
        (findings / f"{name}-died.txt").write_text(done.stderr[-9000:], encoding="utf-8")
    executions, seconds = (int(counted[1]), float(counted[2])) if counted else (0, 1.0)
    return executions, executions / seconds, len(list(findings.glob(f"{name}-*.txt")))


def fuzz(name: str, minutes: float, findings: Path, folder: Path) -> None:
    """Fuzz one reader until the time is up; ends the process."""
    try:
        import atheris
    except ImportError:
        raise click.ClickException("needs Atheris: pip install atheris==3.0.0") from None
    with atheris.instrument_imports(include=["aptarank"]):
        target = target_of(name, folder / "input.txt")
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds()):
        (corpus / str(number)).write_bytes(seed)
    words = ("".join(f"\\x{byte:02x}" for byte in token.encode()) for token in TOKENS)
    (folder / "words").write_text("".join(f'"{word}"\n' for word in words), encoding="utf-8")
    seen: set[str] = set()
    begin = time.monotonic()
    executions = 0

    def one_input(data: bytes) -> None:
        nonlocal executions
        executions += 1
        start = time.process_time()  # CPU time of this process, because others may use the CPU
        try:
            target(data)
        except Exception as error:
            save_finding(error, data, name, seen, findings)
        if time.process_time() - start > SLOW:
            save_finding(TimeoutError("slow"), data, name, seen, findings)
        now = time.monotonic()
        if now - begin > 60 * minutes:
            print(f"executions {executions} in {now - begin:.1f} s", flush=True)
            os._exit(0)  # libFuzzer's own end waits for Arrow's threads, which wait for Python

    settings = [
        f"-max_len={LARGEST}",
        "-timeout=300",
        "-report_slow_units=300",
        f"-artifact_prefix={findings}/{name}-hang-",
    ]
    atheris.Setup([name, *settings, f"-dict={folder / 'words'}", str(corpus)], one_input)
    atheris.Fuzz()


def save_finding(error: Exception, data: bytes, name: str, seen: set[str], findings: Path) -> None:
    """Save a finding, once per kind of error and place in our code."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{Path(f.filename).stem}-{f.lineno}" for f in frames if str(ROOT) in f.filename]
    kind = f"{type(error).__name__}-{lines[-1] if lines else 'here'}"
    if kind not in seen:
        seen.add(kind)
        text = "".join(traceback.format_exception(error))
        (findings / f"{name}-{kind}.txt").write_text(f"{data!r}\n\n{text}", encoding="utf-8")


def seeds() -> list[bytes]:
    """The hostile files of the tests, each twice; the first byte chooses the options."""
    import hostile

    contents = [case.content for case in hostile.CASES if isinstance(case.content, str | bytes)]
    data = [content.encode() if isinstance(content, str) else content for content in contents]
    small = [content for content in data if len(content) < LARGEST]
    return [
        bytes([choice]) + content
        for number, content in enumerate(small)
        for choice in (0, number % 8)
    ]


def target_of(name: str, path: Path):
    """Make the function to fuzz: it reads an input and accounts for its rows."""
    from aptarank.columns.rows import make_options
    from aptarank.core.errors import InputError
    from aptarank.ingestion.aptamers import clean_rows, fitness_of
    from aptarank.ingestion.ingest import check_accepted, ingest_files
    from aptarank.ingestion.labelled_pairs import clean_labelled_pairs
    from aptarank.reading.formats import TABLE_FORMATS, TEXT_FORMATS
    from aptarank.reading.read_file import format_named, recognise
    from aptarank.reading.tabular_files import text_table
    from aptarank.values.sequences import normalise

    choices = [
        make_options(format=name if name in (*LOGS, *TABLES) else "auto", max_rejected=1.0, **more)
        for more in (
            {"better": "lower"},
            {"better": "lower", "decimal": ",", "group": "length"},
            {"better": "lower", "header": False, "sequence": "1", "score": "2"},
            {"better": "higher", "min_count": 2, "bounds": "reject"},
            {"better": "higher", "before": "2", "after": "3", "sequence": "1"},
            {"better": "lower", "score": "energy", "steps": "final"},
            {"five_primer": "auto", "three_primer": "ACG", "primer_share": 0.5, "better": "lower"},
            {"better": None},
        )
    ]
    source = Path("fuzzed.txt")

    def read(data: bytes):
        chosen = choices[data[0] % len(choices)] if data else choices[0]
        text = re.sub("\r\n?", "\n", data[1:].decode(errors="replace")).replace("\0", "")
        if name == "recognise":
            recognise(TEXT_FORMATS, text, chosen)
            return
        if text_format := format_named(TEXT_FORMATS, name):
            rows = list(text_format.read(text, source, chosen).rows)
        else:
            table = text_table(text, source, chosen, "\t" if name == "tsv" else None)
            found = format_named(TABLE_FORMATS, name).read(table, source, chosen)
            rows = [*found.rows, *found.label_rows]
        if chosen.steps != "final":
            counted(text, len(rows))
        if name != "pairs":
            for row in rows:
                for check_row in (
                    lambda row=row: normalise(row.sequence),
                    lambda row=row: fitness_of(row, "lower", chosen),
                ):
                    try:
                        check_row()
                    except ValueError as reason:
                        explained([str(reason)])
        if zlib.crc32(data) % IN_FULL or not rows:
            return
        if name == "pairs":
            _, labels, rejected = clean_labelled_pairs(rows)
            assert len(labels) + len(rejected) <= len(rows)
            assert len(labels) or len(rejected) == len(rows)
        else:
            aptamers, rejected = clean_rows(rows, "lower", chosen)
            assert aptamers["count"].sum() + len(rejected) == len(rows)
            assert set("".join(aptamers["sequence"])) <= set("ACGT")
        explained(rejected["reason"])

    def explained(reasons) -> None:
        """Check that each rejected row has a short reason, `kind: detail`."""
        for reason in reasons:
            assert re.match(r"[\w' ]+(: |$)", reason)
            assert len(reason) < 400

    def counted(text: str, rows: int) -> None:
        """Check that there are as many rows as a plain count of the records finds."""
        lines = text.split("\n")
        if name in ("efbascore", "fastaptamer", "fasta"):
            assert rows == sum(line.startswith(">") for line in lines)
        elif name == "maws":
            assert rows >= sum(line.strip().startswith(("SEQUENCE", "Ntide:")) for line in lines)
        elif name in TABLES and '"' not in text:
            with_words = sum(bool(re.search(r"\w", line)) for line in lines)
            assert with_words - 2 <= rows  # a header, Excel's sep=
            assert rows <= sum(bool(line.strip()) for line in lines)

    def read_whole(data: bytes) -> None:
        path.write_bytes(data[1:])
        found = ingest_files([str(path)], choices[data[0] % len(choices)] if data else choices[0])
        json.dumps(found.summary)
        explained(found.rejected["reason"])
        found.rejected.to_csv(path.with_suffix(".csv"))
        summary = found.summary
        rows = summary["accepted"] + summary["rejected"] + summary["merged"]
        assert rows == summary["rows"]
        assert summary["merged"] >= 0
        if found.labels.empty and summary["files"][0]["format"] != "pairs":
            assert found.aptamers["count"].sum() + len(found.rejected) == summary["rows"]
        check_accepted(found, str(path), choices[0])

    work = read_whole if name == "ingest" else read

    def target(data: bytes) -> None:
        try:
            work(data)
        except InputError as error:
            message = str(error)
            assert source.name in message or path.name in message
            assert len(message) < 2000
            assert message.count("\n") < 8

    return target


if __name__ == "__main__":
    main()
