"""What a file or disk that fails says to a person: which one, why, and what to do."""

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path

from aptarank.core.errors import first_line

ADVICE = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there, or have your quota raised",
    errno.EROFS: "have it mounted so that it can be written, or give another folder",
    errno.EACCES: "give yourself the right to it, or give another folder",
    errno.EPERM: "give yourself the right to it, or give another folder",
    errno.ENOENT: "it is not there, or was removed meanwhile; put it back if it is yours",
    errno.EISDIR: "a folder is where a file should be; move it away",
    errno.ENOTDIR: "a file is where a folder should be; move it away",
    errno.EEXIST: "a file is where a folder should be; move it away",
    errno.EIO: "the disk or the network fails; see the system's log, or give another folder",
    errno.ESTALE: "the network's file system lost it; have it mounted again",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
}
# How libraries write the number of an error that is no OSError: safetensors, tokenizers, Arrow.
NUMBER = re.compile(r"\b(?:os error|errno|code:) (\d+)", re.I)
# PyTorch's writer of archives, which says no more than that it failed.
TORCH = re.compile(r"PytorchStreamWriter|file write failed|unexpected pos")
# How libraries in C++ and Rust say that memory has ended.
MEMORY = re.compile(
    r"bad_alloc|out of memory|malloc of size|[Uu]nable to allocate|can.t allocate memory"
    r"|[Cc]annot allocate memory|Failed to allocate memory|not enough memory"
)
FULL = 2**20  # bytes; a disk with fewer left is taken to be full


def explain(error: BaseException, output: Path) -> str | None:
    """One message on the failure of a file or disk, or None where the error is another.

    Args:
        output: what the program was to write; it stands for a file that the error does not name.
    """
    if is_memory(error):
        return (
            f"{output}: needs more memory than there is: {first_line(error)}\n"
            "What to do: give the job more memory, or the program fewer rows or smaller batches; "
            "then run again. What is complete is kept."
        )
    found = reason(error, output)
    if found is None:
        return None
    number, file = found
    place = file or str(output)
    if file and Path(file).name == file and (output / file).exists():
        place = str(output / file)  # of a folder that was being written anew
    if number in (errno.ENOSPC, errno.EDQUOT):
        # Also where temporary files are, whose names nobody knows.
        folder = min(nearest(Path(place)), Path(tempfile.gettempdir()), key=free)
        place = f"{place} (in {folder}, {free(folder) / 1e6:.1f} MB are free)"
    return (
        f"{place}: {os.strerror(number)}\n"
        f"What to do: {ADVICE[number]}; then run again. What is complete is kept, and what this "
        "program was writing is made anew."
    )


def is_memory(error: BaseException) -> bool:
    """Whether an error says that memory has ended."""
    told = isinstance(error, RuntimeError | OSError) and MEMORY.search(str(error))
    return isinstance(error, MemoryError) or bool(told)


def reason(error: BaseException, output: Path) -> tuple[int, str | None] | None:
    """The number of a failure of a file or disk, and the file where it is known."""
    while error is not None:
        number = getattr(error, "errno", None) if isinstance(error, OSError) else None
        if number is None and (said := NUMBER.search(str(error))):
            number = int(said[1])
        if number is None and isinstance(error, RuntimeError) and TORCH.search(str(error)):
            number = errno.ENOSPC if free(nearest(output)) < FULL else errno.EIO
        if number in ADVICE:
            file = getattr(error, "filename", None)
            return number, None if file is None else os.fsdecode(file)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def nearest(path: Path) -> Path:
    """The folder of a path, or the next above it that is there."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def free(folder: Path) -> int:
    """Bytes that can still be written in a folder."""
    return shutil.disk_usage(folder).free
