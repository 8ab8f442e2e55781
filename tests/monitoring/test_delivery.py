"""Deliveries: once, again after failures, given up at last, and never in the way of anybody."""

from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from scramblebench.core.errors import ConfigError
from scramblebench.monitoring.delivery import GIVEN_UP, WAITS_S, Deliverer, title_of, within
from scramblebench.notify import open_channel
from scramblebench.storage import Database, NewAlert, open_database
from tests.monitoring.receivers import receiver
from tests.monitoring.test_progress import StoppedClock

NEW = NewAlert("cpu_percent", "warning", "host: CPU at 97 %", subject="host")


class Target:
    """Takes messages after so many failures."""

    def __init__(self, n_failures: int = 0) -> None:
        self.n_failures = n_failures
        self.taken: list[str] = []
        self.has_taken = Event()

    def send(self, title: str, body: str, severity: str = "info") -> str | None:
        if self.n_failures:
            self.n_failures -= 1
            return "503"
        self.taken.append(body)
        self.has_taken.set()
        return None


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def database(tmp_path: Path, clock: StoppedClock) -> Database:
    found = open_database(f"sqlite:///{tmp_path}/x.db", clock=clock)
    found.migrate()
    return found


def deliverer(
    database: Database, clock: StoppedClock, target: Target, *variables: str
) -> Deliverer:
    return Deliverer(database, clock, lambda _: target, variables or ("HOOK",))


def test_a_receiver_that_fails_twice_gets_it_at_the_third_try(
    database: Database, clock: StoppedClock
):
    database.monitor.raise_alert(NEW, ["HOOK"])
    with receiver([503, 500]) as hook:
        sender = Deliverer(database, clock, lambda name: open_channel(hook.url, name), ["HOOK"])
        tries = []
        for wait_s in (0, WAITS_S[0] - 1, 1, WAITS_S[1] - 1, 1, 100_000):
            clock.at += timedelta(seconds=wait_s)
            tries.append(sender.send_due())
    assert tries == [1, 0, 1, 0, 1, 0]
    assert [m["title"] for m in hook.messages] == ["ScrambleBench warning: host: CPU at 97 %"]
    assert hook.messages[0]["type"] == "warning"
    (delivery,) = database.monitor.deliveries(1)
    assert delivery.delivered_at == clock.at - timedelta(seconds=100_000)
    assert (delivery.n_attempts, delivery.last_error) == (3, None)


def test_what_nobody_takes_is_given_up_and_told(database: Database, clock: StoppedClock):
    database.monitor.raise_alert(NEW, ["HOOK"])
    sender = deliverer(database, clock, Target(100))
    tries = 0
    for _ in range(10):
        tries += sender.send_due()
        clock.at += timedelta(hours=2)
    assert tries == len(WAITS_S) + 1
    (told,) = [a for a in database.monitor.alerts() if a.rule == GIVEN_UP]
    assert told.message == "alert 1 could not be sent to HOOK: 503"
    assert list(database.monitor.deliveries(told.no)) == []


def test_two_runners_send_one_message(database: Database, clock: StoppedClock):
    target = Target()
    database.monitor.raise_alert(NEW, ["HOOK"])
    senders = [deliverer(database, clock, target) for _ in range(2)]
    assert [sender.send_due() for sender in senders] == [1, 0]
    assert target.taken == [NEW.message]


def test_a_target_of_another_machine_is_left_to_it(database: Database, clock: StoppedClock):
    target = Target()
    database.monitor.raise_alert(NEW, ["THEIRS"])
    assert deliverer(database, clock, target, "OURS").send_due() == 0
    assert deliverer(database, clock, target, "THEIRS").send_due() == 1


def test_a_variable_that_is_gone_is_a_failed_try(database: Database, clock: StoppedClock):
    def refuse(name: str):
        raise ConfigError(f"{name} is not set")

    database.monitor.raise_alert(NEW, ["HOOK"])
    Deliverer(database, clock, refuse, ["HOOK"]).send_due()
    (delivery,) = database.monitor.deliveries(1)
    assert (delivery.n_attempts, delivery.last_error) == (1, "HOOK is not set")


def test_the_thread_sends_when_it_is_told(database: Database, clock: StoppedClock):
    target = Target()
    sender = deliverer(database, clock, target)
    sender.start()
    database.monitor.raise_alert(NEW, ["HOOK"])
    sender.notice(["HOOK"])
    assert target.has_taken.wait(20)
    assert target.taken == [NEW.message]
    sender.close(10)


def test_what_was_raised_last_is_sent_before_the_end(database: Database, clock: StoppedClock):
    target = Target()
    sender = deliverer(database, clock, target)
    sender.start()
    database.monitor.raise_alert(NEW, ["HOOK"])
    sender.close(10)
    assert target.taken == [NEW.message]


def test_a_send_that_takes_too_long_is_given_up():
    is_over = Event()
    assert within(0.05, lambda: None if is_over.wait(30) else "late") == "no answer within 0.05 s"
    is_over.set()
    assert within(30, lambda: None) is None
    assert within(30, lambda: 1 / 0 and None) == "ZeroDivisionError"


def test_titles_are_short():
    assert title_of("", "info") == "ScrambleBench info: alert"
    assert len(title_of("x" * 500 + "\nmore", "critical")) < 130
