import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.levels import checked_levels, trapezoid_weights

grids = st.sets(st.integers(0, 100), min_size=2, max_size=9).map(
    lambda s: np.array(sorted(s)) / 100
)


@given(grids, st.floats(-2, 2), st.floats(-2, 2))
def test_weights_integrate_a_line_exactly(grid: np.ndarray, slope: float, start: float) -> None:
    middle = (grid[0] + grid[-1]) / 2
    mean = trapezoid_weights(grid) @ (start + slope * grid)
    assert mean == pytest.approx(start + slope * middle, abs=1e-12)


def test_uneven_steps_weigh_unevenly() -> None:
    assert trapezoid_weights([0, 0.2, 1]).tolist() == pytest.approx([0.1, 0.5, 0.4])


@pytest.mark.parametrize(
    "levels", [[0, 50, 100], [0, 0.5, 0.5], [0.5, 0.2], [], [[0, 1]], [0, np.nan]]
)
def test_levels_that_are_not_rising_shares_are_refused(levels) -> None:
    with pytest.raises(ValueError):
        checked_levels(levels)


def test_one_level_has_no_weights() -> None:
    with pytest.raises(ValueError, match="range"):
        trapezoid_weights([0.5])
