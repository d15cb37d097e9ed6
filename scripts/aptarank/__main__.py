"""The command `aptarank`: the programs of scripts/ under one name, such as `aptarank rank`."""

import ast
import importlib
import sys
from pathlib import Path

import click

from aptarank.core.extras import why_missing

# Where pip has installed it, the programs are in the package; in the repository, beside it.
INSTALLED = Path(__file__).parent / "commands"
FOLDER = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[1]


class Programs(click.Group):
    """All programs, of which only the one that is asked for is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, as files have them."""
        return sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The program of this name; None if there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        package = "aptarank.commands." if FOLDER is INSTALLED else ""
        try:
            return importlib.import_module(package + cmd_name).main
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("aptarank"):
                raise
            package = (error.name or "").split(".")[0]
            raise click.ClickException(why_missing(cmd_name, package)) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The program that is named; in its messages it has the name that was typed."""
        _, command, rest = super().resolve_command(ctx, args)
        return args[0], command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them with the first line of what each says of itself, without importing any."""
        rows = [(name, first_line(FOLDER / f"{name}.py")) for name in self.list_commands(ctx)]
        with formatter.section("Programs"):
            formatter.write_dl(rows)


def first_line(path: Path) -> str:
    """The first line of a file's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0]


@click.command(cls=Programs)
@click.version_option(sys.modules["aptarank"].__version__, prog_name="aptarank")
def main() -> None:
    """Learn from scored aptamers which of two is fitter, and rank any number of them.

    `aptarank PROGRAM --help` says more. The workflow runs these programs one after the other; with
    a trained model, `aptarank rank` and `aptarank screen` are all that is needed.
    """


if __name__ == "__main__":
    main(prog_name="aptarank")
