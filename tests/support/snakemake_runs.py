"""The workflow run as a user would, and what a dry run plans."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_snakemake(folder, *arguments, code=0, gpus=1, workflow=ROOT, under=()):
    """Run the workflow in a folder, under another command if one is given; returns the process."""
    command = [sys.executable, "-m", "snakemake", "--resources", f"gpu={gpus}", "--cores", "2"]
    done = subprocess.run(
        [*under, *command, "-s", workflow / "Snakefile", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def jobs_of(done):
    """The jobs that a dry run plans: rule, and wildcards by name."""
    found = []
    for block in re.split(r"\n(?=(?:local)?rule )", done.stdout + done.stderr)[1:]:
        wildcards = re.search(r"^    wildcards: (.*)", block, re.M)
        pairs = wildcards[1].split(", ") if wildcards else []
        rule = re.match(r"(?:local)?rule (\w+):", block)[1]
        found.append({"rule": rule} | dict(pair.split("=", 1) for pair in pairs))
    return found


def planned(done):
    """How many jobs a dry run plans, by rule."""
    return dict(Counter(job["rule"] for job in jobs_of(done) if job["rule"] != "all"))
