import math

import numpy as np
import pytest

from scramblebench.statistics.clustering.clusters import cluster_mean
from scramblebench.statistics.planning.mcnemar_power import mcnemar_power_normal
from scramblebench.statistics.proportions.paired_counts import PairedCounts, mcnemar
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    paired_difference,
)
from scramblebench.statistics.results import Status
from scramblebench.statistics.sequential.ab_decision import (
    ComparisonPlan,
    Decision,
    decide_clustered,
    decide_fixed,
    decide_sequential,
    needed_n,
    needed_n_equivalence,
)
from scramblebench.statistics.sequential.betting_sequence import BettingSequence
from scramblebench.statistics.sequential.paired_sequence import PairedSequence

PLAN = ComparisonPlan()


def counts(n11: int, lost: int, gained: int, n00: int) -> PairedCounts:
    return PairedCounts(n11, lost, gained, n00)


@pytest.mark.parametrize(
    ("table", "decision"),
    [
        (counts(80, 10, 30, 80), Decision.SUPERIOR),
        (counts(80, 30, 10, 80), Decision.INFERIOR),
        (counts(6000, 50, 50, 900), Decision.EQUIVALENT),
        (counts(400, 15, 20, 65), Decision.NON_INFERIOR),
        (counts(80, 20, 20, 80), Decision.INCONCLUSIVE),
    ],
)
def test_each_rule_has_its_table(table: PairedCounts, decision: Decision) -> None:
    found = decide_fixed(table, PLAN)
    assert found.decision is decision
    assert math.isnan(found.n_needed) == (decision is not Decision.INCONCLUSIVE)


def test_the_numbers_are_those_of_the_methods() -> None:
    table = counts(80, 10, 30, 80)
    found = decide_fixed(table, PLAN)
    tango = paired_difference(table, DifferenceInterval.TANGO)
    assert (found.difference.low, found.difference.high) == (tango.low, tango.high)
    assert found.p_value == mcnemar(table).p_value
    assert found.equivalence.low > found.difference.low
    assert found.lift.estimate == pytest.approx(110 / 90 - 1)
    assert found.lift.low < found.lift.estimate < found.lift.high


def test_swapping_the_arms_swaps_the_decision() -> None:
    one, other = (
        decide_fixed(counts(80, 10, 30, 80), PLAN),
        decide_fixed(counts(80, 30, 10, 80), PLAN),
    )
    assert one.difference.low == pytest.approx(-other.difference.high)


def test_a_difference_may_be_shown_without_mattering() -> None:
    found = decide_fixed(counts(90_000, 100, 300, 9600), ComparisonPlan(material_difference=0.01))
    assert found.decision is Decision.SUPERIOR
    assert found.is_within_margin
    assert not found.is_material
    assert decide_fixed(counts(90_000, 100, 300, 9600), PLAN).is_material


def test_a_large_p_value_is_no_equivalence() -> None:
    found = decide_fixed(counts(20, 5, 5, 20), PLAN)
    assert found.p_value == 1
    assert found.decision is Decision.INCONCLUSIVE


def test_before_n_min_nothing_is_estimated() -> None:
    plan = ComparisonPlan(expected_discordance=0.2)
    # (1.96 sqrt .2 + .8416 sqrt(.2 - .05^2))^2 / .05^2 = 625.5
    assert plan.n_min == 626
    found = decide_fixed(counts(0, 0, 600, 25), plan)
    assert found.decision is Decision.COLLECTING
    assert math.isnan(found.p_value)
    assert math.isnan(found.difference.estimate)
    assert decide_fixed(counts(0, 0, 600, 26), plan).decision is Decision.SUPERIOR
    assert ComparisonPlan(least_n=900, expected_discordance=0.2).n_min == 900


def test_the_n_that_is_asked_for_has_the_power() -> None:
    n = needed_n(PLAN, 0.2)
    assert mcnemar_power_normal(n, 0.125, 0.075).power == pytest.approx(0.8)
    # a discordance below the difference cannot hold it
    assert needed_n(PLAN, 0.0) == needed_n(PLAN, 0.05)


def test_the_n_for_equivalence_has_the_power() -> None:
    plan = ComparisonPlan(margin=0.1, alpha=0.05, power=0.8)
    n = math.ceil(needed_n_equivalence(plan, 0.2))
    rng = np.random.default_rng(1)
    drawn = rng.multinomial(n, [0.5, 0.1, 0.1, 0.3], size=400)
    shown = [decide_fixed(PairedCounts(*map(int, row)), plan).is_within_margin for row in drawn]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.06)
    enough = math.ceil(needed_n_equivalence(plan, 0.0))
    assert decide_fixed(counts(enough, 0, 0, 0), plan).is_within_margin
    assert not decide_fixed(counts(enough - 1, 0, 0, 0), plan).is_within_margin


def test_identical_answers_still_have_limits() -> None:
    few, many = decide_fixed(counts(10, 0, 0, 10), PLAN), decide_fixed(counts(500, 0, 0, 500), PLAN)
    assert few.status is many.status is Status.NO_DISCORDANT_PAIRS
    assert few.decision is Decision.INCONCLUSIVE
    assert many.decision is Decision.EQUIVALENT
    assert many.difference.low < 0 < many.difference.high


def test_lift_over_nothing_is_undefined() -> None:
    found = decide_fixed(counts(0, 0, 20, 30), PLAN)
    assert math.isnan(found.lift.estimate)
    assert found.decision is Decision.SUPERIOR


def test_no_pairs_are_collecting() -> None:
    found = decide_fixed(counts(0, 0, 0, 0), PLAN)
    assert (found.decision, found.status) == (Decision.COLLECTING, Status.NO_DATA)


def test_clusters_decide_by_their_own_error() -> None:
    rng = np.random.default_rng(2)
    shift = np.repeat(rng.choice([-1.0, 0.0, 1.0], size=20), 10)
    clusters = np.repeat(np.arange(20), 10)
    found = decide_clustered(shift, clusters, PLAN)
    mean = cluster_mean(shift, clusters)
    assert (found.difference.low, found.difference.high) == (mean.low, mean.high)
    assert (found.p_value < 0.05) == (mean.low > 0 or mean.high < 0)
    assert found.n_clusters == 20
    one_each = decide_clustered(shift, np.arange(200), PLAN)
    assert one_each.difference.high - one_each.difference.low < mean.high - mean.low
    assert one_each.n_needed < found.n_needed


def test_the_p_value_of_clusters_of_one_is_the_t_test() -> None:
    values = [0.0, 1, 1, 0, -1, 1, 1, 0, 1, 1]
    # scipy.stats.ttest_1samp(values, 0).pvalue
    assert decide_clustered(values, range(10), PLAN).p_value == pytest.approx(
        0.05217724279881912, rel=1e-9
    )


@pytest.mark.parametrize(
    ("values", "clusters", "status"),
    [
        ([0.0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], Status.ZERO_VARIANCE),
        ([0.0, 1, 1, 0], [0, 0, 0, 0], Status.FEW_CLUSTERS),
    ],
)
def test_clusters_without_an_error_are_inconclusive(
    values: list[float], clusters: list[int], status: Status
) -> None:
    found = decide_clustered(values, clusters, PLAN)
    assert (found.decision, found.status) == (Decision.INCONCLUSIVE, status)
    assert math.isnan(found.p_value)
    assert math.isnan(found.n_needed)


def test_a_sequence_decides_at_any_time() -> None:
    assert decide_sequential(PairedSequence(), PLAN).decision is Decision.COLLECTING
    gained = PairedSequence().update([1] * 12)
    found = decide_sequential(gained, PLAN)
    assert found.decision is Decision.SUPERIOR
    assert found.p_value == gained.p_value < 0.05
    lost = BettingSequence.start().update([-0.5] * 200)
    assert decide_sequential(lost, PLAN).decision is Decision.INFERIOR
    tied = PairedSequence().update([0] * 400)
    assert decide_sequential(tied, PLAN).decision is Decision.EQUIVALENT


def test_a_sequence_ends_at_n_max() -> None:
    open_ended = PairedSequence().update([1, -1] * 25)
    assert decide_sequential(open_ended, PLAN).decision is Decision.COLLECTING
    last = decide_sequential(open_ended, ComparisonPlan(n_max=50))
    assert last.decision is Decision.INCONCLUSIVE
    not_worse = PairedSequence().update([1, 0, 0, 0, -1] * 4 + [1] * 8 + [0] * 100)
    wide = ComparisonPlan(margin=0.1, n_max=128)
    assert decide_sequential(not_worse, wide).decision is Decision.NON_INFERIOR
    assert decide_sequential(not_worse, ComparisonPlan(margin=0.1)).decision is Decision.COLLECTING


def test_a_sequence_waits_for_the_least_n() -> None:
    gained = PairedSequence().update([1] * 12)
    assert decide_sequential(gained, ComparisonPlan(least_n=20)).decision is Decision.COLLECTING


def test_a_sequence_of_another_alpha_is_refused() -> None:
    with pytest.raises(ValueError, match=r"alpha is 0\.01"):
        decide_sequential(PairedSequence(), ComparisonPlan(alpha=0.01))


@pytest.mark.parametrize(
    "numbers",
    [
        {"margin": 0.0},
        {"detectable_difference": 1.0},
        {"material_difference": -0.1},
        {"alpha": 0.5},
        {"power": 0.01},
        {"expected_discordance": 0.01},
        {"least_n": 0},
        {"n_max": 5, "least_n": 10},
    ],
)
def test_plans_out_of_range_are_refused(numbers: dict) -> None:
    with pytest.raises(ValueError, match=r"margin|difference|alpha|power|discordance|range"):
        ComparisonPlan(**numbers)
