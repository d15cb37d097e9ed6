"""Any text as a word of a shell command that nothing on the way to the shell reads."""

import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def shell_words(texts: Iterable[str]) -> str:
    """These texts as words of a bash command line.

    Snakemake puts values in the place of `{…}` in parameters, and writes them into the report's
    page, where a browser reads `<…>`. So these characters are written by their codes, in bash's
    `$'…'`, as are those that a terminal obeys.
    """
    return " ".join(map(shell_word, texts))


def shell_word(text: str) -> str:
    """One text as such a word."""
    if PLAIN.fullmatch(text):
        return text
    return "$'" + "".join(map(coded, text)) + "'"


def coded(char: str) -> str:
    """A character within `$'…'`: as it is, or the bytes of its UTF-8."""
    if char.isprintable() and char not in "'\\<>&{}":
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode())
