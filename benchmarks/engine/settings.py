"""What is compared at: latency, concurrency, number of trials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEVELS_PCT = (0, 17, 33, 50, 67, 83, 100)
QUICK_TRIALS = 5_000
MILLION = 1_000_000
_LONGEST_IDEAL_S = 120


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; the engine asks each question at every level, so ``n_requests`` is a multiple."""

    latency_ms: float
    concurrency: int
    n_trials: int

    @property
    def n_questions(self) -> int:
        """How many questions the experiment has."""
        return -(-self.n_trials // len(LEVELS_PCT))

    @property
    def n_requests(self) -> int:
        """How many requests every client sends."""
        return self.n_questions * len(LEVELS_PCT)

    @property
    def ideal_per_s(self) -> float:
        """Requests per second if nothing but the latency took time."""
        return self.concurrency / self.latency_ms * 1000 if self.latency_ms else float("inf")

    @property
    def ideal_s(self) -> float:
        """Seconds that the latency alone takes."""
        return self.n_requests / self.ideal_per_s

    def __str__(self) -> str:
        return f"{self.n_trials:,} trials, {self.latency_ms:g} ms, concurrency {self.concurrency}"


def quick_settings() -> Sequence[Setting]:
    """Return what takes a few minutes."""
    shapes = ((0, 64, QUICK_TRIALS), (0, 64, 4 * QUICK_TRIALS))
    waiting = tuple((ms, n, QUICK_TRIALS) for ms, n in ((20, 64), (20, 256), (200, 256)))
    return [Setting(*shape) for shape in (*shapes, *waiting)]


def every_setting(
    latencies_ms: Iterable[float], concurrencies: Iterable[int], trials: Iterable[int]
) -> Sequence[Setting]:
    """Return every combination but those that would wait for minutes whatever the client."""
    trials, concurrencies = tuple(trials), tuple(concurrencies)
    combined = [
        Setting(latency_ms, concurrency, n_trials)
        for latency_ms in latencies_ms
        for concurrency in concurrencies
        for n_trials in trials
    ]
    return [setting for setting in combined if setting.ideal_s <= _LONGEST_IDEAL_S]
