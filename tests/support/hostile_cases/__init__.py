"""Files as labs have them, and what must become of each; the table is in tests/support."""

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Content = str | bytes | Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """A hostile file.

    `content` is a text (written as UTF-8), bytes, or a function that makes the file; `others` are
    further files that are read with it. The outcome is either `accepted`, the score of each
    sequence (the label of each pair), with the reason that begins each rejected line's, or a
    fragment of the `message`.
    """

    file: str
    wrong: str
    content: Content
    accepted: Mapping | None = None
    rejected: Mapping[int, str] = field(default_factory=dict)
    message: str = ""
    options: tuple[str, ...] = ()
    others: Mapping[str, Content] = field(default_factory=dict)
    named: tuple[str, ...] | None = None  # what the program is given, where not just the files

    def write(self, folder: Path) -> list[str]:
        """Make the files in a folder; returns the program's arguments."""
        for name, content in {self.file: self.content, **self.others}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if callable(content):
                content(path)
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        names = (self.file, *self.others) if self.named is None else self.named
        return [*names, "--max-rejected", "0.95", *self.options]


def reads(file, wrong, content, accepted, rejected=None, options="", better="lower", **more):
    """A file whose good rows are read."""
    chosen = (*shlex.split(options), *said(better))
    return Case(file, wrong, content, accepted, rejected or {}, "", chosen, **more)


def refused(file, wrong, content, message, options="", better="lower", **more):
    """A file that is refused with a message."""
    chosen = (*shlex.split(options), *said(better))
    return Case(file, wrong, content, None, {}, message, chosen, **more)


def said(better: str | None) -> tuple[str, ...]:
    """The option that says the direction; None where the file does."""
    return ("--better", better) if better else ()


def table(*rows: str, header: str = "sequence,score") -> str:
    """A table of these lines."""
    return "".join(f"{row}\n" for row in (header, *rows))


def missing(path: Path) -> None:
    """Make no file."""


def folder(path: Path) -> None:
    """Make a folder."""
    path.mkdir()


def locked(path: Path) -> None:
    """Make a file that nobody may read."""
    path.write_text("sequence,score\nACGT,1\n", encoding="utf-8")
    path.chmod(0)


def pipe(path: Path) -> None:
    """A pipe that nobody writes to: reading it would never end."""
    os.mkfifo(path)


def link_to(target: str) -> Callable[[Path], None]:
    """Make a symbolic link."""
    return lambda path: path.symlink_to(target)
