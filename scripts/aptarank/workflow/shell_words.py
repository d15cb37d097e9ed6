"""Write any text as a word of a shell command that nothing on the way to the shell interprets."""

import re
from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def shell_words(texts: Iterable[str]) -> str:
    """Return texts as words of a bash command line.

    Snakemake replaces `{…}` in parameters, and writes them into the report, where a browser
    interprets `<…>`. So these characters are written as codes in bash's `$'…'`, and so are control
    characters.
    """
    return " ".join(map(shell_word, texts))


def shell_word(text: str) -> str:
    """Return one text as such a word."""
    if PLAIN.fullmatch(text):
        return text
    return "$'" + "".join(map(shell_character, text)) + "'"


def shell_character(char: str) -> str:
    """Return a character within `$'…'`: as it is, or as the bytes of its UTF-8 code."""
    if char.isprintable() and char not in "'\\<>&{}":
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode())
