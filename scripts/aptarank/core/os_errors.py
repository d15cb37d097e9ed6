"""The message for a file, disk or memory that fails: which one, why, and what to do."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from aptarank.core.errors import first_line
from aptarank.core.sizes import memory

ADVICE = {
    errno.ENOSPC: "free some space there",
    errno.EDQUOT: "free some space there, or have your quota raised",
    errno.EROFS: "have it mounted writable, or use another folder",
    errno.EACCES: "give yourself permission, or use another folder",
    errno.EPERM: "give yourself permission, or use another folder",
    errno.ENOENT: "it does not exist, or was removed meanwhile; put it back if it is yours",
    errno.EISDIR: "there is a folder where a file should be; move it away",
    errno.ENOTDIR: "there is a file where a folder should be; move it away",
    errno.EEXIST: "there is a file where a folder should be; move it away",
    errno.EIO: "the disk or the network fails; see the system's log, or use another folder",
    errno.ESTALE: "the network file system lost it; have it mounted again",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
}
# How libraries write the number of an OS error in other errors: safetensors, tokenizers, Arrow.
ERRNO = re.compile(r"\b(?:os error|errno|code:) (\d+)", re.I)
# PyTorch's archive writer, which says only that it failed.
TORCH_WRITER = re.compile(r"PytorchStreamWriter|file write failed|unexpected pos")
# How libraries in C++ and Rust say that memory has run out.
NO_MEMORY = re.compile(
    r"bad_alloc|out of memory|malloc of size|[Uu]nable to allocate|can.t allocate memory"
    r"|[Cc]annot allocate memory|Failed to allocate memory|not enough memory"
)
FULL = 2**20  # bytes; a disk with less free space is considered full


def explain(error: BaseException, output: Path, inputs: Iterable[Path] = ()) -> str | None:
    """Return the message for an error of a file, disk or memory; None for any other error.

    Args:
        output: what the program was writing; named if the error names no file.
        inputs: what it was reading; named, with their sizes, where memory has run out.
    """
    if is_out_of_memory(error):
        sizes = {path: path.stat().st_size for path in inputs if path.is_file()}
        largest = sorted(sizes, key=lambda path: -sizes[path])[:3]
        named = ", ".join(f"{path} ({sizes[path] / 1e6:.1f} MB)" for path in largest)
        return (
            f"{named or output}: needs more memory than there is ({memory() / 1e9:.1f} GB): "
            f"{first_line(error)}\n"
            "What to do: give the job more memory, or the program fewer rows or smaller batches; "
            "then run again. Finished results are kept."
        )
    failure = find_failure(error, output)
    if failure is None:
        return None
    number, file = failure
    path = file or str(output)
    if file and Path(file).name == file and (output / file).exists():
        path = str(output / file)  # in a folder that was being written
    if number in (errno.ENOSPC, errno.EDQUOT):
        # It may be the disk with the temporary files, whose names are unknown.
        folder = min(existing_folder(Path(path)), Path(tempfile.gettempdir()), key=free_bytes)
        path = f"{path} (in {folder}, {free_bytes(folder) / 1e6:.1f} MB are free)"
    return (
        f"{path}: {os.strerror(number)}\n"
        f"What to do: {ADVICE[number]}; then run again. Finished results are kept; what this "
        "program was writing is made again."
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory has run out."""
    if isinstance(error, RuntimeError | OSError) and NO_MEMORY.search(str(error)):
        return True
    return isinstance(error, MemoryError)


def find_failure(error: BaseException, output: Path) -> tuple[int, str | None] | None:
    """Return the number of an OS error and the file, if known; also of what caused `error`."""
    cause: BaseException | None = error
    while cause is not None:
        number = cause.errno if isinstance(cause, OSError) else None
        if number is None and (match := ERRNO.search(str(cause))):
            number = int(match[1])
        if number is None and isinstance(cause, RuntimeError) and TORCH_WRITER.search(str(cause)):
            number = errno.ENOSPC if free_bytes(existing_folder(output)) < FULL else errno.EIO
        if number in ADVICE:
            file = getattr(cause, "filename", None)
            return number, None if file is None else os.fsdecode(file)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return None


def existing_folder(path: Path) -> Path:
    """Return the folder of a path, or the nearest one above it that exists."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def free_bytes(folder: Path) -> int:
    """Return how many bytes can still be written in a folder."""
    return shutil.disk_usage(folder).free
