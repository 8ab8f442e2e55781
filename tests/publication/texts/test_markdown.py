"""Any text in Markdown: literal for every reader, hostile ones too."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from scramblebench.publication.texts.markdown import escape_markdown, fenced, shown

_READER = MarkdownIt("commonmark")
_HOSTILE = st.text("\\`*_[]()<>|~$!#&+-=.:;/@aw1 \n\x00é", max_size=30)


def read(text: str) -> tuple[str, set[str]]:
    """Return the text that a reader of Markdown sees, and the kinds of markup found."""
    tokens = _READER.parse(text)
    inline = [child for token in tokens for child in (token.children or ())]
    kinds = {token.type for token in (*tokens, *inline)}
    return "".join(c.content if c.type.startswith("text") else " " for c in inline), kinds


@given(st.one_of(_HOSTILE, st.text()))
def test_a_reader_sees_the_text_and_no_markup(text: str):
    seen, kinds = read(escape_markdown(text))
    assert re.sub(r"\s", "", seen) == re.sub(r"\s", "", shown(text))
    assert kinds <= {"paragraph_open", "inline", "text", "paragraph_close", "text_special"}


@given(st.lists(_HOSTILE, min_size=1))
def test_entries_of_a_list_stay_entries(texts: list[str]):
    seen = _READER.parse("\n".join(f"- x{escape_markdown(text)}" for text in texts))
    assert sum(token.type == "list_item_open" for token in seen) == len(texts)
    assert not any(token.type in ("heading_open", "html_block", "fence") for token in seen)


@given(_HOSTILE)
def test_prompts_stay_in_their_block(text: str):
    block, *rest = _READER.parse(fenced(text))
    assert rest == []
    assert block.type == "fence"
    assert len(block.content.split("\n")) == len(re.split(r"\r\n|\r|\n", text)) + 1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("85.7 [72.2, 93.3] p < 0.05", "85.7 [72.2, 93.3] p < 0.05"),
        ("[1](http://x)", "\\[1\\](http\\:\\/\\/x)"),
        ("letter_shuffle _a_", "letter_shuffle \\_a\\_"),
        ("<b> &amp;", "\\<b> &amp;amp;"),
        ("1. a", "1\\. a"),
    ],
)
def test_only_what_would_be_markup_is_escaped(text: str, written: str):
    assert escape_markdown(text) == written
