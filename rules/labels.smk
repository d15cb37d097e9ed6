"""How the report names what it shows; the captions are in report/."""

# Of each figure its title, by the name of its file.
FIGURES = {
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
