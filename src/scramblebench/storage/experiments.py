"""Experiments: their records, their states and the history of these."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from typing import LiteralString, TypeVar

from scramblebench.core.canonical import canonical_json
from scramblebench.core.clock import Clock
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import ExperimentNotFound, LeaseLost
from scramblebench.core.questions import Question
from scramblebench.core.states import ExperimentState, check_transition
from scramblebench.storage import contents
from scramblebench.storage.connection import Connection, Connections, Row, Value
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.records import (
    BenchmarkRecord,
    EventRecord,
    ExperimentLimits,
    ExperimentRecord,
    ModelRecord,
    NewExperiment,
)
from scramblebench.storage.sanitise import pack, read_list, storable, unpack, without
from scramblebench.storage.states import Change, apply_change, record_event

T = TypeVar("T")

LAST = "@last"
_N_NAMES_SUGGESTED_FROM = 1000
_N_IDS_SHOWN = 5
_MAX_POSITION = 2**62

_TEXTS = (
    "name",
    "reason",
    "spec_json",
    "description",
    "research_question",
    "hypothesis",
    "researcher_name",
    "institution",
    "tags_json",
)
_NEW_TEXTS = (*_TEXTS, "source_text")
_LIMITS = tuple(field.name for field in fields(ExperimentLimits))
_SELECT: LiteralString = """
    SELECT id, state, fence, n_trials, n_repeats, created_at, updated_at, started_at, completed_at,
           (SELECT coalesce(sum(n_answered), 0) FROM counters c WHERE c.experiment_no = e.no),
           name, reason, spec_json, description, research_question, hypothesis, researcher_name,
           institution, tags_json, exact,
           cost_limit_microusd, daily_cost_limit_microusd, max_concurrent_requests
    FROM experiments e"""
_BY_ID: LiteralString = f"{_SELECT} WHERE id = ?"
_BY_NAME: LiteralString = f"{_SELECT} WHERE name = ? ORDER BY no DESC LIMIT 1"
_BY_LAST: LiteralString = f"{_SELECT} WHERE ? = '@last' ORDER BY no DESC LIMIT 1"
_BY_PREFIX: LiteralString = f"{_SELECT} WHERE substr(id, 1, ?) = ? ORDER BY no DESC LIMIT ?"


class SqlExperimentStore:
    """The ``ExperimentStore`` of both databases."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def add(self, new: NewExperiment) -> None:
        """Store an experiment in state PLANNED with its models, conditions and questions."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            experiment_no = _insert(connection, new, now_us)
            contents.add_contents(connection, experiment_no, new)
            change = Change(None, ExperimentState.PLANNED, reason=None, actor="", fence=0)
            record_event(connection, experiment_no, change, now_us)

    def get(self, experiment_id: str) -> ExperimentRecord:
        """Return one experiment by its full id; raises ExperimentNotFound."""
        with self._connections.reading_values() as connection:
            return _get(connection, experiment_id)

    def find(self, reference: str) -> ExperimentRecord:
        """Return the experiment of a full id, ``@last``, a name (the newest of it) or a unique id prefix.

        They are tried in that order. Raises ExperimentNotFound with the nearest name or the ids that fit.
        """
        wanted = storable(reference.strip())
        with self._connections.reading_values() as connection:
            for query in (_BY_ID, _BY_LAST, _BY_NAME):
                row = connection.row(query, (wanted,))
                if row is not None:
                    return _record(row)
            return _find_by_prefix(connection, wanted)

    def list(
        self,
        state: ExperimentState | None = None,
        researcher: str | None = None,
        limit: int = 100,
        *,
        before_id: str | None = None,
        search: str = "",
    ) -> Sequence[ExperimentRecord]:
        """Return experiments, newest first: those older than ``before_id``, whose name or tags hold a text."""
        values: list[Value] = []
        conditions: LiteralString = "WHERE 1 = 1"
        if state is not None:
            conditions += " AND state = ?"
            values.append(state.value)
        if researcher is not None:
            conditions += " AND researcher_name = ?"
            values.append(storable(researcher))
        if before_id is not None:
            conditions += " AND no < (SELECT b.no FROM experiments b WHERE b.id = ?)"
            values.append(storable(before_id))
        if search:
            conditions += " AND lower(name || ' ' || tags_json || ' ' || id) LIKE ? ESCAPE '!'"
            values.append(_pattern(search))
        statement = f"{_SELECT} {conditions} ORDER BY no DESC LIMIT ?"
        with self._connections.reading_values() as connection:
            return tuple(map(_record, connection.rows(statement, [*values, limit])))

    def change_tags(self, experiment_id: str, tags: Sequence[str]) -> ExperimentRecord:
        """Set the tags: each once, in the order given."""
        text = storable(canonical_json(tuple(dict.fromkeys(tags))))
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            row = connection.select_for_update(
                "SELECT no, exact FROM experiments WHERE id = ?", (storable(experiment_id),)
            )
            if row is None:
                raise unknown_experiment(experiment_id)
            connection.run(
                "UPDATE experiments SET tags_json = ?, exact = ?, updated_at = ? WHERE no = ?",
                (text, without("tags_json", row[1]), now_us, row[0]),
            )
            return _get(connection, experiment_id)

    def change_state(
        self,
        experiment_id: str,
        after: ExperimentState,
        *,
        reason: str | None = None,
        actor: str = "",
        fence: int | None = None,
    ) -> ExperimentRecord:
        """Change the state by the transition table and append the event, in one transaction.

        An experiment that becomes QUEUED has an entry in the queue from then on; one that stops RUNNING
        gives its lease up.
        """
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            row = connection.select_for_update(
                "SELECT no, state, fence FROM experiments WHERE id = ?", (storable(experiment_id),)
            )
            if row is None:
                raise unknown_experiment(experiment_id)
            experiment_no, before, current_fence = row
            if fence is not None and fence != current_fence:
                raise LeaseLost(
                    f"experiment {experiment_id} was taken over (fence {current_fence}, ours is {fence})"
                )
            check_transition(ExperimentState(before), after)
            change = Change(ExperimentState(before), after, reason, actor, current_fence)
            apply_change(connection, experiment_no, change, now_us)
            return _get(connection, experiment_id)

    def change_limits(
        self,
        experiment_id: str,
        limits: ExperimentLimits,
        *,
        reason: str | None = None,
        actor: str = "",
    ) -> ExperimentRecord:
        """Set the limits and append an event that says what changed; nothing changed appends nothing."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            row = connection.select_for_update(
                """
                SELECT no, state, fence, cost_limit_microusd, daily_cost_limit_microusd,
                       max_concurrent_requests
                FROM experiments WHERE id = ?""",
                (storable(experiment_id),),
            )
            if row is None:
                raise unknown_experiment(experiment_id)
            before = ExperimentLimits(*row[3:])
            if limits != before:
                connection.run(
                    """
                    UPDATE experiments SET cost_limit_microusd = ?, daily_cost_limit_microusd = ?,
                        max_concurrent_requests = ?, updated_at = ? WHERE no = ?""",
                    (*astuple(limits), now_us, row[0]),
                )
                state = ExperimentState(row[1])
                words = _changed_words(before, limits, reason)
                change = Change(state, state, words, actor, row[2])
                record_event(connection, row[0], change, now_us)
            return _get(connection, experiment_id)

    def append_event(self, experiment_id: str, reason: str, *, actor: str = "") -> EventRecord:
        """Append an event that changes no state, and return it."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            row = connection.select_for_update(
                "SELECT no, state, fence FROM experiments WHERE id = ?", (storable(experiment_id),)
            )
            if row is None:
                raise unknown_experiment(experiment_id)
            state = ExperimentState(row[1])
            change = Change(state, state, reason, actor, row[2])
            record_event(connection, row[0], change, now_us)
            return _events(connection, row[0])[-1]

    def events(self, experiment_id: str) -> Sequence[EventRecord]:
        """Return the history, oldest first."""
        return self._read(experiment_id, _events)

    def models(self, experiment_id: str) -> Sequence[ModelRecord]:
        """Return the models in plan order."""
        return self._read(experiment_id, contents.read_models)

    def conditions(self, experiment_id: str) -> Sequence[Condition]:
        """Return the conditions in plan order."""
        return self._read(experiment_id, contents.read_conditions)

    def questions(
        self, experiment_id: str, first: int = 0, last: int | None = None
    ) -> Sequence[Question]:
        """Return the questions in plan order; of a range of positions, ``last`` excluded."""
        end = _MAX_POSITION if last is None else last
        with self._connections.reading_values() as connection:
            number = number_of(connection, experiment_id)
            return contents.read_questions(connection, number, first, end)

    def benchmarks(self, experiment_id: str) -> Sequence[BenchmarkRecord]:
        """Return the benchmarks in the order of the configuration."""
        return self._read(experiment_id, contents.read_benchmarks)

    def source_text(self, experiment_id: str) -> str:
        """Return the configuration as it was given."""
        return self._read(experiment_id, _source_text)

    def _read(self, experiment_id: str, read: Callable[[Connection, int], T]) -> T:
        with self._connections.reading_values() as connection:
            return read(connection, number_of(connection, experiment_id))


def _changed_words(before: ExperimentLimits, after: ExperimentLimits, reason: str | None) -> str:
    """Return ``cost_limit_microusd 50000000 -> 65000000; because a model was added``."""
    changes = [
        f"{name} {'none' if old is None else old} -> {'none' if new is None else new}"
        for name, old, new in zip(_LIMITS, astuple(before), astuple(after), strict=True)
        if old != new
    ]
    return "; ".join((*changes, *([reason] if reason else [])))


def _pattern(search: str) -> str:
    """Return a LIKE pattern for a text anywhere, in lower case where that is ASCII on both databases."""
    escaped = storable(search).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped.lower()}%"


def number_of(connection: Connection, experiment_id: str) -> int:
    """Return the number that other tables know an experiment by; raises ExperimentNotFound."""
    row = connection.row("SELECT no FROM experiments WHERE id = ?", (storable(experiment_id),))
    if row is None:
        raise unknown_experiment(experiment_id)
    return row[0]


def unknown_experiment(experiment_id: str) -> ExperimentNotFound:
    """Return the error that says so."""
    return ExperimentNotFound(f"there is no experiment {experiment_id}")


def _get(connection: Connection, experiment_id: str) -> ExperimentRecord:
    row = connection.row(_BY_ID, (storable(experiment_id),))
    if row is None:
        raise unknown_experiment(experiment_id)
    return _record(row)


def _insert(connection: Connection, new: NewExperiment, now_us: int) -> int:
    texts = (
        new.name,
        None,
        new.spec_json,
        new.description,
        new.research_question,
        new.hypothesis,
        new.researcher_name,
        new.institution,
        canonical_json(new.tags),
        new.source_text,
    )
    clean, exact = pack(_NEW_TEXTS, texts)
    numbers = (new.n_trials, new.n_repeats, now_us, now_us)
    row = connection.row(
        """
        INSERT INTO experiments
            (id, state, fence, n_trials, n_repeats, created_at, updated_at, name, reason, spec_json,
             description, research_question, hypothesis, researcher_name, institution, tags_json,
             source_text, exact, cost_limit_microusd, daily_cost_limit_microusd,
             max_concurrent_requests)
        VALUES (?, 'planned', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING no""",
        (new.id, *numbers, *clean, exact, *astuple(new.limits)),
    )
    assert row is not None
    return row[0]


def _record(row: Row) -> ExperimentRecord:
    (experiment_id, state, fence, n_trials, n_repeats, created, updated, started, completed) = row[
        :9
    ]
    name, reason, spec, description, question, hypothesis, researcher, institution, tags = unpack(
        _TEXTS, row[10:19], row[19]
    )
    return ExperimentRecord(
        id=experiment_id,
        name=name or "",
        state=ExperimentState(state),
        reason=reason,
        fence=fence,
        spec_json=spec or "",
        n_trials=n_trials,
        n_repeats=n_repeats,
        n_answered=int(row[9]),
        description=description or "",
        research_question=question or "",
        hypothesis=hypothesis,
        researcher_name=researcher or "",
        institution=institution,
        tags=tuple(read_list(tags)),
        created_at=moment(created),
        updated_at=moment(updated),
        started_at=moment(started),
        completed_at=moment(completed),
        limits=ExperimentLimits(*row[20:]),
    )


def _find_by_prefix(connection: Connection, prefix: str) -> ExperimentRecord:
    if not prefix:
        raise ExperimentNotFound("name an experiment: its name, the start of its id, or @last")
    rows = connection.rows(_BY_PREFIX, (len(prefix), prefix.lower(), _N_IDS_SHOWN + 1))
    if len(rows) == 1:
        return _record(rows[0])
    if not rows:
        raise ExperimentNotFound(_suggestion(connection, prefix))
    ids = ", ".join(row[0] for row in rows[:_N_IDS_SHOWN])
    more = " and more" if len(rows) > _N_IDS_SHOWN else ""
    raise ExperimentNotFound(f"several experiments begin with {prefix!r}: {ids}{more}")


def _suggestion(connection: Connection, reference: str) -> str:
    if reference == LAST:
        return "there is no experiment yet"
    rows = connection.rows(
        "SELECT name FROM experiments ORDER BY no DESC LIMIT ?", (_N_NAMES_SUGGESTED_FROM,)
    )
    nearest = difflib.get_close_matches(reference, [row[0] for row in rows], n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"there is no experiment {reference!r}{hint}"


def _source_text(connection: Connection, experiment_no: int) -> str:
    row = connection.row(
        "SELECT source_text, exact FROM experiments WHERE no = ?", (experiment_no,)
    )
    assert row is not None
    (text,) = unpack(("source_text",), row[:1], row[1])
    return text or ""


def _events(connection: Connection, experiment_no: int) -> tuple[EventRecord, ...]:
    rows = connection.rows(
        """
        SELECT e.id, v.happened_at, v.state_before, v.state_after, v.fence, v.reason, v.actor, v.exact
        FROM experiment_events v JOIN experiments e ON e.no = v.experiment_no
        WHERE v.experiment_no = ? ORDER BY v.no""",
        (experiment_no,),
    )
    events: list[EventRecord] = []
    for experiment_id, at, before, after, fence, reason, actor, exact in rows:
        reason, actor = unpack(("reason", "actor"), (reason, actor), exact)
        events.append(
            EventRecord(
                experiment_id=experiment_id,
                at=moment(at),
                before=ExperimentState(before) if before else None,
                after=ExperimentState(after),
                reason=reason,
                actor=actor or "",
                fence=fence,
            )
        )
    return tuple(events)
