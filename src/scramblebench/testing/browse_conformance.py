"""What every ``BrowseStore`` must do, and what ``ExperimentStore`` does for a list in pages."""

from dataclasses import replace

import pytest

from scramblebench.core.errors import ExperimentNotFound
from scramblebench.core.trials import AnswerStatus, Score
from scramblebench.storage import Database, QuestionFilter, ResponseFilter, Verdict
from scramblebench.testing.experiments import (
    N_QUESTIONS,
    SCORER,
    make_answer,
    make_experiment,
    make_questions,
    make_response,
)

_ALL = ResponseFilter(n_conditions=2, n_questions=N_QUESTIONS)


def _score(value: float, status: AnswerStatus = AnswerStatus.ANSWERED) -> Score:
    return Score(value, status, "42" if status.is_answer else None, "last number", SCORER)


def _fill(database: Database, n: int = 20, experiment_id: str = "e1") -> None:
    """Store answers: even trials right, odd ones wrong, every fifth without an answer."""
    database.experiments.add(make_experiment(experiment_id))
    answers = [make_answer(experiment_id, index) for index in range(n)]
    silent = _score(0, AnswerStatus.REFUSAL)
    database.trials.write(
        [replace(a, score=silent) if i % 5 == 4 else a for i, a in enumerate(answers)]
    )


def _indices(database: Database, wanted: ResponseFilter, limit: int = 100) -> list[int]:
    page = database.browse.responses("e1", wanted, limit)
    return [record.trial_index for record in page.records]


class BrowseConformance:
    """Pages hold what the filter fits, in order, each response once."""

    def test_pages_follow_each_other(self, database: Database) -> None:
        _fill(database)
        _fill(database, experiment_id="e2")
        seen: list[int] = []
        start: int | None = 0
        while start is not None:
            page = database.browse.responses("e1", replace(_ALL, first_index=start), 7)
            seen += [record.trial_index for record in page.records]
            assert len(page.records) <= 7
            start = page.next_index
        assert seen == list(range(20))
        whole = database.browse.responses("e1", _ALL, 100)
        assert list(whole.records) == list(database.trials.responses("e1", with_bodies=False))

    def test_filters_by_verdict_model_condition_and_benchmark(self, database: Database) -> None:
        _fill(database)
        database.trials.write([])
        right = [i for i in range(20) if i % 2 == 0 and i % 5 != 4]
        assert _indices(database, replace(_ALL, verdict=Verdict.RIGHT)) == right
        wrong = [i for i in range(20) if i % 2 == 1 and i % 5 != 4]
        assert _indices(database, replace(_ALL, verdict=Verdict.WRONG)) == wrong
        assert _indices(database, replace(_ALL, verdict=Verdict.NO_ANSWER)) == [4, 9, 14, 19]
        assert _indices(database, replace(_ALL, verdict=Verdict.UNSCORED)) == []
        lane = replace(_ALL, first_index=10, last_index=20)
        assert _indices(database, lane) == list(range(10, 20))
        assert _indices(database, replace(lane, condition_index=1)) == [11, 13, 15, 17, 19]
        assert _indices(database, replace(_ALL, benchmark="facts")) == list(range(20))
        assert _indices(database, replace(_ALL, benchmark="other \0")) == []

    def test_the_benchmark_of_a_response_is_its_question_s(self, database: Database) -> None:
        mixed = (*make_questions(2), *make_questions(1, "sums"))
        database.experiments.add(make_experiment("e1", questions=mixed))
        database.trials.write([make_answer("e1", index) for index in range(12)])
        wanted = ResponseFilter(n_conditions=2, n_questions=3, benchmark="sums")
        assert _indices(database, wanted) == [4, 5, 10, 11]

    def test_unscored_responses_are_found(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.trials.write([replace(make_answer("e1", 3), score=None), make_answer("e1", 4)])
        assert _indices(database, replace(_ALL, verdict=Verdict.UNSCORED)) == [3]

    @pytest.mark.parametrize("needle", ["ÉCOLE", "100 %", "a_b", "'; --", "\0", "\ud800"])
    def test_texts_are_found_whatever_their_case(self, database: Database, needle: str) -> None:
        database.experiments.add(make_experiment("e1"))
        hit = make_answer("e1", 2, response=make_response(f"so: {needle.lower()}!"))
        database.trials.write([make_answer("e1", 1), hit, make_answer("e1", 5)])
        assert _indices(database, replace(_ALL, text=needle)) == [2]

    def test_an_extracted_answer_is_found_too(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        database.trials.write([make_answer("e1", 1, score=_score(1.0)), make_answer("e1", 3)])
        assert _indices(database, replace(_ALL, text="42")) == [1]

    def test_questions_right_at_one_condition_and_wrong_at_another(
        self, database: Database
    ) -> None:
        database.experiments.add(make_experiment("e1"))
        values = {10: 1.0, 11: 0.0, 12: 1.0, 13: 1.0, 14: 0.0, 15: 0.0, 16: 0.5, 17: 0.4, 18: 1.0}
        database.trials.write(
            [make_answer("e1", index, score=_score(value)) for index, value in values.items()]
        )
        wanted = QuestionFilter(first_index=10, n_conditions=2, right_at=0, wrong_at=1)
        browse = database.browse
        assert browse.questions("e1", wanted).positions == (0, 3)
        assert browse.questions("e1", wanted).next_position is None
        first = browse.questions("e1", wanted, limit=1)
        assert (first.positions, first.next_position) == ((0,), 1)
        assert browse.questions("e1", wanted, 1).positions == (3,)
        back = browse.questions("e1", wanted, 4, 1, is_backwards=True)
        assert (back.positions, back.next_position) == ((3,), 2)
        assert browse.questions("e1", wanted, 2, is_backwards=True).positions == (0,)
        assert browse.questions("e1", wanted, 0, is_backwards=True).next_position is None
        assert browse.questions("e1", replace(wanted, right_at=None)).positions == (0, 2, 3)
        assert browse.questions("e1", replace(wanted, wrong_at=None)).positions == (0, 1, 3, 4)
        no_matter = replace(wanted, right_at=None, wrong_at=None)
        assert browse.questions("e1", no_matter).positions == (0, 1, 2, 3, 4)

    def test_unknown_experiments_are_refused(self, database: Database) -> None:
        with pytest.raises(ExperimentNotFound):
            database.browse.responses("nobody", _ALL, 5)
        with pytest.raises(ExperimentNotFound):
            database.browse.questions("nobody", QuestionFilter(0, 2))
        with pytest.raises(ExperimentNotFound):
            database.experiments.change_tags("nobody", ["a"])

    def test_a_list_in_pages_and_by_text(self, database: Database) -> None:
        for number, name in enumerate(["Alpha 50 %", "beta", "alphabet", "a_b"]):
            new = make_experiment(f"e{number}", name)
            database.experiments.add(replace(new, tags=("pilot",) if number == 1 else ()))
        experiments = database.experiments
        assert [e.id for e in experiments.list(limit=2)] == ["e3", "e2"]
        assert [e.id for e in experiments.list(limit=5, before_id="e2")] == ["e1", "e0"]
        assert list(experiments.list(before_id="e0")) == list(experiments.list(before_id="nobody"))
        for text, found in (
            ("ALPHA", ["e2", "e0"]),
            ("pilot", ["e1"]),
            ("50 %", ["e0"]),
            ("a_b", ["e3"]),
            ("e1", ["e1"]),
            ("!", []),
        ):
            assert [e.id for e in experiments.list(search=text)] == found

    def test_tags_are_changed(self, database: Database) -> None:
        database.experiments.add(replace(make_experiment("e1"), tags=("odd \ud800", "b")))
        changed = database.experiments.change_tags("e1", ["c", "d \0", "c"])
        assert changed.tags == ("c", "d \0") == database.experiments.get("e1").tags
        assert database.experiments.change_tags("e1", []).tags == ()
