"""Which experiment may start: what it needs against what the runner and the providers have left.

Higher priority first, first in first out among equals. What does not fit is passed over, so that one
that asks for more than there is holds nobody up. Among equals, an experiment whose servers are all idle
goes before one that would share a server with an experiment that runs already: then different
providers work side by side, and no experiment waits that could run at full speed.

What may have killed its runner runs alone until it has had an answer: if the runner dies again, it is
known of what.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from scramblebench.core.states import ExperimentState
from scramblebench.queue.requirements import Requirements, read_requirements
from scramblebench.queue.retries import MAX_RETRIES
from scramblebench.storage import QueueRecord

IMPORTED = "imported"
"""The provider of answers found in files: no runner takes what has it."""
SERIAL_PROVIDERS = frozenset({"ollama", "local"})
"""One machine serves all their models: they take turns, so that none is loaded and unloaded per call."""
Server = tuple[str, str]
"""Who is asked: provider and base URL, "" for its usual address."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a runner and the providers have; None sets no limit.

    ``calls_per_hour`` is by provider, for all runners together; the others are this runner's.
    """

    memory_gb: float | None = None
    max_concurrent_requests: float | None = None
    calls_per_hour: Mapping[str, float] = field(default_factory=dict[str, float])


class Standing(StrEnum):
    """Where an entry of the queue stands."""

    RUNNING = "running"
    READY = "ready"
    WAITING = "waiting"  # for other experiments, resources or the time of a retry
    BLOCKED = "blocked"  # by one that will never be completed


@dataclass(frozen=True, slots=True)
class Place:
    """An entry's standing, its position among those not running (from 1), and why it does not run."""

    standing: Standing
    position: int | None
    reason: str | None


class _Left:
    """What is left beside what runs already."""

    def __init__(
        self, entries: Sequence[QueueRecord], capacity: Capacity, own: Collection[str]
    ) -> None:
        self.capacity = capacity
        self.busy: Counter[Server] = Counter()
        self._calls: Counter[str] = Counter()
        self._memory_gb = self._requests = 0.0
        for entry in entries:
            if entry.state is not ExperimentState.RUNNING or entry.is_free:
                continue
            needs = read_requirements(entry.requirements_json)
            self.busy.update(entry.servers)
            for provider in {provider for provider, _ in entry.servers}:
                self._calls[provider] += round(needs.api_calls_per_hour or 0)
            if entry.experiment_id in own:
                self._memory_gb += needs.memory_gb or 0
                self._requests += needs.max_concurrent_requests or 0

    def obstacle(self, entry: QueueRecord) -> str | None:
        """Return what an entry needs and is not left, in words; None where it fits."""
        if any(provider == IMPORTED for provider, _ in entry.servers):
            return "its responses were imported, so there is nobody to ask; import them again"
        needs = read_requirements(entry.requirements_json)
        memory = _short("of memory", needs.memory_gb, self.capacity.memory_gb, self._memory_gb)
        requests = _short(
            "requests at once",
            needs.max_concurrent_requests,
            self.capacity.max_concurrent_requests,
            self._requests,
        )
        return memory or requests or self._too_many_calls(entry, needs)

    def _too_many_calls(self, entry: QueueRecord, needs: Requirements) -> str | None:
        for provider in dict.fromkeys(provider for provider, _ in entry.servers):
            limit = self.capacity.calls_per_hour.get(provider)
            what = f"calls an hour of {provider}"
            if short := _short(what, needs.api_calls_per_hour, limit, self._calls[provider]):
                return short
        return None


def _short(what: str, needed: float | None, limit: float | None, used: float) -> str | None:
    if needed is None or limit is None or used + needed <= limit:
        return None
    unit = " GB" if what == "of memory" else ""
    left = max(0.0, limit - used)
    never = "; this runner never has as much" if needed > limit else ""
    return f"needs {needed:,g}{unit} {what}, {left:,.4g}{unit} left{never}"


def admit(
    entries: Sequence[QueueRecord],
    capacity: Capacity,
    own: Collection[str] = (),
    closed: Collection[str] = (),
) -> str | None:
    """Return the experiment that may start next; None where none may.

    ``own`` are those this runner runs, ``closed`` those it must not take whatever they need.
    """
    if any(entry.is_suspect and entry.experiment_id in own for entry in entries):
        return None
    left = _Left(entries, capacity, own)
    fitting = [
        entry
        for entry in entries
        if entry.is_free
        and entry.experiment_id not in closed
        and not (entry.is_suspect and own)
        and left.obstacle(entry) is None
    ]
    if not fitting:
        return None
    equals = [entry for entry in fitting if entry.priority == fitting[0].priority]
    idle = [entry for entry in equals if not any(left.busy[server] for server in entry.servers)]
    return (idle or equals)[0].experiment_id


def places(
    entries: Sequence[QueueRecord], capacity: Capacity, names: Mapping[str, str]
) -> dict[str, Place]:
    """Return the place of every entry; ``names`` are what experiments are called, by id."""
    left = _Left(entries, capacity, ())
    stuck = _stuck(entries)
    found: dict[str, Place] = {}
    position = 0
    for entry in entries:
        if entry.state is ExperimentState.RUNNING and not entry.is_free:
            found[entry.experiment_id] = Place(Standing.RUNNING, None, None)
            continue
        position += 1
        standing, reason = _why_not(entry, left, stuck, names)
        found[entry.experiment_id] = Place(standing, position, reason)
    return found


def _stuck(entries: Sequence[QueueRecord]) -> set[str]:
    """Return what will never be completed: what waits for such, near or far."""
    stuck = {key for entry in entries for key in entry.blocked_by}
    while True:
        more = {e.experiment_id for e in entries if not stuck.isdisjoint(e.waits_for)} - stuck
        if not more:
            return stuck
        stuck |= more


def _why_not(
    entry: QueueRecord, left: _Left, stuck: Collection[str], names: Mapping[str, str]
) -> tuple[Standing, str | None]:
    if hopeless := [key for key in entry.waits_for if key in stuck]:
        return Standing.BLOCKED, f"blocked: {_named(hopeless, names)} will not be completed"
    if entry.waits_for:
        return Standing.WAITING, f"waits for {_named(entry.waits_for, names)}"
    if entry.retry_at is not None and not entry.is_free:
        which = f"retry {entry.n_retries} of {MAX_RETRIES}"
        when = f"tried again at {_clock_time(entry.retry_at)} ({which})"
        return Standing.WAITING, f"{when}, by a runner with --continuous"
    if obstacle := left.obstacle(entry):
        return Standing.WAITING, obstacle
    if entry.is_suspect:
        return Standing.READY, "waits for a runner of its own: the last one died of it, or with it"
    return Standing.READY, "waits for a runner"


def _named(ids: Sequence[str], names: Mapping[str, str]) -> str:
    return ", ".join(f"{names.get(key, 'an experiment')} ({key[:8]})" for key in ids)


def _clock_time(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
