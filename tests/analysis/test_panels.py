"""Panels: one benchmark by one method, levels rising, alphabets averaged."""

import numpy as np
import pytest

from scramblebench.analysis.panels import by_answered_levels, panels
from scramblebench.core.conditions import BASELINE, Condition
from tests.analysis.cubes import conditions, falling, make, panel_of

NAN = np.nan


def test_methods_share_the_baseline():
    asked = conditions((0, 100), ("word_shuffle", "letter_noise"))
    first, second = panels(make(np.arange(12).reshape(2, 2, 3) / 12, asked))
    np.testing.assert_array_equal(first.scores[:, :, 0], second.scores[:, :, 0])
    assert first.scores[0, :, 1].tolist() == [1 / 12, 4 / 12]
    assert second.scores[0, :, 1].tolist() == [2 / 12, 5 / 12]


def test_levels_are_sorted_whatever_the_order_of_conditions():
    asked = (Condition("w", 100), BASELINE, Condition("w", 25))
    panel = panel_of(make([[[0.1, 0.2, 0.3]]], asked))
    assert panel.levels_pct == (0, 25, 100)
    assert panel.levels.tolist() == [0, 0.25, 1]
    assert panel.scores[0, 0].tolist() == [0.2, 0.3, 0.1]
    assert panel.has_baseline


def test_alphabets_are_averaged_over_what_is_there():
    asked = (
        BASELINE,
        *(Condition("c", 50, parameters=(("alphabet", f"shared:{n}"),)) for n in (1, 2, 3)),
    )
    scores = [[[1, 1, 0, 0], [1, 1, NAN, 0], [1, NAN, NAN, NAN]]]
    panel = panel_of(make(scores, asked))
    np.testing.assert_allclose(panel.scores[0, :, 1], [1 / 3, 1 / 2, NAN])
    assert panel.n_planned.tolist() == [3, 9]
    assert panel.n_answered.tolist() == [[3, 5]]
    assert not panel.is_binary


def test_benchmarks_keep_their_own_questions():
    cube = make(falling(6), benchmark=[0, 1, 0, 1, 1, 1], cluster=[0, 1, 0, 2, 3, 4])
    first, second = panels(cube)
    assert (first.n_questions, second.n_questions) == (2, 4)
    np.testing.assert_array_equal(second.scores, cube.scores[:, [1, 3, 4, 5]])
    assert first.clusters is not None
    assert second.clusters is None


def test_domains_only_where_a_benchmark_has_several():
    cube = make(falling(6), benchmark=[0, 0, 0, 1, 1, 1], domain=[0, 1, 1, 2, 2, 2])
    found = [(p.benchmark, p.domain, p.n_questions) for p in panels(cube, by_domain=True)]
    assert found == [("bench0", "domain0", 1), ("bench0", "domain1", 2)]
    assert [panel.domain for panel in panels(cube)] == [None, None]


def test_complete_questions_were_answered_at_every_level():
    scores = falling(4)
    scores[0, 1, 2] = scores[1, 0, 0] = NAN
    panel = panel_of(make(scores))
    assert panel.complete(0).tolist() == [True, False, True, True]
    assert panel.complete(1).tolist() == [False, True, True, True]
    assert panel.n_answered.tolist() == [[4, 4, 3, 4, 4], [3, 4, 4, 4, 4]]


@pytest.mark.parametrize("score", [0.5, 1 / 3])
def test_a_partial_score_is_not_right_or_wrong(score: float):
    scores = falling(4)
    assert panel_of(make(scores)).is_binary
    scores[0, 0, 0] = score
    assert not panel_of(make(scores)).is_binary


def test_a_model_that_skipped_a_level_keeps_the_curve_of_the_others():
    scores = np.ones((2, 12, 5))
    scores[0, :, 4] = np.nan
    (panel,) = panels(make(scores))
    parts = by_answered_levels(panel)
    assert {(part.models, part.levels_pct) for part in parts} == {
        (("a",), panel.levels_pct[:4]),
        (("b",), panel.levels_pct),
    }
