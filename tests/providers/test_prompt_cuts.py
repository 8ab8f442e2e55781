"""The bounds that tell a cut prompt from a whole one."""

from hypothesis import given
from hypothesis import strategies as st

from scramblebench.providers import Message
from scramblebench.providers.prompt_cuts import fewest_tokens, is_prompt_cut, most_tokens

TEXTS = st.lists(st.text(max_size=60), max_size=5)


def chat(texts):
    return [Message("user", text) for text in texts]


@given(TEXTS)
def test_the_bounds_are_in_order(texts):
    assert 0 <= fewest_tokens(chat(texts)) < most_tokens(chat(texts))


@given(TEXTS, st.integers(1, 400), st.integers(128, 512))
def test_a_prompt_that_fits_for_certain_is_never_called_cut(texts, prompt_tokens, window):
    messages = chat(texts)
    if most_tokens(messages) <= window:
        assert not is_prompt_cut(messages, prompt_tokens, window)


@given(st.integers(600, 3000), st.sampled_from([None, 260, 500]))
def test_more_words_than_the_window_are_cut_whatever_is_counted(n_words, prompt_tokens):
    assert is_prompt_cut(chat(["word " * n_words]), prompt_tokens, 512)


def test_a_count_at_or_above_the_lower_bound_is_believed():
    messages = chat(["word " * 400])
    assert is_prompt_cut(messages, 399, 512)
    assert not is_prompt_cut(messages, 400, 512)
    assert not is_prompt_cut(messages, None, 512)
