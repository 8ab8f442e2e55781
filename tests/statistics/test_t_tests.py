"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.means.t_tests import paired_t, two_sample_t
from scramblebench.statistics.results import Status

BASELINE = [0.87, 0.83, 1, 0.96, 0.71, 0.78, 0.6, 0.86, 0.93, 0.9, 0.7, 0.56, 1, 0.94, 0.44]
TREATMENT = [0.74, 0.72, 0.77, 0.72, 0.67, 0.68, 0.71, 0.75, 0.97, 0.93, 0.63, 0.46, 0.85, 0.78, 0.57]  # fmt: skip
OTHER = [0.59, 0.83, 0.1, 0.78, 0.26, 0.77, 0.99, 0.2, 0.79, 0.7, 0.73, 0.91]
SCORES = st.lists(st.integers(0, 20).map(lambda k: k / 20), min_size=3, max_size=30)


def test_paired_t_equals_r() -> None:
    # R 4.2.2: t.test(treatment, baseline, paired = TRUE)
    result = paired_t(BASELINE, TREATMENT)
    test = result.test
    assert (test.n, test.df, test.status) == (15, 14, Status.OK)
    assert test.statistic == pytest.approx(-2.6279069767441858, rel=1e-12)
    assert test.p_value == pytest.approx(0.019867364884753397, rel=1e-11)
    assert (test.low, test.high) == pytest.approx(
        (-0.13681721838697702, -0.013849448279689614), rel=1e-11
    )
    assert result.standard_deviation == pytest.approx(0.11102552259127926, rel=1e-12)
    assert math.isnan(result.sign_flip_p_value)


@pytest.mark.parametrize("n", [2, 6, 11])
def test_every_item_lost_has_no_t_but_a_sign_flip_p(n: int) -> None:
    result = paired_t([1] * n, [0] * n)
    test = result.test
    assert test.status is Status.ZERO_VARIANCE
    assert (test.estimate, test.df, result.standard_deviation) == (-1, n - 1, 0)
    assert all(map(math.isnan, (test.statistic, test.p_value, test.low, test.high)))
    assert result.sign_flip_p_value == 2.0 ** (1 - n)


def test_equal_arrays_have_a_sign_flip_p_of_one() -> None:
    result = paired_t([0.5, 1, 0], [0.5, 1, 0])
    assert result.test.status is Status.ZERO_VARIANCE
    assert math.isnan(result.test.p_value)
    assert result.sign_flip_p_value == 1


def test_differences_equal_but_for_rounding_are_constant() -> None:
    result = paired_t([0.9, 0.3, 0.4], [0.8, 0.2, 0.3])  # 0.9 - 0.8 != 0.3 - 0.2 in floats
    assert result.test.status is Status.ZERO_VARIANCE
    assert result.sign_flip_p_value == 0.25


@pytest.mark.parametrize("values", [[], [1.0]])
def test_fewer_than_two_items_are_no_test(values: list[float]) -> None:
    result = paired_t(values, [0.0] * len(values))
    assert result.test.status is Status.N_LT_2
    assert all(map(math.isnan, (result.test.p_value, result.test.df, result.sign_flip_p_value)))


def test_pairs_with_a_missing_value_are_left_out_and_counted() -> None:
    result = paired_t([*BASELINE, None, 1.0], [*TREATMENT, 1.0, math.nan])
    assert (result.test.n, result.n_missing) == (15, 2)
    assert result.test.p_value == paired_t(BASELINE, TREATMENT).test.p_value
    assert result.test.warnings == ("items left out because of missing values: 2",)


def test_two_items_have_a_t_on_one_degree_of_freedom() -> None:
    # R: t.test(c(0.25, 0.5), c(0.5, 1), paired = TRUE): t = -3, p = 2 atan(1 / 3) / pi
    test = paired_t([0.5, 1], [0.25, 0.5]).test
    assert (test.df, test.statistic) == (1, pytest.approx(-3))
    assert test.p_value == pytest.approx(2 * math.atan(1 / 3) / math.pi)


@given(before=SCORES, data=st.data())
def test_swapping_the_levels_only_turns_the_sign(before: list[float], data: st.DataObject) -> None:
    after = data.draw(
        st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=len(before), max_size=len(before))
    )
    forward, back = paired_t(before, after), paired_t(after, before)
    assert forward.test.status is back.test.status
    assert back.test.estimate == pytest.approx(-forward.test.estimate, abs=1e-12)
    if forward.test.status is Status.OK:
        assert back.test.p_value == pytest.approx(forward.test.p_value)
        assert (back.test.low, back.test.high) == pytest.approx(
            (-forward.test.high, -forward.test.low), abs=1e-12
        )
        assert (forward.test.p_value < 0.05) == (forward.test.low * forward.test.high > 0)


def test_two_sample_t_equals_r() -> None:
    # R 4.2.2: t.test(other, baseline), t.test(other, baseline, var.equal = TRUE)
    welch, student = (
        two_sample_t(BASELINE, OTHER, equal_variances=equal) for equal in (False, True)
    )
    assert welch.df == pytest.approx(16.853211329781477, rel=1e-12)
    assert welch.p_value == pytest.approx(0.095210307428925472, rel=1e-11)
    assert (welch.low, welch.high) == pytest.approx(
        (-0.36828192803571697, 0.0326152613690502), rel=1e-11
    )
    assert student.df == 25
    assert student.p_value == pytest.approx(0.073085342457644337, rel=1e-11)
    assert (student.low, student.high) == pytest.approx(
        (-0.35257279349693627, 0.01690612683026952), rel=1e-11
    )


@pytest.mark.filterwarnings("ignore:Precision loss")  # scipy's own
@given(one=SCORES, two=SCORES, level=st.sampled_from([0.8, 0.95, 0.99]))
def test_p_value_and_interval_of_welch_agree(
    one: list[float], two: list[float], level: float
) -> None:
    test = two_sample_t(one, two, level)
    if test.status is Status.OK and abs(test.p_value - (1 - level)) > 1e-9:
        assert (test.p_value < 1 - level) == (test.low * test.high > 0)
        theirs = stats.ttest_ind(two, one, equal_var=False)
        assert (test.p_value, test.df) == pytest.approx((theirs.pvalue, theirs.df))


@pytest.mark.parametrize(
    ("one", "two", "equal", "status"),
    [
        ([], [1, 2], False, Status.N_LT_2),
        ([1], [1, 2], False, Status.N_LT_2),
        ([1], [2], True, Status.N_LT_2),
        ([1, 1], [0, 0, 0], False, Status.ZERO_VARIANCE),
        ([1, 1], [0, 0, 0], True, Status.ZERO_VARIANCE),
        ([0.7, 0.7], [0.7, 0.7], True, Status.ZERO_VARIANCE),
    ],
)
def test_undefined_two_sample_tests_say_why(
    one: list[float], two: list[float], equal: bool, status: Status
) -> None:
    test = two_sample_t(one, two, equal_variances=equal)
    assert test.status is status
    assert all(map(math.isnan, (test.p_value, test.statistic, test.low, test.high)))


def test_one_constant_group_is_defined_and_one_value_is_for_student() -> None:
    assert two_sample_t([1, 1, 1], [0, 1]).df == pytest.approx(1)  # the variance of one group only
    # R: t.test(3, c(1, 2), var.equal = TRUE): t = sqrt(3), p = 1 / 3
    assert two_sample_t([1, 2], [3], equal_variances=True).p_value == pytest.approx(1 / 3)


def test_missing_values_of_disjoint_sets_are_dropped_with_a_warning() -> None:
    test = two_sample_t([*BASELINE, math.nan], OTHER)
    assert test.n == 27
    assert test.p_value == two_sample_t(BASELINE, OTHER).p_value
    assert test.warnings == ("values left out because of missing values: 1",)


@pytest.mark.parametrize("bad", [[1, math.inf], [[1, 2], [3, 4]]])
def test_infinities_and_tables_are_refused(bad: list[object]) -> None:
    with pytest.raises(ValueError):
        two_sample_t(bad, [1, 2])
    with pytest.raises(ValueError):
        paired_t(bad, np.ones_like(bad))


def test_arrays_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="do not pair"):
        paired_t([1, 2], [1, 2, 3])
