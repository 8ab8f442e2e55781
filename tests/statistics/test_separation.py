"""Separation is found exactly, in any unit of the columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.statistics.models.separation import has_receding_direction, is_separated


def _design(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ([1, 1, 1, 0, 0, 0], True),  # complete
        ([1, 1, 1, 1, 0, 0], True),  # quasi-complete: one level is all 1
        ([1, 1, 1, 1, 1, 1], True),  # constant
        ([1, 1, 0, 1, 0, 0], False),
    ],
)
def test_cells_of_two_levels(response: list[int], expected: bool):
    x = np.repeat([0.0, 1.0], 3)
    assert is_separated(np.array(response, dtype=float), _design(x)) is expected


def test_a_cell_that_is_all_one_within_a_slope_is_no_separation():
    x = np.repeat([0.0, 0.5, 1.0], 2)
    assert not is_separated(np.array([1.0, 1, 1, 0, 1, 0]), _design(x))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=4, max_size=12), st.floats(1e-6, 1e6))
def test_units_do_not_matter_and_cuts_decide(response: list[float], unit: float):
    y = np.array(response)
    x = np.arange(len(y), dtype=float)
    is_cut = np.count_nonzero(np.diff(y)) <= 1
    assert is_separated(y, _design(x * unit)) == is_cut


def test_no_rows_have_no_direction():
    assert not has_receding_direction(np.zeros((0, 2)))
