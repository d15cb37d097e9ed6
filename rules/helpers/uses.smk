"""Which model rank, screen, design, next and publish use, and their options."""


def design_options():
    """Return the settings of the design as options of its script."""
    design = config["design"]
    lists = ("length", "gc", "forbidden")
    words = as_options(design, exclude=("model", *lists))
    for key in ("length", "gc"):
        words += [f"--{key}", *map(str, design[key])] if design[key] else []
    return words + [f"--forbidden={word}" for word in design["forbidden"]]


# What next.py reads of a dataset, by its options.
OF_MEASURED = {
    "known": "aptamers.csv",
    "ingestion": "ingestion.json",
    "rejected": "rejected.csv",
    "split": "split.csv",
}


def measured_before():
    """Return the files of what was measured, for the next plate; none before the first one."""
    if not config["datasets"]:
        return []
    fold = fold_folders()[0]
    return [
        used_data("next", f"{fold if name == 'split' else ''}{file}")
        for name, file in OF_MEASURED.items()
    ]


def next_models(name):
    """Return a file or folder of the model whose scores count for the next plate, of each seed."""
    return used_models("next", name) if chooses_by_measurements(config) else []


def next_candidates():
    """Return the files of candidates for the next plate; none for mutants."""
    found = {
        "screen": ["<run>/screen/shortlist.csv"],
        "design": ["<run>/design/designed.csv"],
    }
    source = config["next"]["source"]
    files = files_of(config["next"]["candidates"]) if source == "candidates" else []
    return found.get(source, files)


def next_options():
    """Return the settings of the next plate as options of its script."""
    settings = config["next"]
    lists = ("length", "gc", "forbidden", "controls")
    words = as_options(settings, exclude=("model", "source", "candidates", *lists))
    for key in ("length", "gc"):
        words += [f"--{key}", *map(str, settings[key])] if settings[key] else []
    words += [f"--{key}={each}" for key in lists[2:] for each in settings[key]]
    words += [] if settings["controls"] else ["--no-controls"]
    if settings["source"] in ("screen", "design"):
        words += ["--with-t", "--sequence=sequence"]
    if config["datasets"]:  # before there is one, any may read the first plate
        words.append(f"--dataset={config['run']}/{used_dataset(config, 'next')}")
    return words


# What explain.py reads of a dataset, by its options; the ranking is there if candidates are given.
EXPLAINED_FROM = {
    "aptamers": "aptamers.csv",
    "split": "split.csv",
    "ranking": "ranking/ranking.csv",
}


def explained_from():
    """Return the files of what was measured, and of the ranking if there is one, for explain.py."""
    fold = fold_folders()[0]
    files = [
        used_data("explain", EXPLAINED_FROM["aptamers"]),
        used_data("explain", f"{fold}{EXPLAINED_FROM['split']}"),
    ]
    if config["rank"]["candidates"]:
        files.append(f"<run>/{EXPLAINED_FROM['ranking']}")
    return files


def explain_options():
    """Return the settings of the explanation as options of its script."""
    settings = config["explain"]
    words = as_options(settings, exclude=("model", "aptamers", "region"))
    return words + (
        ["--region", *map(str, settings["region"])] if settings["region"] else []
    )


def used_data(use, name):
    """Return a file of the dataset of the model that a use (rank, screen, …) takes."""
    return f"<run>/{used_dataset(config, use)}/{name}"


def screen_options():
    """Return where candidates to screen come from, as options of screen.py."""
    screen, source = config["screen"], candidate_source(config)
    keys = {
        "candidates": ["sequence", "name"],
        "mutants_of": ["mutants_of", "within"],
        "random": ["random", "length", "seed"],
    }
    options = as_options({key: screen[key] for key in keys[source]})
    if source == "random":
        options.append(f"--composition={json.dumps(screen['composition'])}")
    return options


def used_models(use, name):
    """Return a file or folder of the model that a use (rank, screen, …) takes, for each seed."""
    dataset, model = used_model(config, use).split("/")
    folder = f"<run>/{dataset}/{fold_folders()[0]}{model}"
    return [f"{folder}/seed-{seed}/{name}" for seed in config["seeds"]]


def expected_of(use):
    """Return what expect.py writes for the model that a use takes, of each seed, if it does."""
    name = used_model(config, use).split("/")[1]
    return used_models(use, "expected.json") if has_expected(name) else []


def screened_by():
    """Return the form of the model that screens: the recommended one, or its ONNX file."""
    variants = config["speed"]["variants"]
    blended = used_model(config, "screen").split("/")[1] == BLEND
    form = "speed/recommended.json" if variants and not blended else "onnx/model.onnx"
    return used_models("screen", form)[0]


def repository_to_publish():
    """Return the repository that the config says to upload, of the first seed and fold."""
    return used_models("publish", "repository")[0]


def card_options(wildcards):
    """Return options for a model card: the licence, and the repository if this model is published."""
    options = {key: config["publish"][key] for key in ("license", "repository")}
    folder = f"{wildcards.model}/seed-{wildcards.seed}/repository"
    if in_fold(wildcards.dataset, folder, wildcards) != repository_to_publish():
        del options["repository"]
    return as_options(options)
