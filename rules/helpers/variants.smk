"""Which faster forms of a model are made, and what they are compared with."""


def every_variant():
    """Return the variants of the config, and the eager PyTorch ones that they are compared with."""
    names = config["speed"]["variants"]
    same_depth = {
        f"{BASELINE}{at}{layers}" for _, at, layers in map(split_variant, names)
    }
    return sorted({*names, *same_depth, BASELINE}) if names else []


def split_variant(variant):
    """Split a variant's name into its form, @ and the number of layers, if it has one."""
    return variant.partition("@")


def variants_to_publish(wildcards):
    """Return the variants for a model's repository, of the first seed and fold only."""
    seed, fold = str(config["seeds"][0]), wildcards.get("fold", "1")
    if wildcards.seed != seed or fold != "1" or wildcards.model in [*SWEPT, BLEND]:
        return []
    folder = f"{wildcards.model}/seed-{seed}/variants"
    return [
        in_fold(wildcards.dataset, f"{folder}/{variant}", wildcards)
        for variant in filter(path_in_repository, every_variant())
    ]


def compared_with(wildcards):
    """Return the variants that one is compared with: eager PyTorch with all layers and, for a
    variant with fewer layers, with as many."""
    form, at, layers = split_variant(wildcards.variant)
    folder = f"{wildcards.model}/seed-{wildcards.seed}/variants"
    names = {"baseline": BASELINE, "reference": f"{BASELINE}{at}{layers}"}
    if wildcards.variant == BASELINE:
        names = {}
    elif form == BASELINE or not layers:
        del names["reference"]
    return {
        option: in_fold(wildcards.dataset, f"{folder}/{name}", wildcards)
        for option, name in names.items()
    }


def variant_options(wildcards):
    """Return the settings that a variant depends on, as options of variant.py."""
    form, _, _ = split_variant(wildcards.variant)
    speed = config["speed"]
    precision = next((name for name in speed["tolerance"] if name in form), "fp32")
    options = [f"--tolerance={precision}={speed['tolerance'][precision]}"]
    if form.startswith(("onnx", "openvino")):
        options.append(f"--opset={config['export']['opset']}")
    if precision == "int8":
        options.append(f"--calibration={speed['calibration']}")
    return options


def results_of_speed(dataset):
    """Return the variants and the recommendation of each model, for the first seed and fold."""
    if not config["speed"]["variants"]:
        return []
    return expand(
        "<run>/{dataset}/{fold}{model}/seed-{seed}/{name}",
        name=[f"speed/{name}" for name in OF_SPEED]
        + [f"variants/{variant}" for variant in every_variant()],
        dataset=dataset,
        fold=fold_folders()[0],
        model=[model for model in models_of(config, dataset) if model not in SWEPT],
        seed=config["seeds"][0],
    )
