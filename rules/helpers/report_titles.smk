"""Titles in the report (its captions are in report/), and what a run prints at its end."""

# The title of each figure, by the name of its file.
FIGURES = {
    "read_as": "What was read as what",
    "rows": "What became of the rows",
    "lengths": "Lengths",
    "distribution": "Scores",
    "scores": "Scores by part",
    "nearest": "Nearest training aptamer of each test aptamer",
    "distance": "By distance from the reference",
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
    "mutations": "Change by one base",
    "truncations": "How short it can be",
    "dependencies": "Bases that go together",
    "positions": "Mean effect of each base",
    "words": "Words of bases",
}
FILE_TYPES = {"svg": "plot", "csv": "table (CSV)", "html": "page"}


def report_labels(figure, kind="svg"):
    """Return the labels of an item: what it shows, of which model and seed, in which form."""

    def of(wildcards):
        labels = {"what": FIGURES.get(figure, figure)}
        for name in ("model", "seed", "fold"):
            if name in wildcards.keys():
                labels[name] = wildcards[name]
        return labels | {"as": FILE_TYPES[kind]}

    return of


def report_labels_in_folder(wildcards):
    """Return the labels of a file {figure}.{kind} in a folder."""
    return report_labels(wildcards.figure, wildcards.kind)(wildcards)


def report_labels_of_aptamer(wildcards):
    """Return the labels of a figure {aptamer}/{figure}.svg in a folder."""
    aptamer = {"aptamer": wildcards.aptamer}
    return aptamer | report_labels(wildcards.figure)(wildcards)


def is_older(path, other):
    """Whether a file was made before another one."""
    return os.path.isfile(other) and os.path.getmtime(path) < os.path.getmtime(other)


def print_findings():
    """Print at the end of a run what was found, where it is, and what can be done next."""
    run = f"results/{config['run']}"
    for dataset in config["datasets"]:
        path = f"{run}/{dataset}/answer.rst"
        if os.path.isfile(path) and not is_older(path, f"{run}/{dataset}/aptamers.csv"):
            with open(path, encoding="utf-8") as file:
                print(f"\n{dataset}\n{paragraphs(at_terminal(file.read()))}")
            with open(f"{run}/{dataset}/answer.json", encoding="utf-8") as file:
                name = json.load(file)["predictor"]
            where = (
                f"{run}/{dataset}/{fold_folders()[0]}{name}/seed-{config['seeds'][0]}"
            )
            print(f"Recommended: {name}, in {where}/model")
    print(f"Done. Results: {run}/")
    asked = {
        "ranking/ranking.csv": config["rank"]["candidates"],
        "screen/shortlist.csv": candidate_source(config),
        "design/designed.csv": config["design"]["generations"],
    }
    for name, is_asked in asked.items():
        if is_asked and os.path.isfile(f"{run}/{name}"):
            print(f"Candidates, best first: {run}/{name}")
    if config["explain"]["aptamers"] and os.path.isfile(f"{run}/explain/explained.csv"):
        print(f"Which bases matter, by aptamer: {run}/explain/explained.html")
    if config["next"]["size"] and os.path.isfile(f"{run}/next/plate.csv"):
        print(f"What to measure next: {run}/next/plate.csv, drawn in plate.html")
    tables = [f"{run}/{dataset}/comparison.csv" for dataset in config["datasets"]]
    if tables and all(
        map(os.path.isfile, tables)
    ):  # else only some files were asked for
        print("One table of all models and baselines:", *tables, sep="\n  ")
        print(
            f"To view all of it in a browser, add --report {run}/report.zip to the snakemake "
            "command (after make run: make report)"
        )
