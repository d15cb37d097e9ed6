"""What all programs of the pipeline share: options, and errors that a user can read."""

import gc
import glob
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from pandas.errors import InvalidIndexError

from aptarank.core.errors import InputError, first_line
from aptarank.core.log import logger, never_silent, set_up_logging
from aptarank.core.os_errors import explain
from aptarank.programs.schema_options import WholeNumber, setting
from aptarank.workflow.run_lock import end_with_snakemake

PATH = click.Path(path_type=Path)  # of a file or folder to read
WRITTEN = click.Path(path_type=Path)  # to write; `check_paths` tells them apart
Command = TypeVar("Command", bound=Callable | click.Command)

# Imports allocate about a million objects that live as long as the program. Garbage collection is
# off from here until the command is built, and ignores them then: a program that uses PyTorch
# starts and ends two seconds sooner, of six.
gc.disable()


class Program(click.Command):
    """A click command with `--log`, whose errors a user can read.

    `InputError` becomes one message and exit status 1, and so does a file or disk that fails. Any
    other error is a bug of ours and keeps its traceback. A program that Snakemake started ends
    with it. No program is silent for more than a few seconds.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings["show_default"] = True
        self.params.append(
            click.Option(["--log"], type=WRITTEN, help="Also write the log to this file.")
        )
        # Not imported by name, or every rule would depend on the version (workflow/code_inputs.py).
        version = sys.modules["aptarank"].__version__
        click.version_option(version, prog_name="aptarank")(self)
        gc.freeze()
        gc.enable()

    def invoke(self, ctx: click.Context) -> Any:
        end_with_snakemake()
        try:
            set_up_logging(None)
            self.check_paths(ctx)  # before the log is opened, which might be such a file
            set_up_logging(ctx.params.pop("log"))
            with never_silent(ctx.info_name or ""):
                return self.call(ctx)
        except InputError as error:
            logger.error("%s: error: %s", ctx.info_name, error)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            inputs = {
                Path(os.path.relpath(path))
                for param in self.params
                if param.type is not WRITTEN
                for path in files_of(param, ctx.params.get(param.name))
            }
            if explained := explain(error, ctx.params.get("output") or Path(), inputs):
                logger.error("%s: error: %s", ctx.info_name, explained)
                ctx.exit(1)
            logger.exception("%s: a bug in aptarank, please report it:", ctx.info_name)
            ctx.exit(70)  # EX_SOFTWARE of sysexits.h

    def check_paths(self, ctx: click.Context) -> None:
        """Raise InputError if an output would overwrite an input, or another output."""
        taken: dict[Path, str] = {}
        written = [param for param in self.params if param.type is WRITTEN]
        for param in [*(each for each in self.params if each not in written), *written]:
            name = param.opts[-1] if isinstance(param, click.Option) else "an input"
            for path in files_of(param, ctx.params.get(param.name)):
                other = taken.setdefault(path, name)
                if other != name and param in written:
                    raise InputError(
                        f"{path}: both {other} and {name}, so that one would overwrite the other; "
                        f"give {name} another name"
                    )

    def call(self, ctx: click.Context) -> Any:
        """Run the command."""
        return super().invoke(ctx)


def files_of(param: click.Parameter, value: object) -> set[Path]:
    """Return the files that a parameter names, also those of a pattern."""
    if isinstance(value, tuple | list):
        return {path for each in value for path in files_of(param, each)}
    if isinstance(value, Path):
        return {Path(os.path.realpath(value))}
    if isinstance(value, str) and param.name == "files":
        return {Path(os.path.realpath(path)) for path in (value, *glob.glob(value))}
    return set()


# What our code raises on a table or an object that we did not write.
FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, InvalidIndexError)


class OfResults(Program):
    """A program that reads only results of the pipeline, none of the user's own files.

    If it fails, a result was damaged, changed by hand or made by another version, or there is a bug
    of ours: the message names the files and says what to do in either case, and the log file has
    the traceback.
    """

    def call(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().call(ctx)
        except FAILURES as error:
            logger.debug("", exc_info=True)
            paths = ", ".join(existing_paths(ctx.params.values()))
            raise InputError(
                f"{paths}: one of these results is damaged, was changed or is from another "
                f"version: {type(error).__name__}: {first_line(error)}.\n"
                "Delete it and rerun Snakemake to recreate it. If you did not change anything, "
                "please report this."
            ) from None


def existing_paths(values: Iterable) -> list[str]:
    """Return the existing files and folders among the values of options, also in lists of them."""
    paths: list[str] = []
    for value in values:
        if isinstance(value, tuple | list):
            paths += existing_paths(value)
        elif isinstance(value, Path) and value.exists():
            paths.append(str(value))
    return paths


device_option = setting("device")

threads_option = setting("threads", help="CPU threads of PyTorch or ONNX Runtime.")

resamples_option = setting("evaluation.resamples")

resampling_seed_option = setting("evaluation.seed", "--resampling-seed")

models_option = click.option(
    "--model",
    "models",
    type=(str, PATH),
    multiple=True,
    metavar="NAME FOLDER",
    help="A model's name and the folder that finetune.py writes; may be repeated.",
)


def folders_by_name(models: Sequence[tuple[str, Path]]) -> dict[str, Path]:
    """The folders of `models_option` by name.

    Raises:
        InputError: a name is given twice.
    """
    names = [name for name, _ in models]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--model {name} is given twice; expected different names")
    return dict(models)


def check_folder(path: Path, what: str) -> None:
    """Raise InputError if there is no such folder."""
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; expected {what}")


fold_option = click.option(
    "--fold",
    type=WholeNumber(min=1),
    help="Fold of the cross-validation, for the table.",
)


def batch_size_option(size: int) -> Callable[[Command], Command]:
    """Make the option for the number of aptamers or pairs per forward pass."""
    return click.option(
        "--batch-size",
        type=WholeNumber(min=1, max=1_000_000),
        default=size,
        help="Number of aptamers or pairs per forward pass.",
    )


def checkpoint_options(command: Command) -> Command:
    """Add the options of a training that resumes where it was stopped."""
    for option in (
        setting("checkpoints.steps", "--checkpoint-steps", zero_for_null=True),
        setting("checkpoints.minutes", "--checkpoint-minutes", zero_for_null=True),
        click.option(
            "--checkpoints",
            type=PATH,
            help="Folder for checkpoints; if it has some, training resumes from the last.",
        ),
    ):
        command = option(command)
    return command
