"""How the report names what it shows (the captions are in report/), and what a run says at its end."""

# Of each figure its title, by the name of its file.
FIGURES = {
    "read_as": "What was read as what",
    "rows": "What became of the rows",
    "lengths": "Lengths",
    "distribution": "Scores",
    "scores": "Scores by part",
    "nearest": "Nearest training aptamer of each test aptamer",
    "models": "Accuracy of models and baselines",
    "paired": "Differences between models",
    "learning_curve": "Learning curve",
    "heatmap": "Sweep of settings",
    "history": "Training",
    "roc": "ROC curve",
    "precision_recall": "Precision and recall",
    "reliability": "Calibration",
    "margin": "Accuracy by margin",
    "ranking": "Predicted against true rank",
    "top": "Recall of the best",
    "confusion": "Confusion matrix",
    "consistency": "Contradictions",
    "pareto": "Speed against accuracy",
}
KINDS = {"svg": "plot", "csv": "table (CSV)", "html": "page"}


def labels(figure, kind="svg"):
    """The labels of an item: what it shows, of which model and seed, and as what."""

    def of(wildcards):
        found = {"what": FIGURES.get(figure, figure)}
        for name in ("model", "seed", "fold"):
            if name in wildcards.keys():
                found[name] = wildcards[name]
        return found | {"as": KINDS[kind]}

    return of


def labels_in_folder(wildcards):
    """The same for the files of a folder, {figure}.{kind}."""
    return labels(wildcards.figure, wildcards.kind)(wildcards)


def tell_answers():
    """Say at the end of a run what was found, where it is, and what can be done next."""
    run = f"results/{config['run']}"
    for dataset in config["datasets"]:
        path = f"{run}/{dataset}/answer.rst"
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                print(f"\n{dataset}\n{at_terminal(file.read())}")
    print(f"Done. Results: {run}/; one table of all models and baselines:")
    for dataset in config["datasets"]:
        print(f"  {run}/{dataset}/comparison.csv")
    print(f"All of it to look at: the same command with --report {run}/report.zip")
