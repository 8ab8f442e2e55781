"""Scores that come as rows."""

from typing import Any

import numpy as np
import pytest

from scramblebench.analysis.panels import panels
from scramblebench.analysis.results import cube_of_rows
from scramblebench.core.errors import UsageError


def row(**more: Any) -> dict[str, Any]:
    return {"model": "m", "question_id": "q1", "level": 0, "score": 1.0, **more}


def test_the_least_that_is_needed():
    cube = cube_of_rows(
        [row(), row(level=50, score=0), row(question_id="q2", score=0.5), row(model="n", score=0)]
    )
    assert cube.models == ("m", "n")
    assert cube.items.ids == ("q1", "q2")
    assert [(c.method, c.level_pct) for c in cube.conditions] == [
        ("baseline", 0),
        ("scrambled", 50),
    ]
    np.testing.assert_array_equal(
        cube.scores, [[[1, 0], [0.5, np.nan]], [[0, np.nan], [np.nan, np.nan]]]
    )


def test_none_is_missing_and_silence_is_counted():
    cube = cube_of_rows([row(score=None), row(question_id="q2", score=0, answer_status="refused")])
    assert np.isnan(cube.scores[0, 0, 0])
    assert cube.n_answered[0, :, 0].tolist() == [0, 1]
    assert cube.n_no_answer[0, :, 0].tolist() == [0, 1]


def test_repeats_are_averaged():
    cube = cube_of_rows([row(repeat=0), row(repeat=1, score=0), row(repeat=2, score=0)])
    assert cube.scores[0, 0, 0] == pytest.approx(1 / 3)
    assert cube.n_repeats == 3


def test_the_same_id_in_two_benchmarks_is_two_questions():
    cube = cube_of_rows([row(benchmark="x"), row(benchmark="y", score=0)])
    assert cube.items.benchmarks == ("x", "y")
    assert cube.scores[0, :, 0].tolist() == [1, 0]
    assert len(set(cube.items.cluster.tolist())) == 2


def test_clusters_and_contexts_are_shared_within_a_benchmark():
    rows = [
        row(question_id="1", cluster="3"), row(question_id="2", cluster="3"), row(question_id="3"),
        row(question_id="4", cluster=None), row(question_id="5", context="a text"),
        row(question_id="6", context="a text"), row(question_id="7", context=""),
        row(question_id="8", context="a text", benchmark="other"),
    ]  # fmt: skip
    cluster = cube_of_rows(rows).items.cluster.tolist()
    assert cluster[0] == cluster[1]
    assert cluster[4] == cluster[5]
    assert len(set(cluster)) == 6


def test_guessing_by_rate_or_choices():
    rows = [
        row(guess_rate=0.2), row(question_id="q2", choices=["a", "b", "c", "d"]),
        row(question_id="q3", choices=[]),
    ]  # fmt: skip
    assert cube_of_rows(rows).items.guess_rate.tolist() == [0.2, 0.25, 0]


def test_methods_and_alphabets_keep_their_own_conditions():
    rows = [
        row(),
        *(
            row(level=50, method="c", parameters={"alphabet": f"shared:{n}"}, score=n)
            for n in (0, 1)
        ),
        row(level=50, method="w"),
    ]
    cube = cube_of_rows(rows)
    assert len(cube.conditions) == 4
    first, second = panels(cube)
    assert (first.method, second.method) == ("c(alphabet=shared)", "w")
    assert first.scores[0, 0].tolist() == [1, 0.5]


def test_simulated_answers_stay_labelled():
    cube = cube_of_rows([row(is_simulated=True), row(model="n", is_simulated=False)])
    assert cube.simulated == (True, False)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "there is no row"),
        ([{"model": "m", "level": 0}], "row 1: question_id, score is missing"),
        ([row(), row()], "row 2: the same trial is there twice"),
        ([row(score=1.5)], "row 1: score 1.5 is not between 0 and 1"),
        ([row(score=float("nan"))], "row 1: score nan"),
        ([row(score="good")], "row 1: score 'good'"),
        ([row(), row(question_id="q2", level=170)], "row 2: level 170 is not between 0 and 100"),
        ([row(level="high")], "row 1: level 'high'"),
        ([row(level=None)], "row 1: level None"),
        ([row(repeat="first")], "row 1: repeat 'first'"),
        ([row(guess_rate=2)], "row 1: guess_rate 2"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(rows: list[dict[str, Any]], words: str):
    with pytest.raises(UsageError, match=words) as caught:
        cube_of_rows(rows)
    assert "\n" not in str(caught.value)
