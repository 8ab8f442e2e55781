"""What is preserved, kind by kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.scrambling.spans import blanked, filled, options_start, preserved_spans


def kept(text: str, *, has_numbers: bool = False, has_names: bool = False) -> list[str]:
    spans = preserved_spans(text, has_numbers=has_numbers, has_names=has_names)
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He paid 1,234.5 dollars.", ["1,234.5"]),
        ("an angle of 45° or 20 °C", ["45°", "20 °C"]),
        ("3/4 of 50%, then 12:30 on 7/9/1972.", ["3/4", "50%", "12:30", "7/9/1972"]),
        ("1e-5 and 2E10, the 3rd and 21st", ["1e-5", "2E10", "3rd", "21st"]),
        ("We have 5. She has 6, too.", ["5", "6"]),
        ("7 stars", ["7"]),
    ],
)
def test_numbers(text: str, expected: list[str]) -> None:
    assert kept(text, has_numbers=True) == expected
    assert kept(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pick one.\nOptions:\n(A) red\n(B) blue", ["Options:", "(A) ", "(B) "]),
        ("Options:\n- Yes\n- No", ["Options:"]),
        ("Answer Choices: (a) one (b) two", ["Answer Choices:", "(a)", "(b)"]),
        ("A) red\nB) blue\n  C. green", ["A) ", "B) ", "  C."]),
        ("A)A)59", ["A)A)"]),
        ("(i) one, (iv) four", ["(i) ", "(iv)"]),
        ("The option (C) is right.", ["(C)"]),
        ("I am here. A cat (or two) sat.", []),
    ],
)
def test_option_letters(text: str, expected: list[str]) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Let $x^2$ and $$y = z$$ be", ["$x^2$", "$$y = z$$"]),
        (r"if \(a < b\) or \[c\] then", [r"\(a < b\)", r"\[c\]"]),
        (r"\frac{1}{\sqrt{x}} of \alpha is", [r"\frac{1}{\sqrt{x}}", r"\alpha"]),
        ("\\begin{align}a\n&= b\\end{align} holds", ["\\begin{align}a\n&= b\\end{align}"]),
        ("It costs $3 or $4 a day", []),
        ("She paid $5 and some US$ were left", []),
        ("about $3 billion in the year to 1999$", []),
    ],
)
def test_mathematics_and_not_money(text: str, expected: list[str]) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call `foo(bar)` now", ["`foo(bar)`"]),
        ("see\n```py\nx = y\n```\nthere", ["```py\nx = y\n```"]),
        ("at https://a.org/x_y?z=1. Or", ["https://a.org/x_y?z=1"]),
        ("(see www.test.org/x), ok", ["www.test.org/x"]),
        ("write to jane.doe+x@mail.example.com.", ["jane.doe+x@mail.example.com"]),
        (
            "Dear {name}, {{slot}} <blank> [MASK] ____",
            ["{name}", "{{slot}}", "<blank>", "[MASK]", "____"],
        ),
        ('a <a href="x">b</a> c', ['<a href="x">', "</a>"]),
        ("if a < b and c > d [sic] {a set}", []),
    ],
)
def test_code_addresses_placeholders(text: str, expected: list[str]) -> None:
    assert kept(text) == expected


def test_names_inside_sentences_are_found_everywhere() -> None:
    text = "Janet met Tom. Later Janet paid. The end. Later on."
    assert kept(text, has_names=True) == ["Janet", "Tom", "Janet"]
    assert kept(text) == []


def test_where_options_begin() -> None:
    assert options_start("Why?\nOptions:\n- Yes") == 5
    assert options_start("Why?\n(A) x") == 5
    assert options_start("Why not?") == 8


@given(st.text(max_size=80))
def test_spans_are_sorted_and_apart(text: str) -> None:
    spans = preserved_spans(text, has_names=True)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert len(blanked(text, spans)) == len(text)
    assert filled(text, spans, [text[start:end] for start, end in spans])[0] == text
