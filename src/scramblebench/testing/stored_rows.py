"""What a database holds, read for the invariants: literal SQL over the storage room's connections."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from scramblebench.core.clock import SystemClock
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import AttemptOutcome
from scramblebench.storage.connection import Connection, Connections, Row
from scramblebench.storage.location import SqliteLocation, resolve_location
from scramblebench.storage.sqlite import SqliteDialect, connect_sqlite
from scramblebench.storage.vocabulary import OUTCOMES

TrialKey = tuple[str, int]
"""Experiment id and trial index."""


@dataclass(frozen=True, slots=True)
class StoredExperiment:
    """One experiment's row."""

    id: str
    state: ExperimentState
    fence: int
    n_trials: int
    cost_limit_microusd: int | None
    spec_json: str
    n_conditions: int
    n_questions: int
    n_repeats: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One entry of an experiment's history."""

    experiment_id: str
    before: ExperimentState | None
    after: ExperimentState
    fence: int
    happened_at_us: int
    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt as it is booked; ``is_reserved`` unless it was settled without a reservation."""

    key: TrialKey
    number: int
    fence: int
    started_at_us: int
    reserved_microusd: int | None
    outcome: AttemptOutcome
    cost_microusd: int | None
    failure_kind: str | None
    is_reserved: bool

    @property
    def may_be_charged(self) -> bool:
        """Whether nobody can tell what it cost, if anything."""
        if self.outcome is AttemptOutcome.ANSWERED:
            return self.cost_microusd is None and self.number > 0
        return self.outcome in (AttemptOutcome.UNKNOWN, AttemptOutcome.LOST)


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """One response, its text by hash."""

    key: TrialKey
    attempt_number: int
    text_sha256: str
    cost_microusd: int | None
    prompt_tokens: int
    completion_tokens: int
    is_cached: bool


@dataclass(frozen=True, slots=True)
class StoredCounter:
    """The running totals of one model under one condition."""

    experiment_id: str
    model_index: int
    condition_index: int
    n_answered: int
    n_failures: int
    prompt_tokens: int
    completion_tokens: int
    cost_microusd: int
    n_cost_unknown: int
    n_lost: int
    n_cached: int


@dataclass(frozen=True, slots=True)
class StoredTotals:
    """The money of one experiment's attempts of one claim and day."""

    experiment_id: str
    fence: int
    day: int
    n_open: int
    open_microusd: int
    n_lost: int
    lost_microusd: int
    settled_microusd: int


@dataclass(frozen=True, slots=True)
class StoredRows:
    """One state of a database; ``damage`` is what its own integrity checks found."""

    experiments: tuple[StoredExperiment, ...]
    events: tuple[StoredEvent, ...]
    attempts: tuple[StoredAttempt, ...]
    responses: tuple[StoredResponse, ...]
    counters: tuple[StoredCounter, ...]
    totals: tuple[StoredTotals, ...]
    scored: frozenset[TrialKey]
    damage: tuple[str, ...]


def connect_for_reading(database_url: str) -> Connections:
    """Return connections that change nothing."""
    location = resolve_location(database_url)
    if isinstance(location, SqliteLocation):
        return connect_sqlite(location, SqliteDialect(SystemClock()), is_read_only=True)
    from scramblebench.storage.postgresql import connect_postgresql  # an optional extra

    return connect_postgresql(location, is_read_only=True)


def read_rows(database_url: str) -> StoredRows:
    """Return what the invariants need, all from one transaction."""
    connections = connect_for_reading(database_url)
    try:
        with connections.reading() as connection:
            return StoredRows(
                experiments=_read_experiments(connection),
                events=_read_events(connection),
                attempts=_read_attempts(connection),
                responses=_read_responses(connection),
                counters=_read_counters(connection),
                totals=_read_totals(connection),
                scored=_read_scored(connection),
                damage=_find_damage(connection),
            )
    finally:
        connections.close()


def read_dump(database_url: str) -> dict[str, str]:
    """Return the sha256 of every table's rows in the order of their keys, without signs of life.

    ``runners`` and ``rate_limits`` say who is alive and when the next request may leave: they change
    whenever a runner looks, and nothing else stands on them.
    """
    connections = connect_for_reading(database_url)
    try:
        with connections.reading() as connection:
            return {
                name: sha256(repr(sorted(map(_plain, rows), key=repr)).encode()).hexdigest()
                for name, rows in _all_rows(connection)
            }
    finally:
        connections.close()


def _plain(row: Row) -> Row:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def _all_rows(connection: Connection) -> list[tuple[str, list[Row]]]:
    raw, transient = connection.raw, ("runners", "rate_limits", "clocks")
    return [
        (name, raw.execute(f'SELECT * FROM "{name}"').fetchall())  # noqa: S608 - the catalog's names
        for name in _table_names(connection)
        if name not in transient
    ]


def _table_names(connection: Connection) -> list[str]:
    if _is_sqlite(connection):
        found = connection.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
    else:
        found = connection.rows(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
    return [name for (name,) in found]


def _is_sqlite(connection: Connection) -> bool:
    return isinstance(connection.dialect, SqliteDialect)


def _find_damage(connection: Connection) -> tuple[str, ...]:
    """Return what is wrong with the file; PostgreSQL has every row of every table read."""
    if not _is_sqlite(connection):
        _all_rows(connection)
        return ()
    integrity = [text for (text,) in connection.rows("PRAGMA integrity_check") if text != "ok"]
    dangling = [f"foreign key: {row}" for row in connection.rows("PRAGMA foreign_key_check")]
    return (*integrity, *dangling)


def _read_experiments(connection: Connection) -> tuple[StoredExperiment, ...]:
    rows = connection.rows(
        """
        SELECT id, state, fence, n_trials, cost_limit_microusd, spec_json,
               (SELECT count(*) FROM experiment_conditions c WHERE c.experiment_no = e.no),
               (SELECT count(*) FROM experiment_questions q WHERE q.experiment_no = e.no), n_repeats
        FROM experiments e ORDER BY no"""
    )
    return tuple(StoredExperiment(row[0], ExperimentState(row[1]), *row[2:]) for row in rows)


def _read_events(connection: Connection) -> tuple[StoredEvent, ...]:
    rows = connection.rows(
        """
        SELECT e.id, v.state_before, v.state_after, v.fence, v.happened_at, v.actor, v.reason
        FROM experiment_events v JOIN experiments e ON e.no = v.experiment_no ORDER BY v.no"""
    )
    return tuple(
        StoredEvent(
            row[0], ExperimentState(row[1]) if row[1] else None, ExperimentState(row[2]), *row[3:]
        )
        for row in rows
    )


def _read_attempts(connection: Connection) -> tuple[StoredAttempt, ...]:
    rows = connection.rows(
        """
        SELECT e.id, a.trial_index, a.number, a.fence, a.started_at, a.reserved_microusd, a.outcome,
               a.cost_microusd, a.failure_kind, a.is_reserved
        FROM attempts a JOIN experiments e ON e.no = a.experiment_no
        ORDER BY a.experiment_no, a.trial_index, a.number"""
    )
    return tuple(
        StoredAttempt(
            (row[0], row[1]),
            row[2],
            row[3],
            row[4],
            row[5],
            OUTCOMES[row[6]],
            row[7],
            row[8],
            bool(row[9]),
        )
        for row in rows
    )


def _read_responses(connection: Connection) -> tuple[StoredResponse, ...]:
    rows = connection.rows(
        """
        SELECT e.id, r.trial_index, r.attempt_number, r.text, r.cost_microusd,
               coalesce(r.prompt_tokens, 0), coalesce(r.completion_tokens, 0), r.is_cached
        FROM responses r JOIN experiments e ON e.no = r.experiment_no
        ORDER BY r.experiment_no, r.trial_index"""
    )
    return tuple(
        StoredResponse(
            (row[0], row[1]), row[2], text_hash(row[3]), row[4], row[5], row[6], bool(row[7])
        )
        for row in rows
    )


def _read_counters(connection: Connection) -> tuple[StoredCounter, ...]:
    rows = connection.rows(
        """
        SELECT e.id, c.model_index, c.condition_index, c.n_answered, c.n_failures, c.prompt_tokens,
               c.completion_tokens, c.cost_microusd, c.n_cost_unknown, c.n_lost, c.n_cached
        FROM counters c JOIN experiments e ON e.no = c.experiment_no
        ORDER BY c.experiment_no, c.model_index, c.condition_index"""
    )
    return tuple(StoredCounter(*row) for row in rows)


def _read_totals(connection: Connection) -> tuple[StoredTotals, ...]:
    rows = connection.rows(
        """
        SELECT e.id, t.fence, t.day, t.n_open, t.open_microusd, t.n_lost, t.lost_microusd,
               t.settled_microusd
        FROM ledger_totals t JOIN experiments e ON e.no = t.experiment_no
        ORDER BY t.experiment_no, t.fence, t.day"""
    )
    return tuple(StoredTotals(*row) for row in rows)


def _read_scored(connection: Connection) -> frozenset[TrialKey]:
    rows = connection.rows(
        """
        SELECT e.id, s.trial_index FROM scores s JOIN experiments e ON e.no = s.experiment_no
        WHERE s.is_first"""
    )
    return frozenset(map(_trial_key, rows))


def _trial_key(row: Row) -> TrialKey:
    values: tuple[Any, ...] = row
    return str(values[0]), int(values[1])


def text_hash(text: str) -> str:
    """Return the hash by which a response's text is compared."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
