"""Pack a finished run into one zip file, from which it can be repeated."""

import os
from pathlib import Path

import click
import yaml

from aptarank.core.errors import InputError
from aptarank.core.files import as_json, sha256
from aptarank.core.log import logger
from aptarank.core.result_files import CRATE, REPORTS, WORKFLOW
from aptarank.programs.cli import PATH, WRITTEN, Program
from aptarank.provenance.archive import archive_inputs, how_to_repeat, write_zip
from aptarank.provenance.manifest import MANIFEST, read_manifest
from aptarank.provenance.ro_crate import file_entity, run_crate


@click.command(cls=Program)
@click.argument("folder", type=PATH)
@click.option("-o", "--output", type=WRITTEN, help="The zip file; FOLDER.zip by default.")
def main(folder: Path, output: Path | None) -> None:
    """Pack the results of a run in FOLDER, and the inputs that its manifest names.

    Run it in the directory where the run was started, or the inputs are not found. README.txt in
    the zip says how to repeat the run.

    Example: python scripts/archive.py results/mine
    """
    manifest = read_manifest(folder)
    if WORKFLOW not in manifest["outputs"] or not (folder / CRATE).is_file():
        raise InputError(f"{folder / CRATE}: no such file; run snakemake again, which writes it")
    config, inputs = archive_inputs(manifest["config"])
    checksums = {
        os.path.realpath(name): file["sha256"] for name, file in manifest["inputs"].items()
    }
    given = []
    for name, path in inputs.items():
        checksum = checksums.get(os.path.realpath(path))
        check_checksum(path, checksum)
        given.append(file_entity(name, path, checksum) | {"alternateName": str(path)})
    for name, file in manifest["outputs"].items():
        check_checksum(folder / name, file["sha256"])
    reports = [name for name in REPORTS if (folder / name).is_file()]
    results = Path("results", manifest["config"]["run"])
    files: dict[str, str | Path] = {
        CRATE: as_json(run_crate(manifest, folder, given, f"{results.as_posix()}/")),
        "README.txt": how_to_repeat(manifest),
        "config.yaml": yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        **inputs,
        **{
            (results / name).as_posix(): folder / name
            for name in [MANIFEST, CRATE, *reports, *manifest["outputs"]]
        },
    }
    output = output or Path(f"{folder}.zip")
    write_zip(files, output)
    logger.info("%s: %d files, %.1f MB", output, len(files), output.stat().st_size / 1e6)


def check_checksum(path: Path, checksum: str | None) -> None:
    """Raise InputError if a file is not what the manifest says."""
    if checksum is None or not path.is_file() or sha256(path) != checksum:
        raise InputError(
            f"{path}: missing, new or changed since {MANIFEST} was written; run snakemake again in "
            "the directory where the run was started"
        )


if __name__ == "__main__":
    main()
