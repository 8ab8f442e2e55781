"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scramblebench.statistics.planning.mcnemar_power import (
    mcnemar_detectable_difference,
    mcnemar_p_values,
    mcnemar_power,
    mcnemar_power_normal,
    mcnemar_sample_size,
    mcnemar_sample_size_exact,
)
from scramblebench.statistics.proportions.paired_counts import McNemarVariant, PairedCounts, mcnemar
from scramblebench.statistics.results import Status

variants = pytest.mark.parametrize("variant", list(McNemarVariant))


@variants
@given(gained=st.integers(0, 60), lost=st.integers(0, 60))
def test_p_values_are_those_of_the_test(variant: McNemarVariant, gained: int, lost: int) -> None:
    ours = mcnemar_p_values(np.array([float(gained)]), np.array([float(lost)]), variant)
    expected = mcnemar(PairedCounts(3, lost, gained, 2), variant).p_value
    assert ours[0] == pytest.approx(expected, rel=1e-10)


def test_mid_p_is_exactly_one_at_a_tie_and_a_half_for_one_pair() -> None:
    p = mcnemar_p_values(
        np.array([0.0, 7, 500, 1]), np.array([0.0, 7, 500, 0]), McNemarVariant.MID_P
    )
    assert p.tolist() == [1.0, 1.0, 1.0, 0.5]


def test_exact_power_equals_the_double_sum() -> None:
    # R: sum over m of dbinom(m, 200, .21) sum over b of dbinom(b, m, .15 / .21) [p <= .05]
    powers = {
        variant: mcnemar_power(200, 0.15, 0.06, test=variant).power for variant in McNemarVariant
    }
    assert powers[McNemarVariant.EXACT] == pytest.approx(0.76773055197632, rel=1e-9)
    assert powers[McNemarVariant.MID_P] == pytest.approx(0.80820639428827, rel=1e-9)
    assert powers[McNemarVariant.ASYMPTOTIC] == pytest.approx(0.80989797155647, rel=1e-9)


def test_exact_power_of_six_items_by_hand() -> None:
    # nothing gained: p <= .05 exactly from 6 of 6 lost on, 2 / 2^6
    power = mcnemar_power(6, 0.5, 0.0, test=McNemarVariant.EXACT)
    assert power.power == pytest.approx(0.5**6, rel=1e-12)


def test_normal_formula_equals_r() -> None:
    # MESS::power_mcnemar_test(n = 200, paid = .06, psi = 2.5), and power = .8 / .9
    assert mcnemar_power_normal(200, 0.15, 0.06).power == pytest.approx(0.79778443325193, rel=1e-12)
    assert mcnemar_sample_size(0.15, 0.06).n == pytest.approx(201.11538027181552, rel=1e-12)
    assert mcnemar_sample_size(0.15, 0.06, 0.9).n == pytest.approx(268.23580306487975, rel=1e-12)


@given(
    lost=st.floats(0.01, 0.6),
    gained=st.floats(0.0, 0.39),
    power=st.floats(0.3, 0.99),
    alpha=st.floats(0.001, 0.2),
)
def test_the_normal_formulas_agree(lost: float, gained: float, power: float, alpha: float) -> None:
    assume(abs(lost - gained) > 1e-3)
    n = mcnemar_sample_size(lost, gained, power, alpha).n
    assume(n > 0)
    assert mcnemar_power_normal(n, lost, gained, alpha).power == pytest.approx(power, rel=1e-6)
    found = mcnemar_detectable_difference(n, lost + gained, power, alpha)
    assert found.effect == pytest.approx(abs(lost - gained), rel=1e-6)


def test_lost_and_gained_may_be_swapped_but_the_sign_of_the_effect_is_kept() -> None:
    one, other = mcnemar_power(80, 0.3, 0.1), mcnemar_power(80, 0.1, 0.3)
    assert one.power == pytest.approx(other.power, rel=1e-12)
    assert (one.effect, other.effect) == (pytest.approx(-0.2), pytest.approx(0.2))


@variants
@settings(deadline=None)
@given(n=st.integers(1, 120), share=st.floats(0.01, 0.5))
def test_size_is_kept(variant: McNemarVariant, n: int, share: float) -> None:
    size = mcnemar_power(n, share, share, test=variant).power
    most = {McNemarVariant.MID_P: 0.08, McNemarVariant.ASYMPTOTIC: 0.126}
    assert size <= most.get(variant, 0.05)


@pytest.mark.parametrize(("lost", "gained"), [(0.15, 0.06), (0.05, 0.02), (0.3, 0.0)])
def test_exact_sample_size_is_on_a_tooth(lost: float, gained: float) -> None:
    plan = mcnemar_sample_size_exact(lost, gained)
    assert plan.power >= 0.8
    assert mcnemar_power(int(plan.n) - 1, lost, gained).power < 0.8
    assert plan.n == pytest.approx(mcnemar_sample_size(lost, gained).n, rel=0.2)


def test_no_difference_needs_an_infinite_n() -> None:
    for plan in (mcnemar_sample_size(0.1, 0.1), mcnemar_sample_size_exact(0.1, 0.1)):
        assert plan.n == math.inf
        assert plan.status is Status.NOT_REACHED


def test_no_discordance_and_no_items_have_no_power() -> None:
    assert mcnemar_power(100, 0.0, 0.0).power == 0
    assert mcnemar_power_normal(100, 0.0, 0.0).power == 0
    assert mcnemar_power(0, 0.2, 0.1).power == 0


def test_every_item_lost() -> None:
    # mid-p of five lost items is 1 / 32, of four 1 / 16
    assert mcnemar_power(5, 1.0, 0.0).power == pytest.approx(1.0)
    assert mcnemar_power(4, 1.0, 0.0).power == 0
    assert mcnemar_power_normal(5, 1.0, 0.0).power == 1


def test_a_difference_beyond_the_discordance_is_not_reached() -> None:
    plan = mcnemar_detectable_difference(20, 0.05)
    assert math.isnan(plan.effect)
    assert plan.status is Status.NOT_REACHED


@pytest.mark.parametrize(("lost", "gained"), [(-0.1, 0.2), (0.7, 0.5), (math.nan, 0.1)])
def test_shares_that_are_none_are_refused(lost: float, gained: float) -> None:
    with pytest.raises(ValueError, match="not shares"):
        mcnemar_power(50, lost, gained)
    with pytest.raises(ValueError, match="not shares"):
        mcnemar_sample_size(lost, gained)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="alpha"):
        mcnemar_power(50, 0.1, 0.2, alpha=0)
    with pytest.raises(ValueError, match="items"):
        mcnemar_power(-1, 0.1, 0.2)
    with pytest.raises(ValueError, match="discordance"):
        mcnemar_detectable_difference(50, 0.0)
