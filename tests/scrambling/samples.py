"""Strategies shared by the tests of this room."""

from hypothesis import strategies as st

from scramblebench.scrambling import METHODS
from scrambling.golden import LEVELS_PCT, TEXTS

methods = st.sampled_from(sorted(METHODS))
levels = st.sampled_from(LEVELS_PCT) | st.floats(0.01, 100)
fragments = st.sampled_from(sorted(TEXTS.values())) | st.text(max_size=12)
scripts = st.text(
    st.characters(codec="utf-8") | st.sampled_from("".join(sorted(set("".join(TEXTS.values()))))),
    max_size=60,
)
texts = st.one_of(st.text(max_size=60), scripts, st.lists(fragments, max_size=4).map(" ".join))
