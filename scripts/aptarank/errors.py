"""The one error that a user can cause and mend."""


class InputError(Exception):
    """Something the user gave is wrong.

    The message names the file (and line), what was found, what was expected and what to do;
    programs print it without a traceback and exit with 1.
    """
