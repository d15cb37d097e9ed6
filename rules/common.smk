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


def input_files():
    """The user's own files."""
    return [data["path"] for data in config["datasets"].values()] + split_file()


def split_file():
    """The user's split, where there is one."""
    return [config["split"]["file"]] if config["split"]["file"] else []
