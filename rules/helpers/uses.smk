"""Which model judges candidates, and how: for rank, screen, design and publish."""


def design_options():
    """The settings of the design as options of its script."""
    design = config["design"]
    lists = ("length", "gc", "forbidden")
    words = as_options(design, but=("model", *lists))
    for key in ("length", "gc"):
        words += [f"--{key}", *map(str, design[key])] if design[key] else []
    return words + [f"--forbidden={word}" for word in design["forbidden"]]


def used_data(use, name):
    """A file of the dataset of the model that judges candidates."""
    return f"<run>/{used_model(config, use).split('/')[0]}/{name}"


def screen_options():
    """Where candidates to screen come from, as options of screen.py."""
    screen, source = config["screen"], screened(config)
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
    """A file or folder of that model with each seed."""
    dataset, model = used_model(config, use).split("/")
    folder = f"<run>/{dataset}/{fold_folders()[0]}{model}"
    return [f"{folder}/seed-{seed}/{name}" for seed in config["seeds"]]


def published():
    """The repository that the config says to upload: of the first seed in the first fold."""
    return used_models("publish", "repository")[0]


def card_options(wildcards):
    """The licence for a model card, and the repository's name for that of the published model."""
    options = {key: config["publish"][key] for key in ("license", "repository")}
    folder = f"{wildcards.model}/seed-{wildcards.seed}/repository"
    if in_fold(wildcards.dataset, folder, wildcards) != published():
        del options["repository"]
    return as_options(options)
