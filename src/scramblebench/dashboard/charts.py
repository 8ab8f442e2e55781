"""Curves as SVG: drawn here, so that pages are readable without JavaScript and exports without anything.

Colours come from the style sheet by class (Okabe and Ito); each series has its own marker and dash too.
A point is drawn at its value: nothing is smoothed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, cos, isfinite, pi, sin

from markupsafe import Markup

N_STYLES = 5
"""Series that one chart can tell apart; more become small multiples."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 12, 34


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval; NaN where there is none. ``words`` is said on hover."""

    x: float
    y: float
    low: float
    high: float
    words: str = ""
    is_interim: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one line; ``style`` counts from 0."""

    label: str
    points: tuple[Point, ...]
    style: int
    has_marks: bool = True


@dataclass(frozen=True, slots=True)
class Axes:
    """The range and the names of both axes."""

    x_range: tuple[float, float] = (0.0, 100.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    x_label: str = "level (percent scrambled)"
    y_label: str = "accuracy"
    x_ticks: tuple[float, ...] = (0, 25, 50, 75, 100)
    y_ticks: tuple[float, ...] = (0, 0.25, 0.5, 0.75, 1)
    width: int = 560
    height: int = 260


def line_chart(series: Sequence[Series], axes: Axes, title: str) -> Markup:
    """Return lines with intervals and markers; interim points are hollow and greyed."""
    parts = [*_frame(axes)]
    for line in series:
        parts += _line(line, axes)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(axes.width, axes.height, title, Markup("").join(parts))


def _frame(axes: Axes) -> Iterator[Markup]:
    left, right = _LEFT, axes.width - _RIGHT
    top, bottom = _TOP, axes.height - _BOTTOM
    for tick in axes.y_ticks:
        y = _y(tick, axes)
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            left, right, y, y
        )
        yield Markup('<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
            left - 6, round(y + 4, 1), _tick_words(tick)
        )
    for tick in axes.x_ticks:
        x = _x(tick, axes)
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            x, x, bottom, bottom + 4
        )
        yield Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            x, bottom + 17, _tick_words(tick)
        )
    yield Markup('<text class="axis" x="{}" y="{}" text-anchor="end">{}</text>').format(
        right, axes.height - 2, axes.x_label
    )
    yield Markup('<text class="axis" x="{}" y="{}">{}</text>').format(
        left + 4, top + 8, axes.y_label
    )


def _tick_words(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"


def _line(line: Series, axes: Axes) -> Iterator[Markup]:
    style = f"s{line.style % N_STYLES}"
    known = [point for point in line.points if isfinite(point.y)]
    path = " ".join(
        f"{'L' if n else 'M'}{_x(p.x, axes)} {_y(p.y, axes)}" for n, p in enumerate(known)
    )
    if path:
        interim = " interim" if any(point.is_interim for point in known) else ""
        yield Markup('<path class="line {}{}" d="{}"/>').format(style, interim, path)
    for point in known if line.has_marks else ():
        yield _point(point, line.style % N_STYLES, axes)


def _point(point: Point, style: int, axes: Axes) -> Markup:
    x, y = _x(point.x, axes), _y(point.y, axes)
    bar = Markup("")
    if isfinite(point.low) and isfinite(point.high):
        bar = Markup('<path class="bar s{}" d="M{} {}V{}"/>').format(
            style, x, _y(point.low, axes), _y(point.high, axes)
        )
    interim = " interim" if point.is_interim else ""
    return Markup(
        '<g class="point{}">{}<path class="mark s{}" d="{}"/><title>{}</title></g>'
    ).format(interim, bar, style, marker(style, x, y), point.words)


def marker(style: int, x: float, y: float, r: float = 4.2) -> str:
    """Return the outline of a marker: circle, square, triangle, diamond, cross-like star."""
    match style % N_STYLES:
        case 0:
            return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0Z"
        case 1:
            return f"M{x - r:.1f} {y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}Z"
        case 2:
            return _polygon(x, y, [r * 1.25] * 3)
        case 3:
            return _polygon(x, y, [r * 1.25] * 4)
        case _:
            return _polygon(x, y, [r * 1.4, r * 0.55] * 4)


def _polygon(x: float, y: float, radii: Sequence[float]) -> str:
    n = len(radii)
    points = [
        (x + r * sin(2 * pi * i / n), y - r * cos(2 * pi * i / n)) for i, r in enumerate(radii)
    ]
    return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points) + "Z"


def legend_mark(style: int) -> Markup:
    """Return the marker and dash of a series, for legends and tables."""
    place = style % N_STYLES
    return Markup(
        '<svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">'
        '<path class="line s{}" d="M0 6H26"/><path class="mark s{}" d="{}"/></svg>'
    ).format(place, place, marker(place, 13, 6, 3.8))


def _x(value: float, axes: Axes) -> float:
    low, high = axes.x_range
    inner = axes.width - _LEFT - _RIGHT
    return round(_LEFT + inner * (value - low) / ((high - low) or 1), 1)


def _y(value: float, axes: Axes) -> float:
    low, high = axes.y_range
    inner = axes.height - _TOP - _BOTTOM
    kept = min(max(value, low), high)
    return round(_TOP + inner * (1 - (kept - low) / ((high - low) or 1)), 1)


def nice_ticks(low: float, high: float, n: int = 5) -> tuple[float, ...]:
    """Return round values from ``low`` to ``high``, about so many."""
    span = high - low
    if not isfinite(span) or span <= 0:
        return (low,)
    power = 10.0 ** _floor_log10(span / n)
    step = next((f * power for f in (1, 2, 5) if f * power * n >= span), 10 * power)
    first = ceil(low / step)
    return tuple(
        float(f"{(first + i) * step:.12g}")
        for i in range(int((high - first * step) / step + 1e-9) + 1)
    )


def _floor_log10(value: float) -> int:
    exponent = 0
    while value >= 10:
        value, exponent = value / 10, exponent + 1
    while value < 1:
        value, exponent = value * 10, exponent - 1
    return exponent
