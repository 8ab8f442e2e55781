"""What reaches a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from scramblebench.cli.curve import SCALE, WIDTH, drawn
from scramblebench.cli.output import duration, money, safe


@given(st.text())
def test_no_control_or_direction_character_reaches_a_terminal(text: str):
    shown = safe(text)
    assert not any(ord(c) < 0x20 and c not in "\n\t" for c in shown)
    assert not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in shown)
    assert len(shown) == len(text)


def test_an_escape_sequence_is_defused():
    assert safe("\x1b]52;c;aGk=\x07 red\u202e") == "\ufffd]52;c;aGk=\ufffd red\ufffd"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_point_is_drawn_inside_the_scale(a: float, b: float, c: float):
    low, value, high = sorted((a, b, c))
    line = drawn(low, value, high)
    assert len(line) == WIDTH == len(SCALE)
    assert line.count("●") == 1
    assert line.index("●") == round(value * (WIDTH - 1))


def test_an_unknown_point_is_not_drawn():
    assert drawn(float("nan"), float("nan"), float("nan")) == ""


def test_durations_and_money_read_well():
    assert [duration(s) for s in (3.2, 75, 3600 * 2 + 300, 90_000, None)] == [
        "3 s",
        "1 min 15 s",
        "2 h 5 min",
        "1 d 1 h",
        "–",
    ]
    assert [money(m) for m in (0, 12_345_678, 140)] == ["$0.00", "$12.35", "$0.0001"]
