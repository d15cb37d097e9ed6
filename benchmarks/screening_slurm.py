"""Screen a million candidates under a real SLURM with one chunk killed, and without SLURM.

Run: .venv/bin/python benchmarks/screening_slurm.py
"""

import sys
import tempfile
import time
from pathlib import Path

import click

HOME = Path(__file__).resolve().parents[1]
for folder in ("scripts", "tests/support", "tests/workflow"):
    sys.path.insert(0, str(HOME / folder))

from test_slurm import OVERLAY, Run, screened_with_a_kill

from aptarank.core import machine
from debian import SLURM, install
from slurm_cluster import Cluster


@click.command()
@click.option("--count", default=1_000_000, show_default=True)
@click.option("--chunks", default=8, show_default=True)
def main(count, chunks):
    """Print the state of each job, and whether the shortlists are equal."""
    missing = install(SLURM)
    if missing:
        raise click.ClickException(missing)
    print(f"machine: {machine.describe()}")
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "cluster") as cluster:
        run = Run(cluster, Path(folder) / "run", OVERLAY)
        process = run.start("results/example/lab/rank/seed-1/onnx/model.onnx")
        if process.wait():
            raise click.ClickException(run.said)
        logs = run.folder / "results/example/logs/screen"

        def midway():
            return any("screening:" in log.read_text() for log in logs.glob("*.log"))

        start = time.monotonic()
        jobs, shortlist = screened_with_a_kill(run, count, chunks, midway)
        taken = time.monotonic() - start
        same = shortlist == (run.folder / "whole/shortlist.csv").read_bytes()
    print(f"{count:,} candidates in {chunks} chunks, {taken:.0f} s with the run beside\n")
    print("| SLURM job | rule, chunk | state | node | from | to |\n|---|---|---|---|---|---|")
    for job in jobs:
        name = f"screen, {job['Comment'].rpartition('_')[2]}"
        begin, end = (job[key].rpartition("T")[2] for key in ("StartTime", "EndTime"))
        cells = [job["JobId"], name, job["JobState"], job["NodeList"], begin, end]
        print(f"| {' | '.join(cells)} |")
    print(f"\nshortlist equal to that of a run without SLURM: {'yes' if same else 'no'}")
    sys.exit(not same)


if __name__ == "__main__":
    main()
