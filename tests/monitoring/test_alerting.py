"""Alerts of one experiment: rules, budget and models against samples, through restarts and outages."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import StorageError
from scramblebench.core.states import ExperimentState
from scramblebench.monitoring.alerting import DRIFT, NEAR_BUDGET, ExperimentAlerts
from scramblebench.monitoring.samples import Sample
from scramblebench.settings import ExperimentSpec, ModelSpec, ProviderName
from scramblebench.storage import Database, ExperimentLimits, open_database
from scramblebench.testing.experiments import make_answer, make_experiment
from tests.monitoring.test_progress import StoppedClock

SPEC = ExperimentSpec.model_validate(
    {
        "monitoring": {
            "rules": ({"metric": "api_calls_per_minute", "threshold": 100.0, "window_s": 10.0},),
            "targets": {"hook": "HOOK"},
        }
    }
)


@dataclass
class Lane:
    label: str
    n_trials: int = 10
    cost_microusd: int = 0
    served: dict[tuple[str | None, str | None, str | None], int] = field(default_factory=dict)


@dataclass
class Progress:
    lanes: list[Lane]


class Stage:
    """An experiment with its alerts; samples are five seconds apart."""

    def __init__(self, folder: Path) -> None:
        self.clock = StoppedClock()
        self.database: Database = open_database(f"sqlite:///{folder}/x.db", clock=self.clock)
        self.database.migrate()
        self.database.experiments.add(make_experiment("e1"))
        self.progress: Any = Progress([Lane("llama3:8b"), Lane("GPT")])
        self.noticed: list[Sequence[str]] = []
        self.answered = 0
        self.alerts = self.begun()

    def begun(self) -> ExperimentAlerts:
        return ExperimentAlerts(
            self.database, self.clock, "e1", "study", SPEC, self.progress, self.noticed.append
        )

    def look(self, *per_minute: float) -> None:
        for rate in per_minute:
            self.clock.at += timedelta(seconds=5)
            self.clock.seconds += 5
            self.answered += round(rate / 12)
            values = {"answered": float(self.answered)}
            self.alerts.look(Sample("host:1:a", self.clock.at, values))

    @property
    def open(self) -> list[str]:
        return [alert.rule for alert in self.database.monitor.alerts(is_open=True)]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_it_is_raised_once_while_it_goes_on(stage: Stage):
    stage.look(0, 0, 0, 600, 600, 600, 600)
    (alert,) = stage.database.monitor.alerts()
    assert (alert.rule, alert.n_raised, alert.value, alert.threshold) == (
        "api_calls_per_minute",
        1,
        300.0,
        100.0,
    )
    assert alert.message == "study: API calls at 300 a minute, above 100 a minute (over 10 s)"
    assert len(stage.database.monitor.deliveries(alert.no)) == 1
    assert stage.noticed == [("HOOK",)]


def test_a_value_that_goes_on_is_brought_up_to_date_without_a_message(stage: Stage):
    stage.look(*[600] * 30)
    (alert,) = stage.database.monitor.alerts()
    assert alert.value == 600
    assert len(stage.database.monitor.deliveries(alert.no)) == 1


def test_it_comes_back_after_the_cool_down_and_is_told_again(stage: Stage):
    stage.look(600, 600, 600, 0, 0, 0, 600, 600, 600)
    assert stage.open == []
    stage.look(*[0] * 120, 600, 600, 600)
    (alert,) = stage.database.monitor.alerts()
    assert (alert.n_raised, alert.is_open) == (2, True)
    assert len(stage.database.monitor.deliveries(alert.no)) == 2


def test_another_run_takes_over_what_is_open(stage: Stage):
    stage.look(600, 600, 600)
    stage.alerts = stage.begun()
    stage.look(600, 600, 600)
    (alert,) = stage.database.monitor.alerts()
    assert alert.n_raised == 1
    stage.look(0, 0, 0)
    assert stage.open == []


def test_what_could_not_be_stored_is_raised_at_the_next_look(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise StorageError("away")

        broken.setattr(type(stage.database.monitor), "raise_alert", refuse)
        with pytest.raises(StorageError):
            stage.look(600, 600, 600)
    stage.look(600)
    assert stage.open == ["api_calls_per_minute"]


def test_most_of_the_budget(stage: Stage):
    stage.database.experiments.change_limits("e1", ExperimentLimits(cost_limit_microusd=10_000_000))
    stage.progress.lanes[0].cost_microusd = 7_000_000
    stage.look(0)
    assert stage.open == []
    stage.progress.lanes[1].cost_microusd = 1_000_000
    stage.look(0, 0)
    (alert,) = stage.database.monitor.alerts(is_open=True)
    assert (alert.rule, alert.message) == (NEAR_BUDGET, "study: $8 of $10 are spent")
    assert len(stage.database.monitor.deliveries(alert.no)) == 1
    stage.database.experiments.change_limits("e1", ExperimentLimits(cost_limit_microusd=20_000_000))
    stage.look(0)
    assert stage.open == []


def test_a_limit_that_was_raised_while_nothing_ran(stage: Stage):
    stage.database.experiments.change_limits("e1", ExperimentLimits(cost_limit_microusd=1_000_000))
    stage.progress.lanes[0].cost_microusd = 900_000
    stage.look(0)
    assert stage.open == [NEAR_BUDGET]
    stage.database.experiments.change_limits("e1", ExperimentLimits(cost_limit_microusd=5_000_000))
    stage.alerts = stage.begun()
    stage.look(0)
    assert stage.open == []


def test_without_a_limit_no_budget_is_near(stage: Stage):
    stage.progress.lanes[0].cost_microusd = 10**12
    stage.look(0)
    assert stage.open == []


def test_another_provider_is_told_and_another_model_is_told_louder(stage: Stage):
    stage.progress.lanes[0].served = {("m", "A", "d1"): 3}
    stage.progress.lanes[1].served = {("m", "A", None): 3}
    stage.look(0)
    assert stage.open == []
    stage.progress.lanes[0].served[("m", "A", "d2")] = 1
    stage.progress.lanes[1].served[("m", "B", None)] = 1
    stage.look(0, 0)
    found = {a.subject: a for a in stage.database.monitor.alerts(is_open=True)}
    assert {alert.rule for alert in found.values()} == {DRIFT}
    assert found["llama3:8b"].severity == "critical"
    assert "digest d2 in place of d1" in found["llama3:8b"].message
    assert found["GPT"].severity == "warning"
    assert "provider B in place of A" in found["GPT"].message
    assert [len(stage.database.monitor.deliveries(a.no)) for a in found.values()] == [1, 1]


def test_the_first_stored_answer_is_what_a_later_run_is_held_against(stage: Stage):
    answer = make_answer("e1", 0)
    assert answer.response is not None
    old = replace(answer.response, served_model="m", served_provider="A", model_digest="d1")
    stage.database.trials.write([make_answer("e1", 0, response=old)])
    stage.progress.lanes[0].served = {("m", "A", "d2"): 1}
    stage.look(0)
    (alert,) = stage.database.monitor.alerts(is_open=True)
    assert "digest d2 in place of d1" in alert.message


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("settled early after 40 questions: a - b is +9.0 points", "settled early after 40"),
        (None, "finished; "),
    ],
)
def test_a_completed_experiment_says_whether_it_was_settled_early(
    stage: Stage, reason: str | None, words: str
):
    for state in (ExperimentState.QUEUED, ExperimentState.RUNNING):
        stage.database.experiments.change_state("e1", state)
    stage.database.experiments.change_state("e1", ExperimentState.COMPLETED, reason=reason)
    stage.alerts.end(None)
    (alert,) = stage.database.monitor.alerts()
    assert alert.message.startswith(f"study: {words}")
    assert "trials answered" in alert.message


def test_alerts_of_simulated_models_say_so(stage: Stage):
    model = ModelSpec(name="m", provider=ProviderName.SIMULATED)
    stage.alerts.spec = SPEC.model_copy(update={"models": (model,)})
    stage.look(300, 300, 300)
    (alert,) = stage.database.monitor.alerts(is_open=True)
    assert alert.message.startswith("study (simulated): API calls")
