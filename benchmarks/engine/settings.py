"""What is compared at: latency, concurrency, number of trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

LEVELS_PCT = (0, 17, 33, 50, 67, 83, 100)
QUICK_TRIALS = 5_000
MILLION = 1_000_000
Axis = tuple[int, ...]
_LONGEST_IDEAL_S = 120
_MOST_QUESTIONS = 100_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; the engine asks each question at every level, so ``n_requests`` is a multiple."""

    latency_ms: int
    concurrency: int
    n_trials: int

    @property
    def n_repeats(self) -> int:
        """How often each question is asked: once, as long as so many can be generated."""
        return -(-self.n_trials // (len(LEVELS_PCT) * _MOST_QUESTIONS))

    @property
    def n_questions(self) -> int:
        """How many questions the experiment has."""
        return -(-self.n_trials // (len(LEVELS_PCT) * self.n_repeats))

    @property
    def n_requests(self) -> int:
        """How many requests every client sends."""
        return self.n_questions * len(LEVELS_PCT) * self.n_repeats

    @property
    def ideal_per_s(self) -> float:
        """Requests per second if nothing but the latency took time."""
        return self.concurrency / self.latency_ms * 1000 if self.latency_ms else float("inf")

    @property
    def ideal_s(self) -> float:
        """Seconds that the latency alone takes."""
        return self.n_requests / self.ideal_per_s

    def __str__(self) -> str:
        return f"{self.n_trials:,} trials, {self.latency_ms} ms, concurrency {self.concurrency}"


def quick_settings() -> Sequence[Setting]:
    """Return what takes a few minutes."""
    shapes = ((0, 64, QUICK_TRIALS), (0, 64, 4 * QUICK_TRIALS))
    waiting = tuple((ms, n, QUICK_TRIALS) for ms, n in ((20, 64), (20, 256), (200, 256)))
    return [Setting(*shape) for shape in (*shapes, *waiting)]


def every_setting(latencies_ms: Axis, concurrencies: Axis, trials: Axis) -> Sequence[Setting]:
    """Return every combination."""
    return [Setting(*shape) for shape in product(latencies_ms, concurrencies, trials)]


def full_settings() -> Sequence[Setting]:
    """Return the settings of the bars, but for those that wait for minutes whatever the client."""
    found = every_setting((0, 20, 200), (64, 256), (QUICK_TRIALS, 20_000, 100_000))
    return [setting for setting in found if setting.ideal_s <= _LONGEST_IDEAL_S]
