"""The files and folders that a run makes."""

# What is kept of each training, each split and each dataset: all of it is requested, so that a file
# that was deleted is made again.
OF_MODEL = [
    "model",
    "history.csv",
    "predictions.csv",
    "logits.parquet",
    "scores.csv",
    "metrics.json",
    "plots",
    "onnx/model.onnx",
    "repository",
]
OF_FOLD = [
    "split.csv",
    "pairs/train.parquet",
    "pairs/validation.parquet",
    "pairs/test.parquet",
    "audit/audit.csv",
    "audit/audit.html",
    "audit/plots",
    "baselines.csv",
    "baselines.parquet",
    "baselines_by_distance.csv",
    "predictors",
]
OF_DATASET = [
    "aptamers.csv",
    "rejected.csv",
    "labels.parquet",
    "ingestion.json",
    "comparison.csv",
    "comparison/summary.csv",
    "comparison/summary.html",
    "comparison/models.svg",
    "comparison/paired.csv",
    "comparison/paired.svg",
    "description",
    "answer.rst",
    "answer.json",
]
OF_DESIGN = [
    "designed.csv",
    "designed.html",
    "generations.csv",
    "lineage.csv",
    "design.svg",
]

OF_EXPLAIN = ["explained.csv", "explained.html", "maps"]

OF_NEXT = ["plate.csv", "plate.html", "plate.svg"]

# Of each model that scores aptamers, and of the predictors of a fold, if expected.level is given.
OF_EXPECTED = ["expected.json", "coverage.csv", "coverage.svg"]

# The same of a training on a share of the aptamers, a pretraining, a sweep and a recommendation.
OF_SHARE = ["model", "history.csv", "predictions.csv", "logits.parquet", "scores.csv"]
OF_PRETRAINING = ["pretrained", "pretraining.csv"]
OF_SWEEP = ["sweep.csv", "summary.csv", "heatmap.svg"]
OF_SPEED = [
    "timings.csv",
    "benchmark.csv",
    "benchmark.html",
    "benchmark.md",
    "pareto.svg",
    "recommended.json",
]

RANKED = ["ranking.csv", "ranking.html", "ranking.svg", "rejected.csv"]
SHORTLISTED = ["shortlist.csv", "shortlist.html", "rejected.csv", "screen.json"]


def results():
    """Return all that a run makes, except its manifest."""
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
            path
            for dataset in datasets
            for part in (
                results_of_models,
                results_of_expected,
                results_of_shares,
                results_of_sweep,
                results_of_speed,
            )
            for path in part(dataset)
        ],
        *expand(
            "<run>/{dataset}/comparison/learning_curve.{kind}",
            dataset=filter(curve_points, datasets),
            kind=["csv", "svg"],
        ),
        *expand(
            "<run>/ranking/{name}", name=RANKED if config["rank"]["candidates"] else []
        ),
        *expand(
            "<run>/screen/{name}",
            name=SHORTLISTED + screened_chunks() if candidate_source(config) else [],
        ),
        *expand(
            "<run>/design/{name}",
            name=OF_DESIGN if config["design"]["generations"] else [],
        ),
        *expand(
            "<run>/explain/{name}",
            name=OF_EXPLAIN if config["explain"]["aptamers"] else [],
        ),
        *expand("<run>/next/{name}", name=OF_NEXT if config["next"]["size"] else []),
    ]


def records():
    """Return the manifest, written last, and the RO-Crate."""
    return [f"<run>/{name}" for name in ("manifest.json", CRATE, WORKFLOW)]


def results_of_models(dataset):
    """Return what the trainings of a dataset make, including pretraining and the blend."""
    trained = "<run>/{dataset}/{fold}{model}/seed-{seed}"
    return [
        *[
            path
            for name in OF_MODEL
            for path in models_and_blend(f"{trained}/{name}", dataset)
        ],
        *every_model("<run>/{dataset}/{fold}{model}/tokenizer", dataset),
        *expand(
            [f"{trained}/{name}" for name in OF_PRETRAINING],
            dataset=dataset,
            fold=fold_folders(),
            model=[
                name for name in models_of(config, dataset) if MODELS[name]["pretrain"]
            ],
            seed=config["seeds"],
        ),
    ]


def results_of_expected(dataset):
    """Return what the scores of a dataset's models and predictors are in the scale of its data."""
    if config["expected"]["level"] is None:
        return []
    scored = [name for name in models_of(config, dataset) if has_expected(name)]
    return expand(
        ["<run>/{dataset}/{fold}expected/{name}"]
        + [
            f"<run>/{{dataset}}/{{fold}}{model}/seed-{seed}/{{name}}"
            for model in scored + ([BLEND] if config["blend"] else [])
            for seed in config["seeds"]
        ],
        dataset=dataset,
        fold=fold_folders(),
        name=OF_EXPECTED,
    )


def results_of_shares(dataset):
    """Return what the trainings on a share of the aptamers make."""
    return [
        f"{os.path.dirname(logits)}/{name}"
        for _, share, logits in curve_points(dataset)
        for name in (OF_SHARE if share < 1 else [])
    ]


def results_of_sweep(dataset):
    """Return what the trainings of a sweep make."""
    paths = []
    for run, history in sweep_runs(dataset):
        settings = MODELS[config["sweep"]["model"]] | run
        names = ["model", "history.csv"]
        names += OF_PRETRAINING if settings["pretrain"] else []
        paths += [f"{os.path.dirname(history)}/{name}" for name in names]
    for model in SWEPT if paths else []:
        for fold, _ in enumerate(fold_folders(), start=1):
            wildcards = SimpleNamespace(dataset=dataset, model=model, fold=fold)
            paths.append(tokenizer_of(wildcards))
    return paths + [
        f"<run>/{dataset}/sweep/{name}" for name in (OF_SWEEP if paths else [])
    ]


def screened_chunks():
    """Return the parts of a screening, in the folder of its results."""
    return [f"chunks/{chunk}" for chunk in range(config["screen"]["chunks"])]


def whole_results(wildcards):
    """Return all that a run makes, and have files that the manifest lists and are gone made again."""
    if workflow.is_main_process:
        workflow.dag.forcefiles.update(lost_targets())
    return results()


@functools.cache
def lost_targets():
    """Return the files and folders of `results` of which something is gone; tell the user."""
    run = f"results/{config['run']}"
    targets = [path.replace("<run>", run) for path in [*results(), *records()]]
    lost = made_by([f"{run}/{name}" for name in lost_results(Path(run))], targets)
    for names in lost.values():
        tell(f"{visible(enumerated(names))}: gone or emptied; will be made again")
    return list(lost)


def reports():
    """Return the reports of the run that exist."""
    paths = [f"results/{config['run']}/{name}" for name in REPORTS]
    return [path for path in paths if os.path.isfile(path)]
