"""What a planned experiment can detect, before anything is asked; every assumption is a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scramblebench.analysis.dependency_planning import DependencyPlan, dependency_plan
from scramblebench.analysis.detectable import (
    DetectableDrop,
    level_drops,
    model_differences,
    smallest_drop,
)
from scramblebench.analysis.options import AnalysisOptions, Correction, options_of
from scramblebench.analysis.pilot import Pilot, pilot_items, pilot_values
from scramblebench.analysis.planned_panels import (
    PlannedPanel,
    by_benchmark,
    planned_panels,
    strictest_alpha,
)
from scramblebench.analysis.planning_values import (
    PlanningValues,
    discordance_at,
    published_values,
)
from scramblebench.plan import Plan
from scramblebench.statistics.planning.power import DEFAULT_POWER


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPower:
    """What one benchmark by one method can show."""

    panel: PlannedPanel
    design_effect: float
    levels: tuple[DetectableDrop, ...]
    models: tuple[DetectableDrop, ...]
    dependency: DependencyPlan
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReport:
    """What a planned experiment can show with ``power``; ``wanted`` is the drop to be found, a share."""

    power: float
    wanted: float
    options: AnalysisOptions
    pilot: str | None
    panels: tuple[PanelPower, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerQuestion:
    """What is asked of a plan: the power, the drop wanted, and how it is simulated."""

    power: float = DEFAULT_POWER
    wanted: float = 0.05
    n_questions: int | None = None
    n_runs: int = 1000


def power_report(
    plan: Plan,
    question: PowerQuestion,
    pilot: Pilot | None = None,
    advance: Callable[[str], None] = lambda _words: None,
) -> PowerReport:
    """Return what a plan can detect; the same plan and question give the same numbers.

    Raises UsageError where the pilot's answers are too few.
    """
    options = options_of(plan.spec.statistical_analysis)
    found: list[PanelPower] = []
    for panel in planned_panels(plan, options, question.n_questions):
        advance(f"{panel.benchmark} · {panel.method}: {question.n_runs:,} simulated studies")
        values = published_values() if pilot is None else pilot_values(pilot, panel)
        items = None if pilot is None else pilot_items(pilot, panel)
        dependency = dependency_plan(
            panel, values.icc, options, question.power, question.n_runs,
            plan.spec.scrambling.random_seed, items,
        )  # fmt: skip
        found.append(
            PanelPower(
                panel=panel,
                design_effect=panel.design_effect(values.icc),
                levels=tuple(level_drops(panel, values, options, question.power, question.wanted)),
                models=tuple(
                    model_differences(panel, values, options, question.power, question.wanted)
                ),
                dependency=dependency,
                assumptions=tuple(_assumptions(panel, values, options, dependency)),
            )
        )
    return PowerReport(
        power=question.power,
        wanted=question.wanted,
        options=options,
        pilot=pilot.name if pilot else None,
        panels=tuple(found),
    )


def _assumptions(
    panel: PlannedPanel,
    values: PlanningValues,
    options: AnalysisOptions,
    dependency: DependencyPlan,
) -> Iterator[str]:
    yield from values.assumptions
    yield "every question is answered: what stays missing makes it less"
    if panel.n_level_tests and options.correction is not Correction.NONE:
        alpha = strictest_alpha(options, panel.n_level_tests)
        yield (
            f"levels are tested at {options.alpha:.3g}/{panel.n_level_tests} = {alpha:.2g}, the strictest "
            f"step of {options.correction}: where several levels fall, smaller drops are found too"
        )
    if panel.n_pairs and options.correction is not Correction.NONE:
        yield (
            f"models are tested at {options.alpha:.3g}/{panel.n_model_tests} at single levels, and at "
            f"{strictest_alpha(options, panel.n_pairs):.2g} for their coefficients"
        )
    if panel.cluster_size > 1:
        measured = "as in the pilot" if values.n_pilot else "assumed; a pilot measures it"
        yield (
            f"questions share passages, {panel.cluster_size:.1f} each: their differences correlate by "
            f"{values.icc:.2f} ({measured}), so that variances grow by {panel.design_effect(values.icc):.2f}"
        )
    if panel.n_repeats > 1 and not any("repeats" in words for words in values.assumptions):
        yield (
            "repeats give the same answer, so that they narrow nothing; a pilot with 2 repeats measures "
            "what they bring"
        )
    yield from dependency.assumptions


def smallest_drops(
    plan: Plan, n_questions: int | None = None
) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """Return by benchmark the (level, smallest drop) of a plan, at the published middle discordance.

    Of the first method, with 80 % power, corrected; ``n_questions`` of each benchmark, None as planned.
    """
    options, values = options_of(plan.spec.statistical_analysis), published_values()
    return tuple(
        (panel.benchmark, tuple(_drops(panel, values, options)))
        for panel in by_benchmark(planned_panels(plan, options, n_questions))
    )


def _drops(
    panel: PlannedPanel, values: PlanningValues, options: AnalysisOptions
) -> Iterator[tuple[float, float]]:
    n = panel.n_questions / panel.design_effect(values.icc)
    alpha = strictest_alpha(options, panel.n_level_tests)
    for level_pct in panel.levels_pct[1:] if panel.has_baseline else ():
        share = discordance_at(values.levels, level_pct).middle
        yield level_pct, smallest_drop(n, share, DEFAULT_POWER, alpha)
