"""What an experiment needs before it may start, as people write it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import isfinite
from typing import Any

from scramblebench.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Requirements:
    """What must be left before an experiment starts; None asks for nothing.

    ``api_calls_per_hour`` of each provider it asks, ``memory_gb`` (10^9 bytes) and
    ``max_concurrent_requests`` of the runner. ``cost_limit`` (US dollars) is no condition: it limits
    what the experiment may spend.
    """

    api_calls_per_hour: float | None = None
    memory_gb: float | None = None
    cost_limit: float | None = None
    max_concurrent_requests: float | None = None


NAMES = tuple(field.name for field in fields(Requirements))


def check_requirements(values: Mapping[str, Any]) -> Requirements:
    """Return the requirements that a user gave; raises UsageError for names and values that are none."""
    for name, value in values.items():
        if name not in NAMES:
            near = get_close_matches(name, NAMES, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(NAMES)}"
            raise UsageError(f"there is no resource {name!r}{hint}")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not isfinite(value) or value < 0:
            raise UsageError(f"{name}: {value!r} is no amount; write a number, 0 or more")
    return Requirements(**values)


def read_requirements(text: str) -> Requirements:
    """Return the requirements that were stored; what cannot be read asks for nothing."""
    try:
        values = json.loads(text)
        return check_requirements(values) if isinstance(values, dict) else Requirements()
    except (ValueError, UsageError):
        return Requirements()
