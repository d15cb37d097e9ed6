"""Say what a run was made from and what came of it: config, versions, machine, checksums."""

import click

from aptarank import __version__
from aptarank.core import machine
from aptarank.core.files import write_json
from aptarank.core.log import logger
from aptarank.core.result_files import NOT_RESULTS, list_files
from aptarank.programs.cli import PATH, WRITTEN, Program
from aptarank.programs.json_options import json_object
from aptarank.provenance.manifest import MANIFEST, check_unchanged, checksums, git_state, seeds_of


@click.command(cls=Program)
@click.argument("inputs", type=PATH, nargs=-1, required=True)
@click.option("--config", "config", required=True, help="The resolved config, JSON.")
@click.option(
    "--read",
    multiple=True,
    help="SHA-256 of an input when the run began; one for each, in their order.",
)
@click.option("--results", type=PATH, help="Folder of the results, those that are there.")
@click.option("-o", "--output", type=WRITTEN, default=MANIFEST)
def main(inputs, config, read, results, output):
    """Write the manifest of a run that read INPUTS.

    Example: python scripts/manifest.py scored.csv --config '{"run": "mine"}' --results results/mine
    """
    settings = json_object(config, "--config")
    found = checksums(sorted(map(str, inputs)))
    check_unchanged(found, dict(zip(map(str, inputs), read, strict=False)))
    besides = NOT_RESULTS | {f"/{MANIFEST}": "not yet"}
    manifest = {
        "aptarank": __version__,
        "config": settings,
        "seeds": seeds_of(settings),
        "git": git_state(),
        "versions": machine.versions(),
        "machine": machine.describe(),
        "inputs": found,
        "outputs": checksums(list_files(results, besides), results) if results else {},
    }
    write_json(manifest, output)
    logger.info("%s: checksums of %d results", output, len(manifest["outputs"]))


if __name__ == "__main__":
    main()
