"""What a plan will measure, curve by curve: as panels, before there are scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from scramblebench.analysis.cube import Items, curves, make_items
from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.plan import Plan
from scramblebench.statistics.planning.power import adjusted_alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPanel:
    """One benchmark by one method: the design of its curves.

    ``cluster_size`` is the mean number of questions that share a passage, weighted by size: 1 where each
    stands alone. ``n_level_tests`` and ``n_model_tests`` count the comparisons that are corrected together.
    """

    benchmark: str
    method: str
    levels_pct: tuple[float, ...]
    n_questions: int
    cluster_size: float
    guess_rate: float
    models: tuple[str, ...]
    n_repeats: int
    n_level_tests: int
    n_model_tests: int

    @property
    def n_pairs(self) -> int:
        """How many pairs of models there are."""
        return len(self.models) * (len(self.models) - 1) // 2

    @property
    def has_baseline(self) -> bool:
        """Whether level 0 is asked."""
        return self.levels_pct[0] == 0

    def design_effect(self, icc: float) -> float:
        """Return by how much passages multiply the variance."""
        return 1 + (self.cluster_size - 1) * icc


def strictest_alpha(options: AnalysisOptions, n_tests: int) -> float:
    """Return what each of so many tests is planned at: alpha / n unless nothing is corrected."""
    if options.correction is Correction.NONE or n_tests < 1:
        return options.alpha
    return adjusted_alpha(options.alpha, n_tests)


def planned_panels(
    plan: Plan, options: AnalysisOptions, n_questions: int | None = None
) -> tuple[PlannedPanel, ...]:
    """Return the panels of a plan; with ``n_questions``, as if so many of each benchmark were asked."""
    items = make_items(plan.questions)
    by_method = {
        method: tuple(level for _, level, _ in points)
        for method, points in groupby(curves(plan.conditions), key=lambda point: point[0])
    }
    n_levels = sum(sum(level > 0 for level in levels) for levels in by_method.values())
    n_models, n_benchmarks = len(plan.spec.models), len(items.benchmarks)
    whole = n_levels * n_models * n_benchmarks
    return tuple(
        _panel(plan, items, number, method, levels, whole, options, n_questions)
        for number in range(n_benchmarks)
        for method, levels in by_method.items()
    )


def _panel(
    plan: Plan,
    items: Items,
    number: int,
    method: str,
    levels: tuple[float, ...],
    n_whole: int,
    options: AnalysisOptions,
    n_questions: int | None,
) -> PlannedPanel:
    own = items.benchmark == number
    sizes = np.unique(items.cluster[own], return_counts=True)[1]
    models = tuple(model.shown_name for model in plan.spec.models)
    n_own = sum(level > 0 for level in levels)
    n_pairs = len(models) * (len(models) - 1) // 2
    return PlannedPanel(
        benchmark=items.benchmarks[number],
        method=method,
        levels_pct=levels,
        n_questions=n_questions or int(own.sum()),
        cluster_size=float((sizes**2).sum() / sizes.sum()),
        guess_rate=float(items.guess_rate[own].mean()),
        models=models,
        n_repeats=plan.grid.n_repeats,
        n_level_tests=n_whole if options.is_family_whole else n_own,
        n_model_tests=n_pairs * len(levels),
    )


def by_benchmark(found: tuple[PlannedPanel, ...]) -> Iterator[PlannedPanel]:
    """Yield the first panel of each benchmark."""
    seen = set[str]()
    for panel in found:
        if panel.benchmark not in seen:
            seen.add(panel.benchmark)
            yield panel
