"""What a planned panel can detect: drops of levels and differences of models, in closed form."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.planned_panels import PlannedPanel, strictest_alpha
from scramblebench.analysis.planning_values import PlanningValues, Spread, discordance_at
from scramblebench.statistics.planning.mcnemar_power import (
    mcnemar_detectable_difference,
    mcnemar_power,
    mcnemar_sample_size,
    mcnemar_sample_size_exact,
)
from scramblebench.statistics.proportions.paired_counts import McNemarVariant
from scramblebench.statistics.roots import bracketed_root

_PRECISION = 1e-5
_FEW_QUESTIONS = 200
_LARGEST_EXACT_N = 20_000
"""The exact power of more questions takes seconds, and says nothing that the formula does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableDrop:
    """The smallest drop of one level, or difference of two models at it, that is found.

    All are shares, by low, middle and high discordance. ``smallest`` is found with the power wanted at
    ``alpha``, that of the strictest step of the correction; NaN where no difference is large enough.
    ``test_power`` is the exact power of McNemar's test there in the middle case, NaN where another test
    will be made. ``n_needed`` is how many questions find a drop of ``wanted``.
    """

    level_pct: float
    discordance: Spread
    alpha: float
    smallest: Spread
    test_power: float
    wanted: float
    n_needed: Spread


def level_drops(
    panel: PlannedPanel,
    values: PlanningValues,
    options: AnalysisOptions,
    power: float,
    wanted: float,
) -> Iterator[DetectableDrop]:
    """Yield what each level can show against the baseline; nothing where level 0 is not asked."""
    alpha = strictest_alpha(options, panel.n_level_tests)
    for level_pct in panel.levels_pct[1:] if panel.has_baseline else ():
        spread = discordance_at(values.levels, level_pct)
        yield _detectable(panel, values, options, level_pct, spread, alpha, power, wanted)


def model_differences(
    panel: PlannedPanel,
    values: PlanningValues,
    options: AnalysisOptions,
    power: float,
    wanted: float,
) -> Iterator[DetectableDrop]:
    """Yield what two models can show at each level; nothing for one model."""
    alpha = strictest_alpha(options, panel.n_model_tests)
    for level_pct in panel.levels_pct if panel.n_pairs else ():
        spread = discordance_at(values.models, level_pct)
        yield _detectable(panel, values, options, level_pct, spread, alpha, power, wanted)


def _detectable(
    panel: PlannedPanel,
    values: PlanningValues,
    options: AnalysisOptions,
    level_pct: float,
    discordance: Spread,
    alpha: float,
    power: float,
    wanted: float,
) -> DetectableDrop:
    effect = panel.design_effect(values.icc)
    n = panel.n_questions / effect
    test = McNemarVariant.EXACT if options.is_exact else McNemarVariant.MID_P
    smallest = discordance.map(lambda share: smallest_drop(n, share, power, alpha, test))
    needed = discordance.map(
        lambda share: effect * questions_needed(wanted, share, power, alpha, test)
    )
    is_counted = panel.n_repeats == 1 and panel.cluster_size == 1 and n <= _LARGEST_EXACT_N
    return DetectableDrop(
        level_pct=level_pct,
        discordance=discordance,
        alpha=alpha,
        smallest=smallest,
        test_power=_test_power(panel.n_questions, smallest.middle, discordance.middle, alpha, test)
        if is_counted and not math.isnan(smallest.middle)
        else math.nan,
        wanted=wanted,
        n_needed=needed,
    )


def smallest_drop(
    n: float,
    discordance: float,
    power: float,
    alpha: float,
    test: McNemarVariant = McNemarVariant.MID_P,
) -> float:
    """Return the least drop found with the power on n questions; NaN where not even a drop of 1 is.

    Discordance is at least the drop. By the exact power of the test up to 200 questions, and where the
    normal formula has no answer since the discordance assumed is small; else by that formula.
    """
    if discordance > 0 and n > _FEW_QUESTIONS:
        found = mcnemar_detectable_difference(n, discordance, power, alpha).effect
        if not math.isnan(found):
            return found

    def excess(drop: float) -> float:
        return _test_power(round(n), drop, discordance, alpha, test) - power

    return math.nan if excess(1.0) < 0 else bracketed_root(excess, 0.0, 1.0, _PRECISION)


def questions_needed(
    drop: float,
    discordance: float,
    power: float,
    alpha: float,
    test: McNemarVariant = McNemarVariant.MID_P,
) -> float:
    """Return how many questions find a drop; discordance is at least the drop.

    By the formula of Miettinen and Connor, a real number; where every change is a loss, by the test's power.
    """
    if drop >= discordance:
        return mcnemar_sample_size_exact(drop, 0.0, power, alpha, test).n
    lost = (discordance + drop) / 2
    return mcnemar_sample_size(lost, discordance - lost, power, alpha).n


def _test_power(
    n: int, drop: float, discordance: float, alpha: float, test: McNemarVariant
) -> float:
    changed = max(drop, discordance)
    lost = (changed + drop) / 2
    return mcnemar_power(n, lost, changed - lost, alpha, test).power
