"""Alerts sent, from a thread of their own: again after 1, 5 and 30 minutes, then given up."""

from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Event, Thread

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ScrambleBenchError, StorageError
from scramblebench.notify import Channel, Deliver
from scramblebench.storage import Database, DeliveryRecord, NewAlert

WAITS_S = (60.0, 300.0, 1800.0)
"""How long a message that was not taken waits for its second, third and last try."""
SEND_S = 30.0
"""How long a target may take for one message."""
_TAKEN_S = 3 * SEND_S
_LOOK_S = 5.0
_MOST = 500
GIVEN_UP = "delivery_failed"
"""The rule under which a message that nobody took is told of in lists and on pages."""


class Deliverer:
    """Sends what is due to the targets that this process can reach; never blocks who raises alerts.

    A message is taken in the database before it is sent, so that two runners do not both send it, and
    noted as delivered after: it is sent at least once, and not again after it was taken.
    """

    def __init__(
        self, database: Database, clock: Clock, deliver: Deliver, environment: Collection[str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._deliver = deliver
        self._variables = set(environment)
        self._channels: dict[str, Channel] = {}
        self._wake = Event()
        self._is_over = False
        self._thread = Thread(target=self._work, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def notice(self, variables: Collection[str]) -> None:
        """Send what is due now; ``variables`` are this process's own targets, set or not."""
        self._variables.update(variables)
        self._wake.set()

    def close(self, patience_s: float) -> None:
        """Send what is due and end; what takes longer than ``patience_s`` is left to the next runner."""
        self._is_over = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def _work(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._is_over
            self._wake.clear()
            with suppress(StorageError):  # asked again at the next look
                self.send_due()
            if not self._is_over:
                self._wake.wait(_LOOK_S)

    def send_due(self) -> int:
        """Send all that is due now; return how many messages were tried."""
        n = 0
        for due in self._database.monitor.due_deliveries(_MOST):
            is_ours = due.target in self._variables
            if is_ours and self._database.monitor.take_delivery(due.no, _TAKEN_S):
                self._send(due)
                n += 1
        return n

    def _send(self, due: DeliveryRecord) -> None:
        monitor = self._database.monitor
        error = self._error_of(due)
        if error is None:
            monitor.delivered(due.no)
            return
        wait_s = WAITS_S[due.n_attempts] if due.n_attempts < len(WAITS_S) else None
        monitor.delivery_failed(due.no, error, wait_s)
        if wait_s is None:
            words = f"alert {due.alert_no} could not be sent to {due.target}: {error}"
            monitor.raise_alert(NewAlert(GIVEN_UP, "warning", words, subject=due.target))

    def _error_of(self, due: DeliveryRecord) -> str | None:
        """Send a message; return why it was not taken, None where it was."""
        try:
            channel = self._channels.get(due.target) or self._deliver(due.target)
        except ScrambleBenchError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - a library that cannot be loaded is a failed send
            return type(error).__name__
        self._channels[due.target] = channel
        title = title_of(due.message, due.severity)
        return within(SEND_S, lambda: channel.send(title, due.message, due.severity))


def title_of(message: str, severity: str) -> str:
    """Return the subject of a message."""
    line = message.splitlines()[0] if message.strip() else "alert"
    return f"ScrambleBench {severity}: " + (line if len(line) <= 100 else line[:99] + "…")


def within(limit_s: float, send: Callable[[], str | None]) -> str | None:
    """Return what a send returns; one that takes too long is given up, and may still arrive."""
    outcome: list[str | None] = [f"no answer within {limit_s:g} s"]

    def act() -> None:
        try:
            outcome[0] = send()
        except Exception as error:  # noqa: BLE001 - whatever a target's library raises is a failed send
            outcome[0] = type(error).__name__

    thread = Thread(target=act, name="alert", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # this user may have no more threads
        return str(error)
    thread.join(limit_s)
    return outcome[0]
