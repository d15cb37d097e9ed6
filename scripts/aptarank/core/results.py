"""What lies in the folder of a run, and what of it is no result. Imports nothing heavy."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

REPORTS = ("report.html", "report.zip")
# Names in a run's folder (behind a /), and why these files are no results.
NO_RESULTS = {
    "*/logs/*.log": "logs: they name times and folders",
    "*/benchmarks/*.tsv": "benchmarks: seconds and memory of each job",
    "*/checkpoints/step-*": "checkpoints of a training that has not ended",
    "*/checkpoints/former/step-*": "those of the training before it, with other settings",
    "*/.snakemake_timestamp": "Snakemake's note of when a folder was written",
    **{f"*/{name}": "the report: made of all the rest, where it was asked for" for name in REPORTS},
}
# Results that follow the clock.
TIMED = {
    "*/speed/timings.csv": "timings",
    **dict.fromkeys(
        [f"*/speed/{name}" for name in ("benchmark.*", "pareto.svg", "recommended.json")],
        "what follows from timings",
    ),
}


def files_in(folder: Path, but: Mapping[str, str] = NO_RESULTS) -> list[str]:
    """Names of the files in a folder and those below it, in order, without what matches `but`."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if reason(name, but) is None)


def reason(name: str, patterns: Mapping[str, str]) -> str | None:
    """What the first pattern that matches a file's name in a run's folder stands for."""
    return next((why for form, why in patterns.items() if fnmatchcase(f"/{name}", form)), None)
