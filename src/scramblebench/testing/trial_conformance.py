"""What every ``TrialStore`` must do."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import fsum

import numpy as np
import pytest

from scramblebench.core.errors import ErrorKind, ExperimentNotFound
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import AnswerStatus, Failure, Response, Score
from scramblebench.storage import (
    CounterRecord,
    Database,
    FailureTotal,
    LedgerTotals,
    Refusal,
    Reservation,
    ScrambledRecord,
    Settlement,
    moment,
)
from scramblebench.testing.experiment_conformance import NASTY
from scramblebench.testing.experiments import (
    CONDITIONS,
    SCORER,
    make_answer,
    make_attempt,
    make_experiment,
    make_failure,
    make_questions,
    make_reservation,
    make_response,
)

_N_TRIALS = 20


class TrialConformance:
    """Facts are stored once, in order, exactly; totals equal a recount."""

    def test_an_experiment_without_trials(self, database: Database) -> None:
        _run(database, "e1")
        trials = database.trials
        trials.write([])
        assert not trials.answered("e1", _N_TRIALS).any()
        assert trials.attempt_numbers("e1") == {}
        assert trials.ledger("e1").n_open == 0
        assert list(trials.counters("e1")) == []
        assert list(trials.failures("e1")) == []
        assert list(trials.responses("e1")) == []
        columns = trials.read_scores("e1")
        assert columns.trial_index.dtype == np.int64
        assert columns.value.dtype == np.float64
        assert columns.has_answer.dtype == np.bool_
        assert columns.value.shape == columns.trial_index.shape == columns.has_answer.shape == (0,)

    def test_a_response_comes_back_exactly(self, database: Database) -> None:
        _run(database, "e1")
        full = make_answer("e1", 3)
        bare = make_answer("e1", 4, response=Response("", latency_s=0.1))
        nasty_response = Response(
            text=NASTY,
            finish_reason=NASTY,
            cost_source=NASTY,
            served_model=NASTY,
            served_provider=NASTY,
            model_digest=NASTY,
            provider_response_id=NASTY,
            raw=b"",
        )
        nasty_score = Score(1 / 3, AnswerStatus.UNPARSABLE, NASTY, NASTY, "odd@2")
        nasty = make_answer("e1", 5, response=nasty_response, score=nasty_score, number=7)
        unscored = replace(make_answer("e1", 6), score=None)
        written = [full, bare, nasty, unscored]
        database.trials.write(written)
        records = list(database.trials.responses("e1"))
        assert [record.trial_index for record in records] == [3, 4, 5, 6]
        for item, record in zip(written, records, strict=True):
            assert record.response == item.response
            assert record.score == item.score
            assert record.n_attempts == item.attempt.number
            assert record.responded_at == item.settled_at

    def test_the_first_response_stays(self, database: Database) -> None:
        _run(database, "e1")
        first = make_answer("e1", 0, response=make_response("first"))
        second = make_answer("e1", 0, number=2, response=make_response("second"))
        third = make_answer("e1", 0, number=3, response=make_response("third"))
        database.trials.write([make_reservation("e1", 0, n) for n in (1, 2, 3)])
        database.trials.write([first, second])
        totals = database.trials.counters("e1")
        database.trials.write([third, first])
        assert [record.response.text for record in database.trials.responses("e1")] == ["first"]
        assert database.trials.counters("e1") == totals
        assert totals[0].n_answered == 1
        assert database.trials.ledger("e1").n_open == 0

    def test_writing_again_changes_nothing(self, database: Database) -> None:
        _run(database, "e1")
        items = [make_reservation("e1", 0), make_answer("e1", 0), make_failure("e1", 1)]
        database.trials.write(items)
        once = _everything(database, "e1")
        database.trials.write(items)
        database.trials.write([*items, *items])
        assert _everything(database, "e1") == once

    def test_a_trial_may_fail_and_then_be_answered(self, database: Database) -> None:
        _run(database, "e1")
        trials = database.trials
        trials.write([make_reservation("e1", 0), make_reservation("e1", 1)])
        assert trials.ledger("e1").n_open == 2
        assert trials.attempt_numbers("e1") == {0: 1, 1: 1}
        trials.write([make_failure("e1", 0)])
        trials.write([make_reservation("e1", 0, 2)])
        assert trials.attempt_numbers("e1") == {0: 2, 1: 1}
        trials.write([make_answer("e1", 0, number=2)])
        assert trials.ledger("e1").n_open == 1
        assert trials.attempt_numbers("e1") == {1: 1}
        (record,) = trials.responses("e1")
        assert record.n_attempts == 2

    def test_a_late_reservation_does_not_unsettle(self, database: Database) -> None:
        _run(database, "e1")
        database.trials.write([make_failure("e1", 0)])
        database.trials.write([make_reservation("e1", 0)])
        assert database.trials.ledger("e1").n_open == 0

    def test_answered_is_a_map_of_the_plan(self, database: Database) -> None:
        _run(database, "e1")
        _run(database, "e2")
        database.trials.write([make_answer("e1", n) for n in (0, 3, 19)])
        database.trials.write([make_failure("e1", 5), make_answer("e2", 7)])
        assert np.flatnonzero(database.trials.answered("e1", _N_TRIALS)).tolist() == [0, 3, 19]
        assert np.flatnonzero(database.trials.answered("e1", 4)).tolist() == [0, 3]
        assert database.experiments.get("e1").n_answered == 3
        assert database.experiments.list()[0].n_answered == 1

    def test_totals_equal_a_recount(self, database: Database) -> None:
        _run(database, "e1")
        answers = [make_answer("e1", n) for n in range(15)]
        partly = Score(1 / 3, AnswerStatus.ANSWERED, "a", "r", SCORER)
        refusal = Score(0.0, AnswerStatus.REFUSAL, None, "r", SCORER)
        answers[2] = make_answer("e1", 2, score=partly, response=Response("x", latency_s=1 / 3))
        answers[4] = make_answer("e1", 4, score=refusal)
        failures = [make_failure("e1", n) for n in range(12, 18)]
        for start in range(0, 15, 4):
            database.trials.write(answers[start : start + 4] + failures[start : start + 4])
        database.trials.write(failures)
        counters = database.trials.counters("e1")
        assert len(counters) == 4
        for counter in counters:
            _assert_recounted(counter, answers, failures)

    def test_who_answered_when_is_read_without_the_texts(self, database: Database) -> None:
        _run(database, "e1")
        mine = make_response("x")
        other = replace(mine, served_model=NASTY, latency_s=3.0)
        cached = replace(mine, served_model="cache", is_cached=True)
        responses = {0: mine, 1: other, 2: cached, 13: mine}
        for index, response in responses.items():
            database.trials.write([make_answer("e1", index, response=response)])
        records = list(database.trials.responses("e1"))
        calls = database.trials.read_calls("e1")
        assert calls.trial_index.tolist() == [record.trial_index for record in records]
        assert calls.latency_s.tolist() == [record.response.latency_s for record in records]
        assert calls.is_cached.tolist() == [record.response.is_cached for record in records]
        assert list(map(moment, calls.responded_at_us.tolist())) == [
            r.responded_at for r in records
        ]
        assert [calls.served[who] for who in calls.who.tolist()] == [
            (r.response.served_model, r.response.served_provider, r.response.model_digest)
            for r in records
        ]
        told = {(who.model_index, who.served_model) for who in database.trials.served("e1")}
        assert told == {
            (make_answer("e1", index).model_index, response.served_model)
            for index, response in responses.items()
            if not response.is_cached
        }

    def test_failures_by_model_and_kind(self, database: Database) -> None:
        _run(database, "e1")
        limit = Failure(ErrorKind.RATE_LIMIT, NASTY, 429, None)
        database.trials.write([make_failure("e1", 0, message="first")])
        database.trials.write(
            [
                make_failure("e1", 1, message="second"),
                replace(make_failure("e1", 2), failure=limit),
                make_failure("e1", 4, message=NASTY),
            ]
        )
        assert sorted(database.trials.failures("e1"), key=lambda f: (f.model_index, f.kind)) == [
            FailureTotal(0, "timeout", 3, NASTY),
            FailureTotal(1, "rate_limit", 1, NASTY),
        ]

    def test_scores_in_columns(self, database: Database) -> None:
        _run(database, "e1")
        empty = Score(0.0, AnswerStatus.EMPTY, None, "nothing", "choice@1")
        items = [make_answer("e1", n) for n in (9, 0, 4)]
        items.append(make_answer("e1", 2, score=empty))
        items.append(replace(make_answer("e1", 3), score=None))
        database.trials.write(items)
        columns = database.trials.read_scores("e1")
        assert columns.trial_index.tolist() == [0, 2, 4, 9]
        assert columns.value.tolist() == [1.0, 0.0, 1.0, 0.0]
        assert columns.has_answer.tolist() == [True, False, True, True]
        assert database.trials.read_scores("e1", "choice@1").trial_index.tolist() == [2]
        assert database.trials.read_scores("e1", "never@1").trial_index.tolist() == []

    def test_other_scorers_stand_beside(self, database: Database) -> None:
        _run(database, "e1")
        trials = database.trials
        trials.write([make_answer("e1", n) for n in range(3)])
        before = trials.counters("e1")
        trials.replace_scores("e1", ((n, _score(0.5, "other@1")) for n in range(3)))
        trials.replace_scores("e1", ((n, _score(0.25, "other@1")) for n in range(2)))
        trials.replace_scores("e1", [(0, _score(0.75, SCORER))])
        assert trials.read_scores("e1", "other@1").value.tolist() == [0.25, 0.25]
        assert trials.read_scores("e1").value.tolist() == [1.0, 0.0, 1.0]
        assert trials.read_scores("e1", SCORER).value.tolist() == [1.0, 0.0, 1.0]
        assert [r.score and r.score.scorer for r in trials.responses("e1")] == [SCORER] * 3
        assert trials.counters("e1") == before

    def test_scores_may_be_made_from_the_stream_of_responses(self, database: Database) -> None:
        _run(database, "e1")
        trials = database.trials
        trials.write([make_answer("e1", n) for n in range(3)])
        made = (
            (r.trial_index, _score(len(r.response.text) / 10, "length@1"))
            for r in trials.responses("e1")
        )
        trials.replace_scores("e1", made)
        assert trials.read_scores("e1", "length@1").value.tolist() == [0.8, 0.8, 0.8]

    def test_responses_are_streamed_in_order(self, database: Database) -> None:
        size = 1203
        _run(database, "e1")
        database.trials.write([make_answer("e1", n) for n in reversed(range(size))])
        indices = [record.trial_index for record in database.trials.responses("e1")]
        assert indices == list(range(size))
        assert [r.trial_index for r in database.trials.responses("e1", 5, 8)] == [5, 6, 7]
        assert [r.trial_index for r in database.trials.responses("e1", 1201)] == [1201, 1202]
        assert list(database.trials.responses("e1", 8, 8)) == []

    def test_a_stream_left_open_blocks_nobody(self, database: Database) -> None:
        _run(database, "e1")
        database.trials.write([make_answer("e1", n) for n in range(3)])
        stream = iter(database.trials.responses("e1"))
        assert next(stream).trial_index == 0
        database.trials.write([make_answer("e1", 3)])
        assert database.experiments.get("e1").n_answered == 4

    def test_scrambled_questions_are_kept_once(self, database: Database) -> None:
        _run(database, "e1")
        questions = make_questions()
        records = [
            ScrambledRecord(question.id, CONDITIONS[1].id, f"{n:064x}", 0.48, 0.5, 11, n)
            for n, question in enumerate(questions)
        ]
        items = [make_answer("e1", 2 * n + 1, scrambled=record) for n, record in enumerate(records)]
        other = replace(records[0], n_altered=99)
        database.trials.write([*items[::-1], *items])
        database.trials.write([make_answer("e1", 15, scrambled=other)])
        assert list(database.trials.scrambled("e1")) == records

    def test_a_batch_is_all_or_nothing(self, database: Database) -> None:
        _run(database, "e1")
        with pytest.raises(ExperimentNotFound):
            database.trials.write([make_answer("e1", 0), make_answer("nowhere", 0)])
        assert list(database.trials.responses("e1")) == []
        assert list(database.trials.counters("e1")) == []

    def test_one_batch_for_several_experiments(self, database: Database) -> None:
        for name in ("e1", "e2"):
            _run(database, name)
        database.trials.write([make_answer(name, n) for n in range(3) for name in ("e2", "e1")])
        assert [len(list(database.trials.responses(name))) for name in ("e1", "e2")] == [3, 3]

    def test_writers_at_once_store_each_trial_once(self, database: Database) -> None:
        n_trials, n_writers = 60, 4
        _run(database, "e1")

        def write(writer: int) -> None:
            for start in range(0, n_trials, 6):
                indices = list(range(start, start + 6))
                numbered = indices if writer % 2 else indices[::-1]
                response = make_response(f"of writer {writer}")
                database.trials.write([make_reservation("e1", n, writer + 1) for n in numbered])
                database.trials.write(
                    [make_answer("e1", n, number=writer + 1, response=response) for n in numbered]
                )

        with ThreadPoolExecutor(n_writers) as pool:
            list(pool.map(write, range(n_writers)))
        records = list(database.trials.responses("e1"))
        assert [record.trial_index for record in records] == list(range(n_trials))
        assert sum(counter.n_answered for counter in database.trials.counters("e1")) == n_trials
        assert database.trials.ledger("e1").n_open == 0
        for record in records:
            assert record.response.text == f"of writer {record.n_attempts - 1}"

    @pytest.mark.parametrize("after", [ExperimentState.PAUSED, ExperimentState.CANCELLED])
    def test_who_lost_the_right_reserves_nothing_more(
        self, database: Database, after: ExperimentState
    ) -> None:
        database.experiments.add(make_experiment("e1"))
        database.queue.enqueue("e1", 1)
        assert database.queue.claim("one", 3600) is not None
        assert database.trials.write([make_reservation("e1", 0)]) == {}
        database.experiments.change_state("e1", after)
        items = [make_reservation("e1", 1), make_answer("e1", 0)]
        assert database.trials.write(items) == {0: Refusal.LEASE}
        assert database.trials.ledger("e1").n_open == 0
        assert len(list(database.trials.responses("e1"))) == 1

    def test_a_later_claim_takes_the_right_to_reserve(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.queue.enqueue("e1", 1)
        for runner_id in ("one", "two"):
            assert database.queue.claim(runner_id, 0) is not None
        assert database.trials.write([make_reservation("e1", 0)]) == {0: Refusal.LEASE}
        assert database.trials.ledger("e1") == LedgerTotals()

    def test_a_late_answer_is_not_paid_for_again(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.queue.enqueue("e1", 1)
        assert database.queue.claim("one", 0) is not None
        database.trials.write([make_reservation("e1", n) for n in range(2)])
        assert database.queue.claim("two", 60) is not None
        late = make_answer("e1", 0)
        again = [Reservation(make_attempt("e1", n, number=2, fence=2)) for n in range(2)]
        assert database.trials.write([*again[:1], late]) == {0: Refusal.ANSWERED}
        assert database.trials.write(again) == {0: Refusal.ANSWERED}

    def test_the_number_of_another_claims_attempt_is_refused(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.queue.enqueue("e1", 1)
        assert database.queue.claim("one", 0) is not None
        database.trials.write([make_reservation("e1", 0)])
        assert database.queue.claim("two", 60) is not None
        items = [Reservation(make_attempt("e1", n, fence=2)) for n in range(2)]
        for _ in range(2):  # what is written again after a lost connection is one's own
            assert database.trials.write(items) == {0: Refusal.TAKEN}
        assert database.trials.ledger("e1").n_open == 1
        again = Reservation(make_attempt("e1", 0, number=2, fence=2))
        assert database.trials.write([again]) == {}

    def test_facts_are_not_fenced(self, database: Database) -> None:
        _run(database, "e1")
        database.queue.enqueue("e1", 1)
        database.queue.claim("one", 0)
        database.queue.claim("two", 60)
        late = replace(make_answer("e1", 0), attempt=make_attempt("e1", 0, fence=1))
        database.trials.write([late])
        assert len(list(database.trials.responses("e1"))) == 1


def _score(value: float, scorer: str) -> Score:
    return Score(value, AnswerStatus.ANSWERED, "a", "r", scorer)


def _everything(database: Database, experiment_id: str) -> tuple[object, ...]:
    trials = database.trials
    return (
        list(trials.responses(experiment_id)),
        list(trials.counters(experiment_id)),
        list(trials.failures(experiment_id)),
        trials.attempt_numbers(experiment_id),
        trials.ledger(experiment_id).n_open,
    )


def _assert_recounted(
    counter: CounterRecord, answers: Sequence[Settlement], failures: Sequence[Settlement]
) -> None:
    key = (counter.model_index, counter.condition_index)
    own = [item for item in answers if (item.model_index, item.condition_index) == key]
    failed = Counter((item.model_index, item.condition_index) for item in failures)
    responses = [item.response for item in own if item.response is not None]
    scores = [item.score for item in own if item.score is not None]
    assert counter.n_answered == len(own)
    assert counter.n_no_answer == sum(not score.status.is_answer for score in scores)
    assert counter.n_failures == failed[key]
    assert counter.score_sum == pytest.approx(fsum(score.value for score in scores))
    assert counter.prompt_tokens == sum(response.prompt_tokens or 0 for response in responses)
    assert counter.completion_tokens == sum(r.completion_tokens or 0 for r in responses)
    assert counter.cost_microusd == sum(response.cost_microusd or 0 for response in responses)
    assert counter.n_cost_unknown == sum(response.cost_microusd is None for response in responses)
    assert counter.latency_sum_s == pytest.approx(fsum(r.latency_s for r in responses), abs=1e-5)


def _run(database: Database, name: str) -> None:
    """Store an experiment and claim it: from then on it may be asked, under fence 1."""
    database.experiments.add(make_experiment(name))
    database.queue.enqueue(name, 1)
    assert database.queue.claim("runner", 3600, lambda _: name) is not None
