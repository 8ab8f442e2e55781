"""Newton's derivatives against differences: a wrong one only makes fits slow, and hides."""

import numpy as np
import pytest

from scramblebench.statistics.curves import dose_scoring
from scramblebench.statistics.curves.dose_scoring import (
    BOUNDS,
    Curves,
    expected_information,
    log_levels,
    log_likelihood,
    probabilities,
    score,
)

LEVELS = np.array([0, 0.2, 0.5, 0.8, 1])
POINT = np.array([[0.8], [-0.4], [0.6]])
STEP = 1e-5


def curves(is_loglogistic: bool, offset: float = -0.3) -> Curves:
    return Curves(
        log_levels=log_levels(LEVELS), guess=0.2, is_loglogistic=is_loglogistic, offset=offset,
        free=(True, True, True),
    )  # fmt: skip


def moved(row: int, step: float) -> np.ndarray:
    point = POINT.copy()
    point[row] += step
    return point


@pytest.mark.parametrize("is_loglogistic", [False, True])
@pytest.mark.parametrize("offset", [0.0, -0.3])
def test_derivatives_equal_central_differences(is_loglogistic: bool, offset: float) -> None:
    model = curves(is_loglogistic, offset)
    _, slopes, bends = dose_scoring._derivatives(model, POINT)
    for row in range(3):
        high, low = (probabilities(model, moved(row, step)) for step in (STEP, -STEP))
        assert slopes[row] == pytest.approx((high - low) / (2 * STEP), abs=1e-8)
    for index, (row, column) in enumerate(dose_scoring._PAIRS):
        high, low = (
            dose_scoring._derivatives(model, moved(column, step))[1][row] for step in (STEP, -STEP)
        )
        assert bends[index] == pytest.approx((high - low) / (2 * STEP), abs=1e-8)


def test_the_information_is_what_the_likelihood_curves_by_at_the_truth() -> None:
    """Counts equal to their expectation: observed and expected information are the same."""
    model, n = curves(False), np.full((5, 1), 400.0)
    k = n * probabilities(model, POINT)
    middle = log_likelihood(model, POINT, k, n)[0]
    for row, found in enumerate(expected_information(model, POINT, n)[:, 0]):
        around = [log_likelihood(model, moved(row, step), k, n)[0] for step in (1e-3, -1e-3)]
        assert found == pytest.approx((2 * middle - sum(around)) / 1e-6, rel=1e-3)


def test_six_iterations_are_enough_from_nearby() -> None:
    model, n = curves(False), np.full((5, 1), 400.0)
    k = np.round(n * probabilities(model, POINT))
    end, is_converged = score(model, POINT + 0.02, k, n, 1e-12, most_iterations=6)
    assert is_converged[0]
    assert end == pytest.approx(POINT, abs=0.1)


def test_fits_stay_within_their_bounds() -> None:
    model = curves(False)
    flat = np.array([[9.0, 0, 0], [9, 0, 9], [9, 0, 0], [9, 0, 9], [9, 9, 0]])
    end, _ = score(model, np.repeat(POINT, 3, axis=1), flat, np.full((5, 3), 9.0), 1e-10)
    assert (end >= BOUNDS[:, :1]).all()
    assert (end <= BOUNDS[:, 1:]).all()


def test_held_coordinates_do_not_move() -> None:
    held = Curves(
        log_levels=log_levels(LEVELS), guess=0.2, is_loglogistic=False, offset=0.0,
        free=(True, False, True),
    )  # fmt: skip
    n = np.full((5, 1), 50.0)
    end, _ = score(held, POINT, np.array([[45.0], [40], [30], [20], [15]]), n, 1e-10)
    assert end[1] == POINT[1]
    assert end[0] != POINT[0]
