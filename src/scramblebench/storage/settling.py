"""The hot path: reservations and settlements of many trials in one transaction.

What was new is asked of the database itself (RETURNING), so that writing the same settlement again,
after a lost connection or by a runner that lost its lease, adds nothing to any total. All rows go in
in order of their keys: two writers then never wait for each other in a circle.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter

from scramblebench.core.canonical import content_hash
from scramblebench.core.errors import LeaseLost
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import Attempt, AttemptOutcome, Response, Score
from scramblebench.storage.connection import BulkInsert, Column, Connection, Value
from scramblebench.storage.contents import hash_bytes
from scramblebench.storage.experiments import number_of
from scramblebench.storage.moments import microseconds
from scramblebench.storage.records import Reservation, Settlement
from scramblebench.storage.sanitise import Texts, pack
from scramblebench.storage.totals import add_totals

SqlRow = tuple[Value, ...]

_TRIAL_AND_NUMBER = itemgetter(1, 2)
_CONDITION_AND_QUESTION = itemgetter(1, -1)

PROVENANCE_TEXTS = (
    "finish_reason",
    "cost_source",
    "served_model",
    "served_provider",
    "model_digest",
)
RESPONSE_TEXTS = ("text", "provider_response_id")
SCORE_TEXTS = ("answer", "rule")
FAILURE_TEXTS = ("failure_message",)

_KEY = (Column("experiment_no", "bigint"), Column("trial_index", "bigint"))
_RESERVED = (
    *_KEY,
    Column("number", "bigint"),
    Column("fence", "bigint"),
    Column("started_at", "bigint"),
    Column("idempotency_key", "text"),
    Column("reserved_microusd", "bigint"),
    Column("outcome", "text"),
)
_INSERT_RESERVED = BulkInsert("attempts", _RESERVED, "ON CONFLICT DO NOTHING")
_SETTLE = BulkInsert(
    "attempts",
    (
        *_RESERVED,
        Column("settled_at", "bigint"),
        Column("cost_microusd", "bigint"),
        Column("failure_kind", "text"),
        Column("failure_message", "text"),
        Column("failure_status", "bigint"),
        Column("retry_after_s", "double precision"),
        Column("exact", "bytea"),
    ),
    """
    ON CONFLICT (experiment_no, trial_index, number) DO UPDATE SET
        outcome = excluded.outcome, settled_at = excluded.settled_at,
        cost_microusd = excluded.cost_microusd, failure_kind = excluded.failure_kind,
        failure_message = excluded.failure_message, failure_status = excluded.failure_status,
        retry_after_s = excluded.retry_after_s, exact = excluded.exact
    WHERE attempts.outcome = 'unknown'
    RETURNING trial_index, number""",
)
_INSERT_RESPONSES = BulkInsert(
    "responses",
    (
        *_KEY,
        Column("attempt_number", "bigint"),
        Column("responded_at", "bigint"),
        Column("text", "text"),
        Column("provider_response_id", "text"),
        Column("latency_s", "double precision"),
        Column("prompt_tokens", "bigint"),
        Column("completion_tokens", "bigint"),
        Column("cost_microusd", "bigint"),
        Column("provenance_no", "bigint"),
        Column("is_truncated", "boolean"),
        Column("is_prompt_cut", "boolean"),
        Column("raw", "bytea"),
        Column("exact", "bytea"),
    ),
    "ON CONFLICT DO NOTHING RETURNING trial_index",
)
INSERT_SCORES = BulkInsert(
    "scores",
    (
        *_KEY,
        Column("scorer", "text"),
        Column("is_first", "boolean"),
        Column("value", "double precision"),
        Column("status", "text"),
        Column("answer", "text"),
        Column("rule", "text"),
        Column("exact", "bytea"),
    ),
    "ON CONFLICT DO NOTHING",
)
_INSERT_SCRAMBLED = """
    INSERT INTO scrambled_questions
        (experiment_no, condition_index, question_no, text_sha256, realised_dose, edit_distance,
         n_units, n_altered)
    SELECT ?, ?, no, ?, ?, ?, ?, ? FROM questions WHERE id = ?
    ON CONFLICT DO NOTHING"""
_INSERT_PROVENANCE = """
    INSERT INTO provenances
        (id, finish_reason, cost_source, served_model, served_provider, model_digest, exact)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""


def write_batch(
    connection: Connection,
    items: Sequence[Reservation | Settlement],
    known_provenances: Mapping[Texts, int],
) -> dict[Texts, int]:
    """Store the items; return the numbers of the provenances that ``known_provenances`` lacked."""
    by_experiment: dict[str, list[Reservation | Settlement]] = {}
    for item in items:
        by_experiment.setdefault(item.attempt.experiment_id, []).append(item)
    settled = [item for item in items if isinstance(item, Settlement)]
    learned = _learn_provenances(connection, settled, known_provenances)
    provenance_nos = {**known_provenances, **learned} if learned else known_provenances
    for experiment_id in sorted(by_experiment):
        experiment_no = number_of(connection, experiment_id)
        own = by_experiment[experiment_id]
        _reserve(connection, experiment_no, [x for x in own if isinstance(x, Reservation)])
        settlements = [x for x in own if isinstance(x, Settlement)]
        if settlements:
            _settle(connection, experiment_no, settlements, provenance_nos)
    return learned


def _reserve(
    connection: Connection, experiment_no: int, reservations: Sequence[Reservation]
) -> None:
    if not reservations:
        return
    _check_right(connection, experiment_no, min(item.attempt.fence for item in reservations))
    rows = [
        (experiment_no, *_attempt_values(item.attempt), AttemptOutcome.UNKNOWN)
        for item in reservations
    ]
    connection.insert(_INSERT_RESERVED, sorted(rows, key=_TRIAL_AND_NUMBER))


def _check_right(connection: Connection, experiment_no: int, fence: int) -> None:
    """Raise LeaseLost where this fence may not spend any more: paused, ended or claimed by another."""
    row = connection.row("SELECT state, fence FROM experiments WHERE no = ?", (experiment_no,))
    if row is None or row[1] > fence or row[0] != ExperimentState.RUNNING:
        state = row[0] if row else "gone"
        raise LeaseLost(
            f"the experiment is {state}, or run by another runner; nothing more is sent"
        )


def _settle(
    connection: Connection,
    experiment_no: int,
    settlements: Sequence[Settlement],
    provenance_nos: Mapping[Texts, int],
) -> None:
    rows = {
        (item.attempt.trial_index, item.attempt.number): _settled_row(experiment_no, item)
        for item in reversed(settlements)
    }
    newly_settled = set(connection.insert(_SETTLE, [rows[key] for key in sorted(rows)]))
    answered = _insert_responses(connection, experiment_no, settlements, provenance_nos)
    _insert_scores(connection, experiment_no, answered)
    _insert_scrambled(connection, experiment_no, settlements)
    failed: list[Settlement] = []
    for item in settlements:
        key = (item.attempt.trial_index, item.attempt.number)
        if item.failure is not None and key in newly_settled:
            newly_settled.discard(key)
            failed.append(item)
    add_totals(connection, experiment_no, answered, failed)


def _insert_responses(
    connection: Connection,
    experiment_no: int,
    settlements: Sequence[Settlement],
    provenance_nos: Mapping[Texts, int],
) -> list[Settlement]:
    """Insert the first response of each trial; return the settlements whose response was new."""
    first: dict[int, Settlement] = {}
    for item in settlements:
        if item.response is not None:
            first.setdefault(item.attempt.trial_index, item)
    rows = [
        _response_row(experiment_no, first[index], first[index].response, provenance_nos)
        for index in sorted(first)
    ]
    return [first[index] for (index,) in connection.insert(_INSERT_RESPONSES, rows)]


def _insert_scores(
    connection: Connection, experiment_no: int, answered: Sequence[Settlement]
) -> None:
    rows = [
        score_row(experiment_no, item.attempt.trial_index, item.score, is_first=True)
        for item in answered
        if item.score is not None
    ]
    connection.insert(INSERT_SCORES, rows)


def _insert_scrambled(
    connection: Connection, experiment_no: int, settlements: Sequence[Settlement]
) -> None:
    rows: set[SqlRow] = set()
    for item in settlements:
        if (record := item.scrambled) is not None:
            amounts = (record.realised_dose, record.edit_distance, record.n_units, record.n_altered)
            text_hash = hash_bytes(record.text_sha256, "scrambled text")
            question_id = hash_bytes(record.question_id, "question")
            rows.add((experiment_no, item.condition_index, text_hash, *amounts, question_id))
    connection.run_many(_INSERT_SCRAMBLED, sorted(rows, key=_CONDITION_AND_QUESTION))


def _learn_provenances(
    connection: Connection, settled: Sequence[Settlement], known: Mapping[Texts, int]
) -> dict[Texts, int]:
    unknown = {_provenance(item.response) for item in settled if item.response} - known.keys()
    learned: dict[Texts, int] = {}
    for provenance_id, provenance in sorted((_provenance_id(p), p) for p in unknown):
        clean, exact = pack(PROVENANCE_TEXTS, provenance)
        connection.run(_INSERT_PROVENANCE, (provenance_id, *clean, exact))
        row = connection.row("SELECT no FROM provenances WHERE id = ?", (provenance_id,))
        assert row is not None
        learned[provenance] = row[0]
    return learned


def _provenance(response: Response) -> Texts:
    return (
        response.finish_reason,
        response.cost_source,
        response.served_model,
        response.served_provider,
        response.model_digest,
    )


def _provenance_id(provenance: Texts) -> bytes:
    return bytes.fromhex(content_hash(provenance))


def _attempt_values(attempt: Attempt) -> SqlRow:
    return (
        attempt.trial_index,
        attempt.number,
        attempt.fence,
        microseconds(attempt.started_at),
        attempt.idempotency_key,
        attempt.reserved_microusd,
    )


def _settled_row(experiment_no: int, item: Settlement) -> SqlRow:
    settled_at = microseconds(item.settled_at)
    head = (experiment_no, *_attempt_values(item.attempt))
    if (failure := item.failure) is None:
        cost = item.response.cost_microusd if item.response is not None else None
        return (*head, AttemptOutcome.ANSWERED, settled_at, cost, None, None, None, None, None)
    (message,), exact = pack(FAILURE_TEXTS, (failure.message,))
    details = (failure.kind.value, message, failure.status, failure.retry_after_s, exact)
    return (*head, AttemptOutcome.FAILED, settled_at, None, *details)


def _response_row(
    experiment_no: int,
    item: Settlement,
    response: Response | None,
    provenance_nos: Mapping[Texts, int],
) -> SqlRow:
    assert response is not None
    texts, exact = pack(RESPONSE_TEXTS, (response.text, response.provider_response_id))
    return (
        experiment_no,
        item.attempt.trial_index,
        item.attempt.number,
        microseconds(item.settled_at),
        *texts,
        response.latency_s,
        response.prompt_tokens,
        response.completion_tokens,
        response.cost_microusd,
        provenance_nos[_provenance(response)],
        response.is_truncated,
        response.is_prompt_cut,
        response.raw,
        exact,
    )


def score_row(experiment_no: int, trial_index: int, score: Score, *, is_first: bool) -> SqlRow:
    """Return a score as a row of ``INSERT_SCORES``."""
    texts, exact = pack(SCORE_TEXTS, (score.answer, score.rule))
    return (
        experiment_no,
        trial_index,
        score.scorer,
        is_first,
        float(score.value),
        score.status.value,
        *texts,
        exact,
    )
