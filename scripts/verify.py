"""Compare the results of two runs file by file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from aptarank.core.errors import InputError
from aptarank.core.result_files import list_files
from aptarank.programs.cli import Program
from aptarank.programs.schema_options import WholeNumber
from aptarank.provenance.run_differences import FolderDiff, compare_folders

RESULTS = Path("results")


@click.command(cls=Program)
@click.argument("first")
@click.argument("second")
@click.option(
    "--lines",
    type=WholeNumber(min=1, max=10**6),
    default=10,
    help="Differences to show per file.",
)
@click.pass_context
def main(ctx: click.Context, first: str, second: str, lines: int) -> None:
    """Say what differs between FIRST and SECOND, and by how much.

    Each is the name of a run in results/, or a folder of results. The exit status is 1 if anything
    differs that one config must give twice; logs and timings may differ.

    Example: python scripts/verify.py mine mine-again
    """
    folders = [folder_of(name) for name in (first, second)]
    diff = compare_folders(*folders)
    for line in report_lines(diff, folders, lines):
        click.echo(line)
    if not diff.same:
        ctx.exit(1)


def folder_of(name: str) -> Path:
    """Return the folder of a run, by its name or its path.

    Raises:
        InputError: there is none, or it is empty.
    """
    for folder in (Path(name), RESULTS / name):
        if folder.is_dir():
            if not list_files(folder, {}):
                raise InputError(f"{folder}: no file in it; expected the results of a run")
            return folder
    runs = sorted(path.name for path in RESULTS.glob("*/")) if RESULTS.is_dir() else []
    raise InputError(
        f"{name}: no such folder, and no run of that name in {RESULTS}/; expected "
        + (f"a folder or one of: {', '.join(runs)}" if runs else "a folder")
    )


def report_lines(diff: FolderDiff, folders: Sequence[Path], limit: int) -> Iterator[str]:
    """Yield the lines that describe a comparison, at most `limit` per file."""
    for name, lines in diff.different.items():
        yield name
        yield from (f"    {line}" for line in shorten(lines, limit))
    for names, folder in zip((diff.only_first, diff.only_second), folders, strict=True):
        if names:
            yield f"only in {folder}: {count_files(names)}"
            yield from (f"    {name}" for name in shorten(names, limit))
    for why, names in diff.left_out.items():
        yield f"not compared: {count_files(names)} ({why})"
    yield f"the same bytes: {count_files(diff.identical)}"
    total = len(diff.different)
    yield "the same results" if diff.same else f"different: {total} file{'s' * (total != 1)}"


def count_files(names: Sequence[str]) -> str:
    """Return the number of files, with its unit."""
    return f"{len(names)} file{'s' * (len(names) != 1)}"


def shorten(lines: Sequence[str], limit: int) -> list[str]:
    """Return the first lines, and how many more there are."""
    rest = len(lines) - limit
    return [*lines[:limit], f"… and {rest} more"] if rest > 0 else list(lines)


if __name__ == "__main__":
    main()
