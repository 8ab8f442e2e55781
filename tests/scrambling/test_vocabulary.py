"""vocabulary_substitution and its constructed language."""

from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import scramble
from scramblebench.scrambling.english import FUNCTION_WORDS, NUMBER_WORDS, SHORT_WORDS
from scramblebench.scrambling.language import pseudo_word
from scramblebench.scrambling.morphology import inflections, parts_of
from scrambling.golden import TEXTS

ENGLISH = sorted(w for w in SHORT_WORDS if len(w) > 2)
word_lists = st.lists(
    st.sampled_from(ENGLISH)
    | st.text("abegilnorsty", min_size=1, max_size=7)
    | st.text("aeédßжяअक字", min_size=1, max_size=4),
    max_size=30,
)


def altered(text: str, level_pct: float = 100, key: str = "q/text") -> dict[str, str]:
    return dict(scramble(text, Condition("vocabulary", level_pct, 1), key=key).dictionary)


@settings(deadline=None, max_examples=200)
@given(word_lists, st.integers(0, 5))
def test_no_two_words_share_a_pseudo_word(words: list[str], seed: int) -> None:
    distinct = set(words)
    pseudo_words = {pseudo_word(seed, word) for word in distinct}
    assert len(pseudo_words) == len(distinct)


def test_english_short_words_do_not_become_each_other() -> None:
    pseudo_words = {pseudo_word(7, word) for word in ENGLISH}
    assert len(pseudo_words) == len(ENGLISH)
    assert pseudo_words.isdisjoint(SHORT_WORDS | FUNCTION_WORDS | NUMBER_WORDS)
    assert sum(len(pseudo_word(7, word)) == len(word) for word in ENGLISH) > 0.6 * len(ENGLISH)


@settings(deadline=None, max_examples=200)
@given(st.text("abdeginlorsty", min_size=1, max_size=9))
def test_a_word_is_its_stem_and_ending(word: str) -> None:
    parts = parts_of(word)
    assert parts.joined() == word
    assert parts in inflections(parts.stem)


def test_inflections_share_the_stem() -> None:
    for family in (
        ["walk", "walks", "walked", "walking"],
        ["stop", "stops", "stopped", "stopping"],
        ["bake", "bakes", "baked", "baking"],
        ["story", "stories", "storied"],
        ["quick", "quickly"],
        ["family", "families"],
    ):
        assert len({parts_of(word).stem for word in family}) == 1, family
        stems = {parts_of(pseudo_word(3, word)).stem for word in family}
        assert len(stems) == 1, family


def test_one_language_everywhere() -> None:
    first = altered("The farmer walks. Farmers walked.", key="q1/text")
    again = altered("walking farmer!", key="q2/choice")
    assert first["farmer"] == again["farmer"]
    assert first["farmers"] == first["farmer"] + "s"
    assert first["walks"].removesuffix("s") == again["walking"].removesuffix("ing")


def test_case_is_kept() -> None:
    done = scramble("Apple apple APPLE McApple", Condition("vocabulary", 100, 1), key="q/text")
    capital, small, big, mixed = done.text.split()
    assert capital == small.capitalize()
    assert big == small.upper()
    assert small.islower()
    assert mixed[0].isupper()
    assert mixed[2].isupper()
    assert [pair[0] for pair in done.dictionary] == ["apple", "mcapple"]


def test_function_and_number_words_contractions_and_numbers_stay() -> None:
    text = "What if they don't, can't or won't; we'll, I'm, it's: twelve 12 and two-thirds?"
    assert altered(text) == {}
    free = Condition("vocabulary", 100, 1, (("preserve_numbers", "false"),))
    done = scramble(text, free, key="q/text")
    assert [word for word, _ in done.dictionary] == ["twelve", "two", "thirds"]
    assert set(altered("Tom's dogs' tail")) == {"tom", "dogs", "tail"}


def test_the_unit_is_the_distinct_word() -> None:
    text = "cats and dogs, dogs and cats, birds, fishes"
    done = scramble(text, Condition("vocabulary", 50, 1), key="q/text")
    assert (done.n_units, done.n_altered) == (4, 2)
    for word, pseudo in done.dictionary:
        assert word not in done.text
        assert done.text.count(pseudo) == text.count(word)


def test_fields_of_a_question_agree_and_levels_are_nested() -> None:
    text = TEXTS["english"]
    assert altered(text, 50, "q/text") == altered(text, 50, "q/context")
    low, high = altered(text, 33), altered(text, 67)
    assert low.items() < high.items()


def test_names_can_be_kept() -> None:
    text = "There Janet met the farmer. Janet left."
    keeping = Condition("vocabulary", 100, 1, (("preserve_names", "true"),))
    assert scramble(text, keeping, key="q/text").text.count("Janet") == 2
    assert "Janet" not in scramble(text, Condition("vocabulary", 100, 1), key="q/text").text
