"""How many requests may be in flight: grows while all goes well, halves when the provider is overrun."""

from scramblebench.core.errors import ErrorKind
from scramblebench.settings import ExperimentSpec
from scramblebench.storage import MAX_BATCH

CONGESTION = frozenset({ErrorKind.RATE_LIMIT, ErrorKind.OVERLOADED, ErrorKind.TIMEOUT})
"""Failures that say: too much at once."""
_FIRST_SHARE = 2
_FIRST_AT_LEAST = 8
_STEP_SHARE = 16
_SLOW_S = 1.0
_SLOW_RATIO = 3.0
_SMOOTHING = 0.1
_READY_SHARE = 2
_USUAL_IN_FLIGHT = 40


def batch_items(spec: ExperimentSpec) -> int:
    """Return how many reservations and results one transaction of an experiment holds at most."""
    usual = spec.execution.max_concurrent_requests
    most = sum(model.max_concurrent_requests or usual for model in spec.models)
    return items_at(most, spec.optimization.batch_size)


def items_at(n_in_flight: int, batch_size: int) -> int:
    """Return how many items one transaction holds at most where so many requests may be in flight.

    ``batch_size``, and in proportion more for more than 40: a commit costs a busy event loop as much
    whatever it holds, and all of them wait for one writer.
    """
    return max(batch_size, min(batch_size * n_in_flight // _USUAL_IN_FLIGHT, MAX_BATCH))


class Concurrency:
    """Requests that one model may have in flight, between 1 and ``maximum``.

    It begins at half of the maximum (8 at least), doubles per round trip until the first sign of
    congestion, and from then on grows by a sixteenth of the maximum per round trip. A failure of
    ``CONGESTION`` halves it, once per round trip: what was sent before the last cut does not count again.
    It does not grow while answers take more than a second and three times as long as the fastest did:
    they wait in line at the provider then, and more of them would only wait longer.
    """

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self._allowed = float(min(maximum, max(_FIRST_AT_LEAST, maximum // _FIRST_SHARE)))
        self._is_starting = True
        self._is_short = False
        self._cut_at_s = float("-inf")
        self._usual_s: float | None = None
        self._fastest_s = float("inf")

    @property
    def allowed(self) -> int:
        """How many requests may be in flight now."""
        return int(self._allowed)

    @property
    def n_begun(self) -> int:
        """How many may be begun now: those in flight, and half as many that are reserved and ready."""
        return self.allowed + (0 if self._is_short else self.allowed // _READY_SHARE)

    def set_maximum(self, maximum: int) -> None:
        """Change the most that may be in flight, from now on."""
        self.maximum = maximum
        self._allowed = min(self._allowed, float(maximum))

    def succeeded(self, latency_s: float) -> None:
        """Count an answer."""
        usual = self._usual_s
        usual = latency_s if usual is None else usual + _SMOOTHING * (latency_s - usual)
        self._usual_s = usual
        self._fastest_s = min(self._fastest_s, usual)
        if self._allowed < self.maximum and not self._is_slow(usual):
            step = max(1.0, self.maximum / _STEP_SHARE)
            grown = 1.0 if self._is_starting else step / self._allowed
            self._allowed = min(float(self.maximum), self._allowed + grown)

    def failed(self, kind: ErrorKind, sent_at_s: float, now_s: float) -> None:
        """Count a failure; times are monotonic seconds."""
        if kind not in CONGESTION or sent_at_s < self._cut_at_s:
            return
        self._is_starting = False
        self._cut_at_s = now_s
        self._allowed = max(1.0, self._allowed / 2)

    def shrink(self, n_begun: int) -> None:
        """Allow no more than are begun: there is no money for another one now."""
        self._is_starting = False
        self._is_short = True
        self._allowed = min(self._allowed, max(1.0, float(n_begun)))

    def _is_slow(self, usual_s: float) -> bool:
        return usual_s > _SLOW_S and usual_s > _SLOW_RATIO * self._fastest_s
