"""What reaches a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.cli.curve import WIDTHS, drawn, scale, width_for
from scramblebench.cli.output import duration, money, safe, say_json, say_table


@given(st.text())
def test_no_control_or_direction_character_reaches_a_terminal(text: str):
    shown = safe(text)
    assert not any(ord(c) < 0x20 and c not in "\n\t" for c in shown)
    assert not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in shown)
    assert len(shown) == len(text)


def test_json_holds_control_characters_as_escapes(capsys: pytest.CaptureFixture[str]):
    value = {"name": "\x1b[2J\u202ered\u0085\ud800", "score": float("nan")}
    say_json(value)
    printed = capsys.readouterr().out
    assert "\u202e" not in printed
    assert json.loads(printed) == {**value, "score": None}


def test_titles_of_tables_are_safe(capsys: pytest.CaptureFixture[str]):
    say_table(["a"], [["\x1b[31mb"]], title="\x1b]0;x\x07[red]m:warning:")
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "[red]m:warning:" in printed


def test_an_escape_sequence_is_defused():
    assert safe("\x1b]52;c;aGk=\x07 red\u202e") == "\ufffd]52;c;aGk=\ufffd red\ufffd"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 300))
def test_a_point_is_drawn_inside_the_scale(a: float, b: float, c: float, columns: int):
    low, value, high = sorted((a, b, c))
    width = width_for(columns)
    line = drawn(low, value, high, width)
    assert len(line) == width == len(scale(width))
    assert line.count("●") == 1
    assert line.index("●") == round(value * (width - 1))
    assert scale(width).index(".") == width // 2


def test_a_wider_terminal_gets_a_wider_drawing():
    assert [width_for(columns) for columns in (60, 80, 100, 120)] == [13, 13, 31, 41]
    assert list(WIDTHS) == sorted(WIDTHS, reverse=True)


def test_a_point_without_limits_is_a_dot():
    line = drawn(float("nan"), 0.5, float("nan"), 13)
    assert line.strip() == "●"


def test_an_unknown_point_is_not_drawn():
    assert drawn(float("nan"), float("nan"), float("nan"), 41) == ""


def test_durations_and_money_read_well():
    assert [duration(s) for s in (3.2, 75, 3600 * 2 + 300, 90_000, None)] == [
        "3 s",
        "1 min 15 s",
        "2 h 5 min",
        "1 d 1 h",
        "–",
    ]
    assert [money(m) for m in (0, 12_345_678, 140)] == ["$0.00", "$12.35", "$0.0001"]
