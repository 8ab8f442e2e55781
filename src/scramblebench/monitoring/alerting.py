"""Rules held against samples, and events, while experiments run; what they say is stored and sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scramblebench.core.clock import Clock
from scramblebench.core.money import usd
from scramblebench.core.states import ExperimentState
from scramblebench.monitoring.alert_rules import (
    Change,
    Rule,
    RuleState,
    rule_of,
    step,
    value_of,
    window_of,
    words_of,
)
from scramblebench.monitoring.drift import Drift
from scramblebench.monitoring.samples import Sample
from scramblebench.settings import ExperimentSpec
from scramblebench.storage import Database, NewAlert

if TYPE_CHECKING:
    from scramblebench.evaluation import RunOutcome, RunProgress

FINISHED = "experiment_finished"
FAILED = "experiment_failed"
OUT_OF_BUDGET = "paused_by_budget"
NEAR_BUDGET = "budget_80_percent"
DRIFT = "model_drift"
NEAR_SHARE = 0.8
_REFRESH_S = 60.0
"""How often the value of an alert that goes on is brought up to date."""

Notice = Callable[[Sequence[str]], None]
"""Hears that messages to these targets may be due (alerting -> delivery)."""


@dataclass(slots=True)
class _Watched:
    """One rule, what it said last, and when that was written down."""

    rule: Rule
    state: RuleState
    since_s: float
    written_s: float = float("-inf")


class RuleWatch:
    """The rules of one experiment, or of one machine, against its samples."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: Sequence[Rule],
        targets: Sequence[str],
        experiment_id: str | None,
        subject: str,
    ) -> None:
        """Alerts that are open from an earlier run are taken over."""
        self._database = database
        self._clock = clock
        self.targets = targets
        self._experiment_id = experiment_id
        self._subject = subject
        self._samples: list[Sample] = []
        self._longest_s = max((rule.window_s for rule in rules), default=0.0)
        open_rules = {
            alert.rule
            for alert in database.monitor.alerts(experiment_id, is_open=True, limit=1000)
            if alert.subject == subject and alert.experiment_id == experiment_id
        }
        now_s = clock.monotonic_s()
        self._watched = [_Watched(r, RuleState(r.name in open_rules), now_s) for r in rules]

    def look(self, sample: Sample, title: str) -> bool:
        """Hold the rules against one more sample; return whether something was raised."""
        self._samples = list(window_of([*self._samples, sample], self._longest_s))
        raised = [self._look(watched, title) for watched in self._watched]
        return any(raised)

    def _look(self, watched: _Watched, title: str) -> bool:
        rule, now_s = watched.rule, self._clock.monotonic_s()
        value = value_of(rule, self._samples)
        if value is None and now_s - watched.since_s < rule.window_s:
            return False
        state, change = step(rule, watched.state, value, now_s)
        is_due = now_s - watched.written_s >= _REFRESH_S
        if change is Change.RAISED or (change is Change.GOES_ON and is_due):
            self._database.monitor.raise_alert(self._alert(rule, value, title), self.targets)
            watched.written_s = now_s
        elif change is Change.RESOLVED:
            self._resolve(rule)
        watched.state = (
            state  # after it is stored: a database that is away is told at the next look
        )
        return change is Change.RAISED

    def _alert(self, rule: Rule, value: float | None, title: str) -> NewAlert:
        return NewAlert(
            rule.name,
            rule.severity,
            f"{title}: {words_of(rule, value)}",
            self._experiment_id,
            self._subject,
            value,
            rule.threshold,
        )

    def _resolve(self, rule: Rule) -> None:
        self._database.monitor.resolve_alert(rule.name, self._experiment_id, self._subject)

    @property
    def rules(self) -> list[Rule]:
        """What is watched."""
        return [watched.rule for watched in self._watched]

    def end(self, kept: Sequence[Rule] = ()) -> None:
        """Say that nothing is measured any more: what is raised is over, but by rules that are kept."""
        names = {rule.name for rule in kept}
        for watched in self._watched:
            if watched.state.is_raised and watched.rule.name not in names:
                self._resolve(watched.rule)
                watched.state = RuleState()


@dataclass(slots=True)
class ExperimentAlerts:
    """All that may be told of one experiment while it runs."""

    database: Database
    clock: Clock
    experiment_id: str
    name: str
    spec: ExperimentSpec
    progress: "RunProgress"
    notice: Notice
    targets: tuple[str, ...] = field(init=False)
    _rules: RuleWatch = field(init=False)
    _drift: Drift = field(init=False)
    _is_near: bool | None = None

    def __post_init__(self) -> None:
        self.targets = self.spec.monitoring.variables
        rules = [rule for rule in map(rule_of, self.spec.alert_rules) if not rule.is_of_machine]
        self._rules = RuleWatch(
            self.database, self.clock, rules, self.targets, self.experiment_id, ""
        )
        self._drift = Drift(self.database, self.experiment_id, self.progress)
        for rule in (FAILED, OUT_OF_BUDGET):  # it runs again
            self.database.monitor.resolve_alert(rule, self.experiment_id)

    @property
    def _title(self) -> str:
        is_simulated = any(model.provider == "simulated" for model in self.spec.models)
        return f"{self.name} (simulated)" if is_simulated else self.name

    def look(self, sample: Sample | None) -> None:
        """Hold rules, budget and models against one more sample; without one, budget and models."""
        if sample is not None and self._rules.look(sample, self._title):
            self.notice(self.targets)
        self._look_at_budget(sum(lane.cost_microusd for lane in self.progress.lanes))
        for change in self._drift.found():
            self._raise(DRIFT, change.severity, change.words, subject=change.label)

    def _look_at_budget(self, spent_microusd: int) -> None:
        limit = self.database.experiments.get(self.experiment_id).limits.cost_limit_microusd
        is_near = limit is not None and spent_microusd >= NEAR_SHARE * limit > 0
        if is_near and limit is not None and not self._is_near:
            spent, whole = usd(spent_microusd), usd(limit)
            words = f"${spent:.4g} of ${whole:g} are spent"
            self._raise(NEAR_BUDGET, "warning", words, value=spent, threshold=NEAR_SHARE * whole)
        if not is_near and self._is_near is not False:  # perhaps since an earlier run
            self.database.monitor.resolve_alert(NEAR_BUDGET, self.experiment_id)
        self._is_near = is_near

    def end(self, outcome: "RunOutcome | None") -> None:
        """Say how the run ended; ``outcome`` is None where an error ended it."""
        self._rules.end()
        record = self.database.experiments.get(self.experiment_id)
        done = f"{record.n_answered:,} of {record.n_trials:,} trials answered"
        reason = record.reason or done
        if (
            outcome is not None
            and outcome.is_over_budget
            and record.state is ExperimentState.PAUSED
        ):
            self._raise(OUT_OF_BUDGET, "warning", f"paused; {reason}")
        elif record.state is ExperimentState.FAILED:
            self._raise(FAILED, "critical", f"failed; {reason}")
        elif record.state is ExperimentState.COMPLETED:
            is_early = (record.reason or "").startswith("settled early")
            words = f"{record.reason}; {done}" if is_early else f"finished; {done}"
            self._raise(FINISHED, "info", words)
            self.database.monitor.resolve_alert(FINISHED, self.experiment_id)

    def _raise(
        self,
        rule: str,
        severity: str,
        words: str,
        subject: str = "",
        value: float | None = None,
        threshold: float | None = None,
    ) -> None:
        new = NewAlert(
            rule, severity, f"{self._title}: {words}", self.experiment_id, subject, value, threshold
        )
        self.database.monitor.raise_alert(new, self.targets)
        self.notice(self.targets)
