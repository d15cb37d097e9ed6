"""The one error that a user can cause and fix, and text that is safe to print."""


class InputError(Exception):
    """Something that the user gave is wrong.

    The message names the file (and line), what was found, what was expected and what to do.
    Programs print it without a traceback and exit with status 1.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


def printable(text: str) -> str:
    """Return a text with control characters shown as their codes, except line breaks and tabs.

    Many messages contain file names and cells: an escape sequence in one could hide the rest.
    """
    if text.isprintable():
        return text
    shown = (char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
    return "".join(shown)


def first_line(error: BaseException) -> str:
    """Return the first line of a library's error, shortened, for a message of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
