"""Limits changed by their names, as people write them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from scramblebench.core.errors import UsageError
from scramblebench.core.money import microusd
from scramblebench.monitoring.status import limits_by_name
from scramblebench.storage import Database, ExperimentLimits

_MOST_CONCURRENT = 4096


def change_limits(
    database: Database,
    reference: str,
    values: Mapping[str, Any],
    reason: str | None,
    actor: str,
) -> dict[str, float | None]:
    """Change limits and return all of them by name; raises UsageError where that cannot be."""
    record = database.experiments.find(reference)
    before = after = record.limits
    for name, value in values.items():
        after = _changed(after, name, value)
    if _allows_more_money(before, after) and not (reason or "").strip():
        raise UsageError('raising a cost limit needs --reason "why": it is kept in the history')
    changed = database.experiments.change_limits(record.id, after, reason=reason, actor=actor)
    return limits_by_name(changed.limits)


def _changed(limits: ExperimentLimits, name: str, value: Any) -> ExperimentLimits:
    if name not in _READERS:
        near = get_close_matches(name, _READERS, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(_READERS)}"
        raise UsageError(f"there is no limit {name!r}{hint}")
    field, read = _READERS[name]
    is_none = value is None or str(value).lower() == "none"
    try:
        number = None if is_none else read(value)
    except ValueError:
        raise UsageError(f"{name}={value}: {_EXPECTED[name]}, or none") from None
    return replace(limits, **{field: number})


def _concurrency(value: Any) -> int:
    number = int(str(value))
    if not 1 <= number <= _MOST_CONCURRENT:
        raise ValueError(number)
    return number


_READERS: dict[str, tuple[str, Callable[[Any], int]]] = {
    "cost_limit": ("cost_limit_microusd", microusd),
    "cost_limit_per_day": ("daily_cost_limit_microusd", microusd),
    "max_concurrent_requests": ("max_concurrent_requests", _concurrency),
}
_EXPECTED = {
    "cost_limit": "an amount in US dollars is needed, such as 65 or 0.5",
    "cost_limit_per_day": "an amount in US dollars is needed, such as 10",
    "max_concurrent_requests": f"a whole number from 1 to {_MOST_CONCURRENT} is needed",
}


def _allows_more_money(before: ExperimentLimits, after: ExperimentLimits) -> bool:
    pairs = (
        (before.cost_limit_microusd, after.cost_limit_microusd),
        (before.daily_cost_limit_microusd, after.daily_cost_limit_microusd),
    )
    return any(old is not None and (new is None or new > old) for old, new in pairs)
