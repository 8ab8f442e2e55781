"""Planning: published and pilot values, what is detectable with them, and what is said of it."""

import math
from itertools import pairwise

import numpy as np
import pytest

from scramblebench.analysis.detectable import questions_needed, smallest_drop
from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.pilot import Pilot, pilot_items, pilot_panel, pilot_values
from scramblebench.analysis.planned_panels import planned_panels, strictest_alpha
from scramblebench.analysis.planning import PowerQuestion, power_report, smallest_drops
from scramblebench.analysis.planning_values import (
    ASSUMED_ICC,
    PUBLISHED_LEVELS,
    PUBLISHED_MODELS,
    Spread,
    discordance_at,
)
from scramblebench.core.errors import UsageError
from scramblebench.statistics import Status
from scramblebench.statistics.planning.mcnemar_power import mcnemar_power
from scramblebench.statistics.proportions.paired_counts import McNemarVariant
from tests.analysis.two_experiments import answers, questions, side

NAMES = [f"q{number}" for number in range(100)]
LEVELS = (0, 20, 50, 100)
QUICK = PowerQuestion(n_runs=100)


def planned(n: int = 100, models: int = 1, levels: tuple[float, ...] = LEVELS, **spec: object):
    tables = {f"m{i}": np.ones((n, len(levels))) for i in range(models)}
    return side("plan", tables, questions(NAMES[:n]), levels, **spec).plan


@pytest.mark.parametrize("table", [PUBLISHED_LEVELS, PUBLISHED_MODELS])
def test_published_discordances_are_ordered(table: dict[float, Spread]):
    assert all(s.low <= s.middle <= s.high for s in table.values())
    assert all(one.middle <= two.middle for one, two in pairwise(table.values()))


def test_discordance_lies_on_the_line_between_known_levels():
    assert discordance_at(PUBLISHED_LEVELS, 50) == Spread(0.084, 0.162, 0.238)
    assert discordance_at(PUBLISHED_LEVELS, 10).middle == pytest.approx(0.069 / 2)
    assert discordance_at({0.0: Spread(0, 0, 0), 50.0: Spread(1, 2, 3)}, 80) == Spread(1, 2, 3)


# The planning cases of Cao et al. 2023 as Miettinen and Connor's formula has them
# (R: MESS::power_mcnemar_test(method = "normal")).
@pytest.mark.parametrize(
    ("drop", "discordance", "n"), [(0.029, 0.069, 642), (0.105, 0.162, 113), (0.004, 0.026, 12750)]
)
def test_questions_needed_of_published_cases(drop: float, discordance: float, n: int):
    assert questions_needed(drop, discordance, 0.8, 0.05) == pytest.approx(n, rel=0.005)


def test_smallest_drop_and_questions_needed_are_inverse():
    drop = smallest_drop(1000, 0.16, 0.8, 0.01)
    assert questions_needed(drop, 0.16, 0.8, 0.01) == pytest.approx(1000, rel=1e-6)


@pytest.mark.parametrize("discordance", [0.05, 0.16, 0.4])
def test_up_to_200_questions_the_test_itself_has_the_power(discordance: float):
    drop = smallest_drop(150, discordance, 0.8, 0.01)
    changed = max(drop, discordance)
    found = mcnemar_power(150, (changed + drop) / 2, (changed - drop) / 2, 0.01)
    assert found.power == pytest.approx(0.8, abs=0.001)


def test_where_few_answers_change_the_test_itself_decides():
    drop = smallest_drop(150, 0.022, 0.8, 0.05 / 6)
    assert drop > 0.022
    assert mcnemar_power(150, drop, 0.0, 0.05 / 6).power == pytest.approx(0.8, abs=0.001)
    exact = smallest_drop(150, 0.022, 0.8, 0.05 / 6, McNemarVariant.EXACT)
    assert exact > drop


def test_five_questions_show_nothing_and_none_is_nan():
    assert math.isnan(smallest_drop(5, 0.1, 0.8, 0.01))
    assert math.isnan(smallest_drop(5, 0.0, 0.8, 0.01))


def test_more_questions_find_smaller_drops():
    drops = [smallest_drop(n, 0.1, 0.8, 0.01) for n in (30, 100, 300, 1000, 10_000)]
    assert drops == sorted(drops, reverse=True)


def test_tests_of_a_family_share_alpha():
    assert strictest_alpha(AnalysisOptions(), 5) == pytest.approx(0.01)
    assert strictest_alpha(AnalysisOptions(correction=Correction.NONE), 5) == pytest.approx(0.05)


def test_panels_count_their_comparisons():
    methods = {"levels": [0, 50, 100], "methods": ["letter_shuffle", "word_shuffle"]}
    plan = planned(models=3, scrambling=methods)
    one, two = planned_panels(plan, AnalysisOptions())
    assert (one.method, two.method) == ("letter_shuffle", "word_shuffle")
    assert (one.n_level_tests, one.n_pairs, one.n_model_tests) == (2, 3, 9)
    whole = planned_panels(plan, AnalysisOptions(is_family_whole=True))
    assert whole[0].n_level_tests == 12


def test_passages_cost_questions():
    contexts = [f"passage {n // 5}" for n in range(100)]
    alone = planned()
    shared = side("p", {"m": np.ones((100, 4))}, questions(NAMES, contexts=contexts), LEVELS).plan
    (panel,) = planned_panels(shared, AnalysisOptions())
    assert panel.cluster_size == pytest.approx(5)
    report = power_report(shared, QUICK)
    assert report.panels[0].design_effect == pytest.approx(1 + 4 * ASSUMED_ICC)
    assert math.isnan(report.panels[0].levels[0].test_power)
    assert any("share passages, 5.0 each" in words for words in report.panels[0].assumptions)
    (_, drops), (_, fewer) = smallest_drops(alone)[0], smallest_drops(shared)[0]
    assert all(less > more for (_, more), (_, less) in zip(drops, fewer, strict=True))


def test_a_report_states_its_assumptions_and_repeats_itself():
    report = power_report(planned(models=2), QUICK)
    assert report == power_report(planned(models=2), QUICK)
    said = " | ".join(report.panels[0].assumptions)
    for words in ("Cao et al. 2023", "0.05/3 = 0.017", "0.05/4", "every question is answered"):
        assert words in said
    assert [row.level_pct for row in report.panels[0].models] == [0, 20, 50, 100]


def test_one_model_has_no_difference_but_a_width():
    found = power_report(planned(), QUICK).panels[0]
    assert found.models == ()
    assert math.isnan(found.dependency.smallest_difference)
    assert 0 < found.dependency.half_width < 0.5


def test_without_level_0_or_with_few_levels_there_is_no_coefficient():
    no_baseline = power_report(planned(levels=(20, 50, 80, 100)), QUICK).panels[0]
    assert (no_baseline.levels, no_baseline.dependency.status) == ((), Status.NO_BASELINE)
    few = power_report(planned(levels=(0, 50)), QUICK).panels[0]
    assert few.dependency.status is Status.TOO_FEW_LEVELS
    assert len(few.levels) == 1


def test_more_questions_narrow_coefficients():
    def report(n: int):
        question = PowerQuestion(n_runs=200, n_questions=n)
        return power_report(planned(models=2), question).panels[0].dependency

    small, middle, large = report(100), report(400), report(40_000)
    assert small.half_width > middle.half_width > large.half_width
    assert small.smallest_difference > middle.smallest_difference > large.smallest_difference
    assert large.half_width == pytest.approx(middle.half_width / 10, rel=0.2)
    assert any("scaled by the root" in words for words in large.assumptions)


def pilot_of(tables: dict[str, np.ndarray], n_repeats: int = 1, **spec: object) -> Pilot:
    n = next(iter(tables.values())).shape[-2]
    found = side("try", tables, questions(NAMES[:n]), LEVELS, n_repeats=n_repeats, **spec)
    return Pilot("try", found.cube)


def test_a_pilot_s_discordance_is_counted():
    table = np.ones((100, 4))
    table[:10, 1], table[:30, 2], table[:60, 3] = 0, 0, 0
    (panel,) = planned_panels(planned(), AnalysisOptions())
    values = pilot_values(pilot_of({"m": table}), panel)
    assert values.levels[50.0].middle == pytest.approx(0.3)
    assert values.levels[20.0].low < 0.1 < values.levels[20.0].high
    assert values.levels[0.0] == Spread(0, 0, 0)
    assert values.models == PUBLISHED_MODELS
    assert values.n_pilot == 100


def test_a_pilot_of_two_models_counts_their_differences():
    table = np.ones((100, 4))
    other = table.copy()
    other[:25] = 0
    (panel,) = planned_panels(planned(models=2), AnalysisOptions())
    values = pilot_values(pilot_of({"m": table, "n": other}), panel)
    assert values.models[0.0].middle == pytest.approx(0.25)


def test_repeats_of_a_pilot_tell_what_repeats_bring():
    rng = np.random.default_rng(1)
    table = (rng.random((2, 100, 4)) < 0.5).astype(float)  # answers that are coin tosses
    (once,) = planned_panels(planned(), AnalysisOptions())
    (often,) = planned_panels(planned(execution={"repeats": 10}), AnalysisOptions())
    pilot = pilot_of({"m": table}, n_repeats=2)
    single, many = (pilot_values(pilot, p).levels[50.0].middle for p in (once, often))
    assert single == pytest.approx(0.5, abs=0.15)
    assert many == pytest.approx(0.05, abs=0.06)


def test_without_such_a_pilot_repeats_bring_nothing_and_that_is_said():
    one, many = planned(), planned(execution={"repeats": 5})
    assert smallest_drops(one) == smallest_drops(many)
    said = power_report(many, QUICK).panels[0].assumptions
    assert any("repeats give the same answer" in words for words in said)


def test_a_pilot_s_questions_make_the_simulated_studies():
    table = answers(100, [0.9, 0.8, 0.6, 0.3], 1)
    pilot = pilot_of({"m": table, "n": answers(100, [0.9, 0.85, 0.8, 0.7], 2)})
    report = power_report(planned(models=2), QUICK, pilot)
    found = report.panels[0].dependency
    assert found.half_width > 0
    assert found.smallest_difference > 0
    assert found.accuracy[0] == pytest.approx(0.9, abs=0.08)
    assert any("100 of the pilot" in words for words in found.assumptions)


def test_partial_credit_in_a_pilot_makes_no_population():
    (panel,) = planned_panels(planned(), AnalysisOptions())
    assert pilot_items(pilot_of({"m": np.full((100, 4), 0.5)}), panel) is None


def test_a_pilot_without_answers_or_levels_is_refused():
    (panel,) = planned_panels(planned(), AnalysisOptions())
    with pytest.raises(UsageError, match="fewer than 2 complete questions"):
        pilot_values(pilot_of({"m": np.full((100, 4), np.nan)}), panel)
    flat = side("flat", {"m": np.ones((100, 1))}, questions(NAMES), (0,))
    with pytest.raises(UsageError, match="was not asked at level 0 and another"):
        pilot_values(Pilot("flat", flat.cube), panel)


def test_the_pilot_s_curve_of_the_same_method_is_taken_else_the_one_with_most_levels():
    (panel,) = planned_panels(planned(), AnalysisOptions())
    methods = {"levels": [0, 50], "methods": ["word_shuffle", "letter_shuffle"], "random_seed": 1}
    both = side("two", {"m": np.ones((100, 3))}, questions(NAMES), (0, 50), scrambling=methods)
    assert pilot_panel(Pilot("two", both.cube), panel)[0].method == "letter_shuffle"


def test_another_method_of_a_pilot_is_said():
    scrambling = {"levels": list(LEVELS), "methods": ["word_shuffle"], "random_seed": 1}
    (panel,) = planned_panels(planned(scrambling=scrambling), AnalysisOptions())
    values = pilot_values(pilot_of({"m": answers(100, [0.9, 0.8, 0.6, 0.3])}), panel)
    assert any(
        "word_shuffle changes answers as often as letter_shuffle" in w for w in values.assumptions
    )
