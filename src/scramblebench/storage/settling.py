"""The hot path: reservations and settlements of many trials in one transaction.

What was new is asked of the database itself (RETURNING), so that writing the same settlement again,
after a lost connection or by a runner that lost its lease, adds nothing to any total. All rows go in
in order of their keys: two writers then never wait for each other in a circle.

Where there is a budget, what a batch settles is booked before what it reserves: money that comes back can be
spent at once. Where there is none, attempts, responses and reservations leave together, and a server is waited
for once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import Attempt, AttemptOutcome, Response, Score
from scramblebench.storage.bodies import pack_body
from scramblebench.storage.connection import BulkInsert, Column, Connection, Value
from scramblebench.storage.contents import hash_bytes
from scramblebench.storage.experiments import unknown_experiment
from scramblebench.storage.ledger import Bookings, Budget, Purse
from scramblebench.storage.moments import microseconds
from scramblebench.storage.records import Refusal, Reservation, Settlement
from scramblebench.storage.sanitise import pack, storable
from scramblebench.storage.totals import add_totals
from scramblebench.storage.vocabulary import (
    OUTCOME_NOS,
    RESPONSE_TEXTS,
    STATUS_NOS,
    Vocabulary,
    learn_provenances,
    learn_rules,
    provenance_of,
)

SqlRow = tuple[Value, ...]

_UNKNOWN = OUTCOME_NOS[AttemptOutcome.UNKNOWN]
_TRIAL_AND_NUMBER = itemgetter(1, 2)
_CONDITION_AND_QUESTION = itemgetter(1, 2)

SCORE_TEXTS = ("answer",)
FAILURE_TEXTS = ("failure_message",)

_KEY = (Column("experiment_no", "bigint"), Column("trial_index", "bigint"))
_RESERVED = (
    *_KEY,
    Column("number", "bigint"),
    Column("fence", "bigint"),
    Column("started_at", "bigint"),
    Column("reserved_microusd", "bigint"),
    Column("outcome", "smallint"),
)
_INSERT_RESERVED = BulkInsert(
    "attempts", _RESERVED, "ON CONFLICT DO NOTHING RETURNING trial_index, number"
)
_SETTLE = BulkInsert(
    "attempts",
    (
        *_RESERVED,
        Column("took_us", "bigint"),
        Column("cost_microusd", "bigint"),
        Column("failure_kind", "text"),
        Column("failure_message", "text"),
        Column("failure_status", "bigint"),
        Column("retry_after_s", "double precision"),
        Column("exact", "bytea"),
        Column("is_reserved", "boolean"),
    ),
    """
    ON CONFLICT (experiment_no, trial_index, number) DO UPDATE SET
        outcome = excluded.outcome, took_us = excluded.took_us,
        cost_microusd = excluded.cost_microusd, failure_kind = excluded.failure_kind,
        failure_message = excluded.failure_message, failure_status = excluded.failure_status,
        retry_after_s = excluded.retry_after_s, exact = excluded.exact
    WHERE attempts.outcome = 0
    RETURNING trial_index, number, is_reserved, reserved_microusd""",
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
        Column("is_cached", "boolean"),
    ),
    "ON CONFLICT DO NOTHING RETURNING trial_index",
)
_INSERT_SERVED = BulkInsert(
    "served_models",
    (
        Column("experiment_no", "bigint"),
        Column("model_index", "bigint"),
        Column("provenance_no", "bigint"),
    ),
    "ON CONFLICT DO NOTHING",
)
_INSERT_CACHE = BulkInsert(
    "response_cache",
    (Column("key", "bytea"), *_KEY),
    "ON CONFLICT DO NOTHING",
)
INSERT_SCORES = BulkInsert(
    "scores",
    (
        *_KEY,
        Column("scorer", "text"),
        Column("is_first", "boolean"),
        Column("value", "double precision"),
        Column("status", "smallint"),
        Column("answer", "text"),
        Column("rule_no", "bigint"),
        Column("exact", "bytea"),
    ),
    "ON CONFLICT DO NOTHING",
)
_INSERT_SCRAMBLED = BulkInsert(
    "scrambled_questions",
    (
        Column("experiment_no", "bigint"),
        Column("condition_index", "bigint"),
        Column("question_no", "bytea", "(SELECT no FROM questions WHERE id = ?)"),
        Column("text_sha256", "bytea"),
        Column("realised_dose", "double precision"),
        Column("edit_distance", "double precision"),
        Column("n_units", "bigint"),
        Column("n_altered", "bigint"),
    ),
    "ON CONFLICT DO NOTHING",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a batch: refused reservations by position, and what was met for the first time."""

    refused: dict[int, Refusal]
    learned: Vocabulary


def write_batch(
    connection: Connection,
    items: Sequence[Reservation | Settlement],
    known: Vocabulary,
) -> Written:
    """Store the items; what is ``known`` needs no look."""
    by_experiment: dict[str, list[int]] = {}
    for position, item in enumerate(items):
        by_experiment.setdefault(item.attempt.experiment_id, []).append(position)
    settled = [item for item in items if isinstance(item, Settlement)]
    learned = _learn(connection, settled, known)
    vocabulary = known | learned if learned.provenances or learned.rules else known
    refused: dict[int, Refusal] = {}
    for experiment_id in sorted(by_experiment):
        own = [(position, items[position]) for position in by_experiment[experiment_id]]
        right = _locked_right(connection, experiment_id)
        experiment_no = right.experiment_no
        settlements = [item for _, item in own if isinstance(item, Settlement)]
        reservations = {place: i for place, i in own if isinstance(i, Reservation)}
        finish_settling = _settle(connection, experiment_no, settlements, vocabulary)
        if right.budget.is_limited:
            finish_settling()
        finish_reserving = _reserve(connection, experiment_no, right, reservations)
        if not right.budget.is_limited:
            finish_settling()
        refused |= finish_reserving()
    return Written(refused, learned)


@dataclass(frozen=True, slots=True)
class _Right:
    """Who may spend how much."""

    experiment_no: int
    is_running: bool
    fence: int
    budget: Budget


def _locked_right(connection: Connection, experiment_id: str) -> _Right:
    """Return who may spend, and lock it: batches of one experiment come one after the other.

    Settlements wait for it too: a late answer is then seen by whoever reserves the same trial next.
    Raises ExperimentNotFound.
    """
    row = connection.select_for_update(
        """
        SELECT no, state, fence, cost_limit_microusd, daily_cost_limit_microusd
        FROM experiments WHERE id = ?""",
        (storable(experiment_id),),
    )
    if row is None:
        raise unknown_experiment(experiment_id)
    return _Right(row[0], row[1] == ExperimentState.RUNNING, row[2], Budget(row[3], row[4]))


def _reserve(
    connection: Connection,
    experiment_no: int,
    right: _Right,
    reservations: Mapping[int, Reservation],
) -> Callable[[], dict[int, Refusal]]:
    """Store what may be spent; return what books it and says why the others may not, by position in the batch."""
    attempts = {position: item.attempt for position, item in reservations.items()}
    proofs = {item.shard for item in reservations.values() if item.shard is not None}
    lost = {proof for proof in proofs if not _is_held(connection, experiment_no, proof)}
    purse = Purse(connection, experiment_no, right.budget)
    refused: dict[int, Refusal] = {}
    rows: dict[tuple[int, int], SqlRow] = {}
    positions: dict[tuple[int, int], int] = {}
    for position, attempt in attempts.items():
        is_ours = right.is_running and right.fence == attempt.fence
        if not is_ours or reservations[position].shard in lost:
            refusal = Refusal.LEASE
        elif attempt.number > 1 and _is_answered(connection, experiment_no, attempt):
            refusal = Refusal.ANSWERED
        else:
            refusal = purse.take(attempt)
        if refusal is not None and (
            refusal in (Refusal.LEASE, Refusal.ANSWERED)
            or not _is_reserved(connection, experiment_no, attempt)
        ):
            refused[position] = refusal
            continue
        key = (attempt.trial_index, attempt.number)
        positions[key] = position
        rows[key] = (experiment_no, *_attempt_values(attempt), _UNKNOWN)
    reserved = connection.insert(_INSERT_RESERVED, [rows[key] for key in sorted(rows)])

    def finish() -> dict[int, Refusal]:
        bookings = Bookings()
        for key in reserved:
            bookings.reserve(attempts[positions.pop(key)])
        bookings.write(connection, experiment_no)
        for position in positions.values():  # those that were there before
            if not _is_reserved(connection, experiment_no, attempts[position]):
                refused[position] = Refusal.TAKEN
        return refused

    return finish


def _is_held(connection: Connection, experiment_no: int, proof: tuple[int, int]) -> bool:
    """Whether a shard is not over and still whose proof this is; its claims wait for our lock."""
    row = connection.row(
        """
        SELECT 1 FROM shards WHERE experiment_no = ? AND first_index = ? AND fence = ?
          AND worker_id IS NOT NULL AND NOT is_over""",
        (experiment_no, *proof),
    )
    return row is not None


def _is_answered(connection: Connection, experiment_no: int, attempt: Attempt) -> bool:
    """Whether a trial that was tried before has an answer by now: its first runner was only late."""
    row = connection.row(
        "SELECT 1 FROM responses WHERE experiment_no = ? AND trial_index = ?",
        (experiment_no, attempt.trial_index),
    )
    return row is not None


def _is_reserved(connection: Connection, experiment_no: int, attempt: Attempt) -> bool:
    """Whether a reservation is there already: it is written again after a lost connection."""
    row = connection.row(
        """
        SELECT 1 FROM attempts
        WHERE experiment_no = ? AND trial_index = ? AND number = ? AND fence = ?""",
        (experiment_no, attempt.trial_index, attempt.number, attempt.fence),
    )
    return row is not None


def _settle(
    connection: Connection,
    experiment_no: int,
    settlements: Sequence[Settlement],
    vocabulary: Vocabulary,
) -> Callable[[], None]:
    """Store attempts and responses; return what stores all that follows from those that were new."""
    by_key = {
        (item.attempt.trial_index, item.attempt.number): item for item in reversed(settlements)
    }
    rows = [_settled_row(experiment_no, by_key[key]) for key in sorted(by_key)]
    newly_settled = connection.insert(_SETTLE, rows)
    newly_answered = _insert_responses(connection, experiment_no, settlements, vocabulary)

    def finish() -> None:
        answered = list(newly_answered)
        _insert_scores(connection, experiment_no, answered, vocabulary)
        _insert_served(connection, experiment_no, answered, vocabulary)
        _insert_scrambled(connection, experiment_no, settlements)
        _insert_cache_keys(connection, experiment_no, answered)
        new = [(by_key[row[0], row[1]], row[2], row[3]) for row in newly_settled]
        failed = [item for item, _, _ in new if item.failure is not None and item.failure.was_sent]
        add_totals(connection, experiment_no, answered, failed)
        bookings = Bookings()
        for item, is_reserved, reserved_microusd in new:
            _book(bookings, item, bool(is_reserved), reserved_microusd)
        bookings.write(connection, experiment_no)

    return finish


def _book(
    bookings: Bookings, item: Settlement, is_reserved: bool, reserved_microusd: int | None
) -> None:
    if is_reserved:
        bookings.release(item.attempt, reserved_microusd)
    cost = item.response.cost_microusd if item.response is not None else None
    if cost is not None:
        bookings.charge(item.attempt, cost)
    elif item.attempt.number == 0:
        return  # never sent by us, so that nothing of ours can be lost
    elif item.response is not None or (item.failure is not None and item.failure.may_be_charged):
        bookings.lose(item.attempt, reserved_microusd)


def _insert_responses(
    connection: Connection,
    experiment_no: int,
    settlements: Sequence[Settlement],
    vocabulary: Vocabulary,
) -> Iterator[Settlement]:
    """Insert the first response of each trial; return the settlements whose response was new."""
    first: dict[int, Settlement] = {}
    for item in settlements:
        if item.response is not None:
            first.setdefault(item.attempt.trial_index, item)
    rows = [
        _response_row(experiment_no, first[index], first[index].response, vocabulary)
        for index in sorted(first)
    ]
    inserted = connection.insert(_INSERT_RESPONSES, rows)
    return (first[index] for (index,) in inserted)


def _insert_scores(
    connection: Connection,
    experiment_no: int,
    answered: Sequence[Settlement],
    vocabulary: Vocabulary,
) -> None:
    rows = [
        score_row(experiment_no, item.attempt.trial_index, item.score, vocabulary, is_first=True)
        for item in answered
        if item.score is not None
    ]
    connection.insert(INSERT_SCORES, rows)


def _insert_served(
    connection: Connection,
    experiment_no: int,
    answered: Sequence[Settlement],
    vocabulary: Vocabulary,
) -> None:
    rows = {
        (experiment_no, item.model_index, vocabulary.provenances[provenance_of(item.response)].no)
        for item in answered
        if item.response is not None and not item.response.is_cached
    }
    connection.insert(_INSERT_SERVED, sorted(rows))


def _insert_scrambled(
    connection: Connection, experiment_no: int, settlements: Sequence[Settlement]
) -> None:
    rows: set[SqlRow] = set()
    for item in settlements:
        if (record := item.scrambled) is not None:
            amounts = (record.realised_dose, record.edit_distance, record.n_units, record.n_altered)
            text_hash = hash_bytes(record.text_sha256, "scrambled text")
            question_id = hash_bytes(record.question_id, "question")
            rows.add((experiment_no, item.condition_index, question_id, text_hash, *amounts))
    connection.insert(_INSERT_SCRAMBLED, sorted(rows, key=_CONDITION_AND_QUESTION))


def _insert_cache_keys(
    connection: Connection, experiment_no: int, answered: Sequence[Settlement]
) -> None:
    rows = [
        (item.cache_key, experiment_no, item.attempt.trial_index)
        for item in answered
        if item.cache_key is not None
    ]
    connection.insert(_INSERT_CACHE, sorted(rows))


def _learn(connection: Connection, settled: Sequence[Settlement], known: Vocabulary) -> Vocabulary:
    responses = [item.response for item in settled if item.response]
    rules = {item.score.rule for item in settled if item.score is not None}
    return Vocabulary(
        learn_provenances(connection, responses, known.provenances),
        learn_rules(connection, rules, known.rules),
    )


def _attempt_values(attempt: Attempt) -> SqlRow:
    return (
        attempt.trial_index,
        attempt.number,
        attempt.fence,
        microseconds(attempt.started_at),
        attempt.reserved_microusd,
    )


def _settled_row(experiment_no: int, item: Settlement) -> SqlRow:
    """Return an attempt as settled; ``is_reserved`` false stays only where no reservation was there."""
    head = (experiment_no, *_attempt_values(item.attempt))
    took_us = microseconds(item.settled_at) - microseconds(item.attempt.started_at)
    if (failure := item.failure) is None:
        cost = item.response.cost_microusd if item.response is not None else None
        answered = OUTCOME_NOS[AttemptOutcome.ANSWERED]
        return (*head, answered, took_us, cost, *(None,) * 5, False)
    (message,), exact = pack(FAILURE_TEXTS, (failure.message,))
    details = (failure.kind.value, message, failure.status, failure.retry_after_s, exact)
    outcome = AttemptOutcome.LOST if failure.may_be_charged else AttemptOutcome.FAILED
    return (*head, OUTCOME_NOS[outcome], took_us, None, *details, False)


def _response_row(
    experiment_no: int,
    item: Settlement,
    response: Response | None,
    vocabulary: Vocabulary,
) -> SqlRow:
    assert response is not None
    provenance = vocabulary.provenances[provenance_of(response)]
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
        provenance.no,
        response.is_truncated,
        response.is_prompt_cut,
        pack_body(response.raw, texts[0] or "", texts[1], provenance.sample),
        exact,
        response.is_cached,
    )


def score_row(
    experiment_no: int, trial_index: int, score: Score, vocabulary: Vocabulary, *, is_first: bool
) -> SqlRow:
    """Return a score as a row of ``INSERT_SCORES``; its rule must be in the vocabulary."""
    (answer,), exact = pack(SCORE_TEXTS, (score.answer,))
    return (
        experiment_no,
        trial_index,
        score.scorer,
        is_first,
        float(score.value),
        STATUS_NOS[score.status],
        answer,
        vocabulary.rules[score.rule],
        exact,
    )
