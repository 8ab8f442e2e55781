"""How long a provider asks us to wait, in every form that is seen."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

_EPOCH_S = 1e8  # a number above this is a point in time, not a wait
_EPOCH_MS = 1e11


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait that HTTP headers ask for in seconds, at least 0; None where they ask for none.

    ``Retry-After`` (seconds or a date), ``Retry-After-Ms``, then ``X-RateLimit-Reset``. A date is
    compared with the answer's own ``Date``, so that the two clocks may differ; ``now`` stands in
    where there is none. Names of ``headers`` are in small letters. What is not a time is None; how long is too long is the caller's matter.
    """
    reference = _parse_date(headers.get("date", "")) or now
    if asked := headers.get("retry-after"):
        wait = wait_s(asked)
        return wait if wait is not None else _until(_parse_date(asked), reference)
    if asked := headers.get("retry-after-ms"):
        wait = wait_s(asked)
        return None if wait is None else wait / 1000
    return reset_s(headers.get("x-ratelimit-reset"), now)


def reset_s(value: object, now: datetime) -> float | None:
    """Return the wait until a reset given as a Unix time in milliseconds or seconds, or as a wait."""
    number = _number(value)
    if number is None:
        return None
    if number > _EPOCH_MS:
        number /= 1000
    return max(0.0, number - now.timestamp()) if number > _EPOCH_S else max(0.0, number)


def wait_s(value: object) -> float | None:
    """Return a JSON number of seconds (or its text) as a wait of at least 0, else None."""
    number = _number(value)
    return None if number is None else max(0.0, number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _parse_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _until(moment: datetime | None, reference: datetime) -> float | None:
    if moment is None:
        return None
    return max(0.0, (moment - reference).total_seconds())
