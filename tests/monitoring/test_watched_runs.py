"""Runs that are watched: samples, alerts and messages beside them, and nothing in their way."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from apprise.plugins.slack import NotifySlack

from scramblebench.core.errors import ConfigError
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.monitoring import run_watch
from scramblebench.monitoring.sampler import Sampler
from scramblebench.storage import Database
from scramblebench.testing.fake_provider import FakeProviderServer, Fault
from tests.experiment_tracking import studies
from tests.monitoring.receivers import closed_port, mail_server, mail_url, receiver


@pytest.fixture
def tracker(tmp_path: Path) -> ExperimentTracker:
    return ExperimentTracker(f"sqlite:///{tmp_path}/x.db")


def study(latency_s: float = 0.05, **changes: Any) -> dict[str, Any]:
    """Return a configuration whose run lasts for a few of its samples."""
    values = studies.config(tracking={"sample_every_s": 0.2}, **changes)
    for model in values["models"]:
        if "simulation" in model:
            model["simulation"] = {**model["simulation"], "latency_s": latency_s}
    return values


def run(
    tracker: ExperimentTracker,
    values: dict[str, Any],
    on_error: Callable[[str, BaseException], None] = lambda _id, error: pytest.fail(str(error)),
) -> str:
    experiment_id = tracker.sync.create_experiment("study", values)
    tracker.sync.queue_experiment(experiment_id)
    asyncio.run(tracker.run_experiments(on_error=on_error))
    return experiment_id


def alerts(database: Database, rule: str):
    return [alert for alert in database.monitor.alerts() if alert.rule == rule]


def test_a_run_leaves_samples_and_says_that_it_is_finished(tracker: ExperimentTracker):
    experiment_id = run(tracker, study())
    samples = tracker.database.monitor.samples(experiment_id)
    assert len(samples) >= 3
    assert '"answered":720' in samples[-1].values_json
    assert '"cpu_percent"' in tracker.database.monitor.samples(None)[-1].values_json
    (alert,) = tracker.database.monitor.alerts()
    assert (alert.rule, alert.severity, alert.is_open) == ("experiment_finished", "info", False)


def test_a_run_on_postgresql_is_watched_as_well(postgres_url: str):
    tracker = ExperimentTracker(postgres_url)
    experiment_id = run(tracker, study())
    samples = tracker.database.monitor.samples(experiment_id)
    assert '"answered":720' in samples[-1].values_json
    assert [a.rule for a in tracker.database.monitor.alerts()] == ["experiment_finished"]
    tracker.database.close()


def test_monitoring_can_be_switched_off(tracker: ExperimentTracker):
    off = {"enable_progress_monitoring": False, "enable_resource_monitoring": False}
    values = study()
    values["tracking"] |= off
    experiment_id = run(tracker, values)
    assert list(tracker.database.monitor.samples(experiment_id)) == []
    assert list(tracker.database.monitor.samples(None)) == []


def test_one_crossing_is_one_message_to_each_target(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    with receiver() as first, receiver() as second:
        monkeypatch.setenv("FIRST_HOOK", first.url)
        monkeypatch.setenv("SECOND_HOOK", second.url)
        values = study(
            monitoring={
                "rules": [{"metric": "api_calls_per_minute", "threshold": 60, "window_s": 1}],
                "targets": {"first": "FIRST_HOOK", "second": "SECOND_HOOK"},
            },
        )
        run(tracker, values)
    for hook in (first, second):
        told = [message["message"] for message in hook.messages]
        assert len(told) == 2
        assert told[0].startswith("study (simulated): API calls at")
        assert told[1] == "study (simulated): finished; 720 of 720 trials answered"
    (alert,) = alerts(tracker.database, "api_calls_per_minute")
    assert not alert.is_open


SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
CROSSING = {
    "rules": [{"metric": "api_calls_per_minute", "threshold": 60, "window_s": 1}],
    "email_alerts": True,
    "slack_alerts": True,
}


def test_one_crossing_is_one_mail_and_one_message_in_slack(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    with receiver(reply=b"ok") as slack, mail_server() as (mail, mails):
        address_in_reach(monkeypatch, mail, slack.port)
        run(tracker, study(monitoring=CROSSING))
    mailed = [str(message["Subject"]) for message in mails]
    told = [message["attachments"][0] for message in slack.messages]
    assert slack.paths == ["/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"] * 2
    for titles in (mailed, [message["title"] for message in told]):
        assert len(titles) == 2
        assert "API calls" in titles[0]
        assert "finished" in titles[1]
    assert told[0]["text"].startswith("study (simulated): API calls at")


def test_a_run_does_not_mind_that_mail_and_slack_are_down(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    alone_s = _duration_s(tracker, study(monitoring={"rules": CROSSING["rules"]}))
    address_in_reach(monkeypatch, mail_url(closed_port()), closed_port())
    beside_s = _duration_s(tracker, study(monitoring=CROSSING))
    alert, _ = alerts(tracker.database, "api_calls_per_minute")
    deliveries = tracker.database.monitor.deliveries(alert.no)
    assert {delivery.target[-9:] for delivery in deliveries} == {"EMAIL_URL", "SLACK_URL"}
    assert all(delivery.n_attempts and not delivery.delivered_at for delivery in deliveries)
    assert [e.n_answered for e in tracker.database.experiments.list()] == [720, 720]
    assert beside_s < alone_s + 4.0  # the last messages are waited for at the end of a run


def address_in_reach(monkeypatch: pytest.MonkeyPatch, mail: str, slack_port: int) -> None:
    """Set both addresses; Slack's own is of this machine, so that Apprise writes what Slack would get."""
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{slack_port}/services")
    monkeypatch.setenv("SCRAMBLEBENCH_EMAIL_URL", mail)
    monkeypatch.setenv("SCRAMBLEBENCH_SLACK_URL", SLACK)


def ask_server(tracker: ExperimentTracker, faults: Sequence[Fault], **changes: Any) -> str:
    """Run a study of one priced model on a fake server."""

    async def act() -> str:
        async with FakeProviderServer(faults=faults, latency_s=0.02) as server:
            model = {
                "name": "openai/gpt-4",
                "provider": "openrouter",
                "base_url": server.url_openrouter,
                "max_tokens": 5,
            }
            values = study(models=[model], **changes)
            experiment_id = await tracker.create_experiment("study", values)
            await tracker.queue_experiment(experiment_id)
            await tracker.run_experiments()
            return experiment_id

    return asyncio.run(act())


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-test")


def test_failed_calls_are_told(tracker: ExperimentTracker):
    ask_server(
        tracker,
        [Fault("503", share=0.3)],
        monitoring={"resource_alert_thresholds": {"error_rate": 0.05}},
        execution={"retry_attempts": 5, "retry_wait_s": 0.01},
    )
    (alert,) = alerts(tracker.database, "error_rate")
    assert alert.value == pytest.approx(0.3, abs=0.2)
    assert not alert.is_open


def test_a_model_that_is_another_than_at_first_is_told(tracker: ExperimentTracker):
    ask_server(tracker, [Fault("wrong-model", share=0.05)])
    (alert,) = alerts(tracker.database, "model_drift")
    assert (alert.severity, alert.subject, alert.is_open) == ("critical", "openai/gpt-4", True)
    assert "is answered by another: model " in alert.message
    assert alert.n_raised == 1


def test_a_model_that_stays_the_same_is_not(tracker: ExperimentTracker):
    ask_server(tracker, [])
    assert alerts(tracker.database, "model_drift") == []


def test_a_channel_that_hangs_does_not_slow_a_run(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(run_watch, "_DELIVERY_S", 0.2)
    rules = {"rules": [{"metric": "api_calls_per_minute", "threshold": 60, "window_s": 1}]}
    alone_s = _duration_s(tracker, study(monitoring=rules))
    with receiver(hangs=True) as hook:
        monkeypatch.setenv("HOOK", hook.url)
        beside_s = _duration_s(tracker, study(monitoring={**rules, "targets": {"hook": "HOOK"}}))
        assert hook.paths
        sent = [
            delivery
            for alert in alerts(tracker.database, "api_calls_per_minute")
            for delivery in tracker.database.monitor.deliveries(alert.no)
        ]
        assert [delivery.delivered_at for delivery in sent] == [None]
    assert beside_s < alone_s + 1.5


def _duration_s(tracker: ExperimentTracker, values: dict[str, Any]) -> float:
    started_s = time.monotonic()
    run(tracker, values)
    return time.monotonic() - started_s


def test_samples_that_cannot_be_stored_are_said_once(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    from scramblebench.core.errors import StorageError
    from scramblebench.storage.monitor import SqlMonitorStore

    def refuse(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(SqlMonitorStore, "add_samples", refuse)
    said: list[str] = []
    experiment_id = run(tracker, study(), on_error=lambda _id, error: said.append(str(error)))
    assert tracker.database.experiments.get(experiment_id).n_answered == 720
    assert said == ["the disk is full"]


def test_what_a_run_waits_for_is_seen_from_elsewhere(tracker: ExperimentTracker):
    values = study(latency_s=0.0)
    for model in values["models"]:
        model["requests_per_minute"] = 60
    experiment_id = tracker.sync.create_experiment("study", values)
    tracker.sync.queue_experiment(experiment_id)
    reasons: list[str] = []

    async def watch() -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(tracker.run_experiments(stop=stop))
        while not reasons and not work.done():
            await asyncio.sleep(0.05)  # as somebody asks; without a pause nothing else would run
            status = await tracker.get_experiment_status(experiment_id)
            reasons.extend(filter(None, [status["waiting_reason"]]))
            if reasons == ["not queued yet"]:
                reasons.clear()
        stop.set()
        await work

    asyncio.run(asyncio.wait_for(watch(), 30))
    assert reasons == ["the rate limit"]


def test_without_threads_to_be_had_it_runs_unwatched(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Sampler, "start", refuse)
    said: list[str] = []
    experiment_id = run(tracker, study(), on_error=lambda _id, error: said.append(str(error)))
    assert said == ["can't start new thread"]
    assert tracker.database.experiments.get(experiment_id).n_answered == 720


def test_what_paused_for_money_is_told_and_over_when_it_goes_on(tracker: ExperimentTracker):
    experiment_id = ask_server(tracker, [], execution={"cost_limit": 0.012})
    (paused,) = alerts(tracker.database, "paused_by_budget")
    assert paused.is_open
    assert "of $0.012 are spent" in paused.message
    tracker.sync.resume_experiment(experiment_id, "more", {"cost_limit": 10})
    asyncio.run(tracker.run_experiments())  # nobody listens any more: it fails
    assert [alert.rule for alert in tracker.database.monitor.alerts(is_open=True)] == [
        "experiment_failed"
    ]


def test_targets_without_an_address_are_refused_before_anything_is_stored(
    tracker: ExperimentTracker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SCRAMBLEBENCH_SLACK_URL", raising=False)
    with pytest.raises(ConfigError, match="SCRAMBLEBENCH_SLACK_URL is not set"):
        tracker.sync.create_experiment("study", study(monitoring={"slack_alerts": True}))
    tracker.database.migrate()
    assert list(tracker.database.experiments.list()) == []
