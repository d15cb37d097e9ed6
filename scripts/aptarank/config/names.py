"""Names that the pipeline uses in the folder of a run. Imports nothing heavy."""

from fnmatch import fnmatchcase

from aptarank.core.result_files import CRATE, REPORTS, WORKFLOW

LOGS = ("logs", "benchmarks")
# Files and folders next to those of the datasets, so that no dataset can have these names.
BESIDES_DATASETS = (
    *("manifest.json", CRATE, WORKFLOW, "ranking", "screen", "design", "next", "explain"),
    *(*LOGS, *REPORTS),
)
# Files and folders next to those of the models, and next to those of their logs.
BESIDES_MODELS = (
    *("aptamers.csv", "rejected.csv", "labels.parquet", "ingestion.json", "description"),
    *("split.csv", "pairs", "audit", "baselines.csv", "baselines.parquet", "predictors", "blend"),
    "expected",
    *("comparison.csv", "comparison", "sweep", "answer.rst", "answer.json", "fold-[0-9]*"),
    *("baselines_by_distance.csv", *LOGS, "*.log", "*.tsv"),
)
RESERVED = {"datasets": BESIDES_DATASETS, "models": BESIDES_MODELS}
# Names of the baselines in tables of models: aptarank.predictors.fit, their stack, and
# aptarank.evaluation.baselines.
PREDICTORS = ("ridge", "gp", "trees", "additive_pairwise", "nearest")
STACK = "stack"
BASELINES = (*PREDICTORS, STACK, "shared_prefix", "length", "gc_content")
BLEND = "blend"  # of the stack and the encoders


def is_reserved(name: str, section: str) -> bool:
    """Whether a dataset or model would have the name of one of the pipeline's own files or folders.

    Case is ignored, as many file systems do.

    Args:
        section: of the config, datasets or models.
    """
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in RESERVED[section])
