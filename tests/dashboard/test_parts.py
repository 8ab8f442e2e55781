"""Words, charts, differences and files: the small parts of pages."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from math import inf, isfinite, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.dashboard import words
from scramblebench.dashboard.charts import Axes, Point, Series, line_chart, nice_ticks
from scramblebench.dashboard.diff import Segment, word_diff
from scramblebench.dashboard.rendering import HERE, STATIC

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.97654, "0.977"), (12345.6, "12,346"), (123.45, "123"), (1.5, "1.5"), (-0.5, "−0.5"),
     (0.00001234, "0.000012"), (nan, "–"), (inf, "–"), (None, "–"), (99.96, "100")],
)  # fmt: skip
def test_three_digits(value: float | None, shown: str) -> None:
    assert words.three(value) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_three_digits_of_any_number_have_no_exponent(value: float) -> None:
    assert "e" not in words.three(value)


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0 %"), (1, "100 %"), (0.99999, "99 %"), (0.004, "0.4 %"), (0.5, "50 %"), (nan, "–")],
)
def test_what_is_not_done_is_never_a_hundred_percent(share: float, shown: str) -> None:
    assert words.percent(share) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (7500, "2 h 5 min"),
     (36_000, "10 h"), (90_000, "1 d 1 h"), (-5, "0 s"), (nan, "–"), (None, "–")],
)  # fmt: skip
def test_durations(seconds: float | None, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_times_are_relative_with_the_moment_on_hover() -> None:
    shown = words.ago(NOW - timedelta(minutes=3), NOW)
    assert "3 min ago" in shown
    assert 'title="2026-03-01T11:57:00+00:00"' in shown
    assert words.ago(None, NOW) == "–"
    assert "now" in words.ago(NOW + timedelta(hours=1), NOW)


def test_full_values_are_on_hover() -> None:
    assert words.number(0.123456) == '<span title="0.123456">0.123</span>'
    assert words.money(31_220_004) == '<span title="$31.220004">$31.22</span>'
    assert words.money(None) == "–"
    assert ">0.500<" in words.share(0.5)


@pytest.mark.parametrize(("level", "shown"), [("inf", "> 100"), (None, "–"), (41.23, "41.2")])
def test_a_threshold_that_was_not_reached(level: float | str | None, shown: str) -> None:
    assert words.beyond(level, 100) == shown


def test_a_chart_draws_every_known_point_once() -> None:
    points = (
        Point(0, 0.9, 0.8, 1.0, "a <b>"),
        Point(50, nan, nan, nan),
        Point(100, 0.4, 0.3, 0.5, is_interim=True),
    )
    chart = line_chart([Series("one", points, 1)], Axes(), 'title "<x>"')
    assert chart.count('class="mark s1"') == 2
    assert chart.count("interim") == 2
    assert "nan" not in chart
    assert "a &lt;b&gt;" in chart
    assert "&#34;&lt;x&gt;" in chart
    assert len(set(re.findall(r'class="line s(\d)', chart))) == 1


@given(st.floats(1e-9, 1e9), st.integers(3, 8))
def test_ticks_are_few_and_inside(high: float, n: int) -> None:
    ticks = nice_ticks(0, high, n)
    assert 2 <= len(ticks) <= 2 * n + 2
    assert all(0 <= tick <= high * (1 + 1e-9) and isfinite(tick) for tick in ticks)


@given(st.text(), st.text())
def test_a_difference_holds_the_whole_text(original: str, text: str) -> None:
    segments = word_diff(original, text)
    assert "".join(segment.text for segment in segments) == text
    if original == text:
        assert not any(segment.is_changed for segment in segments)


def test_changed_words_are_marked() -> None:
    assert word_diff("what is it", "wxat is it") == [
        Segment("wxat", is_changed=True),
        Segment(" is it", is_changed=False),
    ]
    marked = [s.text for s in word_diff("a b c d", "a b c d e") if s.is_changed]
    assert marked == ["e"]
    long = "x " * 5_000
    assert word_diff(long, "y" + long) == [Segment("y" + long, is_changed=False)]


def test_vendored_files_are_what_was_published() -> None:
    vendor = STATIC / "vendor"
    sums = dict(reversed(line.split()) for line in (vendor / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {"htmx.min.js", "uPlot.iife.min.js", "uPlot.min.css"}
    for name, digest in sums.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest
    assert {p.name for p in vendor.glob("*LICENSE*")} == {"htmx-LICENSE.txt", "uPlot-LICENSE.txt"}


def _own_files() -> list[Path]:
    own = [p for p in STATIC.glob("*") if p.is_file()]
    return [*own, *(HERE / "templates").rglob("*.html")]


def test_our_own_pages_and_scripts_escape_and_load_nothing_foreign() -> None:
    assert len(_own_files()) > 20
    for path in _own_files():
        text = path.read_text("utf-8")
        for forbidden in (
            "innerHTML =", "outerHTML =", "insertAdjacentHTML", "document.write", "|safe", "| safe",
            "autoescape", "eval(", "Function(", "@import", "//cdn",
        ):  # fmt: skip
            assert forbidden not in text, (path.name, forbidden)
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name
