"""What all stages share: the checked config, and a script's own files as inputs."""

import contextlib
import functools
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

# Where the Snakefile is, also where it is a module of another.
HOME = os.path.dirname(os.path.dirname(str(workflow.current_basedir)))
if not os.path.isdir(HOME):
    raise WorkflowError(
        f"{HOME}: aptarank's scripts are read from a folder; clone it, and name its Snakefile"
    )
HERE = os.path.relpath(HOME)
DEFAULTS = os.path.join(HOME, "config.yaml")

# The jobs' python is the one that runs Snakemake, also where its environment is not activated
# (a rule's conda environment is put before it).
own_python = [os.path.dirname(sys.executable), os.getenv("PATH", os.defpath)]
os.environ.update(PATH=os.pathsep.join(own_python))
sys.path.insert(0, os.path.join(HOME, "scripts"))

from aptarank.core import alive
from aptarank.config.resolution import (
    models_of,
    resolve,
    screened,
    swept_models,
    used_model,
)
from aptarank.config.input_files import check_files, check_home
from aptarank.config.yaml_text import check_yaml
from aptarank.core.errors import InputError
from aptarank.core.files import expand as expand_paths
from aptarank.provenance.input_checksums import (
    find_checksums,
    noted_checksums,
    together,
)
from aptarank.provenance.lost_results import enumerated, lost_results, made_by
from aptarank.provenance.hub_layout import place_of
from aptarank.core.restructured_text import at_terminal, visible
from aptarank.core.results import REPORTS
from aptarank.core.shell_words import shell_words
from aptarank.core.code_inputs import imported_modules


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
    # A module has its config from the workflow that uses it, as part of a file of that one's.
    own_files = workflow.configfiles if workflow.basedir == HOME else []
    try:
        check_home(HOME)
        for path in own_files:
            check_yaml(shorter(path))
        resolved = resolve(config)
        check_files(resolved)
    except InputError as error:
        given = [
            str(shorter(path))
            for path in own_files
            if not os.path.samefile(path, DEFAULTS)
        ]
        told = str(error)
        if given and told.startswith("config: "):
            told += f"\nThe config is that of {', '.join(given)}."
        said = "\n".join(map(visible, told.splitlines()))
        raise WorkflowError(said) from None
    return resolved


def shorter(path):
    """A path from here where it lies below, else as it is."""
    near = os.path.relpath(path)
    return Path(path) if near.startswith(os.pardir) else Path(near)


def any_of(names):
    """A wildcard constraint: one of these names and nothing else."""
    return "|".join(map(re.escape, names))


def script(name):
    """Path of scripts/<name>.py."""
    return os.path.normpath(os.path.join(HERE, "scripts", f"{name}.py"))


def modules(name):
    """Paths of the modules of ours that it imports, so that an edit of one reruns the rule."""
    return imported_modules(script(name))


def templates(*names):
    """Paths of templates of the package report."""
    folder = os.path.join(HERE, "scripts", "aptarank", "report")
    return [os.path.normpath(os.path.join(folder, f"{name}.j2")) for name in names]


def dataset(wildcards):
    """A dataset's part of the config."""
    return config["datasets"][wildcards.dataset]


def settings(wildcards, *keys):
    """These settings of a model, or all of them, as JSON."""
    model = MODELS[wildcards.model]
    return json.dumps({key: model[key] for key in keys or model}, sort_keys=True)


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


@functools.cache
def checksums_at_start():
    """SHA-256 of the user's own files as this Snakemake found them; its jobs take what it noted."""
    if workflow.is_main_process:
        return find_checksums(input_files(), write=bool(HELD))
    return noted_checksums()


def checksum(files):
    """One checksum for files of the user, as a parameter: Snakemake itself goes by their dates."""
    found = checksums_at_start()
    return together(found.get(file, "") for file in files)


def split_file():
    """The user's split, where there is one."""
    return [config["split"]["file"]] if config["split"]["file"] else []
