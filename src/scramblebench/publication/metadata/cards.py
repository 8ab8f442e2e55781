"""A card for each model: what was asked how, when, and what came out; nothing that was not measured."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from math import isnan

from scramblebench.analysis import AccuracyRow
from scramblebench.analysis.wording import UNDEFINED, interval, number, reason
from scramblebench.core.money import usd
from scramblebench.publication.metadata.anonymity import HIDDEN, veil
from scramblebench.publication.metadata.collection import is_imported
from scramblebench.publication.metadata.description import (
    NOT_RECORDED,
    Description,
    conditions_words,
)
from scramblebench.publication.metadata.linked import timestamp
from scramblebench.publication.metadata.markdown import escape, table
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.statistics import Status

_QUANTISATION = re.compile(
    r"(?i)(?<![a-z0-9])((?:iq|q)\d+(?:_[a-z0-9]+)*|b?f(?:p)?16|fp8|fp32|f32|int[48]|[348]-?bit|nf4|awq|gptq)(?![a-z0-9])"
)
_UNSET = "not set: the provider's own"


def model_cards(publication: Publication, about: Description) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of the models' cards in the order of the configuration."""
    names = slugs([facts.spec.shown_name for facts in publication.models])
    for facts, name in zip(publication.models, names, strict=True):
        yield f"models/{name}.md", _card(publication, about, facts)


def slugs(names: Sequence[str]) -> list[str]:
    """Return names for files: lower-case ASCII, each different from the others."""
    taken: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")[:60].strip("-.") or "model"
        stem = slug
        while slug in taken:
            taken[stem] += 1
            slug = f"{stem}-{taken[stem]}"
        taken[slug] = 1
        found.append(slug)
    return found


def _card(publication: Publication, about: Description, facts: ModelFacts) -> str:
    parts = [
        f"# Model card: {escape(facts.name)}",
        f"The model as it was asked in the experiment {escape(about.title)} ({about.identifier}); "
        "not a card by its developer.",
        *_banner(facts),
        "## What answered",
        table(("", ""), _identity(publication, facts)),
        "## How it was asked",
        table(("", ""), _decoding(publication, facts)),
        "## Calls",
        table(("", ""), _calls(facts)),
        "## Accuracy",
        *_accuracy(publication, facts),
        "## Intended use",
        _intended(publication, facts),
        "## Not recorded",
        "Licence of the model, its training data, its developer's intended uses and limits, energy used.",
    ]
    return "\n\n".join(parts) + "\n"


def _banner(facts: ModelFacts) -> Iterator[str]:
    if facts.is_simulated:
        yield "**Simulated: a program made up the answers. These numbers are no measurements of any model.**"
    if is_imported(facts):
        yield (
            "**Imported: the responses were taken from files. How and when the model was asked is "
            f"{NOT_RECORDED}.**"
        )


def _identity(publication: Publication, facts: ModelFacts) -> Iterator[tuple[str, str]]:
    spec = facts.spec
    yield "name in the configuration", escape(spec.name)
    yield "provider", escape(spec.provider.value)
    if spec.base_url is not None:
        yield "address", HIDDEN if publication.is_anonymous else escape(spec.base_url)
    hide = veil(publication)
    for served in () if is_imported(facts) else facts.served:
        who = " · ".join(escape(hide(part)) for part in (served.model, served.provider) if part)
        yield f"served, {served.n_responses:,} responses", who or NOT_RECORDED
        yield "digest", escape(served.digest or NOT_RECORDED)
    yield "quantisation", escape(quantisation(facts))
    yield "licence", NOT_RECORDED


def quantisation(facts: ModelFacts) -> str:
    """Return how the weights are stored, as far as a name says so."""
    path = (facts.spec.path or "").replace("\\", "/").rpartition("/")[2]
    names = (facts.spec.name, path, *(served.model or "" for served in facts.served))
    found = dict.fromkeys(match[1] for name in names for match in _QUANTISATION.finditer(name))
    return ", ".join(found) or NOT_RECORDED


def _decoding(publication: Publication, facts: ModelFacts) -> Iterator[tuple[str, str]]:
    spec = facts.spec
    if is_imported(facts):
        yield "all parameters and prompts", NOT_RECORDED
        return
    yield "temperature", f"{spec.temperature:g}"
    yield "max_tokens", str(spec.max_tokens)
    yield "top_p", _UNSET if spec.top_p is None else f"{spec.top_p:g}"
    yield "stop", ", ".join(escape(repr(word)) for word in spec.stop) or "none"
    yield "seed", _UNSET if spec.seed is None else str(spec.seed)
    yield "num_ctx", _UNSET if spec.num_ctx is None else str(spec.num_ctx)
    yield "repeats of each trial", str(publication.record.n_repeats)
    hide = veil(publication)
    for name, benchmark in publication.plan.spec.benchmarks.items():
        own = benchmark.system_prompt if spec.system_prompt is None else spec.system_prompt
        yield f"system prompt, {escape(name)}", escape(hide(own)) if own else "none"


def _calls(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    first, last = (
        ("first import", "last import")
        if is_imported(facts)
        else ("first response", "last response")
    )
    yield first, NOT_RECORDED if facts.first_at is None else timestamp(facts.first_at)
    yield last, NOT_RECORDED if facts.last_at is None else timestamp(facts.last_at)
    yield "planned", f"{facts.n_planned:,}"
    yield "responses", f"{facts.n_answered:,}"
    yield "missing", f"{facts.n_missing:,}"
    yield "responses without an answer", f"{facts.n_no_answer:,}"
    if is_imported(facts):
        yield "tokens, latency, cost", NOT_RECORDED
        return
    yield "from the cache", f"{facts.n_cached:,}"
    yield "attempts sent without an outcome", f"{facts.n_lost:,}"
    for kind, count in sorted(facts.failures.items()):
        yield f"failed attempts, {escape(kind.replace('_', ' '))}", f"{count:,}"
    yield "tokens", f"{facts.prompt_tokens:,} prompt, {facts.completion_tokens:,} completion"
    yield "latency, 5, 50 and 95 %", latency_words(facts)
    yield "cost", cost_words(facts)


def latency_words(facts: ModelFacts) -> str:
    """Return the quantiles of the latency in seconds."""
    if facts.latencies_s is None:
        return NOT_RECORDED
    return ", ".join(f"{seconds:.3g}" for seconds in facts.latencies_s) + " s"


def cost_words(facts: ModelFacts) -> str:
    """Return what the responses cost, and of how many nobody knows it."""
    if facts.n_answered and facts.n_cost_unknown >= facts.n_answered:
        return "not known"
    known = f"{usd(facts.cost_microusd):.6f} USD"
    if not facts.n_cost_unknown:
        return known
    return f"{known}, and that of {facts.n_cost_unknown:,} responses is not known"


def _accuracy(publication: Publication, facts: ModelFacts) -> Iterator[str]:
    report = publication.report
    rows = [row for row in report.accuracy if row.model == facts.spec.shown_name]
    if not rows:
        yield "The analysis has no accuracy of this model."
        return
    percent = f"{report.options.confidence_level * 100:g} % interval"
    head = ("benchmark", "method", "level", "accuracy", percent, "questions", "missing", "chance")
    yield table(head, map(_accuracy_row, rows))
    methods = ", ".join(dict.fromkeys(row.interval_method for row in rows if row.interval_method))
    if methods:
        yield f"Intervals: {escape(methods)}. Level 0 is asked once for all methods of a benchmark."


def _accuracy_row(row: AccuracyRow) -> tuple[str, ...]:
    value = number(row.accuracy)
    if isnan(row.accuracy):
        value = f"{UNDEFINED} ({reason(Status.NO_DATA)})"
    return (
        escape(row.benchmark),
        escape(row.method),
        f"{row.level_pct:g}",
        value,
        interval(row.low, row.high),
        f"{row.n_questions:,}",
        f"{row.n_missing:,}",
        number(row.chance),
    )


def _intended(publication: Publication, facts: ModelFacts) -> str:
    names = ", ".join(part.name for part in publication.plan.benchmarks)
    if facts.is_simulated:
        return "Trying out plans and programs; no claim about any model."
    when = "" if is_imported(facts) else ", with these parameters and at these times"
    return escape(
        f"Claims about this model's accuracy on {names}, {conditions_words(publication)}{when}; "
        "nothing else was measured."
    )
