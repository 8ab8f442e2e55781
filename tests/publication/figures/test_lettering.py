"""Names in figures: literal, distinct, and never wider than their room."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.publication.figures.lettering import (
    folded,
    labels,
    literal,
    readable,
    shortened,
    text_width_in,
    wrapped,
)
from tests.publication.figures.cases import HOSTILE

TEXTS = st.text(max_size=60) | st.sampled_from(HOSTILE)
ROOMS = st.floats(1.0, 5.0)
FIT = settings(max_examples=60, deadline=None)


@FIT
@given(text=TEXTS, room=ROOMS)
def test_what_is_shortened_fits_and_keeps_both_ends(text: str, room: float):
    short = shortened(text, room)
    assert text_width_in(short) <= room
    whole = literal(text)
    if short != whole:
        begin, _, end = short.partition("…") if "…" not in whole else (short[:1], "", short[-1:])
        assert whole.startswith(begin)
        assert whole.endswith(end)


@FIT
@given(text=TEXTS, room=ROOMS)
def test_lines_fit_and_hold_all_words(text: str, room: float):
    lines = wrapped(text, room)
    assert all(text_width_in(line) <= room for line in lines)
    assert len(folded(text, room)) <= 2
    assert all(text_width_in(line) <= room for line in folded(text, room))
    words = literal(text).split()
    if all(text_width_in(word) <= room for word in words):
        assert " ".join(lines).split() == words


@FIT
@given(names=st.lists(TEXTS, min_size=1, max_size=12), room=ROOMS)
def test_labels_fit_and_differ(names: list[str], room: float):
    found = labels(names, room)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(found)
    assert all(text_width_in(label) <= room for label in found.values())


@given(text=st.text(max_size=40))
def test_nothing_that_cannot_be_seen_is_drawn(text: str):
    for shown in (readable(text), literal(text)):
        assert shown.isprintable() or not shown
        shown.encode("utf-8")


def test_what_the_font_has_not_stands_as_its_code_point():
    assert literal("\u4f60 \N{GRINNING FACE}") == "<U+4F60> \N{GRINNING FACE}"
    assert literal("a\u202eb\x00") == "a<U+202E>b<U+0000>"
    assert readable("\u4f60\n\ud800") == "\u4f60 <U+D800>"


def test_names_break_at_a_separator():
    assert folded("Llama-2-70b-chat-hf", 1.1) == ["Llama-2-", "70b-chat-hf"]
    assert folded("gpt-4", 1.1) == ["gpt-4"]


@pytest.mark.parametrize("room", [1.0, 1.3])
def test_a_cut_label_says_that_a_model_is_simulated(room: float):
    names = [f"a/very/long/name/of/model-{n} (simulated)" for n in range(3)]
    found = labels(names, room)
    assert all(label.endswith("(sim.)") for label in found.values())
    assert labels(["m (simulated)"], room)["m (simulated)"] == "m (simulated)"
