"""Which faster forms of a model are made, and what they are compared with."""

# The variant of a model that all others are compared with: eager PyTorch in fp32.
BASELINE = "torch-fp32"


def every_variant():
    """The variants of the config, and those in eager PyTorch that they are compared with."""
    names = config["speed"]["variants"]
    same_depth = {f"{BASELINE}{at}{layers}" for _, at, layers in map(at_depth, names)}
    return sorted({*names, *same_depth, BASELINE}) if names else []


def at_depth(variant):
    """A variant's form, and @ and the number of layers, where it has one."""
    return variant.partition("@")


def variants_to_publish(wildcards):
    """The variants that go into a model's repository: of the first seed in the first fold."""
    seed, fold = str(config["seeds"][0]), wildcards.get("fold", "1")
    if wildcards.seed != seed or fold != "1" or wildcards.model in SWEPT:
        return []
    folder = f"{wildcards.model}/seed-{seed}/variants"
    return [
        in_fold(wildcards.dataset, f"{folder}/{variant}", wildcards)
        for variant in filter(place_of, every_variant())
    ]


def compared_with(wildcards):
    """The variants that one is compared with: the whole model, and as many layers of it, in eager
    PyTorch."""
    form, at, layers = at_depth(wildcards.variant)
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
    """The settings that a variant depends on, as options of variant.py."""
    form, _, _ = at_depth(wildcards.variant)
    speed = config["speed"]
    precision = next((name for name in speed["tolerance"] if name in form), "fp32")
    options = [f"--tolerance={precision}={speed['tolerance'][precision]}"]
    if form.startswith(("onnx", "openvino")):
        options.append(f"--opset={config['export']['opset']}")
    if precision == "int8":
        options.append(f"--calibration={speed['calibration']}")
    return options


def speed_of(dataset):
    """The variants of each model of a dataset, with the first seed in the first fold, and which of
    them is recommended."""
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
