"""The contract of the storage door.

A ``Database`` is opened by ``open_database(url)`` and may be used from any thread. Every method is one
transaction and blocks until it is durable; nothing is cached between calls. Values that come out
are frozen. Times come from the database's clock where a lease depends on them, else from the Clock
that the database was opened with.

Facts (attempts, responses) are append-only: a response is stored once per (experiment, trial index),
the first writer wins, and its bytes never change. State is fenced: a change that names a fence is
refused with LeaseLost when the experiment has moved on to a higher one. Money is reserved before it is
spent: with a cost limit, settled + open + lost never exceeds it (see ``LedgerTotals``).

All methods raise StorageError when the database cannot be reached or refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import Response, Score
from scramblebench.storage.browse_records import (
    QuestionFilter,
    QuestionPage,
    ResponseFilter,
    ResponsePage,
)
from scramblebench.storage.derived_protocols import AnalysisStore, DocumentStore, MonitorStore
from scramblebench.storage.records import (
    BenchmarkRecord,
    CallColumns,
    Choose,
    Claim,
    CounterRecord,
    EngineRecord,
    EventRecord,
    ExperimentLimits,
    ExperimentRecord,
    FailureTotal,
    LedgerTotals,
    ModelRecord,
    NewExperiment,
    QueueRecord,
    QueueTotals,
    Refusal,
    Reservation,
    ResponseRecord,
    RunnerRecord,
    ScoreColumns,
    ScrambledRecord,
    ServedModel,
    Settlement,
    StoredSize,
    first_free,
)
from scramblebench.storage.shard_protocol import ShardStore

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class ExperimentStore(Protocol):
    """Experiments, what they consist of, and the history of their states."""

    def add(self, new: NewExperiment) -> None:
        """Store an experiment in state PLANNED with its models, conditions and questions."""
        ...

    def get(self, experiment_id: str) -> ExperimentRecord:
        """Return one experiment by its full id; raises ExperimentNotFound."""
        ...

    def find(self, reference: str) -> ExperimentRecord:
        """Return the experiment of a full id, ``@last``, a name or a unique id prefix, tried in that order.

        A name that several experiments share means the newest of them. Raises ExperimentNotFound,
        which names the nearest name, or the ids that an ambiguous prefix fits.
        """
        ...

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
        ...

    def change_tags(self, experiment_id: str, tags: Sequence[str]) -> ExperimentRecord:
        """Set the tags: each once, in the order given."""
        ...

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

        Raises StateError where the table does not allow it, LeaseLost where ``fence`` is given and is
        not the experiment's. RUNNING sets ``started_at`` once; final states set ``completed_at``.
        """
        ...

    def change_limits(
        self,
        experiment_id: str,
        limits: ExperimentLimits,
        *,
        reason: str | None = None,
        actor: str = "",
    ) -> ExperimentRecord:
        """Set the limits and append an event that says what changed; nothing changed appends nothing."""
        ...

    def append_event(self, experiment_id: str, reason: str, *, actor: str = "") -> EventRecord:
        """Append an event that changes no state, and return it: what happened, and who did it."""
        ...

    def events(self, experiment_id: str) -> Sequence[EventRecord]:
        """Return the history, oldest first."""
        ...

    def models(self, experiment_id: str) -> Sequence[ModelRecord]:
        """Return the models in plan order."""
        ...

    def conditions(self, experiment_id: str) -> Sequence[Condition]:
        """Return the conditions in plan order."""
        ...

    def questions(
        self, experiment_id: str, first: int = 0, last: int | None = None
    ) -> Sequence[Question]:
        """Return the questions in plan order; of a range of positions, ``last`` excluded."""
        ...

    def benchmarks(self, experiment_id: str) -> Sequence[BenchmarkRecord]:
        """Return the benchmarks in the order of the configuration."""
        ...

    def source_text(self, experiment_id: str) -> str:
        """Return the configuration as it was given."""
        ...


class TrialStore(Protocol):
    """Attempts, responses, scores, and the counters kept with them."""

    def write(self, items: Sequence[Reservation | Settlement]) -> dict[int, Refusal]:
        """Store reservations and settlements in one transaction; return the refused, by position.

        A reservation is the right to spend. It is refused, and the others are stored all the same, once
        its experiment has left RUNNING or a later claim has it, where the shard it is made under is over or
        another worker's, and where it could cost more than the
        cost limits leave. Reservations are taken in order; a smaller one may fit after a refused one.

        A settlement is a fact and always taken. It stores the response (first writer wins), its score,
        its scrambled question, settles the attempt, books its cost and adds to the counters; a response
        that was already there adds nothing and settles the attempt all the same. Writing the same items
        again changes nothing.
        """
        ...

    def answered(self, experiment_id: str, n_trials: int, first: int = 0) -> npt.NDArray[np.bool_]:
        """Return, per trial index, whether a response is stored; shape (n_trials,).

        What lies before ``first`` is not looked at, and False.
        """
        ...

    def attempt_numbers(self, experiment_id: str, trials: range | None = None) -> dict[int, int]:
        """Return, by trial index, the highest attempt number of the trials that have attempts but no response.

        Of some trials only, where they are given.
        """
        ...

    def given_up(
        self, experiment_id: str, fence: int, trials: range, n_tries: int
    ) -> frozenset[int]:
        """Return the trials without a response that a claim need not try again.

        Their last attempt under that fence failed for good, or ``n_tries`` of them failed.
        """
        ...

    def ledger(self, experiment_id: str) -> LedgerTotals:
        """Return what the experiment cost and may have cost, without reading attempts."""
        ...

    def cached(self, key: bytes) -> Response | None:
        """Return the answer that a request of this key had, marked as cached and free; None without one."""
        ...

    def counters(self, experiment_id: str) -> Sequence[CounterRecord]:
        """Return the running totals per model and condition; cells without any attempt are left out."""
        ...

    def served(self, experiment_id: str) -> Sequence[ServedModel]:
        """Return who gave answers that did not come from the cache, each once per model."""
        ...

    def read_calls(self, experiment_id: str) -> CallColumns:
        """Return when and by whom responses were given, in order of trial index."""
        ...

    def failures(self, experiment_id: str) -> Sequence[FailureTotal]:
        """Return the failed attempts by model and kind."""
        ...

    def read_scores(self, experiment_id: str, scorer: str | None = None) -> ScoreColumns:
        """Return the scores in order of trial index; by one scorer, else those made when the response came."""
        ...

    def responses(
        self,
        experiment_id: str,
        first_index: int = 0,
        last_index: int | None = None,
        *,
        with_bodies: bool = True,
    ) -> Iterator[ResponseRecord]:
        """Yield responses in order of trial index, streamed; ``last_index`` is excluded.

        Without bodies ``raw`` is None: they are packed, and few readers need them.
        """
        ...

    def scrambled(self, experiment_id: str) -> Sequence[ScrambledRecord]:
        """Return how each question was scrambled, in plan order of condition and question."""
        ...

    def replace_scores(self, experiment_id: str, scores: Iterable[tuple[int, Score]]) -> None:
        """Store scores of other scorers beside those there are, replacing their earlier ones.

        A score made when the response came is never replaced: the counters stand on it. ``scores`` may
        be computed from ``responses`` of the same database while they are stored.
        """
        ...


class BrowseStore(Protocol):
    """Responses and questions found a page at a time, however many there are.

    A page costs no more than a window of its table: what lies beyond is the next page's.
    """

    def responses(self, experiment_id: str, wanted: ResponseFilter, limit: int) -> ResponsePage:
        """Return the next responses that a filter fits, in order of trial index."""
        ...

    def questions(
        self,
        experiment_id: str,
        wanted: QuestionFilter,
        first: int = 0,
        limit: int = 50,
        *,
        is_backwards: bool = False,
    ) -> QuestionPage:
        """Return the positions of the questions that a filter fits, from ``first`` on or back from it."""
        ...


class QueueStore(Protocol):
    """Who runs what, and what is next."""

    def enqueue(
        self,
        experiment_id: str,
        priority: int | None = None,
        depends_on: Sequence[str] | None = None,
        requirements_json: str | None = None,
    ) -> None:
        """Queue an experiment (state QUEUED) or change the entry it has; its retries count from 0 again.

        None keeps what was said when it was queued before: at first priority 1, and nothing else.

        Raises ExperimentNotFound for an unknown dependency and StateError for one that is cyclic, failed
        for good or cancelled.
        """
        ...

    def claim(self, runner_id: str, lease_s: float, choose: Choose = first_free) -> Claim | None:
        """Claim the experiment that ``choose`` picks from ``entries()``, or none.

        Entries are read, chosen from and claimed in one transaction that no other claim overlaps, so that
        what ``choose`` admits together fits together. The claim makes the experiment RUNNING, counts its
        fence up and holds it for ``lease_s`` seconds. Returns None where ``choose`` does, or where the
        chosen one is not free.

        Taking over an experiment whose runner died counts a recovery. The one after ``MAX_RECOVERIES`` in a
        row without one answer in between is refused: the experiment FAILS, for it kills its runners. What
        was released or queued again, or comes back to the runner that had it, is no recovery.
        """
        ...

    def renew(self, claim: Claim, lease_s: float) -> ExperimentLimits | None:
        """Extend the lease and return the limits in force; None when the claim was lost."""
        ...

    def release(self, claim: Claim) -> None:
        """End the lease at once, the state untouched."""
        ...

    def retry_later(self, experiment_id: str, after_s: float) -> None:
        """Make a FAILED experiment free again in ``after_s`` seconds, and count the retry."""
        ...

    def entries(self) -> Sequence[QueueRecord]:
        """Return the entries that are queued, running or to be retried, higher priority first.

        Those of one priority stand in order of arrival.
        """
        ...

    def totals(self) -> QueueTotals:
        """Return experiments by state, and how long they waited and ran."""
        ...

    def heartbeat(self, runner_id: str, host: str, pid: int, role: str = "runner") -> None:
        """Say that a runner is alive; ``role`` is "worker" of one that takes shards."""
        ...

    def runners(self) -> Sequence[RunnerRecord]:
        """Return the runners that were heard of within a day, the latest first."""
        ...


class RateStore(Protocol):
    """Rates that several runners share: a line of evenly spaced places per key."""

    def take(self, key: str, amount: float, rate_per_minute: float) -> float:
        """Take ``amount`` places of the key's line; return in how many seconds the first is due.

        Places are 60 / ``rate_per_minute`` seconds apart, from now on at the earliest, and the line
        keeps no unused ones. A negative amount gives places back. Measured by the lease's clock.
        """
        ...


class Database(Protocol):
    """A database with its stores."""

    @property
    def experiments(self) -> ExperimentStore:
        """Experiments and their history."""
        ...

    @property
    def trials(self) -> TrialStore:
        """Attempts, responses and scores."""
        ...

    @property
    def browse(self) -> BrowseStore:
        """Responses and questions, a page at a time."""
        ...

    @property
    def queue(self) -> QueueStore:
        """Leases and order."""
        ...

    @property
    def shards(self) -> ShardStore:
        """Parts of experiments that workers take."""
        ...

    @property
    def rates(self) -> RateStore:
        """Rates shared by all runners."""
        ...

    @property
    def analyses(self) -> AnalysisStore:
        """Derived results and A/B tests."""
        ...

    @property
    def monitor(self) -> MonitorStore:
        """Samples, latencies, alerts and notes."""
        ...

    @property
    def documents(self) -> DocumentStore:
        """What is kept word for word."""
        ...

    def engine(self) -> EngineRecord:
        """Return which database this is."""
        ...

    def size(self) -> StoredSize:
        """Return what is taken on disk; of a large SQLite file it takes a while, all of it is read."""
        ...

    def compact(self) -> None:
        """Give back what deleted rows have left; raises StorageError where others are writing (SQLite)."""
        ...

    @property
    def shown_url(self) -> str:
        """The URL without its password, fit for logs."""
        ...

    def migrate(self) -> None:
        """Create the schema or bring it up to date; idempotent; raises StorageError on a newer one."""
        ...

    def close(self) -> None:
        """Give all connections back; later calls are errors."""
        ...
