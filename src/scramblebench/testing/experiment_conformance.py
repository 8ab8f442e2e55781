"""What every ``ExperimentStore`` must do."""

from dataclasses import replace

import pytest

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import ExperimentNotFound, LeaseLost, StateError, StorageError
from scramblebench.core.questions import Question, identified
from scramblebench.core.states import TRANSITIONS, ExperimentState
from scramblebench.storage import BenchmarkRecord, Database, ModelRecord
from scramblebench.testing.experiments import make_experiment, make_questions

_S = ExperimentState
NASTY = (
    "nul \0, lone \ud800, pair \ud83d\ude00, kept \U0001f600 \N{REPLACEMENT CHARACTER} ' \" % ? \\"
)
"""Text that databases and drivers trip over; the surrogate pair is two characters, not one."""
_WAY_TO: dict[ExperimentState, tuple[ExperimentState, ...]] = {
    _S.PLANNED: (),
    _S.QUEUED: (_S.QUEUED,),
    _S.RUNNING: (_S.QUEUED, _S.RUNNING),
    _S.PAUSED: (_S.QUEUED, _S.PAUSED),
    _S.COMPLETED: (_S.QUEUED, _S.RUNNING, _S.COMPLETED),
    _S.FAILED: (_S.QUEUED, _S.FAILED),
    _S.CANCELLED: (_S.CANCELLED,),
}


class ExperimentConformance:
    """Contents round trip, references, states and history."""

    def test_contents_come_back_in_order(self, database: Database) -> None:
        new = make_experiment("e1")
        new = replace(new, questions=new.questions[::-1])
        database.experiments.add(new)
        store = database.experiments
        assert tuple(store.questions("e1")) == new.questions
        assert tuple(store.models("e1")) == new.models
        assert tuple(store.conditions("e1")) == new.conditions
        assert tuple(store.benchmarks("e1")) == new.benchmarks
        assert store.source_text("e1") == new.source_text

    def test_record_of_a_new_experiment(self, database: Database) -> None:
        new = replace(
            make_experiment("e1", "first"),
            n_repeats=3,
            description="d",
            research_question="why?",
            hypothesis="h",
            researcher_name="Dr. Smith",
            institution="Lab",
            tags=("one", "two"),
        )
        database.experiments.add(new)
        record = database.experiments.get("e1")
        for name in ("id", "name", "spec_json", "n_trials", "n_repeats", "description", "tags"):
            assert getattr(record, name) == getattr(new, name), name
        for name in ("research_question", "hypothesis", "researcher_name", "institution"):
            assert getattr(record, name) == getattr(new, name), name
        assert record.state is _S.PLANNED
        assert (record.fence, record.n_answered, record.reason) == (0, 0, None)
        assert record.created_at == record.updated_at
        assert record.created_at.utcoffset() is not None
        assert (record.started_at, record.completed_at) == (None, None)

    def test_any_text_comes_back_exactly(self, database: Database) -> None:
        question = Question("", NASTY, NASTY, (NASTY,), (NASTY, "b"), 0, NASTY, NASTY, NASTY, NASTY)
        new = replace(
            make_experiment("e1", NASTY, [identified(question)]),
            source_text=NASTY,
            spec_json=NASTY,
            description=NASTY,
            research_question=NASTY,
            hypothesis=NASTY,
            researcher_name=NASTY,
            institution=NASTY,
            tags=(NASTY,),
            models=(ModelRecord("c" * 64, NASTY, NASTY, NASTY, NASTY),),
            conditions=(Condition(NASTY, 12.5, -3, ((NASTY, NASTY), ("a", ""))),),
            benchmarks=(BenchmarkRecord(NASTY, 1, ((NASTY, "f" * 64),), (NASTY,)),),
        )
        store = database.experiments
        store.add(new)
        record = store.find(NASTY)
        assert (record.name, record.spec_json, record.description) == (NASTY,) * 3
        assert (record.hypothesis, record.institution, record.tags) == (NASTY, NASTY, (NASTY,))
        assert (record.research_question, record.researcher_name) == (NASTY, NASTY)
        assert store.source_text("e1") == NASTY
        assert tuple(store.questions("e1")) == new.questions
        assert tuple(store.models("e1")) == new.models
        assert tuple(store.conditions("e1")) == new.conditions
        assert tuple(store.benchmarks("e1")) == new.benchmarks
        store.change_state("e1", _S.CANCELLED, reason=NASTY, actor=NASTY)
        event = store.events("e1")[-1]
        assert (event.reason, event.actor) == (NASTY, NASTY)
        assert [found.id for found in store.list(researcher=NASTY)] == ["e1"]

    def test_experiments_share_questions_but_not_their_origin(self, database: Database) -> None:
        first = make_experiment("e1")
        elsewhere = [replace(q, source_id="other.csv:1", domain="x") for q in first.questions[1:]]
        database.experiments.add(first)
        database.experiments.add(make_experiment("e2", questions=elsewhere))
        assert tuple(database.experiments.questions("e1")) == first.questions
        assert list(database.experiments.questions("e2")) == elsewhere

    def test_an_id_is_taken_once_and_a_refused_experiment_leaves_nothing(
        self, database: Database
    ) -> None:
        database.experiments.add(make_experiment("e1"))
        with pytest.raises(StorageError):
            database.experiments.add(make_experiment("e1", "again"))
        bad = replace(make_questions()[0], id="not a hash")
        with pytest.raises(StorageError):
            database.experiments.add(make_experiment("e2", questions=[bad]))
        assert [record.id for record in database.experiments.list()] == ["e1"]

    def test_unknown_experiments_are_said_to_be_unknown(self, database: Database) -> None:
        store, trials = database.experiments, database.trials
        for call in (
            store.get,
            store.find,
            store.events,
            store.models,
            store.conditions,
            store.questions,
            store.benchmarks,
            store.source_text,
            trials.counters,
            trials.read_scores,
            trials.attempt_numbers,
            trials.ledger,
            trials.failures,
            trials.scrambled,
        ):
            with pytest.raises(ExperimentNotFound):
                call("nowhere")
        with pytest.raises(ExperimentNotFound):
            store.change_state("nowhere", _S.QUEUED)
        with pytest.raises(ExperimentNotFound):
            next(iter(trials.responses("nowhere")))
        with pytest.raises(ExperimentNotFound):
            trials.answered("nowhere", 3)
        with pytest.raises(ExperimentNotFound):
            trials.replace_scores("nowhere", [])
        with pytest.raises(ExperimentNotFound):
            database.queue.enqueue("nowhere", 1)

    def test_find(self, database: Database) -> None:
        store = database.experiments
        with pytest.raises(ExperimentNotFound, match="no experiment yet"):
            store.find("@last")
        for experiment_id, name in (("ab12", "pilot"), ("ab34", "main_study"), ("cd56", "pilot")):
            store.add(make_experiment(experiment_id, name))
        for reference, found in (
            ("ab12", "ab12"),
            ("ab1", "ab12"),
            ("AB3", "ab34"),
            ("c", "cd56"),
            ("pilot", "cd56"),
            ("main_study", "ab34"),
            (" @last ", "cd56"),
        ):
            assert store.find(reference).id == found, reference
        with pytest.raises(ExperimentNotFound, match="ab34, ab12"):
            store.find("ab")
        with pytest.raises(ExperimentNotFound, match="did you mean 'main_study'"):
            store.find("main_stdy")
        for reference in ("", "%", "ab__", "zzz", "'; DROP TABLE experiments; --"):
            with pytest.raises(ExperimentNotFound):
                store.find(reference)

    def test_a_name_goes_before_an_id_prefix(self, database: Database) -> None:
        database.experiments.add(make_experiment("ab12", "pilot"))
        database.experiments.add(make_experiment("cd34", "ab"))
        assert database.experiments.find("ab").id == "cd34"

    def test_list_is_newest_first_and_filters(self, database: Database) -> None:
        store = database.experiments
        for n in range(4):
            new = make_experiment(f"e{n}", f"study {n}")
            store.add(replace(new, researcher_name="Ada" if n % 2 else "Bob"))
        store.change_state("e1", _S.CANCELLED)
        assert [record.id for record in store.list()] == ["e3", "e2", "e1", "e0"]
        assert [record.id for record in store.list(limit=2)] == ["e3", "e2"]
        assert [record.id for record in store.list(researcher="Ada")] == ["e3", "e1"]
        assert [record.id for record in store.list(_S.CANCELLED)] == ["e1"]
        assert list(store.list(_S.CANCELLED, "Bob")) == []

    @pytest.mark.parametrize("before", list(_S))
    def test_states_change_by_the_table_only(
        self, database: Database, before: ExperimentState
    ) -> None:
        store = database.experiments
        for n, after in enumerate(_S):
            experiment_id = f"e{n}"
            store.add(make_experiment(experiment_id))
            for state in _WAY_TO[before]:
                store.change_state(experiment_id, state)
            known = store.events(experiment_id)
            if after in TRANSITIONS[before]:
                assert store.change_state(experiment_id, after).state is after
                event = store.events(experiment_id)[-1]
                assert (event.before, event.after) == (before, after)
            else:
                with pytest.raises(StateError):
                    store.change_state(experiment_id, after)
                assert store.events(experiment_id) == known
                assert store.get(experiment_id).state is before

    def test_history_and_times(self, database: Database) -> None:
        store = database.experiments
        store.add(make_experiment("e1"))
        store.change_state("e1", _S.QUEUED, actor="ada")
        started = store.change_state("e1", _S.RUNNING)
        assert started.started_at is not None
        store.change_state("e1", _S.PAUSED, reason="budget", actor="runner")
        again = store.change_state("e1", _S.RUNNING)
        assert again.started_at == started.started_at
        assert again.completed_at is None
        failed = store.change_state("e1", _S.FAILED, reason="no key")
        assert failed.completed_at == failed.updated_at
        assert failed.reason == "no key"
        queued = store.change_state("e1", _S.QUEUED)
        assert (queued.completed_at, queued.reason) == (None, None)
        events = store.events("e1")
        assert [event.after for event in events] == [
            _S.PLANNED,
            _S.QUEUED,
            _S.RUNNING,
            _S.PAUSED,
            _S.RUNNING,
            _S.FAILED,
            _S.QUEUED,
        ]
        assert [event.before for event in events[1:]] == [event.after for event in events[:-1]]
        assert (events[0].before, events[1].actor) == (None, "ada")
        assert (events[3].reason, events[3].actor) == ("budget", "runner")
        assert [event.at for event in events] == sorted(event.at for event in events)

    def test_an_event_that_changes_no_state_is_appended(self, database: Database) -> None:
        store = database.experiments
        store.add(make_experiment("e1"))
        before = store.get("e1")
        event = store.append_event("e1", NASTY, actor=NASTY)
        assert (event.before, event.after) == (_S.PLANNED, _S.PLANNED)
        assert (event.reason, event.actor, event.fence) == (NASTY, NASTY, 0)
        assert store.events("e1")[-1] == event
        assert store.get("e1") == before
        with pytest.raises(ExperimentNotFound):
            store.append_event("e2", "x")

    def test_a_fence_that_is_not_the_last_changes_nothing(self, database: Database) -> None:
        store = database.experiments
        store.add(make_experiment("e1"))
        database.queue.enqueue("e1", 1)
        first = database.queue.claim("one", 0)
        second = database.queue.claim("two", 60)
        assert first is not None
        assert second is not None
        with pytest.raises(LeaseLost):
            store.change_state("e1", _S.COMPLETED, fence=first.fence)
        assert store.get("e1").state is _S.RUNNING
        assert store.change_state("e1", _S.COMPLETED, fence=second.fence).state is _S.COMPLETED
