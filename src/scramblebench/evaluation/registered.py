"""The preregistration of an experiment as the database has it: read, and held against what is there now."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scramblebench.core.states import ExperimentState
from scramblebench.evaluation.preregistering import EVENT, content_of, digest_of
from scramblebench.plan import Plan
from scramblebench.plan.preregistration import FORMAT, differences
from scramblebench.storage import (
    Database,
    DocumentKind,
    DocumentRecord,
    EventRecord,
    ExperimentRecord,
)

_ENDS = (ExperimentState.COMPLETED, ExperimentState.FAILED)
"""How a run ends by itself: with all that was planned, or with what could be answered of it."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A preregistration as it was found: its text, its hash, and why it does not hold.

    ``frozen_at`` is ISO 8601 in UTC. ``faults`` are sentences; with any, nothing is confirmatory.
    ``is_interim``: the experiment has not come to its planned end, be it that somebody cancelled it.
    """

    sha256: str
    frozen_at: str
    text: str
    faults: tuple[str, ...] = ()
    is_interim: bool = False

    @property
    def is_valid(self) -> bool:
        """Whether it is what was frozen, when it says so, of what is stored."""
        return not self.faults

    def values(self) -> dict[str, Any]:
        """Return it as plain values, from which ``registered_of`` makes it again."""
        return {
            "sha256": self.sha256,
            "frozen_at": self.frozen_at,
            "is_valid": self.is_valid,
            "faults": list(self.faults),
            "is_interim": self.is_interim,
            "text": self.text,
        }


def registered_of(values: Mapping[str, Any] | None) -> Registered | None:
    """Return the preregistration of plain values, None where there is none."""
    if values is None:
        return None
    return Registered(
        sha256=values["sha256"],
        frozen_at=values["frozen_at"],
        text=values["text"],
        faults=tuple(values["faults"]),
        is_interim=values["is_interim"],
    )


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
        is_interim = record.state not in _ENDS
        return Registered(first.sha256, _frozen_at(first), first.text, faults, is_interim)
    for event, sha256 in _told(events):
        gone = f"the history has one with sha256 {sha256}, but it is not in the database any more"
        return Registered(sha256, _iso(event.at), "", (gone,))
    return None


def _told(events: Sequence[EventRecord]) -> list[tuple[EventRecord, str]]:
    """Return the events that tell of a preregistration, with its hash."""
    return [
        (event, (event.reason or "").removeprefix(EVENT))
        for event in events
        if event.before is event.after and (event.reason or "").startswith(EVENT)
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
    content = _content(first.text)
    if content is None:
        yield f"its text is not of the format {FORMAT}"
    elif plan is not None and (changed := differences(content, content_of(record, plan))):
        yield f"what is stored of the experiment is not what was frozen: {', '.join(changed)}"


def _content(text: str) -> Mapping[str, Any] | None:
    """Return the values of a frozen text, None where it is none."""
    try:
        values = json.loads(text)
    except ValueError:
        return None
    return values if isinstance(values, dict) and values.get("format") == FORMAT else None


def _lateness(document: DocumentRecord, events: Sequence[EventRecord]) -> Iterator[str]:
    """Yield that a document is younger than the first run: nobody is asked anything before it."""
    began = min((e.at for e in events if e.after is ExperimentState.RUNNING), default=None)
    frozen_at = max(_iso(document.at), _frozen_at(document))
    if began is not None and frozen_at > _iso(began):
        yield f"it was frozen at {frozen_at}, and the first run began at {_iso(began)}"


def _frozen_at(document: DocumentRecord) -> str:
    """Return when a document says it was frozen; when it was stored, where it does not say so readably."""
    try:
        return _iso(datetime.fromisoformat(json.loads(document.text)["frozen_at"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return _iso(document.at)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
