"""The one error that a user can cause and mend, and texts that a terminal only shows."""


class InputError(Exception):
    """Something the user gave is wrong.

    The message names the file (and line), what was found, what was expected and what to do;
    programs print it without a traceback and exit with 1.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


def printable(text: str) -> str:
    """A text in which whatever a terminal obeys is shown as its code; lines and tabs stay.

    Names and cells of a file are in many messages: an escape sequence in one could hide the rest.
    """
    if text.isprintable():
        return text
    shown = (char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
    return "".join(shown)


def first_line(error: BaseException) -> str:
    """What a library's error says, in short, for a message of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
