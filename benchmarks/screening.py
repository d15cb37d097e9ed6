"""The speed and memory of screening, from 10,000 to millions of candidates.

Run: .venv/bin/python benchmarks/screening.py --run results/example/example
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from aptarank.core import machine

PEAK = r"""
import re, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    # Not ru_maxrss, which starts at the memory of who starts this program.
    peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]
    print(int(peak) / 1024)
"""


def write_pool(count: int, length: int, path: Path) -> None:
    """Write a CSV of random candidates."""
    from aptarank.use.screening import random_blocks

    with path.open("w") as file:
        file.write("id,sequence\n")
        for block in random_blocks(count, length, dict.fromkeys("ACGT", 1), 1, 0, 1):
            file.writelines(f"{c.name},{c.text}\n" for c in block.candidates)


def screened(form: Path, count: int, length: int, threads: int) -> tuple[float, float, float]:
    """Seconds from CSV to shortlist, candidates per second while screening, and peak MiB."""
    with tempfile.TemporaryDirectory() as folder:
        pool = Path(folder) / "pool.csv"
        write_pool(count, length, pool)
        start = time.perf_counter()
        command = [sys.executable, "-c", PEAK, ROOT / "scripts/screen.py", pool]
        command += ["--model", form, "--threads", threads, "-o", Path(folder) / "screened"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
        short = [ROOT / "scripts/shortlist.py", Path(folder) / "screened"]
        short += ["-o", Path(folder) / "s.csv", "--rejected", Path(folder) / "r.csv"]
        short += ["--summary", Path(folder) / "s.json"]
        subprocess.run([sys.executable, *short], capture_output=True, check=True)
        taken = time.perf_counter() - start
    rate = float(re.findall(r"(\S+) (?:a|per) second", done.stderr)[0])
    return taken, rate, float(done.stdout.split()[-1])


def recommended(folder: Path) -> tuple[Path, str]:
    """The recommended form of the first rank model of a run, and its name."""
    form = folder / "rank/seed-1/speed/recommended.json"
    return form, json.loads(form.read_text())["variant"]


@click.command()
@click.option("--run", "folder", required=True, help="Folder of a dataset in a finished run.")
@click.option(
    "--model", help="Form to use instead of the recommended one, such as onnx/model.onnx."
)
@click.option("--most", default=1_000_000, show_default=True, help="Largest number of candidates.")
@click.option("--length", default=15, show_default=True)
@click.option("--threads", default=2, show_default=True)
def main(folder, model, most, length, threads):
    """Print candidates per second, from CSV to shortlist, and the peak memory of the program."""
    form, named = recommended(Path(folder))
    if model:
        form, named = Path(folder) / "rank/seed-1" / model, model
    print(f"machine: {machine.describe()}")
    print(f"{named}, {threads} threads, {length} bases\n")
    print("| candidates | seconds | per second, overall | per second while screening | peak MiB |")
    print("|---|---|---|---|---|")
    count = 10_000
    while count <= most:
        taken, rate, peak = screened(form, count, length, threads)
        row = f"| {count:,} | {taken:.1f} | {count / taken:,.0f} | {rate:,.0f} | {peak:.0f} |"
        print(row, flush=True)
        count *= 10


if __name__ == "__main__":
    main()
