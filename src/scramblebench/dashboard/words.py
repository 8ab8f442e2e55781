"""Numbers, times and money as pages show them: short, with the full value on hover; a dash where unknown."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf, isfinite, nan
from typing import Any

from markupsafe import Markup

from scramblebench.core.money import usd
from scramblebench.storage import ExperimentRecord

DASH = "–"
MINUS = "−"
_DIGITS = 3
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def short(experiment_id: str) -> str:
    """Return the beginning of an id, enough to name it."""
    return experiment_id[:8]


def count(value: int | None) -> str:
    """Return a whole number with its thousands apart."""
    return DASH if value is None else f"{value:,}"


def three(value: float | None) -> str:
    """Return a number with three significant digits and without an exponent."""
    if value is None or not isfinite(value):
        return DASH
    if value == 0:
        return "0"
    magnitude = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    if magnitude >= _DIGITS:
        return f"{value:,.0f}".replace("-", MINUS)
    text = f"{value:.{_DIGITS}g}"
    if "e" in text:
        text = f"{value:.6f}"
    return text.replace("-", MINUS)


def number(value: float | None, unit: str = "") -> Markup:
    """Return three significant digits with the full value on hover."""
    if value is None or not isfinite(value):
        return Markup(DASH)  # noqa: S704 - a constant
    return Markup('<span title="{}{}">{}{}</span>').format(repr(value), unit, three(value), unit)


def share(value: float | None) -> Markup:
    """Return a share (0 to 1) with three digits behind the point, the full value on hover."""
    if value is None or not isfinite(value):
        return Markup(DASH)  # noqa: S704 - a constant
    return Markup('<span title="{}">{}</span>').format(
        repr(value), f"{value:.3f}".replace("-", MINUS)
    )


def percent(value: float | None) -> str:
    """Return a share (0 to 1) in percent, whole where that loses nothing to speak of."""
    if value is None or not isfinite(value):
        return DASH
    hundredth = value * 100
    if 0 < hundredth < 10:
        return f"{hundredth:.1f} %"
    # 99.96 % is not 100 %: it is not done
    whole = int(hundredth) if hundredth < 100 else round(hundredth)
    return f"{whole} %"


def points(value: float | None) -> Markup:
    """Return a difference of shares in percentage points, with its sign."""
    if value is None or not isfinite(value):
        return Markup(DASH)  # noqa: S704 - a constant
    text = f"{value * 100:+.1f}".replace("-", MINUS)
    return Markup('<span title="{}">{}</span>').format(repr(value), text)


def p_value(value: float | None) -> str:
    """Return a p-value to three digits, ``<0.001`` below."""
    if value is None or not isfinite(value):
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def money(amount_microusd: int | None) -> Markup:
    """Return an amount in dollars with three significant digits, all of it on hover."""
    if amount_microusd is None:
        return Markup(DASH)  # noqa: S704 - a constant
    return Markup('<span title="${}">{}</span>').format(
        f"{usd(amount_microusd):.6f}", money_text(amount_microusd)
    )


def money_text(amount_microusd: int) -> str:
    """Return an amount in dollars: two digits behind the point, more where it is small."""
    dollars = usd(amount_microusd)
    return f"${dollars:,.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.4f}"


def seconds(value: float | None) -> Markup:
    """Return a time that an answer took."""
    if value is None or not isfinite(value):
        return Markup(DASH)  # noqa: S704 - a constant
    text = f"{three(value * 1000)} ms" if value < 1 else f"{three(value)} s"
    return Markup('<span title="{} s">{}</span>').format(repr(value), text)


def duration(value_s: float | None) -> str:
    """Return a duration in its two largest units: ``2 h 5 min``."""
    if value_s is None or not isfinite(value_s):
        return DASH
    left = max(0, round(value_s))
    for position, (unit, size) in enumerate(_UNITS):
        if left >= size:
            first, rest = divmod(left, size)
            if position + 1 == len(_UNITS) or first >= 10:
                return f"{first} {unit}"
            smaller, smaller_size = _UNITS[position + 1]
            second = rest // smaller_size
            return f"{first} {unit} {second} {smaller}" if second else f"{first} {unit}"
    return "0 s"


def ago(moment: datetime | None, now: datetime) -> Markup:
    """Return how long ago a moment was, with the moment itself on hover."""
    if moment is None:
        return Markup(DASH)  # noqa: S704 - a constant
    passed_s = (now - moment).total_seconds()
    words = f"{duration(passed_s)} ago" if passed_s >= 1 else "now"
    iso = iso_text(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, iso, words)


def iso_text(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def clock_time(moment: datetime, now: datetime) -> str:
    """Return the hour and minute of a moment in UTC, with the day where it is another."""
    return (
        f"{moment:%H:%M}"
        if moment.date() == now.date()
        else f"{moment:%b} {moment.day} {moment:%H:%M}"
    )


def level(value: float) -> str:
    """Return a level in percent as it was written."""
    return f"{value:g}"


def is_simulated(record: ExperimentRecord) -> bool:
    """Whether any model of an experiment is simulated, by its specification."""
    try:
        models = json.loads(record.spec_json).get("models", ())
        return any(model.get("provider") == "simulated" for model in models)
    except (ValueError, AttributeError):
        return False


def elapsed(value_s: float | None) -> Markup:
    """Return a duration that grows by itself: that it has grown is no news."""
    return Markup('<time class="elapsed">{}</time>').format(duration(value_s))


def stored(value: float | str | None) -> float:
    """Return a stored number: None is NaN, "inf" and "-inf" are infinite."""
    if value is None:
        return nan
    return {"inf": inf, "-inf": -inf}.get(value, nan) if isinstance(value, str) else value


def beyond(value: float | str | None, highest_pct: float) -> str:
    """Return a level in percent, ``> 100`` where it lies beyond the highest one."""
    found = stored(value)
    if found == inf:
        return f"> {highest_pct:g}"
    return DASH if not isfinite(found) else f"{found:.1f}"


def rate(bytes_per_s: float | None) -> str:
    """Return a number of bytes per second in the unit that fits."""
    if bytes_per_s is None or not isfinite(bytes_per_s):
        return DASH
    for unit, size in (("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3)):
        if bytes_per_s >= size:
            return f"{three(bytes_per_s / size)} {unit}"
    return f"{three(bytes_per_s)} B/s"


def shown_model(row: Mapping[str, Any]) -> str:
    """Return the model of a stored row, labelled where it is simulated."""
    return f"{row['model']} (simulated)" if row.get("is_simulated") else str(row["model"])
