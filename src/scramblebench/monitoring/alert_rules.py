"""When an alert is raised and when it is over: pure rules over a window of samples.

A rule is raised when the value of its window exceeds the threshold, and over when it has fallen to
``clear_at`` or below; in between nothing changes, so that a value near the threshold never flaps. After it
is over, it is not raised again within the cool-down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scramblebench.monitoring.samples import Sample, buckets_of
from scramblebench.monitoring.tallies import quantile_s
from scramblebench.settings import AlertRuleSpec

MACHINE_METRICS = frozenset({"cpu_percent", "memory_percent", "disk_percent"})
_NEEDS_CALLS = frozenset({"error_rate", "response_time_p95"})
_WINDOW_S = {"cost_per_hour": 300.0, "error_rate": 300.0}
_USUAL_WINDOW_S = 60.0
_COVERED = 0.8
"""Share of its window that must be known before a rule says anything."""
_PER_HOUR, _PER_MINUTE, _MICRO = 3600.0, 60.0, 1e6


class Change(StrEnum):
    """What a rule says at one moment."""

    RAISED = "raised"
    GOES_ON = "goes_on"
    RESOLVED = "resolved"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; costs are dollars, shares 0 to 1, times in seconds, percentages percent."""

    name: str
    metric: str
    threshold: float
    clear_at: float
    window_s: float
    cooldown_s: float
    no_data: str
    severity: str
    min_calls: int

    @property
    def is_of_machine(self) -> bool:
        """Whether it is about the machine, not about one experiment."""
        return self.metric in MACHINE_METRICS


@dataclass(frozen=True, slots=True)
class RuleState:
    """Whether a rule is raised, and until when (monotonic seconds) it may not be raised again."""

    is_raised: bool = False
    quiet_until_s: float = float("-inf")


def rule_of(spec: AlertRuleSpec) -> Rule:
    """Return the rule of a complete specification: one with name and threshold."""
    assert spec.threshold is not None
    return Rule(
        name=spec.name or spec.metric,
        metric=spec.metric,
        threshold=spec.threshold,
        clear_at=spec.threshold * (1 - spec.hysteresis),
        window_s=spec.window_s or _WINDOW_S.get(spec.metric, _USUAL_WINDOW_S),
        cooldown_s=spec.cooldown_s,
        no_data=spec.no_data,
        severity=spec.severity,
        min_calls=spec.min_calls,
    )


def step(
    rule: Rule, state: RuleState, value: float | None, now_s: float
) -> tuple[RuleState, Change]:
    """Return what a rule makes of a value, None where nothing could be measured."""
    if value is None:
        wants = {"alert": True, "resolve": False}.get(rule.no_data, state.is_raised)
    elif value > rule.threshold:
        wants = True
    else:
        wants = state.is_raised and value > rule.clear_at
    if state.is_raised:
        if wants:
            return state, Change.GOES_ON
        return RuleState(False, now_s + rule.cooldown_s), Change.RESOLVED
    if wants and now_s >= state.quiet_until_s:
        return RuleState(True), Change.RAISED
    return state, Change.NOTHING


def value_of(rule: Rule, samples: Sequence[Sample]) -> float | None:
    """Return the value of a rule at the latest of some samples (oldest first), None where it has none."""
    if not samples:
        return None
    window = window_of(samples, rule.window_s)
    if rule.is_of_machine:
        return _mean(rule, window)
    first, last = window[0], window[-1]
    seconds = (last.taken_at - first.taken_at).total_seconds()
    if seconds <= 0:
        return None
    if rule.metric in _NEEDS_CALLS:
        return _of_calls(rule, first, last)
    if seconds < _COVERED * rule.window_s:
        return None
    if rule.metric == "cost_per_hour":
        return _grown(first, last, "cost_microusd") / _MICRO * _PER_HOUR / seconds
    return _calls(first, last) * _PER_MINUTE / seconds


def window_of(samples: Sequence[Sample], window_s: float) -> Sequence[Sample]:
    """Return the latest samples, back to the first that covers the window.

    One that is much older than the window, as after a time without samples, is left out.
    """
    end = samples[-1].taken_at
    start = len(samples) - 1
    while start > 0:
        age_s = (end - samples[start - 1].taken_at).total_seconds()
        is_covered = (end - samples[start].taken_at).total_seconds() >= window_s
        if is_covered or age_s > 2 * window_s:
            break
        start -= 1
    return samples[start:]


def _mean(rule: Rule, window: Sequence[Sample]) -> float | None:
    found = [s for s in window if rule.metric in s.values]
    if not found:
        return None
    covered_s = (found[-1].taken_at - found[0].taken_at).total_seconds()
    if covered_s < _COVERED * rule.window_s:
        return None
    return sum(sample.values[rule.metric] for sample in found) / len(found)


def _of_calls(rule: Rule, first: Sample, last: Sample) -> float | None:
    calls = _calls(first, last)
    if calls < rule.min_calls:
        return None
    if rule.metric == "error_rate":
        return _grown(first, last, "failures") / calls
    earlier, now = buckets_of(first.values), buckets_of(last.values)
    return quantile_s({b: max(0, n - earlier.get(b, 0)) for b, n in now.items()}, 0.95)


def _calls(first: Sample, last: Sample) -> float:
    names = ("answered", "failures")
    grown = sum(_grown(first, last, name) for name in names) - _grown(first, last, "cached")
    return max(0.0, grown)


def _grown(first: Sample, last: Sample, name: str) -> float:
    return max(0.0, last.values.get(name, 0.0) - first.values.get(name, 0.0))


def words_of(rule: Rule, value: float | None) -> str:
    """Return what an alert says of a value and its threshold, in one line."""
    if value is None:
        return f"{_SUBJECTS[rule.metric]}: nothing could be measured for {rule.window_s:g} s"
    shown, limit = (_shown(rule.metric, amount) for amount in (value, rule.threshold))
    return f"{_SUBJECTS[rule.metric]} {shown}, above {limit} (over {rule.window_s:g} s)"


_SUBJECTS = {
    "cpu_percent": "CPU at",
    "memory_percent": "memory at",
    "disk_percent": "disk at",
    "api_calls_per_minute": "API calls at",
    "cost_per_hour": "cost at",
    "error_rate": "error rate at",
    "response_time_p95": "95 % of the answers took up to",
}


def _shown(metric: str, value: float) -> str:
    match metric:
        case "cost_per_hour":
            return f"${value:.4g} an hour"
        case "error_rate":
            return f"{value:.1%}"
        case "response_time_p95":
            return f"{value:.3g} s"
        case "api_calls_per_minute":
            return f"{value:,.4g} a minute" if value < 1000 else f"{value:,.0f} a minute"
        case _:
            return f"{value:.0f} %"
