"""What people do from pages and the API: states, order, notes; each the same as its command."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from scramblebench.core.errors import UsageError
from scramblebench.core.states import ExperimentState
from scramblebench.dashboard.sources import Sources, person
from scramblebench.storage import AlertRecord, NoteRecord

_STATES = {
    "pause": ExperimentState.PAUSED,
    "resume": ExperimentState.QUEUED,
    "cancel": ExperimentState.CANCELLED,
}
_MOST_PRIORITY = 2**31 - 1
_MOST_TAGS, _MOST_TAG = 50, 100
MOST_NOTE = 10_000
MOST_NAME = 100
MOST_REASON = 1_000
MOST_NO = 2**53


def change_state(sources: Sources, experiment_id: str, verb: str, reason: str = "") -> str:
    """Pause, resume or cancel an experiment; return its new state. Raises StateError where it may not be."""
    record = sources.writing.experiments.change_state(
        experiment_id,
        _STATES[verb],
        reason=reason.strip()[:MOST_REASON] or None,
        actor=f"{person()} (dashboard)",
    )
    return str(record.state)


def enqueue(sources: Sources, experiment_id: str, priority: int | None = None) -> None:
    """Queue an experiment, or change the priority of one that is queued; raises UsageError or StateError."""
    if priority is not None and abs(priority) > _MOST_PRIORITY:
        raise UsageError(f"priority {priority} is not between ±{_MOST_PRIORITY:,}")
    sources.writing.queue.enqueue(experiment_id, priority)


def set_tags(sources: Sources, experiment_id: str, tags: list[str]) -> tuple[str, ...]:
    """Set the tags of an experiment; return them. Raises UsageError for too many or too long ones."""
    found = [tag.strip() for tag in tags if tag.strip()]
    if len(found) > _MOST_TAGS or any(len(tag) > _MOST_TAG for tag in found):
        raise UsageError(f"at most {_MOST_TAGS} tags of {_MOST_TAG} characters are kept")
    return sources.writing.experiments.change_tags(experiment_id, found).tags


def add_note(
    sources: Sources, experiment_id: str, author: str, text: str, question: int | None = None
) -> NoteRecord:
    """Store a note about an experiment or one of its questions; raises UsageError for an empty one."""
    name, said = author.strip()[:MOST_NAME], text.strip()
    if not name or not said:
        raise UsageError("a note needs a name and a text")
    if len(said) > MOST_NOTE:
        raise UsageError(f"a note has at most {MOST_NOTE:,} characters")
    if question is not None and not sources.reading.experiments.questions(
        experiment_id, question, question + 1
    ):
        raise UsageError(f"there is no question {question + 1}")
    return sources.writing.monitor.add_note(experiment_id, name, said, question)


def acknowledge(sources: Sources, no: int, by: str, note: str = "") -> AlertRecord:
    """Note that somebody has seen an alert; raises UsageError without a name."""
    if not by.strip():
        raise UsageError("an acknowledgement needs a name")
    found = sources.reading.monitor.alerts(before_no=no + 1, limit=1)
    if not found or found[0].no != no:
        raise HTTPException(404, f"there is no alert {no}; `alerts list` shows them")
    return sources.writing.monitor.acknowledge_alert(
        no, by.strip()[:MOST_NAME], note.strip()[:MOST_REASON]
    )


def compute(sources: Sources, *key: str) -> None:
    """Start a computation; raises UsageError where there is no room, or no way to open the database."""
    if sources.computing is None:
        raise UsageError("this dashboard cannot compute: use the command under >_")
    if not sources.computing.start(key):
        raise UsageError("too many computations wait already; try again later")


def whole_number(fields: Mapping[str, str], name: str) -> int | None:
    """Return a whole number of a form, None where it is not there; raises UsageError for another text."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 12):
        raise UsageError(f"{name}: {text[:40]!r} is not a whole number")
    return int(text)
