"""A run in one zip file, from which it can be repeated."""

import copy
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from aptarank.core.files import expand

# Of every file, the earliest that a zip can have, so that the bytes are the same each time.
DATE = (1980, 1, 1, 0, 0, 0)
REPEAT = """\
{program}, run {run}: results, models, inputs and the config that they were made from.

To repeat it, in the folder of this file, with a clone of aptarank:

aptarank=/path/to/aptarank
{checkout}make -C "$aptarank" .venv/installed
PATH="$aptarank/.venv/bin:$PATH"
snakemake -s "$aptarank/Snakefile" --cores all --resources gpu=1 \\
  --configfile config.yaml --config run={run}-again
python "$aptarank/scripts/verify.py" results/{run} results/{run}-again

The last says what differs. Tables and weights are the same bytes on the same kind of processor
with as many cores as a job has threads, {threads}, or more; docs/reproducibility.md says what may
differ elsewhere.
"""


def archive_inputs(config: Mapping) -> tuple[dict, dict[str, Path]]:
    """Say where the user's files go in an archive.

    Returns:
        The config with their paths in the archive, `inputs/<number>/<name>`, since names may be
        equal; and the files by their paths in the archive.
    """
    archived = copy.deepcopy(dict(config))
    files: dict[str, Path] = {}
    names_by_path: dict[str, str] = {}

    def add(path: str) -> str:
        real_path, name = os.path.realpath(path), Path(os.path.abspath(path)).name
        target = names_by_path.setdefault(real_path, f"inputs/{len(names_by_path) + 1}/{name}")
        if Path(path).is_dir():
            inside = [file for file in Path(path).iterdir() if file.is_file()]
            files.update({f"{target}/{file.name}": file for file in inside})
        else:
            files[target] = Path(path)
        return target

    lists = [(dataset, "path") for dataset in archived["datasets"].values()]
    lists += [(archived[use], "candidates") for use in ("rank", "screen", "next")]
    for part, key in lists:
        if given := part[key]:
            paths = expand([given] if isinstance(given, str) else given)
            targets = [add(str(path)) for path in paths]
            part[key] = targets[0] if len(targets) == 1 else targets
    for model in archived["models"].values():
        if model["unlabelled"]:
            model["unlabelled"] = add(model["unlabelled"])
        if model["checkpoint"] and Path(model["checkpoint"]).is_dir():
            model["checkpoint"] = add(model["checkpoint"])
    if archived["split"]["file"]:
        archived["split"]["file"] = add(archived["split"]["file"])
    return archived, files


def how_to_repeat(manifest: Mapping) -> str:
    """Return the text of an archive's README.txt: version, commit and commands."""
    config, git = manifest["config"], manifest["git"]
    checkout = f'git -C "$aptarank" checkout {git["commit"]}\n' if git else ""
    threads = config["threads"] * config["processes"]
    program = f"aptarank {manifest['aptarank']}" if "aptarank" in manifest else "aptarank"
    text = REPEAT.format(program=program, run=config["run"], checkout=checkout, threads=threads)
    if not git:
        text += f"\nThe commit is not known: {program} was not in a git repository.\n"
    elif git["modified"]:
        text += "\nFiles of aptarank differed from that commit when the manifest was written.\n"
    return text


def write_zip(files: Mapping[str, Path | str], path: Path) -> None:
    """Write files or texts, by name, to a zip file; the same content gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever this runs, for the line above
            if isinstance(source, str):
                archive.writestr(entry, source)
                continue
            entry.file_size = source.stat().st_size  # needed beyond 2 GiB
            with source.open("rb") as content, archive.open(entry, "w") as target:
                shutil.copyfileobj(content, target)
