"""word_shuffle and sentence_shuffle."""

import re
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import scramble
from scramblebench.scrambling.words import sentence_spans
from scrambling.golden import LEVELS_PCT, TEXTS

LONG = "The old fox saw seven small grey geese near a quiet pond. They did not see him at all!"


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]+", text)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_words_stay_in_their_sentence_and_all_move() -> None:
    done = scramble(LONG, Condition("word", 100, 1), key="q/text")
    before, after = LONG.split(". "), done.text.split(". ")
    for one, other in zip(before, after, strict=True):
        assert Counter(words(one)) == Counter(words(other))
        assert all(a != b for a, b in zip(words(one), words(other), strict=True))
    assert done.realised_dose == 1.0


def test_repeated_words_change_places_with_others() -> None:
    text = "the cat and the dog and the cow"
    for seed in range(20):
        done = scramble(text, Condition("word", 100, seed), key="q/text")
        assert all(a != b for a, b in zip(text.split(), done.text.split(), strict=True))


def test_moved_places_are_nested() -> None:
    moved: set[int] = set()
    for level_pct in LEVELS_PCT:
        done = scramble(LONG, Condition("word", level_pct, 1), key="q/text")
        pairs = zip(words(LONG), words(done.text), strict=True)
        now = {i for i, (a, b) in enumerate(pairs) if a != b}
        assert moved <= now
        moved = now


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.floats(0, 100), st.integers(0, 99))
def test_at_most_one_chosen_word_has_no_place_to_go(
    lengths: list[int], level_pct: float, seed: int
) -> None:
    names = iter("".join(pair) for pair in zip("abcdefghi" * 6, "jklmnop" * 8, strict=False))
    text = " ".join(" ".join(next(names) for _ in range(n)).capitalize() + "." for n in lengths)
    done = scramble(text, Condition("word", level_pct, seed), key="q/text")
    if level_pct:
        assert int(done.n_units * level_pct / 100 + 0.5) - done.n_altered in (0, 1)


def test_numbers_stay_unless_told_otherwise() -> None:
    text = "Add 12 to 3.5 and 1,000 now"
    kept = scramble(text, Condition("word", 100, 1), key="q/text")
    assert [kept.text.split()[i] for i in (1, 3, 5)] == ["12", "3.5", "1,000"]
    free = Condition("word", 100, 1, (("preserve_numbers", "false"),))
    assert scramble(text, free, key="q/text").n_units == kept.n_units + 3


def test_sentences_change_places_and_options_do_not() -> None:
    text = TEXTS["english"] + " So what? Tell me.\nOptions:\n(A) One. Two.\n(B) Three. Four."
    done = scramble(text, Condition("sentence", 100, 2), key="q/text")
    assert done.n_units == done.n_altered == 4
    assert done.text.endswith("\nOptions:\n(A) One. Two.\n(B) Three. Four.")
    assert Counter(sentences(done.text)) == Counter(sentences(text))
    assert sentences(done.text)[:4] != sentences(text)[:4]


def test_where_sentences_end() -> None:
    assert sentences("Mr. Smith paid $3.50. Dr. No did not! J. K. R. wrote e.g. this. Ok?") == [
        "Mr. Smith paid $3.50.",
        "Dr. No did not!",
        "J. K. R. wrote e.g. this.",
        "Ok?",
    ]
    assert sentences('He said "Go." Then he went...\n\nThe end') == [
        'He said "Go."',
        "Then he went...",
        "The end",
    ]
    assert sentences("你好。你是谁\uff1f我是我\uff01") == ["你好。", "你是谁\uff1f", "我是我\uff01"]
    assert sentences("यह एक है। वह दो है।") == ["यह एक है।", "वह दो है।"]
    assert sentences(" \n ") == []


def test_one_word_over_and_over_stays_and_tells_in_the_dose() -> None:
    done = scramble("the " * 5000, Condition("word", 100, 1), key="q/text")
    assert (done.n_units, done.n_altered, done.text) == (5000, 0, "the " * 5000)
