"""What every program of the pipeline shares: its options, and errors that a user can read."""

import gc
import glob
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from pandas.errors import InvalidIndexError

from aptarank.core.errors import InputError, first_line
from aptarank.core.log import logger, never_silent, set_up_logging
from aptarank.core.os_errors import explain
from aptarank.core.run_lock import end_with_snakemake
from aptarank.programs.schema_options import WholeNumber, setting

PATH = click.Path(path_type=Path)  # of what is read
WRITTEN = click.Path(path_type=Path)  # of what is written: `check_paths` tells them apart

# What a program imports makes a million objects that live as long as it does. The garbage collector
# does not see them from here to where its command is made, and so a program that uses PyTorch
# starts and ends two seconds sooner, of six.
gc.disable()


class Program(click.Command):
    """A click command with `--log`, whose errors a user can read.

    `InputError` becomes one message and exit status 1, and so does a file or disk that fails;
    anything else is a fault of ours and keeps its traceback. A program that Snakemake started ends
    with it. No program is silent for more than a few seconds.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, context_settings={"show_default": True}, **kwargs)
        self.params.append(
            click.Option(["--log"], type=WRITTEN, help="Also write the log to this file.")
        )
        # Not imported by name, or every rule would depend on the version (core/code_inputs.py).
        version = sys.modules["aptarank"].__version__
        click.version_option(version, prog_name="aptarank")(self)
        gc.freeze()
        gc.enable()

    def invoke(self, ctx: click.Context):
        end_with_snakemake()
        try:
            set_up_logging(None)
            self.check_paths(ctx)  # before a log is begun, which might be such a file
            set_up_logging(ctx.params.pop("log"))
            with never_silent(ctx.info_name):
                return self.call(ctx)
        except InputError as error:
            logger.error("%s: error: %s", ctx.info_name, error)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if explained := explain(error, ctx.params.get("output") or Path()):
                logger.error("%s: error: %s", ctx.info_name, explained)
                ctx.exit(1)
            logger.exception("%s: a fault of aptarank's own, please report it:", ctx.info_name)
            ctx.exit(70)  # EX_SOFTWARE of sysexits.h

    def check_paths(self, ctx: click.Context) -> None:
        """Raise InputError where a file would be written over one that is read, or over another."""
        taken: dict[Path, str] = {}
        written = [param for param in self.params if param.type is WRITTEN]
        for param in [*(each for each in self.params if each not in written), *written]:
            name = param.opts[-1] if isinstance(param, click.Option) else "an input"
            for path in files_of(param, ctx.params.get(param.name)):
                other = taken.setdefault(path, name)
                if other != name and param in written:
                    raise InputError(
                        f"{path}: both {other} and {name}; one would be written over the other: "
                        f"give {name} another name"
                    )

    def call(self, ctx: click.Context):
        """Run the command."""
        return super().invoke(ctx)


def files_of(param: click.Parameter, value: object) -> set[Path]:
    """The files that a parameter names; those of a pattern too."""
    if isinstance(value, tuple | list):
        return {path for each in value for path in files_of(param, each)}
    if isinstance(value, Path):
        return {Path(os.path.realpath(value))}
    named = isinstance(value, str) and param.name == "files"
    return {Path(os.path.realpath(path)) for path in (value, *glob.glob(value))} if named else set()


# What our code raises on a table or an object that is not as we write it.
FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, InvalidIndexError)


class OfResults(Program):
    """A program that reads results of the pipeline alone, none of the user's own files.

    What fails in it is a result that was damaged, changed by hand or made by another version, or a
    fault of ours: the message names the files and says what to do in either case; the log file has
    the traceback.
    """

    def call(self, ctx: click.Context):
        """Run the command."""
        try:
            return super().call(ctx)
        except FAILURES as error:
            logger.debug("", exc_info=True)
            raise InputError(
                f"{', '.join(files_in(ctx.params.values()))}: one of these results is damaged, was "
                f"changed or is of another version: {type(error).__name__}: {first_line(error)}.\n"
                "Remove it and run Snakemake again, which makes it anew. If nothing was changed, "
                "please report it."
            ) from None


def files_in(values: Iterable) -> list[str]:
    """The files and folders among the values of a program's options, also in lists of them."""
    found: list[str] = []
    for value in values:
        if isinstance(value, tuple | list):
            found += files_in(value)
        elif isinstance(value, Path) and value.exists():
            found.append(str(value))
    return found


device_option = setting("device")

threads_option = setting("threads", help="CPU threads of PyTorch or ONNX Runtime.")

resamples_option = setting("evaluation.resamples")

resampling_seed_option = setting("evaluation.seed", "--resampling-seed")

fold_option = click.option(
    "--fold",
    type=WholeNumber(min=1),
    help="The fold of a cross-validation, for the table.",
)


def batch_size_option(size: int):
    """The option for the aptamers or pairs that go through a model at a time."""
    return click.option(
        "--batch-size",
        type=WholeNumber(min=1, max=1_000_000),
        default=size,
        help="Aptamers, or pairs, that go through the model at a time.",
    )


def checkpoint_options(command):
    """The options of a training that goes on where it was stopped."""
    for option in (
        setting("checkpoints.steps", "--checkpoint-steps", zero_for_null=True),
        setting("checkpoints.minutes", "--checkpoint-minutes", zero_for_null=True),
        click.option(
            "--checkpoints",
            type=PATH,
            help="Folder to write checkpoints to, and to go on from where there are some.",
        ),
    ):
        command = option(command)
    return command
