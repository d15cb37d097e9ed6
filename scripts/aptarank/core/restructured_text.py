"""Write any text in reStructuredText so that it is shown literally, and print such text."""

import re


def literal(text: str) -> str:
    """Return a name as an inline literal; invisible characters are shown as their codes.

    A literal ends at the first two backquotes, and nothing can be escaped in it: a text with
    backquotes, or with what would be markup next to them, is escaped character by character.
    """
    shown = visible(text)
    if shown and not re.search(r"[`*\\]|^\s|\s$", shown):
        return f"``{shown}``"
    return "".join(char if char.isalnum() or char == " " else f"\\{char}" for char in shown)


def visible(text: str) -> str:
    """Return a text with codes for invisible characters, such as line breaks and escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def at_terminal(text: str) -> str:
    """Return a text without the markup of such literals and of emphasis."""
    return re.sub(r"\\(.)", r"\1", text.replace("``", "").replace("**", ""))
