"""The preregistration of an experiment as the database has it: read, checked, and said beside an analysis."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.preregistration import (
    AnyRow,
    Registered,
    declared_of,
    deviations,
    standing,
)
from scramblebench.analysis.report import Report
from scramblebench.analysis.values import report_values
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation.preregistering import EVENT, content_of, digest_of
from scramblebench.plan import Plan
from scramblebench.plan.preregistration import differences
from scramblebench.storage import (
    Database,
    DocumentKind,
    DocumentRecord,
    EventRecord,
    ExperimentRecord,
)

_KINDS = ("accuracy", "domains", "dependency", "thresholds", "trends", "comparisons", "contrasts")
_HASH_SHOWN = 12


def read_preregistration(
    database: Database, record: ExperimentRecord, plan: Plan | None = None
) -> Registered | None:
    """Return what was preregistered of an experiment with all that speaks against it, None where nothing was.

    With a plan, what is stored of the experiment now is held against what was frozen, questions included.
    """
    kept = database.documents.list(record.id, DocumentKind.PREREGISTRATION)
    events = database.experiments.events(record.id)
    if kept:
        first = kept[0]
        faults = tuple(_faults(kept, events, record, plan))
        return Registered(first.sha256, _frozen_at(first), first.text, faults)
    for event, sha256 in _told(events):
        gone = f"the history has one with sha256 {sha256}, but it is not in the database any more"
        return Registered(sha256, _iso(event.at), "", (gone,))
    return None


def _told(events: Sequence[EventRecord]) -> list[tuple[EventRecord, str]]:
    """Return the events that tell of a preregistration, with its hash."""
    return [
        (event, event.reason.removeprefix(EVENT))
        for event in events
        if event.reason and event.reason.startswith(EVENT)
    ]


def _faults(
    kept: Sequence[DocumentRecord],
    events: Sequence[EventRecord],
    record: ExperimentRecord,
    plan: Plan | None,
) -> Iterator[str]:
    """Yield why the first document is not what was frozen before the first response, as a sentence each."""
    first = kept[0]
    found = digest_of(first.text)
    if found != first.sha256:
        yield f"its text was altered: it has sha256 {found}, recorded is {first.sha256}"
    for _, told in _told(events):
        if told != first.sha256:
            yield f"the history tells of sha256 {told}, the database holds {first.sha256}"
    if len(kept) > 1:
        yield f"there are {len(kept)} of them, and only one can have been the first"
    yield from _lateness(first, events)
    try:
        declared_of(first.text)
    except ValueError as error:
        yield f"its text cannot be read: {error}"
        return
    if plan is not None and (
        changed := differences(json.loads(first.text), content_of(record, plan))
    ):
        yield f"what is stored of the experiment is not what was frozen: {', '.join(changed)}"


def _lateness(document: DocumentRecord, events: Sequence[EventRecord]) -> Iterator[str]:
    """Yield that a document is younger than the first run: nobody is asked anything before it."""
    began = min((e.at for e in events if e.after is ExperimentState.RUNNING), default=None)
    frozen_at = max(_iso(document.at), _frozen_at(document))
    if began is not None and frozen_at >= _iso(began):
        yield f"it was frozen at {frozen_at}, and the first run began at {_iso(began)}"


def _frozen_at(document: DocumentRecord) -> str:
    """Return when a document says it was frozen; when it was stored, where it does not say so readably."""
    try:
        return _iso(datetime.fromisoformat(json.loads(document.text)["frozen_at"]))
    except (ValueError, KeyError, TypeError):
        return _iso(document.at)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def registration_words(
    registered: Registered | None, options: AnalysisOptions, *, is_interim: bool
) -> Iterator[str]:
    """Yield what a reader must know of the preregistration, a sentence each."""
    if registered is None:
        yield "nothing was preregistered: every test here is exploratory"
        return
    if registered.is_valid:
        declared = registered.declared
        what = "the declared question" if declared.may_end_early else _listed(declared.primary)
        pairs = f" (of models only {'; '.join(_pairs(registered))})" if declared.pairs else ""
        yield (
            f"frozen {registered.frozen_at[:16].replace('T', ' ')} UTC, before the first run, sha256 "
            f"{registered.sha256[:_HASH_SHOWN]}…: confirmatory: {what}{pairs}; all else is exploratory"
        )
        if is_interim:
            yield "the experiment is not over: an interim look confirms nothing"
    yield from registration_cautions(registered, options)


def registration_cautions(
    registered: Registered | None, options: AnalysisOptions
) -> tuple[str, ...]:
    """Return what is wrong with the preregistration, or with the analysis by its measure."""
    if registered is None:
        return ()
    if not registered.is_valid:
        return tuple(
            f"the preregistration does not hold, nothing is confirmatory: {fault}"
            for fault in registered.faults
        )
    changed = deviations(registered, options)
    words = f"not as preregistered: {'; '.join(changed)}: the tests that it changes are exploratory"
    return (words,) if changed else ()


def _listed(primary: frozenset[str]) -> str:
    return ", ".join(sorted(name.replace("_", " ") for name in primary))


def _pairs(registered: Registered) -> list[str]:
    return sorted(" and ".join(sorted(pair)) for pair in registered.declared.pairs)


def marked_values(report: Report, registered: Registered | None) -> dict[str, Any]:
    """Return the values of a report with the ``standing`` of each row, and with what is wrong of it.

    The standing follows from what was frozen and from the options; hash and time are not in it, so that
    the same scores, options and frozen content give the same bytes.
    """
    values = report_values(report)
    for kind in _KINDS:
        rows: Sequence[AnyRow] = getattr(report, kind)
        for row, value in zip(rows, values[kind], strict=True):
            value["standing"] = standing(registered, report.options, row)
    if report.declared is not None:
        values["declared"]["standing"] = standing(registered, report.options, report.declared)
    values["cautions"][:0] = registration_cautions(registered, report.options)
    return values
