"""What a run makes."""

# What lasts of each training, of each split and of each dataset: all of it is asked for, so that what
# was deleted is made again.
OF_MODEL = [
    *["model", "history.csv", "predictions.csv", "logits.parquet", "scores.csv"],
    *["metrics.json", "plots", "onnx/model.onnx", "repository"],
]
OF_FOLD = [
    *["split.csv", "pairs/train.parquet", "pairs/validation.parquet"],
    *["pairs/test.parquet", "audit/audit.csv", "audit/plots"],
    *["baselines.csv", "baselines.parquet"],
]
OF_DATASET = [
    *["aptamers.csv", "rejected.csv", "labels.parquet", "ingestion.json"],
    *["comparison.csv", "comparison/summary.csv", "comparison/paired.csv"],
    *["description", "answer.rst"],
]
OF_DESIGN = [
    *["designed.csv", "designed.html", "generations.csv", "lineage.csv", "design.svg"]
]

RANKED = ["ranking.csv", "ranking.html", "ranking.svg", "rejected.csv"]
SHORTLISTED = ["shortlist.csv", "shortlist.html", "rejected.csv", "screen.json"]


def results():
    """What a run makes, but for its manifest."""
    datasets = config["datasets"]
    return [
        *expand("<run>/{dataset}/{name}", dataset=datasets, name=OF_DATASET),
        *expand(
            "<run>/{dataset}/{fold}{name}",
            dataset=datasets,
            fold=fold_folders(),
            name=OF_FOLD,
        ),
        *[
            every_model(
                f"<run>/{{dataset}}/{{fold}}{{model}}/seed-{{seed}}/{name}", dataset
            )
            for dataset in datasets
            for name in OF_MODEL
        ],
        *[
            every_model("<run>/{dataset}/{fold}{model}/tokenizer", dataset)
            for dataset in datasets
        ],
        *expand(
            "<run>/{dataset}/comparison/learning_curve.csv",
            dataset=filter(curve_points, datasets),
        ),
        *expand(
            "<run>/{dataset}/sweep/summary.csv", dataset=filter(sweep_runs, datasets)
        ),
        *map(speed_of, datasets),
        *expand(
            "<run>/ranking/{name}", name=RANKED if config["rank"]["candidates"] else []
        ),
        *expand(
            "<run>/screen/{name}",
            name=SHORTLISTED if screened(config) else [],
        ),
        *expand(
            "<run>/design/{name}",
            name=OF_DESIGN if config["design"]["generations"] else [],
        ),
    ]


def reports():
    """Reports of the run, where there are some."""
    paths = [f"results/{config['run']}/{name}" for name in REPORTS]
    return [path for path in paths if os.path.isfile(path)]
