"""What a planned panel can tell of dependency coefficients, by simulating the study."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from scramblebench.analysis.cube import Floats
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.planned_panels import PlannedPanel, strictest_alpha
from scramblebench.analysis.randomness import generator
from scramblebench.statistics import Status
from scramblebench.statistics.levels import trapezoid_weights
from scramblebench.statistics.planning.design_power import (
    dependency_difference,
    detectable_design_effect,
)
from scramblebench.statistics.planning.item_populations import (
    ItemPopulation,
    ParametricItems,
    PilotItems,
    SimulatedModel,
)

_RUNS_AT_ONCE = 20
_LARGEST_SHIFT = 4.0
"""Tolerances smaller by a factor of exp(4): everything is lost at the slightest scramble."""
_FEWEST_LEVELS = 4
_MOST_SIMULATED = 500
"""Questions of a simulated study: from there on widths shrink with the root of their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyPlan:
    """What can be told of dependency coefficients, by ``n_runs`` simulated studies.

    ``coefficient`` is that of the typical model, ``half_width`` the half of its interval,
    ``smallest_difference`` between two models what is found with the power wanted at ``alpha`` (NaN for
    one model), ``power_low`` and ``power_high`` the Monte Carlo limits of the power there where it was
    searched. ``accuracy`` is the typical model's by level.
    """

    coefficient: float = math.nan
    half_width: float = math.nan
    smallest_difference: float = math.nan
    alpha: float = math.nan
    n_runs: int = 0
    power_low: float = math.nan
    power_high: float = math.nan
    levels_pct: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    assumptions: tuple[str, ...] = ()
    status: Status = Status.OK


def dependency_plan(
    panel: PlannedPanel,
    icc: float,
    options: AnalysisOptions,
    power: float,
    n_runs: int,
    seed: int,
    pilot: PilotItems | None = None,
) -> DependencyPlan:
    """Simulate the study of a panel; undefined below four levels or without level 0."""
    levels_pct = panel.levels_pct if pilot is None else tuple((pilot.levels * 100).tolist())
    if not panel.has_baseline or len(levels_pct) < _FEWEST_LEVELS:
        few = Status.TOO_FEW_LEVELS if panel.has_baseline else Status.NO_BASELINE
        return DependencyPlan(status=few)
    n = max(2, round(panel.n_questions / panel.design_effect(icc)))
    alpha = strictest_alpha(options, panel.n_pairs)
    rng = generator(seed, "power", panel.benchmark, panel.method)
    simulated = min(n, _MOST_SIMULATED)
    if pilot is not None:
        found = _from_pilot(pilot, levels_pct, simulated, alpha, options, power, n_runs, rng)
    else:
        found = _from_model(panel, simulated, alpha, options, power, n_runs, rng)
    return found if simulated == n else _scaled(found, simulated, n)


def _scaled(found: DependencyPlan, simulated: int, n: int) -> DependencyPlan:
    """Return what was simulated with fewer questions for all of them."""
    factor = math.sqrt(simulated / n)
    words = f"coefficients: simulated with {simulated:,} questions, {n:,} scaled by the root"
    return replace(
        found,
        half_width=factor * found.half_width,
        smallest_difference=factor * found.smallest_difference,
        assumptions=(*found.assumptions, words),
    )


def _from_model(
    panel: PlannedPanel,
    n: int,
    alpha: float,
    options: AnalysisOptions,
    power: float,
    n_runs: int,
    rng: np.random.Generator,
) -> DependencyPlan:
    of_search, of_width, of_accuracy = rng.spawn(3)
    population = _items(panel, 0.0)
    accuracy = population.accuracy(of_accuracy)[0]
    spread = _coefficients(population, n, n_runs, of_width)
    found = DependencyPlan(
        coefficient=_coefficient(population, accuracy),
        half_width=_half_width(spread[:, 0], options),
        alpha=alpha,
        n_runs=n_runs,
        levels_pct=panel.levels_pct,
        accuracy=tuple(accuracy.tolist()),
        assumptions=(_described(population),),
    )
    return _searched(found, panel, n, power, of_search) if panel.n_pairs else found


def _items(panel: PlannedPanel, shift: float) -> ParametricItems:
    """Return the questions of two models, of which the second tolerates less by a factor exp(shift)."""
    return ParametricItems(
        levels=np.array(panel.levels_pct) / 100,
        guess_rate=panel.guess_rate,
        models=(SimulatedModel(), SimulatedModel(log_tolerance_shift=-shift)),
    )


def _searched(
    plan: DependencyPlan, panel: PlannedPanel, n: int, power: float, rng: np.random.Generator
) -> DependencyPlan:
    """Return the plan with the smallest difference of two coefficients that is found with the power."""
    population = _items(panel, 0.0)
    found = detectable_design_effect(
        lambda shift: _items(panel, shift), n, dependency_difference(population, plan.alpha), rng,
        most=_LARGEST_SHIFT, target=power, n_runs=plan.n_runs,
    )  # fmt: skip
    if found.status is not Status.OK:
        return plan
    accuracy = _items(panel, found.value).accuracy(generator(0, "power", "accuracy"))
    first, second = (_coefficient(population, own) for own in accuracy)
    return replace(
        plan,
        smallest_difference=second - first,
        power_low=found.power.low,
        power_high=found.power.high,
    )


def _described(items: ParametricItems) -> str:
    return (
        f"simulated questions: logit of knowing normal, mean {items.mean_logit:g}, sd {items.sd_logit:g}; "
        f"the level at which half is lost lognormal, median {items.median_tolerance * 100:g}, sd of its "
        f"logarithm {items.sd_log_tolerance:g}; chance {items.guess_rate:.3f}; answers drawn anew at every "
        "level and for every model"
    )


def _from_pilot(
    pilot: PilotItems,
    levels_pct: tuple[float, ...],
    n: int,
    alpha: float,
    options: AnalysisOptions,
    power: float,
    n_runs: int,
    rng: np.random.Generator,
) -> DependencyPlan:
    spread = _coefficients(pilot, n, n_runs, rng)
    accuracy = pilot.answers.mean(axis=2)
    n_models = spread.shape[1]
    errors = [
        float((spread[:, one] - spread[:, two]).std(ddof=1))
        for one in range(n_models)
        for two in range(one + 1, n_models)
    ]
    difference = math.nan
    if errors:
        difference = float(ndtri(1 - alpha / 2) + ndtri(power)) * float(np.median(errors))
    middle = int(np.argsort(accuracy[:, 0])[n_models // 2])
    return DependencyPlan(
        coefficient=_coefficient(pilot, accuracy[middle]),
        half_width=_half_width(spread[:, middle], options),
        smallest_difference=difference,
        alpha=alpha,
        n_runs=n_runs,
        levels_pct=levels_pct,
        accuracy=tuple(accuracy[middle].tolist()),
        assumptions=(
            f"questions drawn from the {pilot.answers.shape[2]:,} of the pilot at its own levels; what "
            "is detectable comes from how much coefficients vary over the simulated studies, not from "
            "the difference that the pilot showed",
        ),
    )


def _coefficients(
    population: ItemPopulation, n_items: int, n_runs: int, rng: np.random.Generator
) -> Floats:
    """Return the coefficients of simulated studies, (n_runs, n_models); those below chance are left out."""
    found: list[Floats] = []
    for start in range(0, n_runs, _RUNS_AT_ONCE):
        answers = population.draw(min(_RUNS_AT_ONCE, n_runs - start), n_items, rng)
        lead = answers.mean(axis=3) - population.guess_rate
        kept = lead @ trapezoid_weights(population.levels)
        is_defined = (lead[:, :, 0] > 0).all(axis=1)
        found.append(1 - kept[is_defined] / lead[is_defined, :, 0])
    return np.concatenate(found)


def _coefficient(population: ItemPopulation, accuracy: Floats) -> float:
    lead = accuracy - population.guess_rate
    return float(1 - lead @ trapezoid_weights(population.levels) / lead[0])


def _half_width(coefficients: Floats, options: AnalysisOptions) -> float:
    if len(coefficients) < 2:
        return math.nan
    return float(ndtri(1 - options.alpha / 2) * coefficients.std(ddof=1))
