"""Which model rank, screen, design and publish use, and their options."""


def design_options():
    """Return the settings of the design as options of its script."""
    design = config["design"]
    lists = ("length", "gc", "forbidden")
    words = as_options(design, exclude=("model", *lists))
    for key in ("length", "gc"):
        words += [f"--{key}", *map(str, design[key])] if design[key] else []
    return words + [f"--forbidden={word}" for word in design["forbidden"]]


def used_data(use, name):
    """Return a file of the dataset of the model that a use (rank, screen, …) takes."""
    return f"<run>/{used_model(config, use).split('/')[0]}/{name}"


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
