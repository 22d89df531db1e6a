"""Texts of others keep their place in Markdown: code ends where it ends, and a cell of a table is one line."""

import re

import pytest
from synthesis import markdown_text, web_pages


@pytest.mark.parametrize("text", ["plain", "`", "``a``", "a `b` c```", "two  spaces", '{"require": ["`x|y"]}'])
def test_code_of_a_table_is_shown_as_it_stands(text):
    cell = markdown_text.escape(markdown_text.code(text))
    page = web_pages.from_markdown(markdown_text.table(["settings", "next"], [[cell, "`after`"]]))
    shown = re.findall("<code>(.*?)</code>", page)
    assert [item.replace("&quot;", '"') for item in shown] == [text, "after"]


def test_a_text_of_somebody_elses_breaks_no_table():
    cell = markdown_text.escape("of\nits | own\n\n## kind")
    page = web_pages.from_markdown(markdown_text.table(["licence"], [[cell]]))
    assert "<td>of its | own ## kind</td>" in page
