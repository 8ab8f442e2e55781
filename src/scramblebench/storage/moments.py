"""Moments as integers: microseconds since 1970 in UTC, the same on both databases."""

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return an aware moment as microseconds, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


@overload
def moment(value_us: int) -> datetime: ...
@overload
def moment(value_us: None) -> None: ...
def moment(value_us: int | None) -> datetime | None:
    """Return microseconds as an aware moment in UTC; None stays None."""
    return None if value_us is None else _EPOCH + timedelta(microseconds=value_us)
