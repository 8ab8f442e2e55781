"""The numbers and the words of the figure of cost and latency."""

from collections.abc import Callable, Iterator, Sequence

from scramblebench.core.money import usd
from scramblebench.publication.figures.drawings import Cell
from scramblebench.publication.figures.lettering import readable
from scramblebench.publication.figures.standing import Standing
from scramblebench.publication.source import ModelFacts

HEADS = (
    "model", "is_simulated", "n_answered", "n_cached", "cost_usd", "n_cost_unknown",
    "latency_p05_s", "latency_p50_s", "latency_p95_s",
)  # fmt: skip
_UNKNOWN = "unknown"
_LEAST_USD = 0.0001
_MOST_TOLD = 5


def has_cost(facts: ModelFacts) -> bool:
    """Whether the cost of at least one response is known."""
    return facts.n_answered > facts.n_cost_unknown


def cost_words(facts: ModelFacts) -> str:
    """Return what a model cost, ``≥`` where that is known of some responses only."""
    if not has_cost(facts):
        return _UNKNOWN
    amount = usd(facts.cost_microusd)
    digits = 2 if amount >= 1 or amount == 0 else 4
    if facts.n_cost_unknown:
        step = 10 ** (6 - digits)
        return f"≥ ${usd(facts.cost_microusd // step * step):,.{digits}f}"
    return f"${amount:,.{digits}f}" if amount >= _LEAST_USD or not amount else f"< ${_LEAST_USD}"


def latency_words(facts: ModelFacts) -> str:
    """Return the median latency between its outer quantiles."""
    if facts.latencies_s is None:
        return _UNKNOWN
    low, middle, high = (f"{value:.3g}" for value in facts.latencies_s)
    return f"{middle} [{low}, {high}]"


def cost_cells(models: Sequence[ModelFacts]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row per model; what is unknown is empty."""
    for m in models:
        cost = usd(m.cost_microusd) if has_cost(m) else None
        latencies = m.latencies_s or (None, None, None)
        yield (
            m.name, m.is_simulated, m.n_answered, m.n_cached, cost, m.n_cost_unknown, *latencies
        )  # fmt: skip


def cost_alt(models: Sequence[ModelFacts], standing: Standing) -> str:
    """Return what the figure shows, in a few sentences with numbers."""
    n = len(models)
    priced = sorted((m for m in models if has_cost(m)), key=lambda m: m.cost_microusd)
    timed = sorted((m for m in models if m.latencies_s), key=_median)
    sentences = [
        f"Cost in US dollars and latency in seconds (median, 5 and 95 % quantile) of {n} "
        f"{'model' if n == 1 else 'models'}.",
        standing.sentence,
        _told("Cost", priced, cost_words),
        _told("Latency", timed, latency_words),
    ]
    unpriced, untimed = n - len(priced), n - len(timed)
    if unpriced or untimed:
        sentences.append(
            f"Unknown, and not drawn: cost of {unpriced}, latency of {untimed} of {n}."
        )
    return readable(" ".join(filter(None, sentences)))


def _median(facts: ModelFacts) -> float:
    return facts.latencies_s[1] if facts.latencies_s else 0.0


def _told(name: str, ordered: Sequence[ModelFacts], words: Callable[[ModelFacts], str]) -> str:
    told = ordered if len(ordered) <= _MOST_TOLD else (ordered[0], ordered[-1])
    said = "; ".join(f"{m.name} {words(m)}" for m in told)
    between = f" (the least and the most of {len(ordered)})" if len(told) < len(ordered) else ""
    return f"{name}{between}: {said}." if told else ""
