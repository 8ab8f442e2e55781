"""Attempts, responses and scores: written in batches, read in columns or streamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, LiteralString

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind
from scramblebench.core.trials import Response, Score
from scramblebench.storage.bodies import unpack_body, unseal
from scramblebench.storage.connection import Connection, Connections, Row, Value
from scramblebench.storage.experiments import number_of
from scramblebench.storage.ledger import DAY_US, read_ledger
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.records import (
    CallColumns,
    CounterRecord,
    FailureTotal,
    LedgerTotals,
    Refusal,
    Reservation,
    ResponseRecord,
    ScoreColumns,
    ScrambledRecord,
    ServedModel,
    Settlement,
)
from scramblebench.storage.sanitise import damaged, storable, unpack
from scramblebench.storage.settling import (
    INSERT_SCORES,
    SCORE_TEXTS,
    score_row,
    write_batch,
)
from scramblebench.storage.totals import read_counters, read_failures
from scramblebench.storage.vocabulary import (
    PROVENANCE_TEXTS,
    RESPONSE_TEXTS,
    RULE_TEXTS,
    Vocabulary,
    learn_rules,
    status_of,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_COLUMN_CHUNK_ROWS = 50_000
_RESPONSE_CHUNK_ROWS = 500
_SCORE_CHUNK_ROWS = 1_000
_N_REMEMBERED = 10_000

_OF_RESPONSE: LiteralString = """
    r.trial_index, r.attempt_number, r.responded_at, r.latency_s, r.prompt_tokens, r.completion_tokens,
    r.cost_microusd, r.is_truncated, r.is_prompt_cut, r.is_cached, r.text, r.provider_response_id, r.exact"""
_OF_OTHERS: LiteralString = """
    p.finish_reason, p.cost_source, p.served_model, p.served_provider, p.model_digest, p.exact,
    s.scorer, s.value, s.status, s.answer, s.exact, u.rule, u.exact"""
_RANGE: LiteralString = "r.experiment_no = ? AND r.trial_index >= ? AND r.trial_index < ?"
_JOINS: LiteralString = """
    JOIN provenances p ON p.no = r.provenance_no
    LEFT JOIN scores s
        ON s.experiment_no = r.experiment_no AND s.trial_index = r.trial_index AND s.is_first
    LEFT JOIN rules u ON u.no = s.rule_no"""
_REST: LiteralString = f"FROM responses r {_JOINS} WHERE {_RANGE}"
SELECT_RESPONSES: LiteralString = f"SELECT {_OF_RESPONSE}, {_OF_OTHERS} {_REST}"
"""Without the providers' bodies; ``response_record`` reads it, or the same with ``r.raw`` and ``p.sample`` at the end."""
_ORDER: LiteralString = "ORDER BY r.trial_index"
_RESPONSES: LiteralString = f"{SELECT_RESPONSES} {_ORDER}"
_RESPONSES_WITH_BODIES: LiteralString = (
    f"SELECT {_OF_RESPONSE}, {_OF_OTHERS}, r.raw, p.sample {_REST} {_ORDER}"
)
MAX_INDEX = 2**62
CACHE = "cache"
"""The source of the cost of an answer that was stored before: nothing."""


class SqlTrialStore:
    """The ``TrialStore`` of both databases.

    Provenances and rules that are stored for good are remembered, so that a batch rarely asks.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
        self._known = Vocabulary({}, {})

    def write(self, items: Sequence[Reservation | Settlement]) -> dict[int, Refusal]:
        """Store reservations and settlements in one transaction; see ``settling``."""
        if not items:
            return {}
        with self._connections.writing(in_a_row=True) as connection:
            written = write_batch(connection, items, self._known)
        self._remember(written.learned)
        return written.refused

    def _remember(self, learned: Vocabulary) -> None:
        if len(self._known.provenances) < _N_REMEMBERED:
            self._known.provenances.update(learned.provenances)
        if len(self._known.rules) < _N_REMEMBERED:
            self._known.rules.update(learned.rules)

    def answered(self, experiment_id: str, n_trials: int, first: int = 0) -> npt.NDArray[np.bool_]:
        """Return, per trial index, whether a response is stored; shape (n_trials,)."""
        import numpy as np

        is_answered = np.zeros(n_trials, dtype=np.bool_)
        with self._connections.reading() as connection:
            chunks = connection.stream(
                """
                SELECT trial_index FROM responses
                WHERE experiment_no = ? AND trial_index >= ? AND trial_index < ?""",
                (number_of(connection, experiment_id), first, n_trials),
                _COLUMN_CHUNK_ROWS,
            )
            for chunk in chunks:
                is_answered[np.fromiter((row[0] for row in chunk), np.int64, len(chunk))] = True
        return is_answered

    def attempt_numbers(self, experiment_id: str, trials: range | None = None) -> dict[int, int]:
        """Return, by trial index, the highest attempt number of trials with attempts but no response."""
        asked = range(MAX_INDEX) if trials is None else trials
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT a.trial_index, max(a.number) FROM attempts a
                WHERE a.experiment_no = ? AND a.trial_index >= ? AND a.trial_index < ?
                  AND a.outcome <> 1 AND NOT EXISTS (
                    SELECT 1 FROM responses r
                    WHERE r.experiment_no = a.experiment_no AND r.trial_index = a.trial_index)
                GROUP BY a.trial_index""",
                (number_of(connection, experiment_id), asked.start, asked.stop),
            )
        return dict(rows)

    def given_up(
        self, experiment_id: str, fence: int, trials: range, n_tries: int
    ) -> frozenset[int]:
        """Return the trials without a response that a claim need not try again."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT a.trial_index, a.failure_kind FROM attempts a
                WHERE a.experiment_no = ? AND a.trial_index >= ? AND a.trial_index < ?
                  AND a.fence = ? AND a.failure_kind <> 'not_sent' AND NOT EXISTS (
                    SELECT 1 FROM responses r
                    WHERE r.experiment_no = a.experiment_no AND r.trial_index = a.trial_index)
                ORDER BY a.trial_index, a.number""",
                (number_of(connection, experiment_id), trials.start, trials.stop, fence),
            )
        kinds: dict[int, list[ErrorKind]] = {}
        for trial_index, kind in rows:
            kinds.setdefault(trial_index, []).append(ErrorKind(kind))
        return frozenset(
            trial_index
            for trial_index, failed in kinds.items()
            if len(failed) >= n_tries or not failed[-1].is_retryable
        )

    def ledger(self, experiment_id: str) -> LedgerTotals:
        """Return what the experiment cost and may have cost, without reading attempts."""
        today = microseconds(self._clock.now()) // DAY_US
        with self._connections.reading() as connection:
            experiment_no = number_of(connection, experiment_id)
            row = connection.row("SELECT fence FROM experiments WHERE no = ?", (experiment_no,))
            assert row is not None
            return read_ledger(connection, experiment_no, row[0], today)

    def cached(self, key: bytes) -> Response | None:
        """Return the answer that a request of this key had, marked as cached and free; None without one."""
        with self._connections.reading_values() as connection:
            row = connection.row(
                "SELECT experiment_no, trial_index FROM response_cache WHERE key = ?", (key,)
            )
            if row is None:
                return None
            found = connection.row(_RESPONSES_WITH_BODIES, (row[0], row[1], row[1] + 1))
            if found is None:
                return None
            response = response_record(found).response
        return replace(response, is_cached=True, cost_microusd=0, cost_source=CACHE, latency_s=0.0)

    def counters(self, experiment_id: str) -> Sequence[CounterRecord]:
        """Return the running totals per model and condition, in the order of both."""
        with self._connections.reading() as connection:
            return read_counters(connection, number_of(connection, experiment_id))

    def served(self, experiment_id: str) -> Sequence[ServedModel]:
        """Return who gave answers, by model and in no particular order."""
        with self._connections.reading_values() as connection:
            rows = connection.rows(
                """
                SELECT model_index, provenance_no FROM served_models
                WHERE experiment_no = ? ORDER BY model_index, provenance_no""",
                (number_of(connection, experiment_id),),
            )
            told = [(model_index, *_served_by(connection, no)) for model_index, no in rows]
        return tuple(ServedModel(*who) for who in dict.fromkeys(told))

    def failures(self, experiment_id: str) -> Sequence[FailureTotal]:
        """Return the failed attempts by model and kind."""
        with self._connections.reading() as connection:
            return read_failures(connection, number_of(connection, experiment_id))

    def read_calls(self, experiment_id: str) -> CallColumns:
        """Return when and by whom responses were given, in order of trial index."""
        with self._connections.reading_values() as connection:
            table = _read_table(
                connection,
                """
                SELECT trial_index, responded_at, latency_s, is_cached, provenance_no FROM responses
                WHERE experiment_no = ? ORDER BY trial_index""",
                (number_of(connection, experiment_id),),
                "i8, i8, f8, ?, i8",
            )
            numbers = dict.fromkeys(table["f4"].tolist())
            served = {no: _served_by(connection, no) for no in numbers}
        return CallColumns(*_columns(table), served=served)

    def read_scores(self, experiment_id: str, scorer: str | None = None) -> ScoreColumns:
        """Return the scores in order of trial index; by one scorer, else those made when the response came."""
        with self._connections.reading_values() as connection:
            table = _read_table(
                connection,
                """
                SELECT trial_index, value, status = 0 FROM scores
                WHERE experiment_no = ? AND (CASE WHEN ? = '' THEN is_first ELSE scorer = ? END)
                ORDER BY trial_index""",
                (number_of(connection, experiment_id), scorer or "", scorer or ""),
                "i8, f8, ?",
            )
        return ScoreColumns(*_columns(table))

    def responses(
        self,
        experiment_id: str,
        first_index: int = 0,
        last_index: int | None = None,
        *,
        with_bodies: bool = True,
    ) -> Iterator[ResponseRecord]:
        """Yield responses in order of trial index; ``last_index`` is excluded.

        They are read in short transactions, one per few hundred; what is stored meanwhile beyond the
        place reached is seen.
        """
        with self._connections.reading() as connection:
            experiment_no = number_of(connection, experiment_id)
            row = connection.row(
                """
                SELECT n_trials, (SELECT max(trial_index) FROM responses WHERE experiment_no = ?)
                FROM experiments WHERE no = ?""",
                (experiment_no, experiment_no),
            )
        assert row is not None
        end = max(row[0], (row[1] or 0) + 1)
        select = _RESPONSES_WITH_BODIES if with_bodies else _RESPONSES
        indices = range(first_index, end if last_index is None else min(end, last_index))
        return self._responses(select, experiment_no, indices)

    def _responses(
        self, select: LiteralString, experiment_no: int, indices: range
    ) -> Iterator[ResponseRecord]:
        """Read so many places at a time: where PostgreSQL has no statistics yet, a limit would not bound it."""
        for start in indices[::_RESPONSE_CHUNK_ROWS]:
            end = min(start + _RESPONSE_CHUNK_ROWS, indices.stop)
            with self._connections.reading_values() as connection:
                rows = connection.rows(select, (experiment_no, start, end))
                records = [response_record(row) for row in rows]
            yield from records

    def scrambled(self, experiment_id: str) -> Sequence[ScrambledRecord]:
        """Return how each question was scrambled, in plan order of condition and question."""
        with self._connections.reading_values() as connection:
            rows = connection.rows(
                """
                SELECT q.id, c.condition_id, s.text_sha256, s.realised_dose, s.edit_distance,
                       s.n_units, s.n_altered
                FROM scrambled_questions s
                JOIN questions q ON q.no = s.question_no
                JOIN experiment_conditions c
                    ON c.experiment_no = s.experiment_no AND c.position = s.condition_index
                JOIN experiment_questions e
                    ON e.experiment_no = s.experiment_no AND e.question_no = s.question_no
                WHERE s.experiment_no = ? ORDER BY s.condition_index, e.position""",
                (number_of(connection, experiment_id),),
            )
        return tuple(
            ScrambledRecord(
                question.hex(), condition.hex(), text.hex(), dose, distance, units, altered
            )
            for question, condition, text, dose, distance, units, altered in rows
        )

    def replace_scores(self, experiment_id: str, scores: Iterable[tuple[int, Score]]) -> None:
        """Store scores of other scorers beside those there are, replacing their earlier ones.

        All in one transaction. A score made when the response came is never replaced: the counters
        stand on it.
        """
        replaced: set[str] = set()
        met = Vocabulary({}, {})
        pending = iter(scores)
        with self._connections.writing() as connection:
            experiment_no = number_of(connection, experiment_id)
            while chunk := list(islice(pending, _SCORE_CHUNK_ROWS)):
                for scorer in sorted({score.scorer for _, score in chunk} - replaced):
                    _delete_scores(connection, experiment_no, scorer)
                    replaced.add(scorer)
                rules = {score.rule for _, score in chunk}
                met.rules.update(learn_rules(connection, rules, met.rules))
                rows = [score_row(experiment_no, i, one, met, is_first=False) for i, one in chunk]
                connection.insert(INSERT_SCORES, rows)


def _read_table(
    connection: Connection, query: LiteralString, values: Sequence[Value], kinds: str
) -> npt.NDArray[np.void]:
    """Return the rows of a query as an array with a field per column, read in chunks."""
    import numpy as np

    row_kind = np.dtype(kinds)
    parts = [np.empty(0, dtype=row_kind)]
    chunks = connection.stream(query, values, _COLUMN_CHUNK_ROWS)
    parts.extend(np.array(chunk, dtype=row_kind) for chunk in chunks)
    return np.concatenate(parts)


def _columns(table: npt.NDArray[np.void]) -> list[npt.NDArray[Any]]:
    import numpy as np

    return [np.ascontiguousarray(table[name]) for name in table.dtype.names or ()]


def _served_by(connection: Connection, number: int) -> tuple[str | None, str | None, str | None]:
    """Return model, provider and digest of a provenance."""
    row = connection.row(
        """
        SELECT finish_reason, cost_source, served_model, served_provider, model_digest, exact
        FROM provenances WHERE no = ?""",
        (number,),
    )
    assert row is not None
    _, _, model, provider, digest = unpack(PROVENANCE_TEXTS, row[:5], row[5])
    return model, provider, digest


def _delete_scores(connection: Connection, experiment_no: int, scorer: str) -> None:
    connection.run(
        "DELETE FROM scores WHERE experiment_no = ? AND scorer = ? AND NOT is_first",
        (experiment_no, storable(scorer)),
    )


def response_record(row: Row) -> ResponseRecord:
    """Return a row of ``SELECT_RESPONSES`` as a record."""
    index, number, responded_at, latency_s, prompt, completion, cost, truncated, cut = row[:9]
    stored_text, stored_id = row[10:12]
    text, response_id = unpack(RESPONSE_TEXTS, (stored_text, stored_id), row[12])
    finish_reason, cost_source, model, provider, digest = unpack(
        PROVENANCE_TEXTS, row[13:18], row[18]
    )
    body, sample = row[26:] or (None, None)
    response = Response(
        text=text or "",
        finish_reason=finish_reason,
        latency_s=latency_s,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost_microusd=cost,
        cost_source=cost_source,
        served_model=model,
        served_provider=provider,
        model_digest=digest,
        provider_response_id=response_id,
        is_truncated=bool(truncated),
        is_prompt_cut=bool(cut),
        raw=_body(body, stored_text, stored_id, sample),
        is_cached=bool(row[9]),
    )
    return ResponseRecord(index, response, _score(row[19:26]), number, moment(responded_at))


def _body(stored: object, text: str, response_id: str | None, sample: object) -> bytes | None:
    if stored is None:
        return None
    known = None if sample is None else unseal(_bytes(sample))
    return unpack_body(_bytes(stored), text, response_id, known)


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes | memoryview):
        raise damaged("no bytes where some were stored")
    return bytes(value)


def _score(row: Row) -> Score | None:
    scorer, value, status, answer, exact, rule, exact_rule = row
    if scorer is None:
        return None
    (answer,) = unpack(SCORE_TEXTS, (answer,), exact)
    (rule,) = unpack(RULE_TEXTS, (rule,), exact_rule)
    if not isinstance(rule, str):
        raise damaged("a score whose rule is missing")
    return Score(value, status_of(status), answer, rule, scorer)
