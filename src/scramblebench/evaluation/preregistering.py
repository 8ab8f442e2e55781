"""Preregistration: what is planned, frozen before the first response and never changed afterwards."""

import hashlib
import json
from datetime import UTC

from scramblebench import __version__
from scramblebench.core.clock import Clock
from scramblebench.core.errors import StorageError, UsageError
from scramblebench.evaluation.experiment import restore_plan
from scramblebench.plan import Plan
from scramblebench.plan.preregistration import (
    Content,
    check_primary,
    differences,
    frozen_content,
    frozen_text,
)
from scramblebench.storage import Database, DocumentKind, DocumentRecord, ExperimentRecord

EVENT = "preregistered, sha256 "
"""How the event begins that says so; the hash follows."""
_LATE = "what is registered then is no preregistration; create the experiment anew"


def preregister(database: Database, experiment_id: str, clock: Clock, *, by: str) -> DocumentRecord:
    """Freeze the plan of an experiment that nobody has asked anything yet; return what is kept.

    The same again changes nothing. Raises UsageError where the experiment has begun, or something else
    was frozen before; StorageError where that was altered.
    """
    record = database.experiments.get(experiment_id)
    plan = restore_plan(database, experiment_id)
    content = content_of(record, plan)
    kept = database.documents.list(experiment_id, DocumentKind.PREREGISTRATION)
    if not kept:
        check_primary(plan)
        _refuse_late(database, experiment_id)
        text = frozen_text(content, clock.now(), __version__)
        database.documents.add(experiment_id, DocumentKind.PREREGISTRATION, text)
        _refuse_late(database, experiment_id)
        kept = database.documents.list(experiment_id, DocumentKind.PREREGISTRATION)
    first = kept[0]
    if digest_of(first.text) != first.sha256:
        raise StorageError(
            f"{record.name}: the preregistration in the database was altered, its sha256 is not "
            f"{first.sha256}; restore the database from a copy"
        )
    if not _is_of(first, content):
        raise UsageError(
            f"{record.name} was preregistered on {first.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC (sha256 "
            f"{first.sha256}); that is not changed afterwards: create the experiment anew"
        )
    _tell(database, first, by)
    return first


def digest_of(text: str) -> str:
    """Return the sha256 of a text as documents have it: 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content_of(record: ExperimentRecord, plan: Plan) -> Content:
    """Return what would be frozen of an experiment as it is stored now."""
    return frozen_content(
        plan,
        experiment_id=record.id,
        name=record.name,
        research_question=record.research_question,
        hypothesis=record.hypothesis,
    )


def _is_of(document: DocumentRecord, content: Content) -> bool:
    try:
        return not differences(json.loads(document.text), content)
    except (ValueError, AttributeError):
        return False


def _refuse_late(database: Database, experiment_id: str) -> None:
    record = database.experiments.get(experiment_id)
    if record.n_answered:
        raise UsageError(f"{record.name} has responses already ({record.n_answered:,}): {_LATE}")
    if n_sent := len(database.trials.attempt_numbers(experiment_id)):
        raise UsageError(f"{record.name} has attempts already ({n_sent:,}): {_LATE}")
    if record.started_at is not None:
        raise UsageError(
            f"{record.name} has been running since {record.started_at.astimezone(UTC):%Y-%m-%d %H:%M} "
            f"UTC: {_LATE}"
        )


def _tell(database: Database, document: DocumentRecord, by: str) -> None:
    """Append the event of a preregistration, unless the history has it."""
    words = f"{EVENT}{document.sha256}"
    if all(e.reason != words for e in database.experiments.events(document.experiment_id)):
        database.experiments.append_event(document.experiment_id, words, actor=by)
