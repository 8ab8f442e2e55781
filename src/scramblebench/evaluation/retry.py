"""When a failed attempt is tried again, and how long to wait."""

from dataclasses import dataclass

from scramblebench.core.randomness import RandomStream
from scramblebench.core.trials import Failure
from scramblebench.settings import ExperimentSpec


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter; what the provider asks for is honoured, up to the cap."""

    max_retries: int
    first_wait_s: float
    max_wait_s: float

    @classmethod
    def of(cls, spec: ExperimentSpec) -> "RetryPolicy":
        """Return the policy that a configuration asks for."""
        execution = spec.execution
        retries = execution.retry_attempts if spec.tracking.auto_retry_failures else 0
        return cls(retries, execution.retry_wait_s, execution.max_retry_wait_s)

    def wait_s(self, failure: Failure, n_failed: int, key: str) -> float | None:
        """Return the seconds to wait after the ``n_failed``-th failure (from 1), None to give up.

        The wait doubles each time and is spread over [0.5, 1) of itself by the trial's ``key``, so
        that many trials that failed together do not come back together. A Retry-After is a lower
        bound.
        """
        if not failure.kind.is_retryable or n_failed > self.max_retries:
            return None
        backoff = min(self.first_wait_s * 2 ** (n_failed - 1), self.max_wait_s)
        spread = 0.5 + RandomStream("retry", key, n_failed).uniform() / 2
        asked = min(failure.retry_after_s or 0.0, self.max_wait_s)
        return max(asked, backoff * spread)
