"""Fits are checked against R in tests/golden; here against SciPy's optimiser, and at their edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from scramblebench.statistics.curves.dose_response import Family, fit_dose_response, fit_many
from scramblebench.statistics.curves.dose_scoring import Curves, log_levels, log_likelihood, score
from scramblebench.statistics.results import Status

LEVELS = np.array([0, 0.17, 0.33, 0.5, 0.67, 0.83, 1])
RIGHT = np.array([180, 176, 165, 138, 104, 71, 57.0])
ASKED = np.full(7, 200.0)


def survival(family: Family, scale: float, shape: float) -> np.ndarray:
    u = (LEVELS / scale) ** shape
    return 1 / (1 + u) if family is Family.LOGLOGISTIC else np.exp(-u)


def loss(family: Family, guess: float, k: np.ndarray, n: np.ndarray):
    def of(parameters: np.ndarray) -> float:
        shape = math.exp(parameters[2]) if len(parameters) == 3 else 1.0
        lead = (1 - guess) * special.expit(parameters[0])
        p = guess + lead * survival(family, math.exp(parameters[1]), shape)
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return -float(special.xlogy(k, p).sum() + special.xlog1py(n - k, -p).sum())

    return of


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("guess", [0.0, 0.25])
def test_the_maximum_is_scipy_s(family: Family, guess: float) -> None:
    start = [1.0, -0.4] if family is Family.EXPONENTIAL else [1.0, -0.4, 0.7]
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}
    best = optimize.minimize(
        loss(family, guess, RIGHT, ASKED), start, method="Nelder-Mead", options=options
    )
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, guess, family)
    assert fit.status is Status.OK
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-8)
    assert fit.scale == pytest.approx(math.exp(best.x[1]), rel=1e-4)
    assert fit.baseline == pytest.approx(guess + (1 - guess) * special.expit(best.x[0]), rel=1e-4)


@pytest.mark.parametrize("family", list(Family))
def test_noise_free_counts_give_the_curve_back(family: Family) -> None:
    shape = 1.0 if family is Family.EXPONENTIAL else 2.5
    k = 1e4 * (0.25 + 0.65 * survival(family, 0.6, shape))
    fit = fit_dose_response(LEVELS, k, np.full(7, 1e4), 0.25, family)
    assert (fit.baseline, fit.scale, fit.shape) == pytest.approx((0.9, 0.6, shape), rel=1e-5)
    assert fit.deviance == pytest.approx(0, abs=1e-6)
    assert fit.accuracy_at(LEVELS) == pytest.approx(k / 1e4, rel=1e-6)
    assert fit.accuracy_at([[0.0], [1.0]]).shape == (2, 1)


def test_deviance_is_the_distance_from_the_saturated_model() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    shares = RIGHT / ASKED
    saturated = (special.xlogy(RIGHT, shares) + special.xlogy(ASKED - RIGHT, 1 - shares)).sum()
    assert fit.deviance == pytest.approx(2 * (saturated - fit.log_likelihood), abs=1e-9)
    assert fit.df == 4


def test_a_richer_family_fits_no_worse() -> None:
    one = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25, Family.EXPONENTIAL)
    two = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25, Family.WEIBULL)
    assert two.log_likelihood >= one.log_likelihood - 1e-9


@given(st.lists(st.integers(0, 30), min_size=7, max_size=7), st.sampled_from(list(Family)))
@settings(max_examples=40, deadline=None)
def test_no_fit_beats_the_saturated_model_or_loses_to_a_flat_one(
    counts: list[int], family: Family
) -> None:
    k, n = np.array(counts, dtype=float), np.full(7, 30.0)
    fit = fit_dose_response(LEVELS, k, n, 0.0, family)
    share = k.mean() / 30
    flat = (special.xlogy(k, share) + special.xlogy(n - k, 1 - share)).sum()
    assert fit.deviance >= 0
    assert fit.log_likelihood >= flat - 0.05  # the flat curve is at infinity of the scale
    assert 0 <= fit.baseline <= 1


@given(st.integers(0, 2**32), st.sampled_from(list(Family)))
@settings(max_examples=20, deadline=None)
def test_derivatives_point_to_a_maximum(seed: int, family: Family) -> None:
    """At the end of a search no coordinate can be moved a little to a higher likelihood."""
    rng = np.random.default_rng(seed)
    k = rng.binomial(80, 0.2 + 0.7 * survival(family, 0.6, 2))[:, None].astype(float)
    n = np.full((7, 1), 80.0)
    curves = Curves(
        log_levels=log_levels(LEVELS), guess=0.2, is_loglogistic=family is Family.LOGLOGISTIC,
        offset=-0.3, free=(True, True, family is not Family.EXPONENTIAL),
    )  # fmt: skip
    start = np.array([[1.0], [-0.5], [0.0 if family is Family.EXPONENTIAL else 0.7]])
    at, is_converged = score(curves, start, k, n, 1e-12)
    best = log_likelihood(curves, at, k, n)[0]
    assert is_converged[0]
    for row in range(3 if curves.free[2] else 2):
        for step in (-1e-3, 1e-3):
            moved = at.copy()
            moved[row] += step
            assert log_likelihood(curves, moved, k, n)[0] <= best + 1e-9


def test_all_right_at_the_baseline_is_no_failure() -> None:
    fit = fit_dose_response(LEVELS, [50, 50, 48, 36, 20, 9, 3], [50] * 7)
    assert fit.status is Status.OK
    assert fit.baseline == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("counts", "guess", "status"),
    [
        ([20, 20, 20, 20, 20, 20, 20], 0.25, Status.NOT_CONVERGED),  # all right: flat
        ([10, 11, 12, 13, 14, 15, 16], 0.25, Status.NOT_CONVERGED),  # rising
        ([20, 0, 0, 0, 0, 0, 0], 0.0, Status.NOT_CONVERGED),  # one step
        ([0, 0, 0, 0, 0, 0, 0], 0.0, Status.BASELINE_NOT_ABOVE_CHANCE),  # all wrong
        ([4, 4, 4, 4, 4, 4, 4], 0.25, Status.BASELINE_NOT_ABOVE_CHANCE),  # below chance
    ],
)
def test_curves_that_are_not_identified_are_named(
    counts: list[int], guess: float, status: Status
) -> None:
    assert fit_dose_response(LEVELS, counts, [20] * 7, guess).status is status


def test_unasked_levels_do_not_count() -> None:
    asked = np.where(np.arange(7) == 3, 0.0, ASKED)
    right = np.where(asked > 0, RIGHT, 0.0)
    whole = fit_dose_response(LEVELS, right, asked, 0.25)
    kept = asked > 0
    part = fit_dose_response(LEVELS[kept], right[kept], asked[kept], 0.25)
    assert whole.scale == pytest.approx(part.scale, rel=1e-9)
    assert whole.df == 3


def test_too_few_levels_and_no_answers_are_said() -> None:
    few = fit_dose_response([0, 1], [9, 3], [10, 10])
    assert few.status is Status.TOO_FEW_LEVELS
    assert math.isnan(few.scale)
    assert fit_dose_response(LEVELS, [0] * 7, [0] * 7).status is Status.NO_DATA


@pytest.mark.parametrize(
    ("k", "n", "guess"),
    [([1] * 6, [2] * 6, 0), ([3] * 7, [2] * 7, 0), ([-1] * 7, [2] * 7, 0), ([1] * 7, [2] * 7, 1.0)],
)
def test_impossible_counts_are_refused(k, n, guess) -> None:
    with pytest.raises(ValueError):
        fit_dose_response(LEVELS, k, n, guess)


@pytest.mark.parametrize("family", list(Family))
def test_many_fits_equal_single_ones(family: Family) -> None:
    rng = np.random.default_rng(6)
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25, family)
    k = rng.binomial(200, RIGHT / 200, (40, 7)).astype(float)
    many = fit_many(fit, LEVELS, k, np.full((40, 7), 200.0))
    assert many.is_converged.all()
    for row in range(40):
        one = fit_dose_response(LEVELS, k[row], ASKED, 0.25, family)
        found = (many.baseline[row], many.scale[row], many.shape[row])
        assert found == pytest.approx((one.baseline, one.scale, one.shape), rel=2e-4)


def test_weights_scale_out_of_many_fits() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    many = fit_many(fit, LEVELS, np.stack([RIGHT, RIGHT / 8]), np.stack([ASKED, ASKED / 8]))
    assert many.scale == pytest.approx([fit.scale] * 2, rel=1e-6)


def test_many_fits_without_answers_are_undefined() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    many = fit_many(fit, LEVELS, np.zeros((2, 7)), np.stack([np.zeros(7), ASKED]))
    assert math.isnan(many.scale[0])
    assert not many.is_converged[0]
    nothing = fit_dose_response([0, 1], [9, 3], [10, 10])
    assert np.isnan(fit_many(nothing, [0, 1], [[9, 3]], [[10, 10]]).scale).all()
    with pytest.raises(ValueError, match="tables"):
        fit_many(fit, LEVELS, RIGHT, ASKED)
