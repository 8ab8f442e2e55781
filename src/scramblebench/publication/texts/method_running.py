"""The run in the methods section: what was answered, what was not and why, and by which software."""

from collections.abc import Iterator, Mapping
from typing import Any

from scramblebench.publication.numbers import count, usd
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.publication.texts.gathering import Seen, is_imported
from scramblebench.publication.texts.prose import Block, Bullets, listed, paragraph
from scramblebench.settings import ProviderName

_FEW_MODELS = 12
_FREE = (ProviderName.LOCAL, ProviderName.SIMULATED, ProviderName.REPLAY)


def response_blocks(publication: Publication, seen: Seen) -> Iterator[Block]:
    """Yield planned, answered, missing, without an answer; failures and retries; exclusions."""
    record, models = publication.record, publication.models
    n_missing = record.n_trials - record.n_answered
    n_silent = sum(facts.n_no_answer for facts in models)
    repeats = "once" if record.n_repeats == 1 else f"{count(record.n_repeats)} times"
    of = "are expected of" if is_imported(publication) else "were planned:"
    yield paragraph(
        f"{count(record.n_trials)} trials {of} {_n(len(models), 'model')}, "
        f"{_n(len(publication.plan.questions), 'question')} and "
        f"{_n(len(publication.plan.conditions), 'condition')}, each asked {repeats}.",
        f"{count(record.n_answered)} were answered and {count(n_missing)} are missing; missing responses are "
        "left out, not counted as wrong.",
        f"{count(n_silent)} responses hold no answer and score 0{_whys(seen)}.",
        f"{count(seen.n_truncated)} responses were cut off at the limit of tokens."
        if seen.n_truncated
        else "",
        f"{count(seen.n_prompt_cut)} prompts did not fit and were cut."
        if seen.n_prompt_cut
        else "",
    )
    uneven = [facts for facts in models if facts.n_missing or facts.n_no_answer or facts.failures]
    if uneven and len(models) > 1:
        yield Bullets(tuple(_coverage(facts) for facts in uneven[:_FEW_MODELS]))
        if len(uneven) > _FEW_MODELS:
            yield paragraph("The other models are in the table of accuracies and in the results.")
    if not is_imported(publication):
        yield paragraph(*_requests(publication, seen))
    yield paragraph(*_exclusions(publication, seen))


def _n(n: int, noun: str) -> str:
    return f"{count(n)} {noun}{'s' * (n != 1)}"


def _whys(seen: Seen) -> str:
    parts = [f"{count(n)} {why}" for why, n in sorted(seen.statuses.items())]
    return f" ({', '.join(parts)})" if parts else ""


def _coverage(facts: ModelFacts) -> str:
    failed = [f"{count(n)} {kind.replace('_', ' ')}" for kind, n in sorted(facts.failures.items())]
    failures = f"; failed requests: {', '.join(failed)}" if failed else ""
    return (
        f"{facts.name}: {count(facts.n_answered)} of {count(facts.n_planned)} answered, "
        f"{count(facts.n_no_answer)} of these without an answer{failures}."
    )


def _requests(publication: Publication, seen: Seen) -> Iterator[str]:
    spec = publication.plan.spec.execution
    failures: dict[str, int] = {}
    for facts in publication.models:
        for kind, n in facts.failures.items():
            failures[kind] = failures.get(kind, 0) + n
    n_cached = sum(facts.n_cached for facts in publication.models)
    yield (
        f"A request had {spec.timeout_per_question:g} s in all. After an error that may pass a trial was to be tried again "
        f"up to {spec.retry_attempts} times, after waits that double from {spec.retry_wait_s:g} s to at most "
        f"{spec.max_retry_wait_s:g} s."
    )
    if failures:
        kinds = listed(
            f"{count(n)} {kind.replace('_', ' ')}" for kind, n in sorted(failures.items())
        )
        yield f"Requests failed: {kinds}. {count(seen.n_tried_again)} responses came after more than one attempt."
    else:
        yield "No request failed."
    if n_cached:
        yield f"{count(n_cached)} responses came from the cache: the same request was answered before."
    yield _money(publication)


def _money(publication: Publication) -> str:
    ledger, models = publication.ledger, publication.models
    if all(facts.spec.provider in _FREE for facts in models):
        return "No provider was paid."
    n_unknown = sum(facts.n_cost_unknown for facts in models)
    unknown = f"; of {count(n_unknown)} responses the cost is not known" if n_unknown else ""
    lost = (
        f"; {_n(ledger.n_unknown, 'attempt')} may have cost up to {usd(ledger.unknown_microusd)} USD more"
        if ledger.n_unknown
        else ""
    )
    return (
        f"Providers charged {usd(ledger.settled_microusd)} USD as far as is known{unknown}{lost}."
    )


def _exclusions(publication: Publication, seen: Seen) -> Iterator[str]:
    if seen.n_unscored:
        yield (
            f"{count(seen.n_unscored)} responses that no scorer could judge are left out; no other response is."
        )
    else:
        yield "No response was excluded."
    announced = publication.plan.spec.preregistration.exclusions
    if announced:
        yield f"Announced in the configuration, and not applied by scramblebench: {' '.join(announced)}"
    if publication.report.declared is not None:
        yield (
            "The experiment was to end once its declared question was settled: trials not asked for that reason "
            "count as missing."
        )


def software_blocks(publication: Publication) -> Iterator[Block]:
    """Yield the versions of the analysis, and of the machine that asked where it was recorded."""
    versions = [
        f"{name} {version}" for name, version in sorted(publication.report.versions.items())
    ]
    yield paragraph(f"The analysis was computed with {listed(versions)}.")
    if not publication.environments:
        if not is_imported(publication):
            yield paragraph("The environment of the run was not recorded.")
        return
    yield Bullets(tuple(dict.fromkeys(map(_environment, publication.environments))))


def _environment(captured: Mapping[str, Any]) -> str:
    python, platform = captured.get("python") or {}, captured.get("platform") or {}
    told = [
        f"scramblebench {captured.get('scramblebench', 'of unknown version')}",
        f"Python {python['version']}" if python.get("version") else "",
        " ".join(
            str(platform[key]) for key in ("system", "release", "machine") if platform.get(key)
        ),
    ]
    return f"A run was made with {listed(part for part in told if part)}."
