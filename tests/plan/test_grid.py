"""The plan's arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.plan import Cell, Grid, missing

GRIDS = st.builds(
    Grid,
    n_models=st.integers(1, 4),
    n_conditions=st.integers(1, 9),
    n_questions=st.integers(1, 12),
    n_repeats=st.integers(1, 3),
)


@given(GRIDS, st.data())
def test_index_and_cell_are_inverse(grid: Grid, data: st.DataObject):
    index = data.draw(st.integers(0, len(grid) - 1))
    cell = grid.cell(index)
    assert grid.index(cell) == index
    assert grid.cells(np.array([index])).tolist() == [list(cell)]


@given(GRIDS)
def test_every_cell_has_one_index(grid: Grid):
    cells = {grid.cell(index) for index in range(len(grid))}
    assert len(cells) == len(grid)


@given(GRIDS, st.integers(-5, -1))
def test_outside_is_refused(grid: Grid, index: int):
    for wrong in (index, len(grid), len(grid) + 7):
        with pytest.raises(IndexError):
            grid.cell(wrong)
    with pytest.raises(IndexError):
        grid.index(Cell(grid.n_models, 0, 0, 0))


@given(GRIDS, st.data())
def test_a_lane_that_stops_anywhere_has_balanced_conditions(grid: Grid, data: st.DataObject):
    lane = grid.lane(data.draw(st.integers(0, grid.n_models - 1)))
    stop = data.draw(st.integers(lane.start, lane.stop))
    counts = np.bincount(
        [grid.cell(index).condition for index in range(lane.start, stop)],
        minlength=grid.n_conditions,
    )
    assert counts.max() - counts.min() <= 1


@given(GRIDS, st.integers(1, 50))
def test_shards_cover_the_plan_once_and_never_span_models(grid: Grid, size: int):
    shards = list(grid.shards(size))
    assert [index for shard in shards for index in shard] == list(range(len(grid)))
    assert all(grid.cell(shard[0]).model == grid.cell(shard[-1]).model for shard in shards)
    assert all(len(shard) <= size for shard in shards)


@given(st.lists(st.booleans(), max_size=60), st.data())
def test_missing_yields_what_is_not_answered_in_order(answered: list[bool], data: st.DataObject):
    start = data.draw(st.integers(0, len(answered)))
    stop = data.draw(st.integers(start, len(answered)))
    found = list(missing(np.array(answered, dtype=bool), range(start, stop)))
    assert found == [i for i in range(start, stop) if not answered[i]]


def test_a_plan_of_ten_million_trials_is_arithmetic():
    grid = Grid(n_models=20, n_conditions=7, n_questions=71_429, n_repeats=1)
    assert len(grid) == 10_000_060
    assert grid.index(grid.cell(9_999_999)) == 9_999_999
