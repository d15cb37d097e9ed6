"""Names that the pipeline itself uses in the folder of a run. Imports nothing heavy."""

from fnmatch import fnmatchcase

from aptarank.core.results import REPORTS

LOGS = ("logs", "benchmarks")
# What lies beside the folders of the datasets, which must not be the name of one.
OF_RUN = ("manifest.json", "ranking", "screen", "design", *LOGS, *REPORTS)
# What lies beside the folders of the models, and beside those of their logs.
OF_DATASET = (
    *("aptamers.csv", "rejected.csv", "labels.parquet", "ingestion.json", "description"),
    *("split.csv", "pairs", "audit", "baselines.csv", "baselines.parquet"),
    *("comparison.csv", "comparison", "sweep", "answer.rst", "fold-[0-9]*"),
    *(*LOGS, "*.log", "*.tsv"),
)
OWN = {"datasets": OF_RUN, "models": OF_DATASET}
# Models' names in the tables of comparisons (aptarank.evaluation.baselines).
BASELINES = ("extra_trees", "ridge", "shared_prefix", "length", "gc_content")


def is_own(name: str, what: str) -> bool:
    """Whether a name of one of the datasets or models is that of a file or folder of our own.

    Letter case makes no difference, as on the disks of many computers.
    """
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in OWN[what])
