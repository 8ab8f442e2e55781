"""The second reading: responses with their scores, stored under a claim as facts that nobody was asked for.

Attempts have number 0, as those of answers from the cache: nothing was sent and nothing reserved. An
import that was stopped is continued by the same import: what is stored is passed over.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from scramblebench.core.clock import Clock
from scramblebench.core.errors import LeaseLost, StorageError, UsageError
from scramblebench.core.questions import Question
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import Attempt, Response, Score
from scramblebench.evaluation import Description, store_experiment
from scramblebench.imports.planning import ImportPlan
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.survey import STEP, OnRead, Reading, read_all
from scramblebench.queue import LEASE_S
from scramblebench.scoring import score
from scramblebench.storage import Claim, Database, ExperimentRecord, Settlement, new_runner_id

SCORER = "imported@1"
"""What judgements of files are known by."""
PROVIDER = "imported"
_BATCH = 512
_BATCH_BYTES = 8 << 20
_RENEW_S = LEASE_S / 4
_S = ExperimentState


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import stored; ``is_continued`` says that an earlier one had begun it."""

    experiment_id: str
    n_trials: int
    n_responses: int
    n_stored: int
    is_continued: bool

    @property
    def n_missing(self) -> int:
        """Planned trials that are not in the files."""
        return self.n_trials - self.n_responses


def find_unfinished(database: Database, imported: ImportPlan, name: str) -> ExperimentRecord | None:
    """Return the experiment of the same name and files that an earlier import left unfinished."""
    experiments = database.experiments
    for state in (_S.RUNNING, _S.QUEUED, _S.PLANNED, _S.FAILED):
        for record in experiments.list(state, limit=1000):
            is_same = record.name == name and record.n_trials == len(imported.plan)
            if is_same and experiments.source_text(record.id) == imported.source_text:
                return record
    return None


def store_responses(
    database: Database,
    imported: ImportPlan,
    readings: Sequence[Reading],
    options: ImportOptions,
    about: Description,
    clock: Clock,
    on_stored: OnRead = lambda _: None,
) -> ImportOutcome:
    """Store the experiment and its responses; it is completed when all that the files have is stored.

    Stopped in the middle it stays queued, or running without a runner where the process was killed. No
    runner takes it; the same import continues it.
    """
    database.migrate()
    unfinished = find_unfinished(database, imported, about.name)
    if unfinished is None:
        experiment_id = store_experiment(database, imported.plan, imported.source_text, about)
    else:
        experiment_id = unfinished.id
    claim = _claim(database, experiment_id)
    try:
        with _Shelf(database, claim, clock) as shelf:
            n_stored = _store_all(database, imported, readings, options, shelf, on_stored)
        n_responses = database.experiments.get(experiment_id).n_answered
        if n_responses != imported.n_responses:
            raise UsageError("the files changed while they were imported; import them again")
    except BaseException:
        with suppress(StorageError, LeaseLost):  # the first error is the one to be told
            reason = "the import was stopped; the same import continues it"
            _end(database, claim, _S.QUEUED, reason)
        raise
    n_trials = len(imported.plan)
    outcome = ImportOutcome(experiment_id, n_trials, n_responses, n_stored, unfinished is not None)
    _end(database, claim, _S.COMPLETED, _reason(outcome))
    return outcome


def _reason(outcome: ImportOutcome) -> str:
    if outcome.n_missing:
        left = f"{outcome.n_missing:,} of {outcome.n_trials:,} planned trials are not in the files"
    else:
        left = f"the files have all {outcome.n_trials:,} planned trials"
    return f"imported, so there is nobody to ask; {left}"


def _claim(database: Database, experiment_id: str) -> Claim:
    """Claim the experiment; raises UsageError where another process is importing it."""
    state = database.experiments.get(experiment_id).state
    if state in (_S.PLANNED, _S.FAILED):
        database.queue.enqueue(experiment_id)
    claim = database.queue.claim(
        new_runner_id(),
        LEASE_S,
        lambda entries: next(
            (e.experiment_id for e in entries if e.experiment_id == experiment_id and e.is_free),
            None,
        ),
    )
    if claim is None:
        raise UsageError(
            f"another process is importing these files, as {experiment_id[:8]}; wait for it, or "
            f"{LEASE_S:g} s after it was killed on another machine"
        )
    return claim


def _end(database: Database, claim: Claim, state: ExperimentState, reason: str) -> None:
    database.experiments.change_state(
        claim.experiment_id, state, reason=reason, actor=claim.runner_id, fence=claim.fence
    )
    database.queue.release(claim)


class _Shelf:
    """Gathers settlements, stores them in batches and keeps the lease; used as a context."""

    def __init__(self, database: Database, claim: Claim, clock: Clock) -> None:
        self.claim = claim
        self._database = database
        self._clock = clock
        self._renewed_at_s = clock.monotonic_s()
        self._batch: list[Settlement] = []
        self._n_bytes = 0

    def __enter__(self) -> "_Shelf":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._flush()

    def now(self) -> datetime:
        """Return the time of the import."""
        return self._clock.now()

    def put(self, settlement: Settlement, n_bytes: int) -> None:
        """Store a settlement with the next batch."""
        self._batch.append(settlement)
        self._n_bytes += n_bytes
        if len(self._batch) >= _BATCH or self._n_bytes >= _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._keep_lease()
        self._database.trials.write(self._batch)
        self._batch, self._n_bytes = [], 0

    def _keep_lease(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._renewed_at_s < _RENEW_S:
            return
        if self._database.queue.renew(self.claim, LEASE_S) is None:
            raise LeaseLost(f"another process imports {self.claim.experiment_id} now")
        self._renewed_at_s = now_s


def _store_all(
    database: Database,
    imported: ImportPlan,
    readings: Sequence[Reading],
    options: ImportOptions,
    shelf: _Shelf,
    on_stored: OnRead,
) -> int:
    """Store what is not stored yet; return how many that were."""
    is_stored = database.trials.answered(shelf.claim.experiment_id, len(imported.plan))
    n_stored = 0
    answered = (entry for entry in read_all(readings, options) if entry[2].text is not None)
    for number, (_, source, record) in enumerate(answered, 1):
        if number % STEP == 0:
            on_stored(number)
        try:
            index = imported.index(record)
            if is_stored[index]:
                continue
            settlement = _settlement(imported, index, record, options, shelf)
        except UsageError as error:
            raise source.wrong(str(error), record.where) from error
        shelf.put(settlement, len(record.raw) + len(record.text or ""))
        is_stored[index] = True
        n_stored += 1
    return n_stored


def _settlement(
    imported: ImportPlan,
    index: int,
    record: ImportedResponse,
    options: ImportOptions,
    shelf: _Shelf,
) -> Settlement:
    now = shelf.now()
    cell = imported.plan.grid.cell(index)
    experiment_id, fence = shelf.claim.experiment_id, shelf.claim.fence
    response = response_of(record)
    return Settlement(
        attempt=Attempt(experiment_id, index, 0, fence, now, 0),
        model_index=cell.model,
        condition_index=cell.condition,
        settled_at=now,
        response=response,
        score=judge(record, imported.plan.questions[cell.question], options, response),
    )


def response_of(record: ImportedResponse) -> Response:
    """Return a response as it is stored; what the file does not say stays unknown."""
    return Response(
        text=record.text or "",
        finish_reason=record.finish_reason,
        latency_s=record.latency_s or 0.0,
        prompt_tokens=record.prompt_tokens,
        completion_tokens=record.completion_tokens,
        cost_microusd=record.cost_microusd,
        cost_source=PROVIDER if record.cost_microusd is not None else None,
        served_model=record.served_model,
        served_provider=PROVIDER,
        model_digest=record.model_digest,
        is_truncated=record.finish_reason == "length",
        raw=record.raw,
        is_cached=True,
    )


def judge(
    record: ImportedResponse, question: Question, options: ImportOptions, response: Response
) -> Score:
    """Return the file's judgement, else that of our own scorer."""
    if record.score is None or options.is_rescored:
        return score(question, response.text, is_truncated=response.is_truncated)
    value = record.score if record.status.is_answer else 0.0
    return Score(value, record.status, record.answer, record.judged_by, SCORER)
