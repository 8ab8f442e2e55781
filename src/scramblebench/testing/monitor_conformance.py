"""What every ``MonitorStore`` must do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.storage import Database, NewAlert, SampleRecord, latency_bucket, latency_of
from scramblebench.testing.experiments import START, make_answer, make_experiment, make_response

_NEW = NewAlert(
    "error_rate", "warning", "8 % of \0 the calls failed", "e1", "llama3:8b", 0.08, 0.05
)


class MonitorConformance:
    """Samples are thinned and never mixed up; an alert that goes on is one alert."""

    def test_samples_come_back_oldest_first(self, database: Database) -> None:
        for name in ("e1", "e2"):
            database.experiments.add(make_experiment(name))
        samples = [
            SampleRecord("e1", "r", START + timedelta(seconds=n), f'{{"n":{n}}}') for n in range(5)
        ]
        machine = SampleRecord(None, "r", START, '{"cpu_percent":12}')
        database.monitor.add_samples([*samples, machine])
        assert list(database.monitor.samples("e1")) == samples
        assert list(database.monitor.samples("e1", limit=2)) == samples[-2:]
        assert list(database.monitor.samples("e1", START + timedelta(seconds=3))) == samples[3:]
        assert list(database.monitor.samples(None)) == [machine]
        assert list(database.monitor.samples("e2")) == []

    def test_old_samples_are_kept_once_a_minute_and_then_not_at_all(
        self, database: Database
    ) -> None:
        database.experiments.add(make_experiment("e1"))
        samples = [
            SampleRecord("e1", "r", START + timedelta(seconds=10 * n), "{}") for n in range(30)
        ]
        database.monitor.add_samples(samples)
        n_surplus = database.monitor.thin_samples(keep_days=100_000, is_trial=True)
        assert list(database.monitor.samples("e1")) == samples
        assert database.monitor.thin_samples(keep_days=100_000) == n_surplus
        kept = database.monitor.samples("e1")
        assert len(kept) == len(samples) - n_surplus
        assert 1 <= len(kept) <= 6
        assert kept[-1] == samples[-1]
        database.monitor.thin_samples(keep_days=0)
        assert list(database.monitor.samples("e1")) == []

    def test_room_is_told_by_table_and_given_back_without_loss(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.trials.write([make_answer("e1", n) for n in range(4)])
        stored = list(database.trials.responses("e1"))
        many = [
            SampleRecord("e1", "r", START + timedelta(milliseconds=n), "{}" + " " * 200)
            for n in range(2_000)
        ]
        database.monitor.add_samples(many)
        full = database.size()
        database.monitor.thin_samples(keep_days=0)
        database.compact()
        tidied = database.size()
        assert (full.n_responses, tidied.n_responses) == (4, 4)
        assert list(full.tables.values()) == sorted(full.tables.values(), reverse=True)
        assert full.tables["metric_samples"] > 2_000 * 200
        assert sum(full.tables.values()) <= full.n_bytes
        assert tidied.tables["metric_samples"] < full.tables["metric_samples"]
        assert list(database.trials.responses("e1")) == stored

    def test_latencies_are_counted_with_the_responses(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        slow = replace(make_response("x"), latency_s=3.0)
        cached = replace(make_response("x"), is_cached=True)
        answers = [
            make_answer("e1", 0),
            make_answer("e1", 1, response=slow),
            make_answer("e1", 4, response=cached),
        ]
        for _ in range(2):  # written again after a lost connection
            database.trials.write(answers)
        found = database.monitor.latencies("e1")
        assert [(count.model_index, count.n) for count in found] == [(0, 1), (0, 1)]
        assert [count.bucket for count in found] == [latency_bucket(0.25), latency_bucket(3.0)]
        assert latency_of(found[1].bucket) == pytest.approx(3.0, rel=0.06)

    def test_an_alert_that_goes_on_is_one_alert(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        first = database.monitor.raise_alert(_NEW, ["slack"])
        again = database.monitor.raise_alert(replace(_NEW, value=0.2), ["slack"])
        other = database.monitor.raise_alert(replace(_NEW, subject="gpt"), ["slack", "mail"])
        assert (again.no, again.value, again.message) == (first.no, 0.2, _NEW.message)
        assert [a.no for a in database.monitor.alerts("e1")] == [other.no, first.no]
        assert [d.target for d in database.monitor.due_deliveries()] == ["slack", "slack", "mail"]

    def test_what_comes_back_is_open_again_and_no_longer_acknowledged(
        self, database: Database
    ) -> None:
        database.experiments.add(make_experiment("e1"))
        first = database.monitor.raise_alert(_NEW, ["slack"])
        seen = database.monitor.acknowledge_alert(first.no, "Ada", "known \0 outage")
        assert (seen.acknowledged_by, seen.is_open) == ("Ada", True)
        assert database.monitor.resolve_alert("error_rate", "e1", "llama3:8b")
        assert not database.monitor.resolve_alert("error_rate", "e1", "llama3:8b")
        assert list(database.monitor.alerts(is_open=True)) == []
        back = database.monitor.raise_alert(_NEW, ["slack"])
        assert (back.no, back.n_raised, back.acknowledged_by) == (first.no, 2, None)
        assert len(database.monitor.deliveries(back.no)) == 2
        with pytest.raises(UsageError, match="no alert"):
            database.monitor.acknowledge_alert(10_000, "Ada")

    def test_alerts_of_the_machine_belong_to_no_experiment(self, database: Database) -> None:
        new = NewAlert("cpu_percent", "warning", "CPU at 97 %", subject="host", value=97)
        raised = database.monitor.raise_alert(new)
        assert raised.experiment_id is None
        assert [a.no for a in database.monitor.alerts(limit=1)] == [raised.no]
        assert database.monitor.resolve_alert("cpu_percent", subject="host")

    def test_a_delivery_is_due_until_it_was_taken(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        alert = database.monitor.raise_alert(_NEW, ["slack", "mail"])
        first, second = database.monitor.due_deliveries()
        database.monitor.delivery_failed(first.no, "503 \0", 3600)
        database.monitor.delivered(second.no)
        assert list(database.monitor.due_deliveries()) == []
        failed, sent = database.monitor.deliveries(alert.no)
        assert (failed.n_attempts, failed.delivered_at) == (1, None)
        assert sent.delivered_at is not None
        database.monitor.delivery_failed(first.no, "503", 0)
        assert [d.n_attempts for d in database.monitor.due_deliveries()] == [2]
        database.monitor.delivery_failed(first.no, "404", None)
        assert list(database.monitor.due_deliveries()) == []

    def test_a_delivery_is_taken_by_one_sender(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.monitor.raise_alert(_NEW, ["slack"])
        (due,) = database.monitor.due_deliveries()
        taken = [database.monitor.take_delivery(due.no, 60) for _ in range(3)]
        assert taken == [True, False, False]
        assert list(database.monitor.due_deliveries()) == []
        database.monitor.delivery_failed(due.no, "503", 0)
        assert database.monitor.take_delivery(due.no, 60)
        database.monitor.delivered(due.no)
        assert not database.monitor.take_delivery(due.no, 60)

    def test_notes_are_kept_in_order(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        first = database.monitor.add_note("e1", "Ada", "odd \0 answers at 33")
        second = database.monitor.add_note("e1", "Bob", "see the ladder", question=3)
        assert list(database.monitor.notes("e1")) == [first, second]
