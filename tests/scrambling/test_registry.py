"""What holds for every method."""

import json

import pytest
import regex
from hypothesis import given, settings
from rapidfuzz.distance import Levenshtein

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling import (
    METHODS,
    resolve_method,
    scramble,
    unscramble,
    validate_parameters,
)
from scramblebench.scrambling.priorities import n_chosen
from scramblebench.scrambling.spans import preserved_spans
from scrambling import golden, samples

KEEPS_CLUSTERS = ("character_substitution", "letter_noise", "letter_shuffle", "homoglyph")


def test_every_method_of_the_table_is_there() -> None:
    assert list(METHODS) == [
        "character_substitution",
        "letter_shuffle",
        "letter_noise",
        "word_shuffle",
        "sentence_shuffle",
        "vocabulary_substitution",
        "keyboard_typos",
        "homoglyph",
        "whitespace_casing",
        "mixed",
    ]


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("character", "character_substitution"),
        ("word", "word_shuffle"),
        ("sentence", "sentence_shuffle"),
        ("vocabulary", "vocabulary_substitution"),
        ("mixed", "mixed"),
    ],
)
def test_aliases(alias: str, name: str) -> None:
    assert resolve_method(alias) is METHODS[name]


def test_an_alias_scrambles_as_the_name_does() -> None:
    text = golden.TEXTS["english"]
    for alias in ("character", "word", "sentence", "vocabulary"):
        name = resolve_method(alias).name
        by_alias = scramble(text, Condition(alias, 50, 1), key="q/text")
        assert by_alias == scramble(text, Condition(name, 50, 1), key="q/text")


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="'carachter'; did you mean character"):
        resolve_method("carachter")
    with pytest.raises(UsageError, match=r"known are .*word_shuffle"):
        resolve_method("zzzzzz")


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        (
            "word",
            {"preserve_number": "true"},
            "no parameter 'preserve_number'; did you mean preserve_numbers",
        ),
        (
            "word",
            {"preserve_numbers": "yes"},
            "'yes' is not a value of word_shuffle's preserve_numbers",
        ),
        ("letter_shuffle", {"variant": "keep_frist"}, "did you mean keep_first"),
        ("character", {"alphabet": "shared"}, "'shared' is not a value"),
        ("character", {"alphabet": "shared:x"}, "'shared:x' is not a value"),
        (
            "mixed",
            {"chain": "word+carachter"},
            "unknown method 'carachter' in the chain; did you mean",
        ),
        ("mixed", {"chain": "word+word_shuffle"}, "names word_shuffle twice"),
        ("mixed", {"chain": "mixed"}, "unknown method 'mixed' in the chain"),
    ],
)
def test_wrong_parameters_are_refused(
    method: str, parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        validate_parameters(method, parameters)
    with pytest.raises(UsageError, match=message):
        scramble("text", Condition(method, 50, 0, tuple(parameters.items())), key="q/text")


def test_right_parameters_are_taken() -> None:
    for condition in golden.VARIANTS:
        validate_parameters(condition.method, condition.parameters)
        validate_parameters(METHODS[condition.method], dict(condition.parameters))


@pytest.mark.parametrize("level_pct", [-1.0, 100.5, 170.0, float("nan")])
def test_a_level_outside_0_to_100_is_refused(level_pct: float) -> None:
    with pytest.raises(UsageError, match="is not between 0 and 100"):
        scramble("text", Condition("word", level_pct), key="q/text")


@given(samples.texts, samples.methods)
def test_level_0_gives_the_text_back(text: str, method: str) -> None:
    assert scramble(text, Condition(method, 0, 7), key="q/text").text == text
    assert scramble(text, BASELINE, key="q/text").text == text


def test_shares_are_rounded_half_up() -> None:
    assert [n_chosen(n, 50) for n in range(6)] == [0, 1, 1, 2, 2, 3]
    assert [n_chosen(50, level) for level in (0, 0.9, 1, 17, 100)] == [0, 0, 1, 9, 50]


@settings(deadline=None, max_examples=300)
@given(samples.texts, samples.methods, samples.levels)
def test_every_text_can_be_scrambled(text: str, method: str, level_pct: float) -> None:
    condition = Condition(method, level_pct, 3)
    done = scramble(text, condition, key="q/text")
    assert done == scramble(text, condition, key="q/text")
    assert 0 <= done.n_altered <= done.n_units
    assert done.realised_dose == (done.n_altered / done.n_units if done.n_units else 0.0)
    assert done.edit_distance == Levenshtein.normalized_distance(text, done.text)
    assert (done.n_altered == 0) == (done.text == text)
    if method != "mixed":
        assert done.n_altered <= n_chosen(done.n_units, level_pct)


@settings(deadline=None, max_examples=300)
@given(samples.texts, samples.methods, samples.levels)
def test_reversible_methods_are_undone_from_their_record(
    text: str, method: str, level_pct: float
) -> None:
    done = scramble(text, Condition(method, level_pct, 5), key="q/text")
    if METHODS[method].is_reversible:
        assert done.record is not None
        assert done.record == canonical_json(json.loads(done.record))
        assert unscramble(done.text, done.record) == text
    else:
        assert done.record is None


@settings(deadline=None, max_examples=200)
@given(samples.texts, samples.methods)
def test_clusters_are_kept_whole(text: str, method: str) -> None:
    if method in KEEPS_CLUSTERS:
        done = scramble(text, Condition(method, 100, 2), key="q/text")
        assert len(regex.findall(r"\X", done.text)) == len(regex.findall(r"\X", text))


@settings(deadline=None, max_examples=200)
@given(samples.texts, samples.methods, samples.levels)
def test_preserved_spans_stay(text: str, method: str, level_pct: float) -> None:
    done = scramble(text, Condition(method, level_pct, 2), key="q/text")
    kept = [text[start:end] for start, end in preserved_spans(text)]
    if method == "sentence_shuffle":
        assert all(done.text.count(span) >= 1 for span in kept)
        return
    position = 0
    for span in kept:
        position = done.text.find(span, position)
        assert position >= 0, f"{span!r} is lost or out of order in {done.text!r}"
        position += len(span)


@pytest.mark.parametrize("name", sorted(golden.TEXTS))
@pytest.mark.parametrize("method", ["character_substitution", "letter_noise", "homoglyph"])
def test_levels_are_nested(name: str, method: str) -> None:
    text = golden.TEXTS[name]
    altered: set[int] = set()
    for level_pct in golden.LEVELS_PCT:
        done = scramble(text, Condition(method, level_pct, 1), key="q/text")
        now = {i for i, (a, b) in enumerate(zip(text, done.text, strict=True)) if a != b}
        assert altered <= now
        assert len(now) == done.n_altered == n_chosen(done.n_units, level_pct)
        altered = now


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_dose_rises_with_the_level(method: str) -> None:
    for text in golden.TEXTS.values():
        doses = [
            scramble(text, Condition(method, level, 1), key="q/text").n_altered
            for level in golden.LEVELS_PCT
        ]
        assert doses == sorted(doses)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_seed_and_key_matter(method: str) -> None:
    text = " ".join(golden.TEXTS[name] for name in ("english", "french", "russian"))
    first = scramble(text, Condition(method, 50, 1), key="q/text")
    assert scramble(text, Condition(method, 50, 2), key="q/text").text != first.text
    assert scramble(text, Condition(method, 50, 1), key="p/text").text != first.text


def test_nothing_to_scramble_is_no_dose() -> None:
    for method in METHODS:
        done = scramble("900 + 5 = 12 ?", Condition(method, 100, 1), key="q/text")
        if done.text == "900 + 5 = 12 ?":
            assert done.realised_dose == 0.0


@pytest.mark.parametrize(
    "record",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"method":"letter_noise"}',
        '{"method":"no"}',
        "null",
        '{"method":3}',
        '{"method":"homoglyph"}',
        '{"method":"mixed","stages":[1]}',
        '{"method":"mixed","stages":[{"method":"letter_noise"}]}',
    ],
)
def test_what_is_no_record_is_refused(record: str) -> None:
    with pytest.raises(UsageError):
        unscramble("text", record)


@pytest.mark.parametrize("method", [m.name for m in METHODS.values() if m.is_reversible])
def test_a_record_of_another_text_is_refused(method: str) -> None:
    done = scramble(golden.TEXTS["english"], Condition(method, 100, 1), key="q/text")
    assert done.record is not None
    with pytest.raises(UsageError, match="another text"):
        unscramble("7", done.record)
