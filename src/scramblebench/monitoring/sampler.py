"""Samples of what runs and of the machine, from a thread of the runner; alerts are looked for in each.

It never blocks or fails a run: what it cannot store is left out, and said once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from scramblebench.core.clock import Clock
from scramblebench.monitoring.alert_rules import Rule, rule_of
from scramblebench.monitoring.alerting import ExperimentAlerts, Notice, RuleWatch
from scramblebench.monitoring.samples import Sample, totals_of, write_values
from scramblebench.monitoring.system_metrics import SystemMeter
from scramblebench.settings import ExperimentSpec
from scramblebench.settings.monitoring import TrackingSpec
from scramblebench.storage import Database, SampleRecord, new_runner_id

if TYPE_CHECKING:
    from scramblebench.evaluation import RunOutcome, RunProgress

_THIN_EVERY_S = 600.0
_USUAL = TrackingSpec()
OnTrouble = Callable[[BaseException], None]
"""Hears once that nothing can be sampled, until it can again (sampler -> cli)."""


@dataclass(frozen=True, slots=True)
class _Begun:
    experiment_id: str
    progress: "RunProgress"


@dataclass(frozen=True, slots=True)
class _Ended:
    experiment_id: str
    outcome: "RunOutcome | None"


@dataclass(frozen=True, slots=True)
class _Closed:
    pass


class Sampler:
    """Watches the experiments of one runner; its methods may be called from any thread and never wait."""

    def __init__(
        self, database: Database, clock: Clock, notice: Notice, on_trouble: OnTrouble
    ) -> None:
        self._database = database
        self._clock = clock
        self._notice = notice
        self._on_trouble = on_trouble
        self._news: SimpleQueue[_Begun | _Ended | _Closed] = SimpleQueue()
        self._runner_id = new_runner_id()
        self._running: dict[str, ExperimentAlerts] = {}
        self._meter: SystemMeter | None = None
        self._machine_rules: RuleWatch | None = None
        self._is_troubled = False
        self._thin_at_s = clock.monotonic_s() + _THIN_EVERY_S
        self._thread = Thread(target=self._work, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def begin(self, experiment_id: str, progress: "RunProgress") -> None:
        """Watch an experiment that has started to run."""
        self._news.put(_Begun(experiment_id, progress))

    def end(self, experiment_id: str, outcome: "RunOutcome | None") -> None:
        """Sample an experiment for the last time, and say how it ended (None: by an error)."""
        self._news.put(_Ended(experiment_id, outcome))

    def close(self, patience_s: float) -> None:
        """End, after all that was said is done; what takes longer is left."""
        self._news.put(_Closed())
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def _work(self) -> None:
        next_s = self._clock.monotonic_s()  # opens the meter
        while True:
            try:
                news = self._news.get(timeout=max(0.0, next_s - self._clock.monotonic_s()))
            except Empty:
                self._try(self._sample)
                next_s = self._clock.monotonic_s() + self._every_s
                continue
            if isinstance(news, _Closed):
                break
            if isinstance(news, _Begun):
                self._try(lambda begun=news: self._begin(begun))
            else:
                self._try(lambda ended=news: self._end(ended))
            next_s = min(next_s, self._clock.monotonic_s() + self._every_s)
        if self._machine_rules is not None:
            self._try(self._machine_rules.end)

    def _try(self, act: Callable[[], None]) -> None:
        """Do something; an error is told once, and again after something went well in between."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever cannot be measured must not end a run
            if not self._is_troubled:
                self._on_trouble(error)
            self._is_troubled = True
        else:
            self._is_troubled = False

    @property
    def _every_s(self) -> float:
        found = [watched.spec.tracking.sample_every_s for watched in self._running.values()]
        return min(found, default=_USUAL.sample_every_s)

    def _begin(self, begun: _Begun) -> None:
        record = self._database.experiments.get(begun.experiment_id)
        self._running[record.id] = ExperimentAlerts(
            self._database,
            self._clock,
            record.id,
            record.name,
            ExperimentSpec.from_json(record.spec_json),
            begun.progress,
            self._notice,
        )
        self._set_machine_rules()
        self._look([self._running[record.id]])

    def _end(self, ended: _Ended) -> None:
        watched = self._running.pop(ended.experiment_id, None)
        if watched is None:
            return
        try:
            self._look([watched])
        finally:
            watched.end(ended.outcome)
            self._set_machine_rules()

    def _set_machine_rules(self) -> None:
        """Watch the machine by the rules of all that runs; of one name the strictest holds."""
        rules: dict[str, Rule] = {}
        targets: dict[str, None] = {}
        for watched in self._running.values():
            if not watched.spec.tracking.enable_resource_monitoring:
                continue
            for rule in map(rule_of, watched.spec.alert_rules):
                held = rules.get(rule.name)
                if rule.is_of_machine and (held is None or rule.threshold < held.threshold):
                    rules[rule.name] = rule
                    targets.update(dict.fromkeys(watched.targets))
        before, new = self._machine_rules, list(rules.values())
        if before is not None and (before.rules, before.targets) == (new, list(targets)):
            return
        if before is not None:
            before.end(kept=new)
        self._machine_rules = RuleWatch(
            self._database, self._clock, new, list(targets), None, self._host
        )

    def _sample(self) -> None:
        """Sample the machine and all that runs, and look for alerts."""
        machine = None
        if self._meter is None:  # its first reading is of the time since it was made
            self._meter = SystemMeter(self._clock, _data_path(self._database))
        elif self._is_machine_watched:
            machine = Sample(self._runner_id, self._clock.now(), self._meter.read())
        self._look(list(self._running.values()), machine)
        rules = self._machine_rules
        if rules is not None and machine is not None and rules.look(machine, self._host):
            self._notice(rules.targets)
        self._thin()

    def _look(self, running: list[ExperimentAlerts], machine: Sample | None = None) -> None:
        """Store samples in one transaction, then hold the rules against them."""
        measured = [(watched, self._measured(watched)) for watched in running]
        self._store([machine, *(sample for _, sample in measured)])
        for watched, sample in measured:
            watched.look(sample)

    @property
    def _host(self) -> str:
        return self._runner_id.partition(":")[0]

    @property
    def _is_machine_watched(self) -> bool:
        specs = [watched.spec.tracking for watched in self._running.values()]
        return not specs or any(spec.enable_resource_monitoring for spec in specs)

    def _measured(self, watched: ExperimentAlerts) -> Sample | None:
        """Return the running totals of an experiment, None where it is not to be watched."""
        if not watched.spec.tracking.enable_progress_monitoring:
            return None
        values = totals_of(
            self._database.trials.counters(watched.experiment_id),
            self._database.monitor.latencies(watched.experiment_id),
        )
        lanes = watched.progress.lanes
        values["concurrency"] = sum(lane.concurrency for lane in lanes if lane.stop is None)
        now = self._clock.now()
        return Sample(
            self._runner_id, now, values, watched.progress.waiting(), watched.experiment_id
        )

    def _store(self, samples: list[Sample | None]) -> None:
        kept = [sample for sample in samples if sample is not None]
        if kept:
            self._database.monitor.add_samples(
                [
                    SampleRecord(
                        sample.experiment_id,
                        sample.runner_id,
                        sample.taken_at,
                        write_values(sample.values, sample.waiting),
                    )
                    for sample in kept
                ]
            )

    def _thin(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s < self._thin_at_s:
            return
        self._thin_at_s = now_s + _THIN_EVERY_S
        kept = [watched.spec.tracking.keep_samples_days for watched in self._running.values()]
        self._database.monitor.thin_samples(max(kept, default=_USUAL.keep_samples_days))


def _data_path(database: Database) -> Path:
    """Return where the data are: beside an SQLite file, else here."""
    scheme, _, path = database.shown_url.partition(":///")
    return Path(path).parent if scheme == "sqlite" and path else Path.cwd()
