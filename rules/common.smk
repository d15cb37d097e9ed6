"""What all stages share: the checked config, and a script's own files as inputs."""

import contextlib
import json
import os
import re
import sys

# The variant of a model that all others are compared with: eager PyTorch in fp32.
BASELINE = "torch-fp32"

HERE = os.path.relpath(workflow.basedir)

# The jobs' python is the one that runs Snakemake, also where its environment is not activated
# (a rule's conda environment is put before it).
own_python = [os.path.dirname(sys.executable), os.getenv("PATH", os.defpath)]
os.environ.update(PATH=os.pathsep.join(own_python))
sys.path.insert(0, os.path.join(workflow.basedir, "scripts"))

from aptarank import alive
from aptarank.config import (
    check_files,
    models_of,
    resolve,
    screened,
    swept_models,
    used_model,
)
from aptarank.errors import InputError
from aptarank.files import expand as expand_paths
from aptarank.manifest import REPORTS
from aptarank.sources import imported_modules


def tell(line):
    """Say something to the person at the terminal."""
    print(line, file=sys.stderr)


# The hold on this directory. All have one but dry runs, which may run beside another Snakemake and
# be read in a pager for hours, and the jobs of a cluster, which leave it to who submits them.
HELD = None
os.environ.pop(alive.HOLDER, None)
if workflow.is_main_process:
    with contextlib.suppress(
        OSError
    ):  # it cannot be written, which Snakemake says itself
        HELD = alive.take(tell)
if HELD and any(re.fullmatch("--dry-?run|-[a-zA-Z]*n[a-zA-Z]*", w) for w in sys.argv):
    HELD.close()
    HELD = None


def alone():
    """Stop before any job where another Snakemake has the directory."""
    global HELD
    try:
        HELD = HELD or alive.take(tell)
    except OSError:  # a file system without such locks: Snakemake's own must do
        return
    if not HELD:
        raise WorkflowError(
            f"{os.getcwd()}: another Snakemake runs in this directory. Wait for it to end, or give "
            "this one another with --directory."
        )


def checked(config):
    """The config with its defaults, or one message that says what is wrong with it."""
    try:
        resolved = resolve(config)
        check_files(resolved)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    return resolved


def any_of(names):
    """A wildcard constraint: one of these names and nothing else."""
    return "|".join(map(re.escape, names))


def script(name):
    """Path of scripts/<name>.py."""
    return os.path.normpath(os.path.join(HERE, "scripts", f"{name}.py"))


def modules(name):
    """Paths of the modules of ours that it imports, so that an edit of one reruns the rule."""
    return imported_modules(script(name))


def dataset(wildcards):
    """A dataset's part of the config."""
    return config["datasets"][wildcards.dataset]


def settings(wildcards, *keys):
    """These settings of a model, or all of them, as JSON."""
    model = MODELS[wildcards.model]
    return json.dumps({key: model[key] for key in keys or model}, sort_keys=True)


def launcher():
    """What starts a training: python, or torchrun for several processes, on each of its nodes."""
    processes, nodes = config["processes"], config["nodes"]
    if processes == 1:
        return "python"
    torchrun = f"torchrun --nproc-per-node={processes // nodes}"
    if nodes == 1:
        # Behind --, or torchrun takes our --log for the start of an option of its own.
        return f"{torchrun} --standalone --"
    return (
        f"srun --nodes={nodes} --ntasks={nodes} --cpus-per-task={threads_of_a_node()}"
        f" --kill-on-bad-exit {torchrun} --nnodes={nodes} --rdzv-backend=c10d"
        " --rdzv-id=$SLURM_JOB_ID"
        " --rdzv-endpoint=$(hostname):$((20000 + SLURM_JOB_ID % 10000)) --"
    )


def threads_of_a_node():
    """Processor threads that a training has on each of its nodes."""
    return config["threads"] * config["processes"] // config["nodes"]


def more_each_time(amount):
    """A resource that grows with each attempt at a job."""
    return lambda wildcards, attempt: amount * attempt


def training_resources():
    """What a training asks for: a GPU for each process unless it is to do without."""
    gpus, nodes = config["processes"], config["nodes"]
    if config["device"] == "cpu":
        gpus = 0
    wanted = {"nodes": nodes, "mem_mb": more_each_time(8000)}
    if nodes == 1:
        return wanted | {"gpu": gpus}
    # With mpi, SLURM's plugin leaves srun to the job itself; gres is a node's share.
    wanted |= {"mpi": "srun", "tasks": nodes, "tasks_per_gpu": 0}
    return wanted | ({"gres": f"gpu:{gpus // nodes}"} if gpus else {})


def checkpoint_files(wildcards):
    """The files of a model's checkpoint, where that is a folder."""
    return files_of_checkpoint(MODELS[wildcards.model])


def files_of_checkpoint(model):
    """The same by the model's settings."""
    folder = model["checkpoint"]
    if not folder or not os.path.isdir(folder):
        return []
    return sorted(entry.path for entry in os.scandir(folder) if entry.is_file())


def every_model(pattern, dataset):
    """A pattern of paths for every model that a dataset trains, in every fold and with every seed."""
    return expand(
        pattern,
        dataset=dataset,
        fold=fold_folders(),
        model=models_of(config, dataset),
        seed=config["seeds"],
    )


def in_fold(dataset, name, wildcards):
    """A file or folder of a dataset, such as a model's, in the fold of the wildcards."""
    fold = f"fold-{wildcards.fold}/" if config["split"]["folds"] else ""
    return f"<run>/{dataset}/{fold}{name}"


def start(wildcards):
    """The folder of what a model starts from, where that is made in the same run."""
    model = MODELS[wildcards.model]
    if model["pretrain"]:
        folder = in_fold(wildcards.dataset, wildcards.model, wildcards)
        return [f"{folder}/seed-{wildcards.seed}/pretrained"]
    if model["init_from"]:
        folder = in_fold(*model["init_from"].split("/"), wildcards)
        return [f"{folder}/seed-{wildcards.seed}/model"]
    return []


def tokenizer_of(wildcards):
    """The folder of a model's tokenizer; models of a sweep share those that are the same."""

    def made_of(name):
        return [MODELS[name][key] for key in ("tokenizer", "k", "vocabulary")]

    name = wildcards.model
    if name in SWEPT:
        others = [config["sweep"]["model"], *SWEPT]
        name = next(other for other in others if made_of(other) == made_of(name))
    return in_fold(wildcards.dataset, f"{name}/tokenizer", wildcards)


def start_tokenizer(wildcards):
    """The tokenizer of the model that one starts from (init_from)."""
    name = MODELS[wildcards.model]["init_from"]
    return [f"{in_fold(*name.split('/'), wildcards)}/tokenizer"] if name else []


def learnt_from(wildcards):
    """The split, where the tokenizer is learnt from its training part."""
    model = MODELS[wildcards.model]
    if model["tokenizer"] != "bpe" or model["init_from"]:
        return []
    return [in_fold(wildcards.dataset, "split.csv", wildcards)]


def unlabelled(wildcards):
    """A model's file of more sequences to pretrain on, where there is one."""
    path = MODELS[wildcards.model]["unlabelled"]
    return [path] if path else []


def curve_points(dataset):
    """What a dataset's learning curve is measured on: model, share of the aptamers, its logits."""
    curve, seed, fold = config["learning_curve"], config["seeds"][0], fold_folders()[0]
    folders = {share: f"learning_curve/{share}/" for share in sorted(curve["shares"])}
    return [
        (
            model,
            share,
            f"<run>/{dataset}/{fold}{model}/seed-{seed}/{folder}logits.parquet",
        )
        for model in models_of(config, dataset)
        if model in curve["models"] and folders
        for share, folder in (folders | {1: ""}).items()
    ]


def sweep_runs(dataset):
    """The trainings of a dataset's sweep: what is swept and seed (and fold), and the history."""
    sweep = config["sweep"]
    if not sweep or sweep["model"] not in models_of(config, dataset):
        return []
    return [
        (
            {key: MODELS[model][key] for key in sweep if key != "model"}
            | {"seed": seed}
            | ({"fold": number} if config["split"]["folds"] else {}),
            f"<run>/{dataset}/{fold}{model}/seed-{seed}/history.csv",
        )
        for model in SWEPT
        for number, fold in enumerate(fold_folders(), start=1)
        for seed in config["seeds"]
    ]


def every_variant():
    """The variants of the config, and those in eager PyTorch that they are compared with."""
    names = config["speed"]["variants"]
    same_depth = {f"{BASELINE}{at}{layers}" for _, at, layers in map(at_depth, names)}
    return sorted({*names, *same_depth, BASELINE}) if names else []


def at_depth(variant):
    """A variant's form, and @ and the number of layers, where it has one."""
    return variant.partition("@")


def published_variants(wildcards):
    """The folders of a model's variants that are ONNX files, where it has any."""
    folder = in_fold(
        wildcards.dataset, f"{wildcards.model}/seed-{wildcards.seed}", wildcards
    )
    first = wildcards.get("fold", "1") == "1" and wildcards.seed == str(
        config["seeds"][0]
    )
    if not first or wildcards.model in SWEPT:
        return []
    return [
        f"{folder}/variants/{variant}"
        for variant in every_variant()
        if variant.startswith(("onnx", "openvino"))
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
        name=["speed/timings.csv", "speed/recommended.json"]
        + [f"variants/{variant}" for variant in every_variant()],
        dataset=dataset,
        fold=fold_folders()[0],
        model=[model for model in models_of(config, dataset) if model not in SWEPT],
        seed=config["seeds"][0],
    )


def design_options():
    """The settings of the design as options of its script."""
    design = config["design"]
    lists = ("length", "gc", "forbidden")
    words = as_options(design, but=("model", *lists))
    for key in ("length", "gc"):
        words += [f"--{key}", *map(str, design[key])] if design[key] else []
    return words + [f"--forbidden={word}" for word in design["forbidden"]]


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


def reports():
    """Reports of the run, where there are some."""
    paths = [f"results/{config['run']}/{name}" for name in REPORTS]
    return [path for path in paths if os.path.isfile(path)]


def as_options(settings, but=()):
    """A part of the config as options of a script; what is null is left out."""
    return [
        f"--{key.replace('_', '-')}={value}"
        for key, value in settings.items()
        if value is not None and key not in but
    ]


def fold_folders():
    """Folder of each fold of a cross-validation, behind that of its dataset; "" if there is none."""
    folds = config["split"]["folds"]
    return [f"fold-{number}/" for number in range(1, folds + 1)] if folds else [""]


def fold_option(wildcards):
    """The fold as an option of a script, where there is one."""
    return [f"--fold={wildcards.fold}"] if config["split"]["folds"] else []


def family_column():
    """The column of the input that a split keeps together, where it does."""
    column = config["split"]["column"]
    return [column] if config["split"]["by"] == "column" and column else []


def files_of(paths):
    """The files of a path, a pattern or a list of these."""
    patterns = [paths] if isinstance(paths, str) else paths or []
    return [str(file) for file in expand_paths(patterns)] if patterns else []


def input_files():
    """The user's own files."""
    given = [data["path"] for data in config["datasets"].values()]
    given += [config[use]["candidates"] for use in ("rank", "screen")]
    files = [file for path in given for file in files_of(path)]
    files += split_file()
    for model in config["models"].values():
        files += [model["unlabelled"]] if model["unlabelled"] else []
        files += files_of_checkpoint(model)
    return list(dict.fromkeys(files))


def split_file():
    """The user's split, where there is one."""
    return [config["split"]["file"]] if config["split"]["file"] else []
