"""How far a run is, as it happens, in this process."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

from scramblebench.core.clock import Clock
from scramblebench.core.errors import StorageError
from scramblebench.plan import Plan
from scramblebench.storage import CounterRecord, LedgerTotals, Refusal, ServedModel, Settlement

WINDOW = 200
"""Answers that the current rate is computed from."""


@dataclass(slots=True)
class CellProgress:
    """Answers so far of one model under one condition; ``score_sum`` adds scores, no answer adds 0."""

    n_answered: int = 0
    score_sum: float = 0.0


Served = tuple[str | None, str | None, str | None]
"""Who answered: the served model, its provider and its digest, as far as they were told (lane -> alerts)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a model is asked no more in this run.

    ``budget`` names the limit that was reached; ``is_passing`` says that it may go well later; ``damage``
    ends the whole run once what is in flight is stored.
    """

    reason: str
    budget: Refusal | None = None
    is_passing: bool = False
    damage: StorageError | None = None


@dataclass(slots=True)
class LaneProgress:
    """One model's progress; ``concurrency`` is how many requests may be in flight right now.

    ``n_pacing`` of them wait for a rate limit, ``n_backing_off`` to be tried again after an error.
    ``served`` has who answered in this run, in order of appearance. ``is_passing`` stays true while every trial that was given up may be answered another time.
    """

    label: str
    n_trials: int
    n_answered: int = 0
    n_failures: int = 0
    n_given_up: int = 0
    last_failure: str = ""
    cost_microusd: int = 0
    is_cost_known: bool = True
    stop: Stop | None = None
    is_passing: bool = True
    concurrency: int = 0
    n_pacing: int = 0
    n_backing_off: int = 0
    served: dict[Served, int] = field(default_factory=dict[Served, int])
    cells: dict[int, CellProgress] = field(default_factory=dict[int, CellProgress])
    recent_s: deque[float] = field(default_factory=lambda: deque[float](maxlen=WINDOW))

    @property
    def n_missing(self) -> int:
        """Trials without a response."""
        return self.n_trials - self.n_answered

    @property
    def waits_for(self) -> str | None:
        """What most of its requests wait for instead of being in flight; None where they do not."""
        if self.n_pacing + self.n_backing_off <= self.concurrency / 2:
            return None
        is_limited = self.n_pacing >= self.n_backing_off
        return "the rate limit" if is_limited else "another try after errors"

    def rate_per_s(self, now_s: float) -> float | None:
        """Return answers per second lately; None with fewer than three of them."""
        if len(self.recent_s) < 3:
            return None
        elapsed = now_s - self.recent_s[0]
        return (len(self.recent_s) - 1) / elapsed if elapsed > 0 else None


class RunProgress:
    """Progress of a run, model by model; written by the engine, read by anyone in the same loop.

    ``reference_condition`` is the position of the first condition with the lowest level, the one whose
    accuracy says something while a run goes on; ``before`` is the money as earlier runs left it;
    ``trouble`` says what all models wait for, where they do.
    """

    def __init__(self, plan: Plan, clock: Clock, before: LedgerTotals) -> None:
        labels = [model.shown_name for model in plan.spec.models]
        levels = [condition.level_pct for condition in plan.conditions]
        self.lanes = [LaneProgress(label, plan.grid.lane_size) for label in labels]
        self.before = before
        self.trouble: Callable[[], str | None] = lambda: None
        self.reference_level_pct = min(levels)
        self.reference_condition = levels.index(self.reference_level_pct)
        self._clock = clock
        self._serial: list[list[int]] = [[index] for index in range(len(labels))]

    def start(self, counters: Sequence[CounterRecord], serial: Sequence[Sequence[int]]) -> None:
        """Take over what earlier runs answered; ``serial`` lists the lanes that run one after the other."""
        self._serial = [list(group) for group in serial]
        self._take_over(counters)

    def _take_over(self, counters: Sequence[CounterRecord]) -> None:
        for index, lane in enumerate(self.lanes):
            own = [counter for counter in counters if counter.model_index == index]
            lane.n_answered = sum(counter.n_answered for counter in own)
            lane.n_failures = sum(counter.n_failures for counter in own)
            lane.cost_microusd = sum(counter.cost_microusd for counter in own)
            lane.is_cost_known = not any(counter.n_cost_unknown for counter in own)
            for counter in own:
                lane.cells[counter.condition_index] = CellProgress(
                    counter.n_answered, counter.score_sum
                )

    def settled(self, item: Settlement) -> None:
        """Count what was stored."""
        lane = self.lanes[item.model_index]
        if (response := item.response) is None:
            lane.n_failures += item.failure is not None and item.failure.was_sent
            return
        lane.n_answered += 1
        if not response.is_cached:
            by = (response.served_model, response.served_provider, response.model_digest)
            lane.served[by] = lane.served.get(by, 0) + 1
        lane.recent_s.append(self._clock.monotonic_s())
        if (cell := lane.cells.get(item.condition_index)) is None:
            cell = lane.cells[item.condition_index] = CellProgress()
        cell.n_answered += 1
        cell.score_sum += item.score.value if item.score else 0.0
        if response.cost_microusd is None:
            lane.is_cost_known = False
        else:
            lane.cost_microusd += response.cost_microusd

    def counted(
        self, counters: Sequence[CounterRecord], served: Iterable[ServedModel], since_s: float
    ) -> None:
        """Take over the totals of all workers; what is new came evenly since ``since_s``."""
        for who in served:
            by = (who.served_model, who.served_provider, who.model_digest)
            self.lanes[who.model_index].served.setdefault(by, 1)
        now_s, n_before = self._clock.monotonic_s(), [lane.n_answered for lane in self.lanes]
        self._take_over(counters)
        for lane, n_earlier in zip(self.lanes, n_before, strict=True):
            n = lane.n_answered - n_earlier
            step_s = (now_s - since_s) / max(1, n)
            shown = range(min(n, WINDOW))
            lane.recent_s.extend(now_s - step_s * back for back in reversed(shown))

    def waiting(self) -> str | None:
        """Return what all models wait for that are not done, in words; None while one of them is asked."""
        if trouble := self.trouble():
            return trouble
        waits = [lane.waits_for for lane in self.lanes if lane.concurrency and not _is_done(lane)]
        words = list(dict.fromkeys(word for word in waits if word))
        return " and ".join(words) if waits and all(waits) else None

    @property
    def now_s(self) -> float:
        """Monotonic seconds, as rates are measured in."""
        return self._clock.monotonic_s()

    @property
    def n_answered(self) -> int:
        """Responses stored, earlier runs included."""
        return sum(lane.n_answered for lane in self.lanes)

    @property
    def n_trials(self) -> int:
        """Trials planned."""
        return sum(lane.n_trials for lane in self.lanes)

    @property
    def rate_per_s(self) -> float:
        """Answers per second lately, all models together."""
        now = self._clock.monotonic_s()
        return sum(lane.rate_per_s(now) or 0.0 for lane in self.lanes if not _is_done(lane))

    def eta_s(self) -> tuple[float, float] | None:
        """Return the seconds left as a range (about 95 %), None before there is a rate.

        Models in parallel take as long as the slowest, models in series the sum; a model that has
        not begun is taken to be as fast as the mean of the others.
        """
        now = self._clock.monotonic_s()
        rates = {i: r for i, lane in enumerate(self.lanes) if (r := lane.rate_per_s(now))}
        if not rates:
            return None
        usual = sum(rates.values()) / len(rates)
        ends = [self._group_s(group, rates, usual) for group in self._serial]
        return max(low for low, _ in ends), max(high for _, high in ends)

    def _group_s(
        self, group: list[int], rates: dict[int, float], usual: float
    ) -> tuple[float, float]:
        low = high = 0.0
        for index in group:
            lane = self.lanes[index]
            if _is_done(lane):
                continue
            seconds = lane.n_missing / rates.get(index, usual)
            spread = 2 / sqrt(len(lane.recent_s) or 1)
            low += seconds / (1 + spread)
            high += seconds * (1 + spread)
        return low, high


def _is_done(lane: LaneProgress) -> bool:
    return lane.n_answered + lane.n_given_up >= lane.n_trials or lane.stop is not None
