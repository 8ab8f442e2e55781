import math
from functools import partial

import numpy as np
import pytest
from scipy import stats

from scramblebench.statistics.curves.dependency import dependency_coefficient
from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.statistics.planning.design_power import (
    accuracy_difference,
    dependency_difference,
    design_power,
    detectable_design_effect,
    drop_difference,
    holm,
    level_drops,
    required_items,
)
from scramblebench.statistics.planning.item_populations import (
    ParametricItems,
    PilotItems,
    SimulatedModel,
)
from scramblebench.statistics.planning.mcnemar_power import mcnemar_power
from scramblebench.statistics.proportions.paired_counts import PairedCounts, mcnemar
from scramblebench.statistics.results import Status

LEVELS = np.array([0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0])


def pair(shift: float) -> ParametricItems:
    return ParametricItems(
        levels=LEVELS,
        guess_rate=0.25,
        models=(SimulatedModel(), SimulatedModel(log_tolerance_shift=shift)),
    )


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def answers() -> np.ndarray:
    return pair(0.5).draw(20, 150, rng())


def test_holm_equals_the_adjustment_of_one_family() -> None:
    p_values = rng().random((30, 6)) ** 2
    p_values[3] = 0.02  # ties
    for ours, family in zip(holm(p_values), p_values, strict=True):
        assert ours == pytest.approx(adjust(family, "holm"))


def test_levels_are_judged_by_the_analysis_itself(answers: np.ndarray) -> None:
    any_level, third = level_drops()(answers), level_drops(level=3)(answers)
    every_level = level_drops(needs_all=True)(answers)
    for run, scores in enumerate(answers[:, 0]):
        p_values = [
            mcnemar(PairedCounts.from_scores(scores[0], treatment)).p_value
            for treatment in scores[1:]
        ]
        rejected = adjust(p_values, "holm") <= 0.05
        assert any_level[run] == rejected.any()
        assert every_level[run] == rejected.all()
        assert third[run] == rejected[2]


def test_accuracies_and_drops_are_judged_by_the_tests_themselves(answers: np.ndarray) -> None:
    accuracy, drop = accuracy_difference(level=3)(answers), drop_difference(level=3)(answers)
    for run, (first, second) in enumerate(answers):
        counted = PairedCounts.from_scores(first[3], second[3])
        assert accuracy[run] == (mcnemar(counted).p_value <= 0.05)
        p = stats.ttest_rel(second[3] - second[0], first[3] - first[0]).pvalue
        assert drop[run] == (p <= 0.05)


def test_coefficients_are_judged_by_their_influence(answers: np.ndarray) -> None:
    found = dependency_difference(pair(0.5))(answers)
    for run, scores in enumerate(answers):
        first, second = (dependency_coefficient(LEVELS, table.T, 0.25) for table in scores)
        difference = second.estimate.estimate - first.estimate.estimate
        spread = second.influence - first.influence
        t = difference / (spread.std(ddof=1) / math.sqrt(len(spread)))
        assert found[run] == (2 * stats.t.sf(abs(t), len(spread) - 1) <= 0.05)


def test_power_equals_the_exact_power_of_the_test() -> None:
    # no item is answered twice alike: lost and gained are independent of the item
    population = ParametricItems(
        levels=np.array([0.0, 1.0]), mean_logit=math.log(4), sd_logit=0.0, sd_log_tolerance=0.0,
        median_tolerance=1.0, steepness=1.0,
    )  # fmt: skip
    simulated = design_power(population, 60, level_drops(), rng(), n_runs=2000)
    exact = mcnemar_power(60, lost=0.8 * 0.6, gained=0.2 * 0.4).power
    assert simulated.low - 0.01 <= exact <= simulated.high + 0.01


def test_without_an_effect_alpha_is_found() -> None:
    same = pair(0.0)
    flat = ParametricItems(levels=LEVELS, median_tolerance=1e9)
    for population, analysis in (
        (same, accuracy_difference()),
        (same, drop_difference(level=4)),
        (same, dependency_difference(same)),
        (flat, level_drops()),
    ):
        assert design_power(population, 120, analysis, rng()).estimate <= 0.075


def test_the_limits_are_wilson_and_the_seed_decides() -> None:
    one, same = (design_power(pair(0.3), 80, drop_difference(4), rng()) for _ in range(2))
    assert one == same
    # R: prop.test(x, 1000, correct = FALSE) is within +- 1.96 sqrt(p (1 - p) / 1000) nearly
    half = 1.96 * math.sqrt(one.estimate * (1 - one.estimate) / 1000)
    assert (one.low, one.high) == pytest.approx(
        (one.estimate - half, one.estimate + half), abs=2e-3
    )
    assert one.n == 1000
    others = {
        design_power(pair(0.3), 80, drop_difference(4), np.random.default_rng(seed)).estimate
        for seed in range(4)
    }
    assert len(others) > 1


def test_the_required_items_are_where_the_power_passes() -> None:
    analysis = level_drops(level=2)
    found = required_items(pair(0.0), analysis, rng(), least=50, most=1500, n_runs=300)
    assert found.power.estimate >= 0.8
    assert dict(found.tried)[found.value - 1] < 0.8
    assert found.status is Status.OK
    other = design_power(pair(0.0), int(found.value), analysis, np.random.default_rng(9))
    assert other.estimate == pytest.approx(0.8, abs=0.08)


def test_a_range_without_enough_items_is_not_reached() -> None:
    found = required_items(pair(0.0), level_drops(level=1), rng(), most=30, n_runs=100)
    assert found.status is Status.NOT_REACHED
    assert math.isnan(found.value)
    assert found.power.estimate < 0.8


def test_an_easy_design_needs_the_least() -> None:
    found = required_items(pair(0.0), level_drops(), rng(), least=100, n_runs=100)
    assert found.value == 100


def test_the_detectable_effect_has_the_power() -> None:
    search = partial(detectable_design_effect, pair, n_runs=300, rng=rng())
    few = search(n_items=100, analysis=dependency_difference(pair(0)), most=2.0)
    many = search(n_items=400, analysis=dependency_difference(pair(0)), most=2.0)
    assert few.power.estimate >= 0.8
    assert few.value == pytest.approx(2 * many.value, rel=0.3)
    none = search(n_items=100, analysis=dependency_difference(pair(0)), most=0.01)
    assert none.status is Status.NOT_REACHED


def test_a_pilot_is_a_population() -> None:
    pilot = PilotItems(levels=LEVELS, answers=pair(0.5).draw(1, 60, rng())[0], guess_rate=0.25)
    few, many = (
        design_power(pilot, n, dependency_difference(pilot), rng(), n_runs=200).estimate
        for n in (30, 200)
    )
    assert few < many


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_identical_answers_find_nothing(value: float) -> None:
    answers = np.full((3, 2, 7, 10), value)
    for analysis in (
        level_drops(), accuracy_difference(), drop_difference(3), dependency_difference(pair(0.0)),
    ):  # fmt: skip
        assert not analysis(answers).any()


def test_impossible_searches_are_refused() -> None:
    with pytest.raises(ValueError, match="baseline"):
        level_drops(level=0)
    with pytest.raises(ValueError, match="show nothing"):
        design_power(pair(0.0), 1, level_drops(), rng())
    with pytest.raises(ValueError, match="range"):
        required_items(pair(0.0), level_drops(), rng(), least=50, most=50)
    with pytest.raises(ValueError, match="range"):
        detectable_design_effect(pair, 50, level_drops(), rng(), most=0.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        required_items(pair(0.0), level_drops(), rng(), target=1.0)
