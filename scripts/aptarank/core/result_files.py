"""Which files in the folder of a run are results. Imports nothing heavy."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

REPORTS = ("report.html", "report.zip")
CRATE = "ro-crate-metadata.json"
WORKFLOW = "Snakefile"  # the copy of ours that the RO-Crate describes
# Patterns of files in a run's folder (after a /) that are not results, and why.
NOT_RESULTS = {
    "*/logs/*.log": "logs: they contain times and folders",
    "*/benchmarks/*.tsv": "benchmarks: seconds and memory of each job",
    "*/checkpoints/step-*": "checkpoints of an unfinished training",
    "*/checkpoints/former/step-*": "checkpoints of the training before it, with other settings",
    "*/.snakemake_timestamp": "Snakemake's record of when a folder was written",
    f"/{CRATE}": "the RO-Crate: made from the manifest",
    **{f"*/{name}": "the report: made from all the rest, on request" for name in REPORTS},
}
# Results that depend on measured times.
TIMED = {
    "*/speed/timings.csv": "timings",
    **dict.fromkeys(
        [f"*/speed/{name}" for name in ("benchmark.*", "pareto.svg", "recommended.json")],
        "what depends on timings",
    ),
}


def list_files(folder: Path, exclude: Mapping[str, str] = NOT_RESULTS) -> list[str]:
    """Return the sorted names of all files below a folder, except those that match `exclude`."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if exclusion_reason(name, exclude) is None)


def exclusion_reason(name: str, patterns: Mapping[str, str]) -> str | None:
    """Return the reason of the first pattern that matches a file's name, or None."""
    return next(
        (why for pattern, why in patterns.items() if fnmatchcase(f"/{name}", pattern)), None
    )
