"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from scramblebench.statistics.means.multiplicity import (
    Adjustment,
    adjust,
    parse_adjustment,
    tukey_hsd,
)
from scramblebench.statistics.results import Status

P_VALUES = [0.0001, 0.004, 0.019, 0.03, 0.041, 0.2, 0.74, 0.019]
THEIRS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "bh": "fdr_bh",
    "by": "fdr_by",
}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # R 4.2.2: p.adjust(p, method)
        ("none", P_VALUES),
        ("bonferroni", [0.0008, 0.032, 0.152, 0.24, 0.328, 1, 1, 0.152]),
        ("holm", [0.0008, 0.028, 0.114, 0.12, 0.123, 0.4, 0.74, 0.114]),
        ("hochberg", [0.0008, 0.028, 0.095, 0.12, 0.123, 0.4, 0.74, 0.095]),
        ("BH", [0.0008, 0.016, 0.038, 0.048, 0.054666666666666669, 0.22857142857142856, 0.74, 0.038]),
        ("fdr", [0.0008, 0.016, 0.038, 0.048, 0.054666666666666669, 0.22857142857142856, 0.74, 0.038]),
        ("BY", [0.0021742857142857145, 0.043485714285714287, 0.10327857142857143,
                0.13045714285714285, 0.14857619047619047, 0.62122448979591838, 1,
                0.10327857142857143]),
    ],
)  # fmt: skip
def test_adjusted_equals_r(method: str, expected: list[float]) -> None:
    assert adjust(P_VALUES, method) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("method", list(THEIRS))
@settings(max_examples=20)  # theirs collects garbage at every call
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_agrees_with_statsmodels(method: str, p_values: list[float]) -> None:
    ours = adjust(p_values, method)
    theirs = multipletests(p_values, method=THEIRS[method])[1]
    assert ours == pytest.approx(theirs, abs=1e-15)
    assert np.all(ours >= np.array(p_values) - 1e-15)
    assert np.all(ours <= 1)
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(ours[order]) >= -1e-15)


@pytest.mark.parametrize("method", [*THEIRS, "none"])
@given(data=st.data(), p_values=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_undefined_p_values_do_not_count_and_stay_undefined(
    method: str, data: st.DataObject, p_values: list[float]
) -> None:
    place = data.draw(st.integers(0, len(p_values)))
    hole = data.draw(st.sampled_from([None, math.nan]))
    with_hole = adjust([*p_values[:place], hole, *p_values[place:]], method)
    assert math.isnan(with_hole[place])
    assert np.delete(with_hole, place) == pytest.approx(adjust(p_values, method))


def test_empty_and_undefined_families() -> None:
    assert adjust([], "holm").shape == (0,)
    assert np.isnan(adjust([None, math.nan], "bh")).all()


@pytest.mark.parametrize("bad", [1.01, -0.1, math.inf])
def test_what_is_not_a_p_value_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        adjust([0.5, bad], "none")


def test_raw_p_values_are_left_as_they_were() -> None:
    raw = np.array([0.01, 0.04])
    adjust(raw, "none")[0] = 0.5
    adjust(raw, "holm")
    assert raw.tolist() == [0.01, 0.04]


def test_names_of_adjustments() -> None:
    assert parse_adjustment(" Holm ") is Adjustment.HOLM
    assert parse_adjustment("fdr") is Adjustment.BH
    with pytest.raises(ValueError, match="'sidak'; known are none, bonferroni"):
        parse_adjustment("sidak")


def test_tukey_equals_r_on_plant_growth() -> None:
    # R: TukeyHSD(aov(weight ~ group, PlantGrowth))
    groups = {
        "ctrl": [4.17, 5.58, 5.18, 6.11, 4.5, 4.61, 5.17, 4.53, 5.33, 5.14],
        "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
        "trt2": [6.31, 5.12, 5.54, 5.5, 5.37, 5.29, 4.92, 6.15, 5.8, 5.26],
    }
    found = tukey_hsd(groups)
    assert [(pair.second, pair.first) for pair in found] == [
        ("trt1", "ctrl"), ("trt2", "ctrl"), ("trt2", "trt1"),
    ]  # fmt: skip
    assert [pair.test.estimate for pair in found] == pytest.approx([-0.371, 0.494, 0.865])
    assert [pair.test.p_value for pair in found] == pytest.approx(
        [0.3908711, 0.1979960, 0.0120064], abs=5e-8
    )
    assert [pair.test.low for pair in found] == pytest.approx(
        [-1.0622161, -0.1972161, 0.1737839], abs=5e-8
    )


def test_tukey_of_two_groups_is_students_t() -> None:
    one, two = [1, 2, 3, 5], [4, 6, 7, 9, 3]
    (pair,) = tukey_hsd({"a": one, "b": two})
    theirs = stats.ttest_ind(two, one)
    assert pair.test.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    limits = theirs.confidence_interval()
    assert (pair.test.low, pair.test.high) == pytest.approx((limits.low, limits.high), rel=1e-7)


def test_tukey_with_a_group_of_one_and_an_empty_group() -> None:
    found = {
        (pair.first, pair.second): pair.test
        for pair in tukey_hsd({"a": [1, 2, 4], "b": [3], "c": [math.nan]})
    }
    assert found["a", "b"].status is Status.OK
    assert found["a", "b"].df == 2
    assert found["a", "c"].status is found["b", "c"].status is Status.NO_DATA
    assert math.isnan(found["a", "c"].p_value)
    assert found["a", "b"].warnings == ("values left out because of missing values: 1",)


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        ({"a": [1], "b": [2]}, Status.N_LT_2),
        ({"a": [1, 1], "b": [2, 2]}, Status.ZERO_VARIANCE),
        ({"a": [0.3, 0.1 * 3], "b": [0.3]}, Status.ZERO_VARIANCE),
    ],
)
def test_tukey_undefined(groups: dict[str, list[float]], status: Status) -> None:
    (pair,) = tukey_hsd(groups)
    assert pair.test.status is status
    assert all(map(math.isnan, (pair.test.p_value, pair.test.low, pair.test.statistic)))


def test_no_pairs_of_fewer_than_two_groups() -> None:
    assert tukey_hsd({}) == tukey_hsd({"a": [1, 2]}) == []
