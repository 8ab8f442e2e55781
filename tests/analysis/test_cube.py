"""The cube: repeats averaged, what is missing missing, what was shared a cluster."""

from dataclasses import replace

import numpy as np
import pytest

from scramblebench.analysis import make_cube
from scramblebench.analysis.cube import ScoreCube, curves, make_items, method_name
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.questions import Question
from scramblebench.plan import Cell
from tests.analysis.cubes import falling, make
from tests.analysis.plans import HALF, NOISE, columns, plan_of


def test_repeats_are_averaged_within_their_question():
    plan = plan_of(n_questions=2, repeats=3)
    index = plan.grid.index
    scores: dict[int, float | None] = {
        index(Cell(0, 0, 0, 0)): 1.0,
        index(Cell(0, 1, 0, 0)): 0.0,
        index(Cell(0, 2, 0, 0)): 1.0,
        index(Cell(0, 0, 1, 0)): 0.5,
    }
    cube = make_cube(plan, columns(scores))
    assert cube.scores[0, 0, 0] == pytest.approx(2 / 3)
    assert cube.scores[0, 1, 0] == 0.5  # two repeats are missing, and count as nothing
    assert cube.n_answered[0, :, 0].tolist() == [3, 1]
    assert cube.n_repeats == 3


def test_missing_stays_nan_and_no_answer_scores_0_and_is_counted_apart():
    plan = plan_of(n_questions=3)
    index = plan.grid.index
    cube = make_cube(plan, columns({index(Cell(1, 0, 0, 1)): None, index(Cell(1, 0, 1, 1)): 0.0}))
    np.testing.assert_array_equal(cube.scores[1, :, 1], [0, 0, np.nan])
    assert cube.n_no_answer[1, :, 1].tolist() == [1, 0, 0]
    assert np.isnan(cube.scores).sum() == 2 * 3 * 2 - 2


def test_names_and_kinds_come_from_the_plan():
    cube = make_cube(plan_of(), columns({}))
    assert cube.models == ("m", "s")
    assert cube.simulated == (False, True)
    assert cube.conditions == (BASELINE, HALF)


def test_questions_about_one_context_are_a_cluster_but_not_across_benchmarks():
    questions = [
        Question("q0", "b", "?", ("yes",), context="a text"),
        Question("q1", "c", "?", ("yes",), context="a text"),
        Question("q2", "b", "?", ("yes",), context="a text"),
        Question("q3", "b", "?", ("yes",)),
        Question("q4", "b", "?", ("yes",)),
    ]
    cluster = make_items(questions).cluster
    assert cluster[0] == cluster[2]
    assert len(set(cluster.tolist())) == 4


def test_items_hold_benchmark_domain_and_guess_rate():
    items = make_items(
        [
            Question("q0", "b", "?", ("x",), choices=("x", "y"), correct_choice=0, domain="d"),
            Question("q1", "c", "?", ("x",)),
        ]
    )
    assert items.benchmarks == ("b", "c")
    assert items.benchmark.tolist() == [0, 1]
    assert items.domains == ("d", "")
    assert items.guess_rate.tolist() == [0.5, 0]
    assert make_items([]).ids == ()


def test_the_same_scores_have_the_same_hash_and_seed():
    assert make(falling()).inputs_sha256 == make(falling()).inputs_sha256
    assert make(falling()).seed == make(falling()).seed
    assert 0 <= make(falling()).seed < 2**32


def other_score(cube: ScoreCube) -> ScoreCube:
    scores = cube.scores.copy()
    scores[1, 7, 3] = 1 - scores[1, 7, 3]
    return replace(cube, scores=scores)


def missing_score(cube: ScoreCube) -> ScoreCube:
    scores = cube.scores.copy()
    scores[0, 0, 0] = np.nan
    return replace(cube, scores=scores)


@pytest.mark.parametrize(
    "changed",
    [
        other_score,
        missing_score,
        lambda cube: replace(cube, models=("a", "z")),
        lambda cube: replace(cube, conditions=(*cube.conditions[:-1], Condition("w", 100))),
        lambda cube: replace(cube, n_repeats=2),
        lambda cube: replace(cube, n_answered=cube.n_answered + 1),
        lambda cube: replace(cube, n_no_answer=cube.n_no_answer + 1),
        lambda cube: make(cube.scores, cluster=[n // 2 for n in range(60)]),
        lambda cube: make(cube.scores, guess_rate=0.25),
        lambda cube: make(cube.scores, benchmark=[n % 2 for n in range(60)]),
        lambda cube: make(cube.scores, domain=[n % 2 for n in range(60)]),
        lambda cube: replace(cube, items=replace(cube.items, ids=("x", *cube.items.ids[1:]))),
    ],
)
def test_the_hash_changes_with_all_that_results_depend_on(changed):
    cube = make(falling())
    assert changed(cube).inputs_sha256 != cube.inputs_sha256


def test_the_baseline_begins_every_curve_and_levels_rise():
    asked = (BASELINE, Condition("word_shuffle", 100), HALF, NOISE)
    assert list(curves(asked)) == [
        ("word_shuffle", 0.0, [0]),
        ("word_shuffle", 50, [2]),
        ("word_shuffle", 100, [1]),
        ("letter_noise", 0.0, [0]),
        ("letter_noise", 50, [3]),
    ]
    assert list(curves((BASELINE,))) == [("baseline", 0.0, [0])]


def test_alphabets_are_one_curve_and_other_parameters_are_others():
    shared = [
        Condition("character_substitution", 50, parameters=(("alphabet", f"shared:{n}"),))
        for n in (1, 2)
    ]
    variant = Condition("letter_shuffle", 50, parameters=(("variant", "keep_first"),))
    assert [(m, found) for m, _, found in curves((*shared, variant))] == [
        ("character_substitution(alphabet=shared)", [0, 1]),
        ("letter_shuffle(variant=keep_first)", [2]),
    ]
    assert method_name(variant) != method_name(Condition("letter_shuffle", 50))
