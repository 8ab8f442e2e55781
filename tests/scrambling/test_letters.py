"""letter_shuffle."""

import re
from collections import Counter

import pytest

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import scramble
from scramblebench.scrambling.words import clusters
from scrambling.golden import LEVELS_PCT, TEXTS

WORDS = ["An", "angel", "asked", "about", "eleven", "identical", "afternoon", "exercises"]


def shuffled_words(level_pct: float = 100, variant: str = "any") -> list[str]:
    condition = Condition("letter_shuffle", level_pct, 3, (("variant", variant),))
    return scramble(" ".join(WORDS), condition, key="q/text").text.split(" ")


def test_every_word_keeps_its_letters_and_none_stays() -> None:
    for word, shuffled in zip(WORDS, shuffled_words(), strict=True):
        assert shuffled != word
        assert sorted(shuffled) == sorted(word)


@pytest.mark.parametrize(
    ("variant", "n_first", "n_last"), [("keep_first", 1, 0), ("keep_first_last", 1, 1)]
)
def test_variants_keep_the_ends(variant: str, n_first: int, n_last: int) -> None:
    for word, shuffled in zip(WORDS, shuffled_words(variant=variant), strict=True):
        assert shuffled[:n_first] == word[:n_first]
        assert shuffled[len(word) - n_last :] == word[len(word) - n_last :]
        assert sorted(shuffled) == sorted(word)
        assert (shuffled != word) == (len(set(word[n_first : len(word) - n_last])) > 1)


def test_variants_choose_the_same_words() -> None:
    def chosen(variant: str) -> set[int]:
        shuffled = shuffled_words(50, variant)
        return {i for i, (a, b) in enumerate(zip(WORDS, shuffled, strict=True)) if a != b}

    assert chosen("keep_first_last") <= chosen("keep_first") <= chosen("any")
    assert len(chosen("any")) == 4


def test_what_cannot_change_is_a_unit_and_tells_in_the_dose() -> None:
    done = scramble("aa ab I", Condition("letter_shuffle", 100, 1), key="q/text")
    assert (done.text, done.n_units, done.n_altered) == ("aa ba I", 2, 1)


def test_levels_are_nested_and_a_word_always_comes_out_alike() -> None:
    text = TEXTS["english"]
    altered: dict[int, str] = {}
    for level_pct in LEVELS_PCT:
        done = scramble(text, Condition("letter_shuffle", level_pct, 1), key="q/text")
        pairs = zip(re.findall(r"\w+", text), re.findall(r"\w+", done.text), strict=True)
        now = {i: b for i, (a, b) in enumerate(pairs) if a != b}
        assert altered.items() <= now.items()
        altered = now


@pytest.mark.parametrize("name", ["decomposed", "hindi", "korean", "thai", "hebrew"])
def test_clusters_move_as_wholes(name: str) -> None:
    done = scramble(TEXTS[name], Condition("letter_shuffle", 100, 1), key="q/text")
    assert Counter(clusters(done.text)) == Counter(clusters(TEXTS[name]))
    assert done.n_altered > 0


def test_the_orders_of_a_word_are_about_equally_likely() -> None:
    done = scramble(" ".join(["abc"] * 5000), Condition("letter_shuffle", 100, 1), key="q/text")
    counts = Counter(done.text.split())
    assert set(counts) == {"acb", "bac", "bca", "cab", "cba"}
    assert all(880 < count < 1120 for count in counts.values())
