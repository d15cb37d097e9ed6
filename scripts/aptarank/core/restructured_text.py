"""Any text in reStructuredText, where it is shown as it is, and such a text at a terminal."""

import re


def literal(text: str) -> str:
    """A name as a literal, whatever is in it; what cannot be seen is shown by its code.

    A literal ends at its first two backquotes, and nothing can be escaped in it: a text that has
    some, or might be taken for markup beside them, is escaped character by character instead.
    """
    seen = visible(text)
    if seen and not re.search(r"[`*\\]|^\s|\s$", seen):
        return f"``{seen}``"
    return "".join(char if char.isalnum() or char == " " else f"\\{char}" for char in seen)


def visible(text: str) -> str:
    """A text with the codes of what cannot be seen, such as a line break or what terminals obey."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def at_terminal(text: str) -> str:
    """A text with such literals, and emphasis, without its markup."""
    return re.sub(r"\\(.)", r"\1", text.replace("``", "").replace("**", ""))
