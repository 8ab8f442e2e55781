"""Power of a whole design: simulate the study with its own analysis, and count how often it succeeds.

A design is a population of items (``item_populations``) and an analysis. An analysis takes answers of
shape (n_runs, n_models, n_levels, n_items) and says for each run whether it found what it should. The same
seed serves every n and every effect that a search tries, so that what is compared differs in nothing else.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from scramblebench.statistics.levels import trapezoid_weights
from scramblebench.statistics.planning.item_populations import FloatArray, ItemPopulation
from scramblebench.statistics.planning.mcnemar_power import mcnemar_p_values
from scramblebench.statistics.proportions.intervals import wilson
from scramblebench.statistics.proportions.paired_counts import McNemarVariant
from scramblebench.statistics.results import Estimate, Status

BoolArray = npt.NDArray[np.bool_]
Analysis = Callable[[FloatArray], BoolArray]
"""Answers (n_runs, n_models, n_levels, n_items) to whether each run succeeds, shape (n_runs,)."""

DEFAULT_RUNS = 1000
_RUNS_AT_ONCE = 20  # a constant, so that a run is the same run at every n
_EFFECT_STEPS = 12  # halvings of the range of an effect


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSearch:
    """The n (or the effect) that was searched, with the power there.

    ``tried`` lists every value with its power, in the order of the search. ``value`` is NaN with
    ``not_reached`` where even the upper end has too little power.
    """

    value: float
    power: Estimate
    target: float
    tried: tuple[tuple[float, float], ...]
    status: Status = Status.OK


def design_power(
    population: ItemPopulation,
    n_items: int,
    analysis: Analysis,
    rng: np.random.Generator,
    n_runs: int = DEFAULT_RUNS,
) -> Estimate:
    """Return the share of simulated studies of n items that succeed, with its Wilson limits.

    The limits are the Monte Carlo error at 95 %, about +-0.025 at 1,000 runs and a power of 0.8; they
    know nothing of how well the population is known. ``n`` of the result counts runs. Raises ValueError
    below two items or one run.
    """
    return _power(population, n_items, analysis, _seed(rng), n_runs)


def required_items(
    population: ItemPopulation,
    analysis: Analysis,
    rng: np.random.Generator,
    *,
    target: float = 0.8,
    least: int = 10,
    most: int = 2000,
    n_runs: int = DEFAULT_RUNS,
) -> DesignSearch:
    """Return the number of items whose simulated power reaches the target, by bisection.

    All n are tried on the same simulated studies, of which a larger n sees more items. The result is
    where this power passes the target: it has the Monte Carlo error of ``power``, and a test of counts
    rises in saw teeth. Raises ValueError on a target out of (0, 1), or unless 2 <= least < most.
    """
    _check_target(target)
    if not 2 <= least < most:
        raise ValueError(f"{least} to {most} items is no range to search")
    seed = _seed(rng)
    tried: dict[float, Estimate] = {}

    def reached(n_items: int) -> bool:
        tried[n_items] = _power(population, n_items, analysis, seed, n_runs)
        return tried[n_items].estimate >= target

    low, high = least, most
    if reached(least):
        return _found(least, target, tried)
    if not reached(most):
        return replace(_found(most, target, tried), value=math.nan, status=Status.NOT_REACHED)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return _found(high, target, tried)


def detectable_design_effect(
    population_of: Callable[[float], ItemPopulation],
    n_items: int,
    analysis: Analysis,
    rng: np.random.Generator,
    *,
    most: float,
    least: float = 0.0,
    target: float = 0.8,
    n_runs: int = DEFAULT_RUNS,
) -> DesignSearch:
    """Return the least effect that the design finds at this n: the minimum detectable difference.

    ``population_of`` makes the population with an effect, in whatever unit it takes (a shift of a logit
    or of a log tolerance); power must rise from ``least`` to ``most``. Twelve halvings of that range,
    all on the same random numbers; read the accuracies of the result off its population. Raises
    ValueError on a target out of (0, 1) or an empty range.
    """
    _check_target(target)
    if not least < most:
        raise ValueError(f"{least} to {most} is no range to search")
    seed = _seed(rng)
    tried: dict[float, Estimate] = {}

    def reached(effect: float) -> bool:
        tried[effect] = _power(population_of(effect), n_items, analysis, seed, n_runs)
        return tried[effect].estimate >= target

    low, high = least, most
    if not reached(most):
        return replace(_found(most, target, tried), value=math.nan, status=Status.NOT_REACHED)
    for _ in range(_EFFECT_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return _found(high, target, tried)


def level_drops(
    alpha: float = 0.05, *, level: int | None = None, needs_all: bool = False, model: int = 0
) -> Analysis:
    """Return the analysis of one model's levels against its baseline: mid-p, Holm over the levels.

    A run succeeds where the level with this index is significant; without one, where any is, or with
    ``needs_all`` where all are.
    """

    def analyse(answers: FloatArray) -> BoolArray:
        scores = answers[:, model]
        rejected = holm(_paired_p(scores[:, :1], scores[:, 1:])) <= alpha
        if level is not None:
            return rejected[:, level - 1]
        return np.asarray(rejected.all(axis=1) if needs_all else rejected.any(axis=1))

    if level == 0:
        raise ValueError("level 0 is the baseline: give the index of another")
    return analyse


def accuracy_difference(
    level: int = 0, alpha: float = 0.05, models: tuple[int, int] = (0, 1)
) -> Analysis:
    """Return the analysis of two models' accuracy at one level (its index): McNemar's mid-p."""

    def analyse(answers: FloatArray) -> BoolArray:
        first, second = (answers[:, model, level] for model in models)
        return _paired_p(first, second) <= alpha

    return analyse


def drop_difference(level: int, alpha: float = 0.05, models: tuple[int, int] = (0, 1)) -> Analysis:
    """Return the analysis of two models' drops from the baseline to one level: paired t test."""

    def analyse(answers: FloatArray) -> BoolArray:
        drops = answers[:, :, level] - answers[:, :, 0]
        return _mean_p(drops[:, models[1]] - drops[:, models[0]]) <= alpha

    return analyse


def dependency_difference(
    population: ItemPopulation, alpha: float = 0.05, models: tuple[int, int] = (0, 1)
) -> Analysis:
    """Return the analysis of two models' language dependency coefficients: linearised, paired t test.

    As ``dependency_coefficient``, with the levels and the guess rate of the population. A run in which
    a model is not above chance does not succeed.
    """
    weights, guess = trapezoid_weights(population.levels), population.guess_rate

    def analyse(answers: FloatArray) -> BoolArray:
        kept = np.einsum("l,rmli->rmi", weights, answers) - guess
        lead = answers[:, :, 0] - guess
        mean_lead = lead.mean(axis=-1, keepdims=True)
        is_defined = mean_lead > 0
        divisor = np.where(is_defined, mean_lead, 1.0)
        ratio = kept.mean(axis=-1, keepdims=True) / divisor
        per_item = 1 - ratio - (kept - ratio * lead) / divisor
        p_values = _mean_p(per_item[:, models[1]] - per_item[:, models[0]])
        return (p_values <= alpha) & is_defined[:, list(models), 0].all(axis=1)

    return analyse


def holm(p_values: FloatArray) -> FloatArray:
    """Return p adjusted by Holm within each row, shape (n_runs, n_tests), without missing ones.

    R: apply(p, 1, p.adjust, "holm"). Holm 1979, https://www.jstor.org/stable/4615733.
    """
    order = np.argsort(p_values, axis=1, kind="stable")
    remaining = np.arange(p_values.shape[1], 0, -1)
    stepped = np.take_along_axis(p_values, order, axis=1) * remaining
    adjusted = np.empty_like(p_values)
    in_order = np.minimum(1.0, np.maximum.accumulate(stepped, axis=1))
    np.put_along_axis(adjusted, order, in_order, axis=1)
    return adjusted


def _power(
    population: ItemPopulation, n_items: int, analysis: Analysis, seed: int, n_runs: int
) -> Estimate:
    if n_items < 2 or n_runs < 1:
        raise ValueError(f"{n_items} items and {n_runs} runs show nothing: give 2 and 1 or more")
    successes = 0
    for block, start in enumerate(range(0, n_runs, _RUNS_AT_ONCE)):
        rng = np.random.Generator(np.random.PCG64([seed, block]))
        answers = population.draw(min(_RUNS_AT_ONCE, n_runs - start), n_items, rng)
        successes += int(analysis(answers).sum())
    share = wilson(successes, n_runs)
    return Estimate(
        method="power of the design, simulated",
        estimate=share.estimate,
        low=share.low,
        high=share.high,
        interval_method="Wilson, Monte Carlo error only",
        n=n_runs,
    )


def _paired_p(baseline: FloatArray, treatment: FloatArray) -> FloatArray:
    difference = treatment - baseline
    gained, lost = (difference > 0).sum(axis=-1), (difference < 0).sum(axis=-1)
    return mcnemar_p_values(
        gained.astype(np.float64), lost.astype(np.float64), McNemarVariant.MID_P
    )


def _mean_p(differences: FloatArray) -> FloatArray:
    """Return the p of each run's t test of mean 0; 1 where nothing varies, which is no success."""
    n = differences.shape[-1]
    error = differences.std(axis=-1, ddof=1) / math.sqrt(n)
    varies = error > 1e-12
    t = differences.mean(axis=-1) / np.where(varies, error, 1.0)
    return np.where(varies, 2 * stdtr(n - 1, -np.abs(t)), 1.0)


def _found(value: float, target: float, tried: dict[float, Estimate]) -> DesignSearch:
    powers = tuple((each, power.estimate) for each, power in tried.items())
    return DesignSearch(value=value, power=tried[value], target=target, tried=powers)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**63))


def _check_target(target: float) -> None:
    if not 0 < target < 1:
        raise ValueError(f"power {target} is not between 0 and 1")
