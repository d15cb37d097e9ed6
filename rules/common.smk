"""What all stages share: the checked config, and a script's own files as inputs."""

import json
import os
import re
import sys

HERE = os.path.relpath(workflow.basedir)

# The jobs' python is the one that runs Snakemake, also where its environment is not activated
# (a rule's conda environment is put before it).
own_python = [os.path.dirname(sys.executable), os.getenv("PATH", os.defpath)]
os.environ.update(PATH=os.pathsep.join(own_python))
sys.path.insert(0, os.path.join(workflow.basedir, "scripts"))

from aptarank.config import check_files, resolve
from aptarank.errors import InputError
from aptarank.files import expand as expand_paths
from aptarank.sources import imported_modules


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
    model = config["models"][wildcards.model]
    return json.dumps({key: model[key] for key in keys or model}, sort_keys=True)


def checkpoint_files(wildcards):
    """The files of a model's checkpoint, where that is a folder."""
    folder = config["models"][wildcards.model]["checkpoint"]
    if not folder or not os.path.isdir(folder):
        return []
    return sorted(entry.path for entry in os.scandir(folder) if entry.is_file())


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


def files_of(data):
    """The files of a dataset, its patterns expanded."""
    paths = data["path"]
    return [
        str(file) for file in expand_paths([paths] if isinstance(paths, str) else paths)
    ]


def input_files():
    """The user's own files."""
    files = [file for data in config["datasets"].values() for file in files_of(data)]
    return files + split_file()


def split_file():
    """The user's split, where there is one."""
    return [config["split"]["file"]] if config["split"]["file"] else []
