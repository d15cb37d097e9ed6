"""Record what a run was made from and what it made: config, versions, machine, checksums."""

import shutil
from pathlib import Path

import click

from aptarank import __version__
from aptarank.config.schema import HOME
from aptarank.core import machine
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.result_files import CRATE, NOT_RESULTS, WORKFLOW, list_files
from aptarank.programs.cli import PATH, WRITTEN, Program
from aptarank.programs.json_options import json_object
from aptarank.provenance.manifest import MANIFEST, check_unchanged, checksums, git_state, seeds_of
from aptarank.provenance.ro_crate import inputs_outside, run_crate


@click.command(cls=Program)
@click.argument("inputs", type=PATH, nargs=-1)
@click.option("--config", "config", required=True, help="The resolved config, JSON.")
@click.option(
    "--read",
    multiple=True,
    help="SHA-256 of an input when the run began; once per input, in their order.",
)
@click.option("--results", type=PATH, help="Folder of the results; also gets an RO-Crate.")
@click.option("-o", "--output", type=WRITTEN, default=MANIFEST)
def main(
    inputs: tuple[Path, ...],
    config: str,
    read: tuple[str, ...],
    results: Path | None,
    output: Path,
) -> None:
    """Write the manifest of a run that read INPUTS.

    Example: python scripts/manifest.py scored.csv --config '{"run": "mine"}' --results results/mine
    """
    settings = json_object(config, "--config")
    now = checksums(sorted(map(str, inputs)))
    check_unchanged(now, dict(zip(map(str, inputs), read, strict=False)))
    exclude = NOT_RESULTS | {f"/{MANIFEST}": "not yet"}
    if results:
        shutil.copyfile(HOME / WORKFLOW, results / WORKFLOW)
    outputs = checksums(list_files(results, exclude), results) if results else {}
    manifest = {
        "aptarank": __version__,
        "config": settings,
        "seeds": seeds_of(settings),
        "git": git_state(),
        "versions": machine.versions(),
        "machine": machine.describe(),
        "inputs": now,
        "outputs": outputs,
    }
    write_json(manifest, output)
    if results:
        write_json(run_crate(manifest, results, inputs_outside(now)), results / CRATE)
    logger.info("%s: checksums of %d results", output, len(outputs))


if __name__ == "__main__":
    main()
