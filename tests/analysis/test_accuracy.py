"""Accuracy rows: what they count, and what they never hide."""

from math import isnan

import numpy as np
import pytest

from scramblebench.analysis import AccuracyRow, make_cube
from scramblebench.analysis.accuracy import accuracy_rows
from scramblebench.analysis.panels import panels
from scramblebench.analysis.resampling import replicates
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.plan import Cell, Plan
from scramblebench.statistics.clustering.cell import cell_accuracy
from scramblebench.statistics.resampling.accuracy_band import accuracy_band
from scramblebench.storage import ScoreColumns
from tests.analysis.cubes import FEW, falling, make, panel_of
from tests.analysis.plans import HALF, NOISE, columns, plan_of


def rows_of(plan: Plan, found: ScoreColumns) -> tuple[AccuracyRow, ...]:
    return tuple(
        row for panel in panels(make_cube(plan, found)) for row in accuracy_rows(panel, FEW)
    )


def row(
    rows: tuple[AccuracyRow, ...], model: str, level: float, method: str = "word_shuffle"
) -> AccuracyRow:
    (found,) = [r for r in rows if (r.model, r.level_pct, r.method) == (model, level, method)]
    return found


def test_missing_is_not_zero_and_no_answer_is():
    made = plan_of()
    index = made.grid.index
    scores: dict[int, float | None] = {index(Cell(0, 0, q, 0)): 1.0 for q in range(4)}
    scores[index(Cell(0, 0, 4, 0))] = None
    rows = rows_of(made, columns(scores))
    found = row(rows, "m", 0)
    assert found.accuracy == pytest.approx(4 / 5)
    assert (found.n_answered, found.n_planned, found.n_no_answer, found.n_missing) == (5, 10, 1, 5)
    # Wilson 95 % of 4/5: R, prop.test(4, 5, correct = FALSE)$conf.int
    assert (found.low, found.high) == (
        pytest.approx(0.3755346, abs=1e-6),
        pytest.approx(0.9637759, abs=1e-6),
    )


def test_nothing_answered_is_nan_and_not_zero():
    found = row(rows_of(plan_of(), columns({})), "m", 50)
    assert isnan(found.accuracy)
    assert isnan(found.low)
    assert found.n_answered == 0


def test_models_and_conditions_are_not_mixed_up():
    made = plan_of()
    index = made.grid.index
    scores: dict[int, float | None] = {}
    for q in range(10):
        for model, condition, value in (
            (0, 0, 1.0),
            (0, 1, float(q < 3)),
            (1, 0, 0.0),
            (1, 1, float(q < 7)),
        ):
            scores[index(Cell(model, 0, q, condition))] = value
    rows = rows_of(made, columns(scores))
    accuracies = {(r.model, r.level_pct): r.accuracy for r in rows}
    assert accuracies == {("m", 0): 1.0, ("m", 50): 0.3, ("s", 0): 0.0, ("s", 50): 0.7}


def test_the_question_is_the_unit_not_the_repeat():
    made = plan_of(n_questions=4, repeats=3)
    index = made.grid.index
    scores: dict[int, float | None] = {
        index(Cell(0, r, q, 0)): float(q < 2 or (q == 2 and r == 0))
        for q in range(4)
        for r in range(3)
    }
    found = row(rows_of(made, columns(scores)), "m", 0)
    assert found.accuracy == pytest.approx((1 + 1 + 1 / 3 + 0) / 4)
    assert (found.n_questions, found.n_answered) == (4, 12)
    assert found.interval_method == "t"


def test_the_baseline_begins_every_curve():
    made = plan_of(conditions=(BASELINE, HALF, NOISE))
    index = made.grid.index
    rows = rows_of(made, columns({index(Cell(0, 0, 0, 0)): 1.0}))
    points = [(r.method, r.level_pct) for r in rows if r.model == "m"]
    assert points == [
        ("word_shuffle", 0),
        ("word_shuffle", 50),
        ("letter_noise", 0),
        ("letter_noise", 50),
    ]
    assert row(rows, "m", 0, "letter_noise").accuracy == 1.0


def test_methods_with_other_parameters_are_other_curves():
    shared = Condition("word_shuffle", 50, parameters=(("alphabet", "shared:1"),))
    rows = rows_of(plan_of(conditions=(HALF, shared)), columns({}))
    assert {r.method for r in rows} == {"word_shuffle", "word_shuffle(alphabet=shared)"}


def test_simulated_models_are_labelled():
    rows = rows_of(plan_of(), columns({}))
    assert {r.shown_model for r in rows} == {"m", "s (simulated)"}


def test_each_point_is_that_of_its_cell():
    scores = falling(40)
    scores[0, :5, 2] = np.nan
    for cluster in (None, [n // 2 for n in range(40)]):
        panel = panel_of(make(scores, cluster=cluster, guess_rate=0.25))
        rows = list(accuracy_rows(panel, FEW))
        assert [(r.model, r.level_pct) for r in rows] == [
            (model, level) for model in "ab" for level in (0, 25, 50, 75, 100)
        ]
        for place, found in enumerate(rows):
            cell = cell_accuracy(scores[place // 5, :, place % 5], cluster)
            assert (found.accuracy, found.low, found.high) == (cell.estimate, cell.low, cell.high)
            assert (found.n_questions, found.n_clusters) == (cell.n, cell.n_clusters)
            assert found.chance == 0.25
            assert isnan(found.band_low)


def test_bands_are_those_of_the_resamples_and_wider_than_the_intervals():
    panel = panel_of(make(falling(80)))
    resampled = replicates(panel, FEW, 5)
    assert resampled is not None
    rows = [row for row in accuracy_rows(panel, FEW, resampled) if row.model == "b"]
    band = accuracy_band(resampled.means(1), panel.scores[1].mean(axis=0), 80, 0.95)
    assert [row.band_low for row in rows] == band.low.tolist()
    assert [row.band_high for row in rows] == band.high.tolist()
    assert all(row.band_low < row.accuracy < row.band_high for row in rows)
    assert sum(row.band_high - row.band_low for row in rows) > sum(
        row.high - row.low for row in rows
    )
