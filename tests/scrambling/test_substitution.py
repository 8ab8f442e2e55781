"""character_substitution and letter_noise."""

import json
from collections import Counter

import pytest
import regex

from scramblebench.core.conditions import Condition
from scramblebench.scrambling import scramble
from scramblebench.scrambling.alphabets import BASIC_LATIN, letter_of, random_cycle, replacements
from scrambling.golden import TEXTS

EVERY_LETTER = [character for code in range(0x11000) if letter_of(character := chr(code))]


def test_every_alphabet_is_a_bijection_of_rows_without_fixed_points() -> None:
    for alphabet in {id(a): a for a in (letter_of(c).alphabet for c in EVERY_LETTER)}.values():
        letters = "".join(alphabet.rows)
        table = dict(zip(letters, replacements(alphabet, letters, "test"), strict=True))
        assert len(table) == alphabet.size * len(alphabet.rows)
        for row in alphabet.rows:
            assert {table[character] for character in row} == set(row)
            assert all(table[character] != character for character in row)


def test_rows_hold_letters_of_one_case_and_columns_go_together() -> None:
    for alphabet in {letter_of(c).alphabet for c in EVERY_LETTER}:
        assert len({len(row) for row in alphabet.rows}) == 1
        for row, is_case in zip(alphabet.rows, (str.islower, str.isupper), strict=False):
            assert len(alphabet.rows) == 1 or all(map(is_case, row)), alphabet.name
            assert all(regex.fullmatch(r"[\p{L}0-9]", character) for character in row)
    letters, replaced = random_cycle(BASIC_LATIN, "test")
    assert replaced[26:] == replaced[:26].upper()
    assert letters[26:] == letters[:26].upper()


def test_alphabets_of_the_first_scripts_are_complete() -> None:
    for text in ("éàüßŁőơ", "σςά", "щё", "שם", "كآپ", "कआ", "あッ", "字學한각", "Ａ"):
        assert all(letter_of(character) for character in text)
    for character in "²½ªʰ'٣५🇫\u0301\u200d":
        assert letter_of(character) is None


def test_one_alphabet_serves_the_whole_text() -> None:
    text = "Abracadabra! Abracadabra?"
    done = scramble(text, Condition("character", 100, 4), key="q/text")
    assert done.text[:11] == done.text[13:24]
    assert done.text[0].isupper()
    assert done.text[1:11].islower()
    assert done.realised_dose == 1.0


def test_the_alphabet_differs_between_keys_unless_shared() -> None:
    text, pangram = "a", "the quick brown fox jumps over the lazy dog"
    own = {
        scramble(pangram, Condition("character", 100, 4), key=f"{i}/text").text for i in range(9)
    }
    assert len(own) == 9
    shared = Condition("character", 100, 4, (("alphabet", "shared:2"),))
    assert len({scramble(pangram, shared, key=f"{i}/text").text for i in range(9)}) == 1
    other = Condition("character", 100, 4, (("alphabet", "shared:3"),))
    assert scramble(pangram, shared, key="q/" + text) != scramble(pangram, other, key="q/" + text)


def test_the_alphabet_does_not_depend_on_the_level() -> None:
    records = [
        json.loads(
            scramble(TEXTS["french"], Condition("character", level, 4), key="q/t").record or ""
        )
        for level in (17, 100)
    ]
    assert records[0]["replaced_by"] == records[1]["replaced_by"]


@pytest.mark.parametrize("method", ["character_substitution", "letter_noise"])
def test_digits_only_if_numbers_are_not_preserved(method: str) -> None:
    text = "Add 1,234.5 to 98."
    kept = scramble(text, Condition(method, 100, 1), key="q/text")
    free = Condition(method, 100, 1, (("preserve_numbers", "false"),))
    altered = scramble(text, free, key="q/text")
    assert kept.text.endswith(" 98.")
    assert "1,234.5" in kept.text
    assert altered.n_units == kept.n_units + 7
    assert all(a != b for a, b in zip(text, altered.text, strict=True) if a.isalnum())
    assert altered.text[5] == ","


def test_combining_marks_stay_on_their_letters() -> None:
    text = TEXTS["decomposed"]
    done = scramble(text, Condition("character", 100, 1), key="q/text")
    marks = [(i, c) for i, c in enumerate(text) if c == "\u0301"]
    assert [(i, c) for i, c in enumerate(done.text) if c == "\u0301"] == marks


def test_noise_draws_every_other_letter_evenly() -> None:
    done = scramble("e" * 25_000, Condition("letter_noise", 100, 1), key="q/text")
    counts = Counter(done.text)
    assert len(counts) == 25
    assert "e" not in counts
    assert all(850 < count < 1150 for count in counts.values())
