"""F13: what providers answer when they do not answer: 24 kinds, each met by a whole run."""

import json
import urllib.request
from collections import Counter
from dataclasses import dataclass

from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import AnswerStatus
from scramblebench.storage import Database, open_database
from scramblebench.testing.fake_provider import LedgerEntry
from tests.faults.matrix import SQLITE, fault
from tests.faults.stage import Stage, study

MAX_WAIT_S = 0.5
_CONCURRENCY = 8
_N_QUESTIONS = 10


@dataclass(frozen=True)
class Case:
    """A fault of the provider on a share of its answers.

    ``is_answer`` says that such an answer is one and is stored as it is, ``is_cost_unknown`` that nobody
    knows its cost, ``is_permanent`` that the trial is never asked again.
    """

    kind: str
    share: float = 0.3
    is_answer: bool = False
    is_cost_unknown: bool = False
    is_permanent: bool = False


CASES = (
    Case("429"),
    Case("429:0.3"),
    Case("429:0"),
    Case("429-date:1"),
    Case("429-date:-30"),
    Case("429-text:-5"),
    Case("429-text:1000000000", share=0.1),
    Case("429-text:soon"),
    Case("429-metadata:0.3"),
    Case("429-availability:0.3"),
    Case("500"),
    Case("502"),
    Case("503:0.3"),
    Case("529"),
    Case("200-error"),
    Case("partial"),
    Case("empty-choices"),
    Case("null-content"),
    Case("truncated-json"),
    Case("nan"),
    Case("length", is_answer=True),
    Case("wrong-model", is_answer=True),
    Case("missing-usage", is_answer=True, is_cost_unknown=True),
    Case("negative-usage", is_answer=True, is_cost_unknown=True),
    Case("lone-surrogate", is_answer=True),
    Case("400", is_permanent=True),
)


@fault(
    "F13", f"what providers say instead of an answer, {len(CASES)} kinds",
    per_commit=len(CASES), full=len(CASES), databases=(SQLITE,), completes=False,
)  # fmt: skip
def odd_provider(stage: Stage, run_number: int) -> None:
    case = CASES[run_number % len(CASES)]
    provider = stage.use_provider(
        "--latency-ms", "5", "--fault", f"{case.kind}={case.share}", "--seed", str(run_number)
    )
    experiment_id = stage.create(
        study(_N_QUESTIONS, max_concurrent_requests=_CONCURRENCY, max_retry_wait_s=MAX_WAIT_S)
    )
    stage.expect(stage.start(), 3 if case.is_permanent else 0)
    entries = provider.entries()
    if case.kind not in {entry.fault for entry in entries}:
        stage.complain("run", f"{case.kind} never struck")
    _check_waits(stage, entries)
    with urllib.request.urlopen(f"{provider.url}/fake/counts", timeout=10) as page:
        most = json.load(page)["max_in_flight"]
    if most > _CONCURRENCY:
        stage.complain("I9", f"{most} requests were in flight at once, {_CONCURRENCY} may be")
    database = open_database(stage.database_url)
    try:
        _check_stored(stage, case, database, experiment_id, entries)
    finally:
        database.close()
    stage.judge(is_complete=not (case.is_answer or case.is_permanent))


def _check_waits(stage: Stage, entries: list[LedgerEntry]) -> None:
    """A trial waits as long as it was asked to, up to the cap; so does its model, but for what had left."""
    early: Counter[str] = Counter()
    for position, asked in enumerate(entries):
        if not asked.asked_wait_s or asked.answered_s is None:
            continue
        free_at_s = _free_at_s(asked)
        soon = [e for e in entries[position + 1 :] if asked.answered_s < e.received_s < free_at_s]
        if any(entry.idempotency_key == asked.idempotency_key for entry in soon):
            early[asked.idempotency_key or ""] += 1
        if len(soon) > 2 * _CONCURRENCY:
            stage.complain(
                "I9", f"{len(soon)} requests within the wait that {asked.sequence} asked"
            )
    if early:
        stage.complain("I9", f"sent before their Retry-After: {dict(early)}")
    last = max(entries, key=lambda entry: entry.received_s)
    longest_s = 60.0
    if last.received_s - entries[0].received_s > longest_s:
        stage.complain("I9", "a wait was not capped")


def _free_at_s(asked: LedgerEntry) -> float:
    """Return when a wait is over; a reset named as a moment (in whole ms) counts from the request."""
    assert asked.answered_s is not None
    wait_s = min(asked.asked_wait_s or 0.0, MAX_WAIT_S)
    is_moment = (asked.fault or "").startswith("429-metadata")
    return asked.received_s + wait_s - 0.001 if is_moment else asked.answered_s + wait_s


def _check_stored(
    stage: Stage, case: Case, database: Database, experiment_id: str, entries: list[LedgerEntry]
) -> None:
    """I11: what failed is missing or asked again, never scored; what nobody priced is marked."""
    n_struck = sum(entry.fault == case.kind for entry in entries)
    experiment = database.experiments.get(experiment_id)
    responses = list(database.trials.responses(experiment_id))
    counters = database.trials.counters(experiment_id)
    n_failures = sum(counter.n_failures for counter in counters)
    expected = ExperimentState.FAILED if case.is_permanent else ExperimentState.COMPLETED
    if experiment.state is not expected:
        stage.complain("I11", f"it is {experiment.state}: {experiment.reason}")
    if case.is_permanent and len(responses) != experiment.n_trials - n_struck:
        stage.complain("I11", f"{len(responses)} responses, {n_struck} refused")
    if n_failures != (0 if case.is_answer else n_struck):
        stage.complain("I11", f"{n_failures} failures booked, {n_struck} struck")
    n_unknown = sum(counter.n_cost_unknown for counter in counters)
    if n_unknown != (n_struck if case.is_cost_unknown else 0):
        stage.complain("I4", f"{n_unknown} costs unknown, {n_struck} answers without a price")
    if case.kind == "length":
        n_cut = sum(each.response.is_truncated for each in responses)
        n_answered = sum(
            each.response.is_truncated
            and each.score is not None
            and each.score.status is AnswerStatus.ANSWERED
            and each.score.value > 0
            for each in responses
        )
        if n_cut != n_struck or n_answered:
            stage.complain("I11", f"{n_cut} of {n_struck} marked as cut, {n_answered} scored right")
    if case.kind == "wrong-model":
        served = Counter(each.response.served_model for each in responses)
        if served["acme/another-model"] != n_struck:
            stage.complain("I11", f"served models: {dict(served)}")
