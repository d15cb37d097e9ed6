"""A run in one zip file, from which it can be repeated."""

import copy
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from aptarank.core.files import expand

DAY = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # of every file, the first that a zip can hold: the same bytes each time
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


def packed(config: Mapping) -> tuple[dict, dict[str, Path]]:
    """Say where the user's files go in an archive.

    Returns:
        The config with their places there, `inputs/<number>/<name>`, for names may be alike; the
        files by their names in the archive.
    """
    there, files, places = copy.deepcopy(dict(config)), {}, {}

    def place(path: str) -> str:
        real, name = os.path.realpath(path), Path(os.path.abspath(path)).name
        folder = places.setdefault(real, f"inputs/{len(places) + 1}/{name}")
        if Path(path).is_dir():
            inside = [file for file in Path(path).iterdir() if file.is_file()]
            files.update({f"{folder}/{file.name}": file for file in inside})
        else:
            files[folder] = Path(path)
        return folder

    datasets = [(data, "path") for data in there["datasets"].values()]
    for part, key in [*datasets, (there["rank"], "candidates"), (there["screen"], "candidates")]:
        if given := part[key]:
            paths = expand([given] if isinstance(given, str) else given)
            names = [place(str(path)) for path in paths]
            part[key] = names[0] if len(names) == 1 else names
    for model in there["models"].values():
        if model["unlabelled"]:
            model["unlabelled"] = place(model["unlabelled"])
        if model["checkpoint"] and Path(model["checkpoint"]).is_dir():
            model["checkpoint"] = place(model["checkpoint"])
    if there["split"]["file"]:
        there["split"]["file"] = place(there["split"]["file"])
    return there, files


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
    """Write files, or texts, by name: the same ones give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever this runs, for the line above
            if isinstance(source, str):
                archive.writestr(entry, source)
                continue
            entry.file_size = source.stat().st_size  # beyond 2 GiB it is written otherwise
            with source.open("rb") as content, archive.open(entry, "w") as target:
                shutil.copyfileobj(content, target)
