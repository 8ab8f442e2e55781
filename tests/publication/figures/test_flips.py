"""The flip heatmap: every question is somewhere, in the right order, and what is no answer is seen."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.analysis import ScoreCube, make_report
from scramblebench.analysis.panels import panels
from scramblebench.publication.figures import Standing
from scramblebench.publication.figures.drawings import Drawing
from scramblebench.publication.figures.flip_choice import chosen
from scramblebench.publication.figures.flip_rows import (
    MISSING,
    MOST_ROWS,
    N_STEPS,
    NO_ANSWER,
    FlipPanel,
    flip_panel,
    n_runs,
    runs,
)
from scramblebench.publication.figures.flips import flip_heatmap
from tests.analysis.cubes import FEW, conditions, make
from tests.publication.figures.cases import many, scores, several

VALUES = st.sampled_from([0.0, 1.0, 0.5, np.nan])


def rows_of(cube: ScoreCube, model: int = 0, n_panels: int = 1) -> FlipPanel:
    return flip_panel(cube, next(panels(cube)), model, n_panels)


def drawn(cube: ScoreCube, width_in: float = 5.5) -> Drawing:
    dependency = make_report("n", cube, FEW).dependency
    return flip_heatmap(cube, dependency, cube.items.ids, width_in=width_in, standing=Standing())


@st.composite
def tables(draw: st.DrawFn) -> npt.NDArray[np.float64]:
    n, n_levels = draw(st.integers(1, 30)), draw(st.integers(1, 5))
    cells = draw(st.lists(VALUES, min_size=n * n_levels, max_size=n * n_levels))
    return np.array(cells).reshape(1, n, n_levels)


@settings(max_examples=80, deadline=None)
@given(table=tables())
def test_every_question_has_a_row_and_equal_neighbours_are_one_rectangle(
    table: npt.NDArray[np.float64],
):
    panel = rows_of(make(table))
    assert sorted(panel.first.tolist()) == list(range(table.shape[1]))
    np.testing.assert_array_equal(panel.score, table[0][panel.first])
    again = np.full(panel.outcomes.shape, -1)
    for level, start, end, outcome in runs(panel.outcomes):
        assert (again[start:end, level] == -1).all()
        again[start:end, level] = outcome
    np.testing.assert_array_equal(again, panel.outcomes)
    assert len(runs(panel.outcomes)) == n_runs(panel.outcomes)
    keys = [tuple(row) for row in panel.outcomes.tolist()]
    assert keys == sorted(keys)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(MOST_ROWS + 1, 3 * MOST_ROWS), seed=st.integers(0, 9))
def test_bands_keep_the_means(n: int, seed: int):
    table = scores(1, n, (0, 50, 100), seed=seed)
    cube = make(table, conditions((0, 50, 100)))
    panel = rows_of(cube)
    assert panel.sizes.sum() == n
    assert panel.sizes.max() - panel.sizes.min() <= 1
    weighted = (panel.score * panel.sizes[:, None]).sum(axis=0) / n
    np.testing.assert_allclose(weighted, table[0].mean(axis=0))
    assert panel.tally.n_always_right == int((table[0] == 1).all(axis=1).sum())


def test_wrong_missing_and_no_answer_are_different_cells():
    table = np.array([[[1, 1], [1, 0], [1, 0], [1, np.nan], [0, 0], [1, 0.5]]], dtype=float)
    silent = np.zeros(table.shape, dtype=np.int32)
    silent[0, 2, 1] = 1
    panel = rows_of(make(table, conditions((0, 100)), n_no_answer=silent))
    assert panel.first.tolist() == [0, 5, 1, 2, 3, 4]
    assert panel.outcomes[:, 1].tolist() == [0, 2, N_STEPS, NO_ANSWER, MISSING, N_STEPS]
    tally = panel.tally
    assert (tally.n_always_right, tally.n_flipped) == (1, 1)
    assert (tally.n_no_answer, tally.n_missing, tally.n_cells) == (1, 1, 12)


def test_all_panels_are_shown_where_there_are_few():
    cube = several(("word_shuffle",))
    found, rule = chosen(cube, ())
    assert len(found) == 6
    assert rule == ""


def test_a_rule_chooses_where_there_are_many():
    cube = many(19)
    (one,) = make_report("n", make(scores(1, 9, (0, 25, 50, 75, 100))), FEW).dependency
    dependency = [
        replace(one, model=name, benchmark="bench0", estimate=(7 * place % 19) / 19)
        for place, name in enumerate(cube.models)
    ]
    found, rule = chosen(cube, dependency)
    order = [row.model for row in sorted(dependency, key=lambda row: row.estimate)]
    assert [panel.models[model] for panel, model in found] == [
        order[place] for place in (0, 4, 7, 11, 14, 18)
    ]
    assert rule == (
        "6 of 19 models, at equal distances in the order of their dependency coefficients."
    )
    undefined = [replace(row, estimate=np.nan) for row in dependency]
    assert "the configuration" in chosen(cube, undefined)[1]


def test_the_curve_with_most_levels_is_chosen():
    cube = several(("word_shuffle", "letter_noise", "d"))
    found, rule = chosen(cube, ())
    assert {(panel.benchmark, panel.method) for panel, _ in found} == {("bench0", "word_shuffle")}
    assert rule == "Of 6 curves the one with most levels: bench0 · word_shuffle."


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("width", [3.25, 5.5, 6.75])
def test_the_table_holds_the_cells(width: float):
    cube = several(("word_shuffle",))
    drawing = drawn(cube, width)
    assert len(drawing.figure.axes) == 6
    assert len(drawing.rows) == 6 * 20
    at = {name: place for place, name in enumerate(drawing.heads)}
    for cells in drawing.rows:
        model = cube.models.index(cells[at["model"]])
        question = cube.items.ids.index(cells[at["first_question_id"]])
        for level, condition in ((0, 0), (33, 1), (67, 2), (100, 3)):
            score = cube.scores[model, question, condition]
            value = cells[at[f"score_share_at_{level}_pct"]]
            assert (value is None) if np.isnan(score) else value == score
            assert cells[at[f"missing_share_at_{level}_pct"]] == np.isnan(score)
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert legend == ["right", "wrong", "no answer", "missing"]
    assert "missing" in drawing.alt
    assert "b on bench0 by word_shuffle: " in drawing.alt


@pytest.mark.usefixtures("style")
def test_what_is_drawn_is_what_came_of_each_question():
    table = np.array([[[1, 1], [1, 0], [1, 0], [0, 0]]], dtype=float)
    axis = drawn(make(table, conditions((0, 100)))).figure.axes[0]
    heights = [
        sorted(
            (round(float(box[:, 0].mean() + 0.25)), float(box[:, 1].min()), float(box[:, 1].max()))
            for box in (patch.get_path().vertices[k : k + 4] for k in range(0, len(patch.get_path().vertices), 5))
        )
        for patch in axis.patches
    ]  # fmt: skip
    assert heights == [[(0, 0.0, 3.0), (1, 0.0, 1.0)], [(0, 3.0, 4.0), (1, 1.0, 4.0)]]
    assert axis.get_ylim() == (4, 0)


@pytest.mark.usefixtures("style")
def test_right_wrong_no_answer_and_missing_differ_in_grey():
    drawing = drawn(several(("word_shuffle",)))
    legend = drawing.figure.legends[0]
    greys = [
        float(np.dot(patch.get_facecolor()[:3], (0.299, 0.587, 0.114)))
        for patch in legend.get_patches()
    ]
    apart = np.abs(np.subtract.outer(greys, greys))[~np.eye(4, dtype=bool)]
    assert apart.min() > 0.12
    assert [bool(patch.get_hatch()) for patch in legend.get_patches()] == [False] * 3 + [True]


def test_a_million_responses_are_few_rectangles():
    levels = tuple(range(0, 101, 10))
    table = scores(1, 91_000, levels)
    cube = make(table, conditions(levels))
    panel = rows_of(cube, n_panels=6)
    assert cube.scores.size > 1_000_000
    assert n_runs(panel.outcomes) <= 400
    assert panel.sizes.sum() == 91_000
