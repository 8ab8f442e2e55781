"""Running totals of one model under one condition, or of several together, and what follows from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan, nan

from scramblebench.statistics import Interval, wilson
from scramblebench.storage import CounterRecord, LatencyCount, latency_of


@dataclass(frozen=True, slots=True)
class Tally:
    """What was asked and what came of it; costs in micro-dollars sum what is known.

    ``n_failures`` counts failed attempts, not trials; ``n_no_answer`` responses without an answer, which
    score 0; ``n_cached`` responses for which nothing was sent. ``n_repeats`` is how often every question
    is asked: its repeats are not independent.
    """

    n_planned: int
    n_answered: int = 0
    n_failures: int = 0
    n_no_answer: int = 0
    n_cached: int = 0
    n_cost_unknown: int = 0
    score_sum: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_microusd: int = 0
    latency_sum_s: float = 0.0
    n_repeats: int = 1

    @property
    def n_missing(self) -> int:
        """Trials without a response."""
        return max(0, self.n_planned - self.n_answered)

    @property
    def progress(self) -> float:
        """The share of the trials that have a response, 0 to 1; 0 where none is planned."""
        return self.n_answered / self.n_planned if self.n_planned else 0.0

    @property
    def n_calls(self) -> int:
        """Attempts that ended, with a response or without."""
        return self.n_answered + self.n_failures - self.n_cached

    @property
    def error_rate(self) -> float:
        """The share of the calls that failed, NaN before the first."""
        return self.n_failures / self.n_calls if self.n_calls else nan

    @property
    def success_rate(self) -> float:
        """The share of the calls that were answered, NaN before the first."""
        return 1 - self.error_rate

    @property
    def mean_latency_s(self) -> float:
        """The mean of the answers that were really waited for, NaN before the first."""
        n_asked = self.n_answered - self.n_cached
        return self.latency_sum_s / n_asked if n_asked else nan

    @property
    def score(self) -> Interval:
        """The mean score so far with its Wilson interval at 95 %; NaN before the first response.

        On questions, not repeats, and too wide rather than too narrow where scores are partial. It says
        nothing at a look of one's own choosing: that is what ``analyze`` is for.
        """
        if not self.n_answered:
            return Interval(nan, nan, nan)
        n = max(1, min(self.n_answered, self.n_planned // self.n_repeats))
        return wilson(min(1.0, self.score_sum / self.n_answered) * n, n)


def tally_of(n_planned: int, counters: Iterable[CounterRecord], n_repeats: int = 1) -> Tally:
    """Return the totals of some counters."""
    found = list(counters)
    return Tally(
        n_planned,
        n_answered=sum(c.n_answered for c in found),
        n_failures=sum(c.n_failures for c in found),
        n_no_answer=sum(c.n_no_answer for c in found),
        n_cached=sum(c.n_cached for c in found),
        n_cost_unknown=sum(c.n_cost_unknown for c in found),
        score_sum=sum(c.score_sum for c in found),
        prompt_tokens=sum(c.prompt_tokens for c in found),
        completion_tokens=sum(c.completion_tokens for c in found),
        cost_microusd=sum(c.cost_microusd for c in found),
        latency_sum_s=sum(c.latency_sum_s for c in found),
        n_repeats=n_repeats,
    )


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How long answers took in seconds, by buckets a tenth wide; NaN where nothing was waited for."""

    n: int
    p50_s: float
    p95_s: float
    p99_s: float


def response_times(counts: Sequence[LatencyCount], mean_s: float = nan) -> ResponseTimes:
    """Return the quantiles of latency counts of one model or several.

    Where all are in one bucket, their mean says more than its edges: all quantiles are the mean.
    """
    by_bucket: dict[int, int] = {}
    for count in counts:
        by_bucket[count.bucket] = by_bucket.get(count.bucket, 0) + count.n
    n = sum(by_bucket.values())
    if len(by_bucket) == 1 and not isnan(mean_s):
        return ResponseTimes(n, mean_s, mean_s, mean_s)
    p50, p95, p99 = (quantile_s(by_bucket, share) for share in (0.5, 0.95, 0.99))
    return ResponseTimes(n, p50, p95, p99)


def quantile_s(by_bucket: dict[int, int], share: float) -> float:
    """Return the latency that a share of the answers did not exceed, NaN where there are none.

    Within a bucket the answers are taken to be spread evenly.
    """
    wanted = share * sum(by_bucket.values())
    reached = 0
    for bucket in sorted(by_bucket):
        n = by_bucket[bucket]
        if n and reached + n >= wanted:
            return latency_of(bucket, (wanted - reached) / n)
        reached += n
    return nan
