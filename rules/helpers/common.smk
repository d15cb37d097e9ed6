"""What all stages share: the checked config, paths of scripts and modules, options, inputs."""

import functools
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

# The folder of the Snakefile, also if another workflow uses it as a module.
HOME = os.path.dirname(os.path.dirname(str(workflow.current_basedir)))
if not os.path.isdir(HOME):
    raise WorkflowError(
        f"{HOME}: aptarank runs its scripts from a folder; clone it and name its Snakefile"
    )
HERE = os.path.relpath(HOME)
DEFAULTS = os.path.join(HOME, "config.yaml")
# Not where another workflow uses this one as a module, whose config and terminal are its own.
IS_MAIN = os.path.realpath(workflow.main_snakefile) == os.path.realpath(
    f"{HOME}/Snakefile"
)

# Jobs use the Python that runs Snakemake, even if its environment is not activated; a rule's
# conda environment comes before it.
python_path = [os.path.dirname(sys.executable), os.getenv("PATH", os.defpath)]
os.environ.update(PATH=os.pathsep.join(python_path))
sys.path.insert(0, os.path.join(HOME, "scripts"))

from aptarank.workflow.run_lock import RunLock
from aptarank.config.next_settings import chooses_by_measurements
from aptarank.config.resolution import (
    models_of,
    resolve,
    candidate_source,
    swept_models,
    used_dataset,
    used_model,
)
from aptarank.config.input_files import check_files, check_home
from aptarank.config.yaml_text import check_yaml
from aptarank.core.errors import InputError
from aptarank.core.files import expand as expand_paths
from aptarank.core.machine import may_have_gpu
from aptarank.provenance.input_checksums import (
    find_checksums,
    stored_checksums,
    combine_checksums,
)
from aptarank.provenance.lost_results import enumerated, lost_results, made_by
from aptarank.exports.variant_info import BASELINE
from aptarank.provenance.hub_layout import path_in_repository
from aptarank.core.restructured_text import at_terminal, visible
from aptarank.core.result_files import CRATE, REPORTS, WORKFLOW
from aptarank.workflow.shell_words import shell_words
from aptarank.core.log import CALM
from aptarank.workflow.terminal import calm_terminal, paragraphs
from aptarank.workflow.code_inputs import imported_modules
from aptarank.workflow.filled_plates import check_plates
from aptarank.config.model_kinds import KINDS
from aptarank.config.names import BLEND


def tell(line):
    """Print a line for the user, on standard error."""
    print(line, file=sys.stderr)


RUN_LOCK = RunLock(tell)
os.environ.pop(CALM, None)  # the log of a SLURM job has all that the job says
if workflow.is_main_process:
    RUN_LOCK.acquire_at_parse(sys.argv)


def be_calm():
    """Say in the terminal only what a person needs, unless more was asked for."""
    said = workflow.output_settings
    if workflow.is_main_process and IS_MAIN and not (said.verbose or said.dryrun):
        one = {"dataset": config["datasets"], "seed": config["seeds"]}
        calm_terminal(
            lambda rule: workflow.get_rule(rule).docstring,
            constant=[name for name, values in one.items() if len(values) == 1],
            watch=not said.quiet,
        )


def require_run_lock():
    """Stop before any job if another Snakemake runs in this directory."""
    try:
        RUN_LOCK.require()
    except InputError as error:
        raise WorkflowError(str(error)) from None


def resolve_config(config):
    """Return the config with its defaults; stop with one message if something is wrong with it."""
    files = workflow.configfiles if IS_MAIN else []
    try:
        check_home(HOME)
        for path in files:
            check_yaml(relative_if_below(path))
        resolved = resolve(config)
        check_files(resolved)
        check_plates(resolved)
    except InputError as error:
        message = str(error)
        given = [
            str(relative_if_below(path))
            for path in files
            if not os.path.samefile(path, DEFAULTS)
        ]
        if given and message.startswith("config: "):
            message += f"\nThe config is that of {', '.join(given)}."
        message = "\n".join(map(visible, message.splitlines()))
        raise WorkflowError(message) from None
    return resolved


def relative_if_below(path):
    """Return a path relative to the working directory if it is below it, else as it is."""
    relative = os.path.relpath(path)
    return Path(path) if relative.startswith(os.pardir) else Path(relative)


def any_of(names):
    """Return a wildcard constraint: one of these names and nothing else."""
    return "|".join(map(re.escape, names))


def script(name):
    """Return the path of scripts/<name>.py."""
    return os.path.normpath(os.path.join(HERE, "scripts", f"{name}.py"))


def modules(name):
    """Return the modules of aptarank that a script imports; an edit of one reruns the rule."""
    return imported_modules(script(name))


def own_files(*names):
    """Return the paths of files in the folder of aptarank."""
    return [os.path.normpath(os.path.join(HERE, name)) for name in names]


def templates(*names):
    """Return the paths of templates in the package report."""
    folder = os.path.join(HERE, "scripts", "aptarank", "report")
    return [os.path.normpath(os.path.join(folder, f"{name}.j2")) for name in names]


def dataset(wildcards):
    """Return the settings of a dataset."""
    return config["datasets"][wildcards.dataset]


def settings(wildcards, *keys):
    """Return these settings of a model, or all of them, as JSON."""
    model = {} if wildcards.model == BLEND else MODELS[wildcards.model]
    return json.dumps({key: model[key] for key in keys or model}, sort_keys=True)


def every_model(pattern, dataset):
    """Expand a pattern of paths for every model that a dataset trains, every fold and seed."""
    return expand(
        pattern,
        dataset=dataset,
        fold=fold_folders(),
        model=models_of(config, dataset),
        seed=config["seeds"],
    )


def every_blend(pattern, dataset):
    """Expand a pattern of paths for the blend of a dataset's models, if the config asks for it."""
    return expand(
        pattern,
        dataset=dataset,
        fold=fold_folders(),
        model=BLEND if config["blend"] else [],
        seed=config["seeds"],
    )


def models_and_blend(pattern, dataset):
    """Expand a pattern of paths for every model that a dataset trains, and for their blend."""
    return every_model(pattern, dataset) + every_blend(pattern, dataset)


def has_expected(model):
    """Whether the run says what a model's scores are in the scale of the data."""
    scores = model == BLEND or KINDS[MODELS[model]["kind"]].scores_aptamers
    return scores and config["expected"]["level"] is not None


def in_fold(dataset, name, wildcards):
    """Return a file or folder of a dataset, such as a model's, in the fold of the wildcards."""
    fold = f"fold-{wildcards.fold}/" if config["split"]["folds"] else ""
    return f"<run>/{dataset}/{fold}{name}"


def curve_points(dataset):
    """Return the points of a dataset's learning curve: model, share of the aptamers, logits file."""
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
    """Return the trainings of a dataset's sweep: swept settings with seed (and fold), history file."""
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


def as_options(settings, exclude=()):
    """Return a part of the config as options of a script, without those that are null.

    The option of a list is repeated.
    """
    return [
        f"--{key.replace('_', '-')}={each}"
        for key, value in settings.items()
        for each in (value if isinstance(value, list) else [value])
        if value is not None and key not in exclude
    ]


def option_per_file(option, name):
    """Return a parameter: an option of a script for each file of the input of this name."""
    return lambda wildcards, input: [f"--{option}={path}" for path in input[name]]


def fold_folders():
    """Return the folder of each fold within its dataset's; "" if there is no cross-validation."""
    folds = config["split"]["folds"]
    return [f"fold-{number}/" for number in range(1, folds + 1)] if folds else [""]


def fold_option(wildcards):
    """Return the fold as an option of a script, if there is one."""
    return [f"--fold={wildcards.fold}"] if config["split"]["folds"] else []


def family_column():
    """Return the input's column whose values the split keeps combine_checksums, if it does."""
    column = config["split"]["column"]
    return [column] if config["split"]["by"] == "column" and column else []


def files_of(paths):
    """Return the files of a path, a pattern or a list of these."""
    patterns = [paths] if isinstance(paths, str) else paths or []
    return [str(file) for file in expand_paths(patterns)] if patterns else []


def input_files():
    """Return the user's own files."""
    given = [data["path"] for data in config["datasets"].values()]
    given += [config[use]["candidates"] for use in ("rank", "screen", "next")]
    files = [file for path in given for file in files_of(path)]
    files += split_file()
    for model in config["models"].values():
        files += [model["unlabelled"]] if model["unlabelled"] else []
        files += files_of_checkpoint(model)
    return list(dict.fromkeys(files))


@functools.cache
def checksums_at_start():
    """Return the SHA-256 of the user's own files when Snakemake started; jobs read what it noted."""
    if workflow.is_main_process:
        return find_checksums(input_files(), write=RUN_LOCK.held)
    return stored_checksums()


def checksum(files):
    """Return one checksum for files of the user, as a parameter: Snakemake itself looks at dates."""
    checksums = checksums_at_start()
    return combine_checksums(checksums.get(file, "") for file in files)


def split_file():
    """Return the user's split, if there is one."""
    return [config["split"]["file"]] if config["split"]["file"] else []
