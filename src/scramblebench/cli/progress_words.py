"""Progress in words: how far, how fast, how good so far, what it costs."""

from datetime import datetime
from math import isnan
from typing import TYPE_CHECKING

from scramblebench.cli.following import command
from scramblebench.cli.output import duration, money, share, short

if TYPE_CHECKING:
    from scramblebench.monitoring.eta import Eta
    from scramblebench.monitoring.progress import ExperimentProgress, ModelProgress
    from scramblebench.monitoring.spending import Spending
    from scramblebench.monitoring.tallies import ResponseTimes, Tally

_MOST_CELLS = 60
"""Models times conditions whose scores are shown; of more only how many there are."""


def status_lines(progress: "ExperimentProgress") -> list[tuple[str, str]]:
    """Return all that ``status`` says of an experiment, as labels and texts."""
    tally = progress.tally
    lines = [
        ("progress", progress_words(tally)),
        ("no answer", f"{tally.n_no_answer:,} responses"),
        ("api calls", f"{tally.n_calls:,}, {tally.n_failures:,} of them failed"),
        ("success rate", share(tally.success_rate)),
        ("response time", times_words(progress.response_times, tally)),
        ("cost", cost_words(progress.spending)),
        ("elapsed", duration(progress.elapsed_s)),
    ]
    if progress.is_live:
        lines.append(("speed", speed_words(progress)))
        lines.append(("done", eta_words(progress.eta, progress.at)))
    if progress.n_in_flight:
        lines.append(("in flight", f"{progress.n_in_flight:,} requests"))
    if progress.n_outcome_unknown:
        words = f"{progress.n_outcome_unknown:,} attempts that were sent, or may have been"
        lines.append(("outcome unknown", words))
    if progress.waiting_reason:
        label = "waits for" if progress.is_live else "because"
        lines.append((label, progress.waiting_reason))
    return lines


def progress_words(tally: "Tally") -> str:
    """Return ``62.0%  (1,240 of 2,000 trials)``."""
    return f"{tally.progress:.1%}  ({tally.n_answered:,} of {tally.n_planned:,} trials)"


def times_words(times: "ResponseTimes", tally: "Tally") -> str:
    """Return the quantiles, known to a tenth, and the mean of response times."""
    if not times.n:
        return "–"
    mean = seconds_words(tally.mean_latency_s)
    quantiles = " | ".join(
        f"{name} {seconds_words(value)}"
        for name, value in (("p50", times.p50_s), ("p95", times.p95_s), ("p99", times.p99_s))
    )
    return f"about {quantiles} | mean {mean}"


def seconds_words(seconds: float) -> str:
    """Return a response time with three digits, a dash where there is none."""
    if isnan(seconds):
        return "–"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def speed_words(progress: "ExperimentProgress") -> str:
    """Return how fast it went in the last minute."""
    if progress.per_minute is None:
        return "not known yet"
    tokens = progress.tokens_per_s
    words = f"{number_words(progress.per_minute)} answers a minute"
    return words if tokens is None else f"{words}, {number_words(tokens)} tokens a second"


def number_words(number: float) -> str:
    """Return a number with three digits, whole from 100 on."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def eta_words(eta: "Eta | None", now: datetime) -> str:
    """Return when it will be done, as a range of UTC and from now on."""
    if eta is None:
        return "not known yet"
    low, high = (f"{at:%H:%M}" for at in (eta.low, eta.high))
    if eta.low.date() != eta.high.date():
        low, high = (f"{at:%m-%d %H:%M}" for at in (eta.low, eta.high))
    at = f"at {low} UTC" if low == high else f"between {low} and {high} UTC"
    first, last = (duration((end - now).total_seconds()) for end in (eta.low, eta.high))
    return f"{at}, in {first}" + ("" if first == last else f" to {last}")


def cost_words(spending: "Spending") -> str:
    """Return ``$31.22 spent | $1.10 reserved | $17.27 left of $50.00 | $48.10 when done``."""
    parts = [f"{money(spending.spent_microusd)} spent"]
    if spending.reserved_microusd:
        parts.append(f"{money(spending.reserved_microusd)} reserved")
    if spending.unconfirmed_microusd:
        parts.append(f"{money(spending.unconfirmed_microusd)} perhaps charged")
    if spending.left_microusd is not None and spending.limit_microusd is not None:
        parts.append(f"{money(spending.left_microusd)} left of {money(spending.limit_microusd)}")
    if spending.daily_limit_microusd is not None:
        day = f"{money(spending.today_microusd)} of {money(spending.daily_limit_microusd)}"
        parts.append(f"today {day}")
    if spending.projected_microusd and spending.projected_microusd != spending.spent_microusd:
        over = ", more than the limit" if spending.is_enough is False else ""
        parts.append(f"about {money(spending.projected_microusd)} when done{over}")
    if spending.n_unknown:
        parts.append(f"{spending.n_unknown:,} responses whose cost is not known")
    return " | ".join(parts)


def score_words(tally: "Tally") -> tuple[str, str]:
    """Return the score so far and its interval."""
    score = tally.score
    if isnan(score.estimate):
        return "–", "–"
    return share(score.estimate), f"[{share(score.low)}, {share(score.high)}]"


def folded_words(progress: "ExperimentProgress") -> str | None:
    """Return that scores are too many to show, and where they are; None where they are shown."""
    n_cells = sum(len(model.conditions) for model in progress.models)
    if n_cells <= _MOST_CELLS:
        return None
    shown = command("status", short(progress.record.id), "--json")
    return f"of {n_cells:,} models x levels are folded; all: {shown}"


def model_rows(progress: "ExperimentProgress") -> list[list[str]]:
    """Return a row per model, without scores: one over all levels would mean nothing."""
    return [
        [model.label, f"{model.tally.n_answered:,}/{model.tally.n_planned:,}"]
        for model in progress.models
    ]


def level_lines(model: "ModelProgress") -> list[str]:
    """Return a line of scores so far by level for each method, of levels that have answers."""
    by_method: dict[str, list[str]] = {}
    for part in model.conditions:
        score = part.tally.score.estimate
        if not isnan(score):
            words = f"{part.condition.level_pct:g}: {share(score)} (n={part.tally.n_answered:,})"
            by_method.setdefault(part.condition.method, []).append(words)
    return [f"{method}  {', '.join(words)}" for method, words in by_method.items()]


def condition_rows(progress: "ExperimentProgress") -> list[list[str]]:
    """Return a row per model and condition."""
    cells = [(model, part) for model in progress.models for part in model.conditions]
    return [
        [
            model.label,
            part.condition.method,
            f"{part.condition.level_pct:g}",
            f"{part.tally.n_answered:,}/{part.tally.n_planned:,}",
            *score_words(part.tally),
        ]
        for model, part in cells
    ]


def error_rows(progress: "ExperimentProgress") -> list[list[str]]:
    """Return a row per model and kind of error."""
    return [
        [model.label, failure.kind, f"{failure.count:,}", failure.last_message]
        for model in progress.models
        for failure in model.failures
    ]
