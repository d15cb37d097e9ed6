"""Names in the answer: shown as they are in the report, and at a terminal."""

import html
import re

import pytest
from docutils.core import publish_parts
from hypothesis import given
from hypothesis import strategies as st

from aptarank.core.restructured_text import at_terminal, literal, visible

MARKUP = st.text(st.sampled_from(list("`_*|\\<>:[]. -ab\n\x1b\"'{%")), max_size=30)


def shown(text: str) -> str:
    """What docutils makes of a paragraph, without its tags."""
    settings = {"halt_level": 2, "report_level": 5}  # a warning is an error
    body = publish_parts(text, writer="html", settings_overrides=settings)["body"]
    return html.unescape(re.sub("<[^>]*>", "", body)).strip()


@given(st.one_of(MARKUP, st.text(max_size=30)))
def test_any_name_is_shown_as_it_is(name):
    for given_name in (name, f"x{name}"):
        wanted = f"Rows of {visible(given_name)}: 3."
        assert shown(f"Rows of {literal(given_name)}: 3.").split() == wanted.split()


@pytest.mark.parametrize("name", ["my file.csv", "`a`_ <b>", "a\\b", "é µ.xlsx", "-o"])
def test_at_a_terminal(name):
    assert at_terminal(f"Rows of {literal(name)}, **two**.") == f"Rows of {name}, two."


def test_what_terminals_obey_is_shown_by_its_code():
    assert literal("\x1b[31mred\n") == r"\\x1b\[31mred\\n"
    assert at_terminal(literal("\x1b[31mred")) == r"\x1b[31mred"
