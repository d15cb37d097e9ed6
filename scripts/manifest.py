"""Say what a run was made from and what came of it: config, versions, machine, checksums."""

import json

import click

from aptarank import machine
from aptarank.cli import PATH, Program
from aptarank.json_options import json_object
from aptarank.log import logger
from aptarank.manifest import MANIFEST, checksums, git_state, seeds_of
from aptarank.results import NO_RESULTS, files_in


@click.command(cls=Program)
@click.argument("inputs", type=PATH, nargs=-1, required=True)
@click.option("--config", "config", required=True, help="The resolved config, JSON.")
@click.option("--results", type=PATH, help="Folder of the results, those that are there.")
@click.option("-o", "--output", type=PATH, default=MANIFEST)
def main(inputs, config, results, output):
    """Write the manifest of a run that read INPUTS.

    Example: python scripts/manifest.py scored.csv --config '{"run": "mine"}' --results results/mine
    """
    settings = json_object(config, "--config")
    besides = NO_RESULTS | {f"/{MANIFEST}": "not yet"}
    manifest = {
        "config": settings,
        "seeds": seeds_of(settings),
        "git": git_state(),
        "versions": machine.versions(),
        "machine": machine.describe(),
        "inputs": checksums(sorted(map(str, inputs))),
        "outputs": checksums(files_in(results, besides), results) if results else {},
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    logger.info("%s: checksums of %d results", output, len(manifest["outputs"]))


if __name__ == "__main__":
    main()
