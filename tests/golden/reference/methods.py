"""Which of our functions answers which method of the reference cases."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.golden.reference import (
    curve_methods,
    mean_methods,
    model_methods,
    paired_methods,
    planning_methods,
)
from tests.golden.reference.cases import Case

Adapter = Callable[[Case], Mapping[str, Any]]

_ROOMS = (paired_methods, mean_methods, model_methods, curve_methods, planning_methods)

ADAPTERS: Mapping[str, Adapter] = {
    method: adapter for room in _ROOMS for method, adapter in room.ADAPTERS.items()
}
"""By method, what returns our values under the keys of the case."""

NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {
    method: keys for room in _ROOMS for method, keys in room.NOT_COMPUTED.items()
}
"""By method, the keys that we do not compute, and why."""
