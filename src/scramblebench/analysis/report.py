"""The whole analysis of one experiment: computed from the cube, stored by name, hash and seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from math import nan

from scramblebench.analysis.accuracy import accuracy_rows
from scramblebench.analysis.cautions import cautions
from scramblebench.analysis.comparisons import level_comparisons, model_comparisons
from scramblebench.analysis.contrasts import contrast_rows
from scramblebench.analysis.cube import ScoreCube
from scramblebench.analysis.dependency import dependency_rows
from scramblebench.analysis.families import adjusted
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import by_answered_levels, panels
from scramblebench.analysis.resampling import replicates
from scramblebench.analysis.rows import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DeclaredRow,
    DependencyRow,
    ThresholdRow,
    TrendRow,
)
from scramblebench.analysis.thresholds import threshold_rows
from scramblebench.analysis.trends import trend_rows

_LIBRARIES = ("scramblebench", "numpy", "scipy", "statsmodels")


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of an analysis with what they depend on: inputs, options, seed and versions."""

    name: str
    inputs_sha256: str
    seed: int
    options: AnalysisOptions
    versions: Mapping[str, str]
    accuracy: tuple[AccuracyRow, ...]
    domains: tuple[AccuracyRow, ...]
    dependency: tuple[DependencyRow, ...]
    thresholds: tuple[ThresholdRow, ...]
    trends: tuple[TrendRow, ...]
    comparisons: tuple[ComparisonRow, ...]
    contrasts: tuple[ContrastRow, ...]
    cautions: tuple[str, ...]
    declared: DeclaredRow | None = None


def make_report(
    name: str,
    cube: ScoreCube,
    options: AnalysisOptions,
    *,
    declared: DeclaredRow | None = None,
    advance: Callable[[str], None] = lambda _words: None,
) -> Report:
    """Compute everything that is asked for; the same cube and options give the same bytes.

    ``advance`` is told what is being computed. With a ``declared`` question no p-value of a test for a
    fixed number of questions is given: the answers decide when to stop.
    """
    accuracy: list[AccuracyRow] = []
    dependency: list[DependencyRow] = []
    thresholds: list[ThresholdRow] = []
    trends: list[TrendRow] = []
    comparisons: list[ComparisonRow] = []
    all_panels, seen = tuple(panels(cube)), set[str]()
    for panel in all_panels:
        advance(f"{panel.benchmark} · {panel.method}")
        resampled = replicates(panel, options, cube.seed)
        accuracy += accuracy_rows(panel, options, resampled)
        for part in by_answered_levels(panel):
            drawn = (
                resampled
                if part.levels_pct == panel.levels_pct and part.models == panel.models
                else replicates(part, options, cube.seed)
            )
            dependency += dependency_rows(part, options, drawn)
            thresholds += threshold_rows(part, options, drawn)
            trends += trend_rows(part, options, cube.seed)
        comparisons += level_comparisons(panel, options, cube.seed)
        comparisons += model_comparisons(
            panel, options, cube.seed, has_baseline_elsewhere=panel.benchmark in seen
        )
        seen.add(panel.benchmark)
    domains = [
        row for panel in panels(cube, by_domain=True) for row in accuracy_rows(panel, options)
    ]
    tested, contrasts = adjusted(comparisons, options), [*contrast_rows(all_panels, options)]
    if declared is not None:
        tested, trends = [*map(without_p, tested)], [*map(_without_trend_p, trends)]
        contrasts = [replace(row, p_value=nan) for row in contrasts]
    return Report(
        name=name,
        inputs_sha256=cube.inputs_sha256,
        seed=cube.seed,
        options=options,
        versions=_versions(),
        accuracy=tuple(accuracy),
        domains=tuple(domains),
        dependency=tuple(dependency),
        thresholds=tuple(thresholds),
        trends=tuple(trends),
        comparisons=tuple(tested),
        contrasts=tuple(contrasts),
        cautions=tuple(
            cautions(accuracy, dependency, tested, options, is_stopped_early=declared is not None)
        ),
        declared=declared,
    )


def _versions() -> Mapping[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def without_p(row: ComparisonRow) -> ComparisonRow:
    """Return a comparison without p-values: they hold for a number of questions fixed beforehand."""
    return replace(row, p_value=nan, p_adjusted=nan, equivalence_p=nan)


def _without_trend_p(row: TrendRow) -> TrendRow:
    return replace(row, p_value=nan, sign_flip_p=nan)
