"""keyboard_typos, homoglyph, whitespace_casing and mixed."""

import re

import regex

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import scramble, unscramble
from scrambling.golden import TEXTS


def test_typos_are_of_all_kinds_and_spare_numbers() -> None:
    text = "keyboard " * 800 + "1234567890"
    done = scramble(text, Condition("keyboard_typos", 10, 1), key="q/text")
    found = set(done.text.split())
    assert {"ekyboard", "kkeyboard", "keybord", "jeyboard"} <= found
    assert done.text.endswith("1234567890")
    assert done.n_altered == done.n_units / 10


def test_typos_leave_a_letter_of_every_word() -> None:
    text = TEXTS["english"] + TEXTS["lines"]
    done = scramble(text, Condition("keyboard_typos", 100, 5), key="q/text")
    assert len(re.findall(r"[A-Za-z]+", done.text)) == len(re.findall(r"[A-Za-z]+", text))
    assert done.realised_dose == 1.0


def test_typos_can_hit_digits() -> None:
    condition = Condition("keyboard_typos", 100, 5, (("preserve_numbers", "false"),))
    done = scramble("0123456789", condition, key="q/text")
    assert done.n_units == 10
    assert done.text.isdecimal()
    assert done.text != "0123456789"


def test_typos_do_not_touch_letters_with_marks() -> None:
    done = scramble("e\u0301 cafe\u0301", Condition("keyboard_typos", 100, 5), key="q/text")
    assert done.n_units == 3
    assert done.text.startswith("e\u0301 ")
    assert done.text.endswith("e\u0301")


def test_homoglyphs_are_letters_of_other_scripts() -> None:
    done = scramble("Cape Fob", Condition("homoglyph", 100, 1), key="q/text")
    assert (done.n_units, done.n_altered) == (6, 6)
    assert regex.findall(r"\p{Latin}", done.text) == ["b"]
    assert done.record is not None
    mixed = "Саре " + done.text  # Cyrillic to begin with
    again = scramble(mixed, Condition("homoglyph", 100, 1), key="q/text")
    assert again.text == mixed


def test_casing_and_spaces() -> None:
    text = "Straße und Ärger 12 3 ok ΣΊΣΥΦΟΣ"
    done = scramble(text, Condition("whitespace_casing", 100, 1), key="q/text")
    assert done.text.replace(" ", "") == "sTRAẞEUNDäRGER123OKσίσυφοσ"
    assert "12  3" in done.text
    assert done.record is not None
    assert unscramble(done.text, done.record) == text


def test_no_numbers_run_together() -> None:
    for seed in range(20):
        done = scramble("1 2 a 3 b c", Condition("whitespace_casing", 100, seed), key="q/text")
        assert re.findall(r"\d+", done.text) == ["1", "2", "3"]


def test_a_chain_is_its_methods_one_after_another() -> None:
    text = TEXTS["english"]
    condition = Condition("mixed", 50, 1, (("chain", "word+character"),))
    first = scramble(text, Condition("word", 50, 1), key="q/text")
    second = scramble(first.text, Condition("character", 50, 1), key="q/text")
    done = scramble(text, condition, key="q/text")
    assert done.text == second.text
    assert done.n_units == first.n_units + second.n_units
    assert done.n_altered == first.n_altered + second.n_altered
    assert done.record is not None
    assert unscramble(done.text, done.record) == text


def test_a_chain_with_an_irreversible_method_has_no_record() -> None:
    condition = Condition("mixed", 50, 1, (("chain", "word+letter_noise"),))
    assert scramble(TEXTS["english"], condition, key="q/text").record is None


def test_parameters_reach_the_methods_that_know_them() -> None:
    parameters = (("chain", "letter_shuffle+word"), ("variant", "keep_first"))
    done = scramble("alpha beta gamma", Condition("mixed", 100, 1, parameters), key="q/text")
    assert sorted(word[0] for word in done.text.split()) == ["a", "b", "g"]
