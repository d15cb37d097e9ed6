"""Compare the results of two runs file by file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from aptarank.core.errors import InputError
from aptarank.core.result_files import list_files
from aptarank.programs.cli import Program
from aptarank.programs.schema_options import WholeNumber
from aptarank.provenance.run_differences import Comparison, compare_folders

RESULTS = Path("results")


@click.command(cls=Program)
@click.argument("first")
@click.argument("second")
@click.option(
    "--lines", type=WholeNumber(min=1, max=10**6), default=10, help="At most, of each file."
)
@click.pass_context
def main(ctx, first, second, lines):
    """Say what differs between FIRST and SECOND, and by how much.

    Each is a run's name, which is looked for in results/, or a folder of results. Exits with 1
    where anything differs that one config must give twice; logs and timings need not be the same.

    Example: python scripts/verify.py mine mine-again
    """
    folders = [folder_of(name) for name in (first, second)]
    found = compare_folders(*folders)
    for line in report(found, folders, lines):
        click.echo(line)
    if not found.same:
        ctx.exit(1)


def folder_of(name: str) -> Path:
    """The folder of a run, by its name or its path.

    Raises:
        InputError: there is none, or it is empty.
    """
    for folder in (Path(name), RESULTS / name):
        if folder.is_dir():
            if not list_files(folder, {}):
                raise InputError(f"{folder}: no file in it; expected the results of a run")
            return folder
    there = sorted(path.name for path in RESULTS.glob("*/")) if RESULTS.is_dir() else []
    raise InputError(
        f"{name}: no such folder, and no run of that name in {RESULTS}/; expected "
        + (f"a folder or one of: {', '.join(there)}" if there else "a folder")
    )


def report(found: Comparison, folders: Sequence[Path], most: int) -> Iterator[str]:
    """The comparison in words, line by line."""
    for name, lines in found.different.items():
        yield name
        yield from (f"    {line}" for line in shortened(lines, most))
    for names, folder in zip((found.only_first, found.only_second), folders, strict=True):
        if names:
            yield f"only in {folder}: {counted(names)}"
            yield from (f"    {name}" for name in shortened(names, most))
    for why, names in found.left_out.items():
        yield f"not compared: {counted(names)} ({why})"
    yield f"the same bytes: {counted(found.identical)}"
    total = len(found.different)
    yield "the same results" if found.same else f"different: {total} file{'s' * (total != 1)}"


def counted(names: Sequence[str]) -> str:
    return f"{len(names)} file{'s' * (len(names) != 1)}"


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """The first of the lines, and how many more there are."""
    rest = len(lines) - most
    return [*lines[:most], f"… and {rest} more"] if rest > 0 else list(lines)


if __name__ == "__main__":
    main()
