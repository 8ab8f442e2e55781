"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.means.effect_sizes import (
    cohens_d_average_independent,
    cohens_d_pooled,
    cohens_h,
    d_av,
    d_from_odds_ratio,
    d_rm,
    d_z,
    glass_delta,
    hedges_correction,
    hedges_g,
    paired_correlation,
)
from scramblebench.statistics.means.noncentral import noncentral_t_limits
from scramblebench.statistics.results import Estimate, Status

BASELINE = [0.87, 0.83, 1, 0.96, 0.71, 0.78, 0.6, 0.86, 0.93, 0.9, 0.7, 0.56, 1, 0.94, 0.44]
TREATMENT = [0.74, 0.72, 0.77, 0.72, 0.67, 0.68, 0.71, 0.75, 0.97, 0.93, 0.63, 0.46, 0.85, 0.78, 0.57]  # fmt: skip
OTHER = [0.59, 0.83, 0.1, 0.78, 0.26, 0.77, 0.99, 0.2, 0.79, 0.7, 0.73, 0.91]
SCORES = st.lists(st.integers(0, 10).map(lambda k: k / 10), min_size=3, max_size=15)


def test_independent_variants_equal_r() -> None:
    # R 4.2.2: effectsize::cohens_d(x, y), hedges_g(x, y); uniroot on pt(t, df, ncp)
    d = cohens_d_pooled(OTHER, BASELINE)
    assert d.estimate == pytest.approx(0.72465969264516839, rel=1e-12)
    assert (d.low, d.high) == pytest.approx((-0.067049020613883334, 1.5028588213963461), rel=1e-9)
    g = hedges_g(d)
    assert g.estimate == pytest.approx(0.70266306769964293, rel=1e-12)
    assert (g.low, g.high) == pytest.approx((-0.065013786455867917, 1.4572404129546381), rel=1e-9)
    assert g.method == "Hedges' g of Cohen's d, pooled sd, independent groups"
    delta = glass_delta(OTHER, BASELINE)
    assert delta.estimate == pytest.approx(0.57590230969806144, rel=1e-12)
    assert delta.low < delta.estimate < delta.high
    average = cohens_d_average_independent(OTHER, BASELINE)
    assert average.estimate == pytest.approx(0.70302339659828661, rel=1e-12)


def test_paired_variants_equal_r() -> None:
    # R 4.2.2: effectsize::cohens_d(y, x, paired = TRUE); the definitions with sd, var and cor
    z = d_z(BASELINE, TREATMENT)
    assert z.estimate == pytest.approx(-0.67852266375416759, rel=1e-12)
    assert (z.low, z.high) == pytest.approx((-1.232832588747395, -0.10485302950381167), rel=1e-9)
    assert hedges_g(z).estimate == pytest.approx(-0.64139914810338561, rel=1e-12)
    average = d_av(BASELINE, TREATMENT)
    assert average.estimate == pytest.approx(-0.49883947194425016, rel=1e-12)
    assert hedges_g(average).estimate == pytest.approx(-0.47154683172278861, rel=1e-12)
    assert d_rm(BASELINE, TREATMENT).estimate == pytest.approx(-0.47127549338490543, rel=1e-12)
    assert paired_correlation(BASELINE, TREATMENT) == pytest.approx(0.758792392430929, rel=1e-12)


def test_every_variant_has_its_own_name() -> None:
    found = [function(BASELINE, TREATMENT) for function in (d_z, d_av, d_rm)]
    found += [
        function(BASELINE, TREATMENT)
        for function in (cohens_d_pooled, glass_delta, cohens_d_average_independent)
    ]
    assert len({effect.method for effect in found}) == 6


@pytest.mark.parametrize(
    ("df", "expected"),
    [
        # R: exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2)); at df = 2 sqrt(1 / pi)
        (2, 1 / math.sqrt(math.pi)),
        (3, 0.7236012545582676),
        (25, 0.96964557961650533),
    ],
)
def test_hedges_correction_is_the_gamma_form(df: float, expected: float) -> None:
    assert hedges_correction(df) == pytest.approx(expected, rel=1e-12)


def test_hedges_correction_is_undefined_at_one_degree_of_freedom() -> None:
    assert math.isnan(hedges_correction(1))
    pair = hedges_g(d_z([1, 0.5], [0, 0]))
    assert pair.status is Status.NOT_CONVERGED
    assert math.isnan(pair.estimate)


@example(t=8e-152, df=1, level=0.8)
@example(t=9.375, df=1, level=0.95)  # scipy is NaN at a noncentrality far from the limits
@given(t=st.floats(-40, 40), df=st.integers(1, 200), level=st.sampled_from([0.8, 0.9, 0.95]))
def test_noncentral_t_limits_are_tail_probabilities(t: float, df: int, level: float) -> None:
    low, high = noncentral_t_limits(t, df, level)
    tail = (1 - level) / 2
    assert low < high
    t = t if abs(t) > 1e-50 else 0.0  # scipy is NaN there
    assert stats.nct.cdf(t, df, low) == pytest.approx(1 - tail, abs=1e-7)
    assert stats.nct.cdf(t, df, high) == pytest.approx(tail, abs=1e-7)


def test_limits_that_cannot_be_evaluated_are_nan_without_a_warning() -> None:
    for t in (math.inf, math.nan, -1.1e4):
        assert all(map(math.isnan, noncentral_t_limits(t, 5, 0.95)))
    far = d_z([0.0, 1e-7, 0.0, 1e-7, 0.0, 2e-7], [1.0] * 6)
    assert math.isfinite(far.estimate)
    assert math.isnan(far.high)
    assert far.warnings == ("no limits: noncentral t cannot be evaluated here",)


@given(before=SCORES, data=st.data())
def test_paired_variants_agree_with_each_other(before: list[float], data: st.DataObject) -> None:
    after = data.draw(
        st.lists(st.sampled_from([0.0, 0.4, 1.0]), min_size=len(before), max_size=len(before))
    )
    z, rm, average = d_z(before, after), d_rm(before, after), d_av(before, after)
    if z.status is Status.OK:
        assert z.low <= z.estimate <= z.high
        assert d_z(after, before).estimate == pytest.approx(-z.estimate)
        assert d_z(2 * np.array(before), 2 * np.array(after)).estimate == pytest.approx(z.estimate)
        assert z.low * z.high > 0 or stats.ttest_rel(after, before).pvalue > 0.05 - 1e-9
    if rm.status is Status.OK:
        r = paired_correlation(before, after)
        assert rm.estimate == pytest.approx(z.estimate * math.sqrt(2 * (1 - r)), abs=1e-12)
        if np.std(before) == pytest.approx(np.std(after)):
            assert rm.estimate == pytest.approx(average.estimate)


@pytest.mark.parametrize(
    ("function", "one", "two", "status"),
    [
        (d_z, [], [], Status.N_LT_2),
        (d_av, [1], [0], Status.N_LT_2),
        (d_rm, [1], [0], Status.N_LT_2),
        (d_z, [1, 1, 1], [0, 0, 0], Status.ZERO_VARIANCE),
        (d_z, [0.9, 0.3], [0.8, 0.2], Status.ZERO_VARIANCE),
        (d_av, [1, 1], [0, 0], Status.ZERO_VARIANCE),
        (d_rm, [1, 1, 1], [0, 1, 0], Status.ZERO_VARIANCE),
        (cohens_d_pooled, [1], [0], Status.N_LT_2),
        (cohens_d_pooled, [], [0, 1, 2], Status.N_LT_2),
        (cohens_d_pooled, [1, 1], [0, 0], Status.ZERO_VARIANCE),
        (glass_delta, [1, 1], [0, 1], Status.ZERO_VARIANCE),
        (glass_delta, [1], [0, 1], Status.N_LT_2),
        (cohens_d_average_independent, [1], [0, 1], Status.N_LT_2),
        (cohens_d_average_independent, [1, 1], [0, 0], Status.ZERO_VARIANCE),
    ],
)
def test_undefined_effects_say_why(
    function: object, one: list[float], two: list[float], status: Status
) -> None:
    for effect in (function(one, two), hedges_g(function(one, two))):  # type: ignore[operator]
        assert effect.status is status
        assert all(map(math.isnan, (effect.estimate, effect.low, effect.high)))


def test_glass_against_one_value_has_no_limits() -> None:
    delta = glass_delta([1, 2], [3])
    assert delta.estimate == pytest.approx(1.5 / math.sqrt(0.5))
    assert math.isnan(delta.low)


def test_missing_values_are_left_out_and_counted() -> None:
    paired = d_av([*BASELINE, math.nan], [*TREATMENT, 1])
    assert (paired.n, paired.estimate) == (15, d_av(BASELINE, TREATMENT).estimate)
    assert paired.warnings == ("items left out because of missing values: 1",)
    assert cohens_d_pooled([*BASELINE, math.nan], OTHER).n == 27


def test_cohens_h_equals_r() -> None:
    # R: pwr::ES.h(0.7, 55 / 90)
    assert cohens_h(55 / 90, 0.7) == pytest.approx(0.18742375376611697, rel=1e-12)
    assert cohens_h(0, 1) == pytest.approx(math.pi)
    assert cohens_h(0.2, 0.7) == -cohens_h(0.7, 0.2)
    assert math.isnan(cohens_h(math.nan, 0.5))
    for shares in ((0.5, 50), (1.2, 0.5)):
        with pytest.raises(ValueError, match="not a share"):
            cohens_h(*shares)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        # R: log(70 * 35 / (30 * 55)) * sqrt(3) / pi
        (1.4848484848484849, 0.21794733444018299),
        (0.0, -math.inf),
        (math.inf, math.inf),
        (math.nan, math.nan),
    ],
)
def test_d_from_odds_ratio(ratio: float, expected: float) -> None:
    d = d_from_odds_ratio(Estimate(method="odds ratio", estimate=ratio, low=ratio, high=math.inf))
    assert (d.estimate, d.low) == pytest.approx((expected, expected), rel=1e-12, nan_ok=True)
    assert d.high == math.inf
    assert "odds ratio" in d.method
