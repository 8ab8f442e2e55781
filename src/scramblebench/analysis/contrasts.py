"""Drops beside other drops: against a control benchmark, and above a measured floor."""

from collections.abc import Iterator, Sequence

from scramblebench.analysis.cube import Floats, Integers
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.rows import ContrastRow
from scramblebench.core.errors import UsageError
from scramblebench.statistics.curves.recovery import (
    difference_in_differences,
    relative_performance_gain,
)


def contrast_rows(panels: Sequence[Panel], options: AnalysisOptions) -> Iterator[ContrastRow]:
    """Yield what the configuration asks for beside plain drops; raises UsageError for a wrong name."""
    if options.control_benchmark is not None:
        yield from _against_control(panels, options.control_benchmark, options)
    if options.floor_method is not None:
        yield from _above_floor(panels, options.floor_method, options)


def _against_control(
    panels: Sequence[Panel], control: str, options: AnalysisOptions
) -> Iterator[ContrastRow]:
    controls = {panel.method: panel for panel in panels if panel.benchmark == control}
    if not controls:
        known = ", ".join(dict.fromkeys(panel.benchmark for panel in panels))
        raise UsageError(f"control_benchmark: there is no benchmark {control!r}; there are {known}")
    for panel in panels:
        beside = controls[panel.method]
        if panel is beside or not panel.has_baseline:
            continue
        for position, level_pct in enumerate(panel.levels_pct[1:], 1):
            for model, name in enumerate(panel.models):
                found = difference_in_differences(
                    _drops(panel.scores[model], position),
                    _drops(beside.scores[model], position),
                    panel.clusters,
                    beside.clusters,
                    options.confidence_level,
                )
                yield ContrastRow(
                    kind="difference_in_differences",
                    model=name,
                    benchmark=panel.benchmark,
                    control=control,
                    method=panel.method,
                    level_pct=level_pct,
                    estimate=found.estimate,
                    low=found.low,
                    high=found.high,
                    p_value=found.p_value,
                    interval_method=found.interval_method,
                    n_questions=found.n,
                    status=found.status,
                    warnings=found.warnings,
                )


def _drops(scores: Floats, position: int) -> Floats:
    return scores[:, 0] - scores[:, position]


def _above_floor(
    panels: Sequence[Panel], floor: str, options: AnalysisOptions
) -> Iterator[ContrastRow]:
    floors = {panel.benchmark: panel for panel in panels if panel.method == floor}
    if not floors:
        known = ", ".join(dict.fromkeys(panel.method for panel in panels))
        raise UsageError(f"floor_method: there is no method {floor!r}; there are {known}")
    for panel in panels:
        beneath = floors.get(panel.benchmark)
        if beneath is None or beneath is panel or not panel.has_baseline:
            continue
        for position, level_pct in enumerate(panel.levels_pct[1:], 1):
            for model, name in enumerate(panel.models):
                yield _gain(panel, beneath, model, name, position, level_pct, floor, options)


def _gain(
    panel: Panel,
    beneath: Panel,
    model: int,
    name: str,
    position: int,
    level_pct: float,
    floor: str,
    options: AnalysisOptions,
) -> ContrastRow:
    scores = panel.scores[model]
    clusters: Integers | None = panel.clusters
    found = relative_performance_gain(
        scores[:, 0], scores[:, position], beneath.scores[model, :, -1], clusters,
        options.confidence_level,
    )  # fmt: skip
    return ContrastRow(
        kind="relative_performance_gain",
        model=name,
        benchmark=panel.benchmark,
        control=floor,
        method=panel.method,
        level_pct=level_pct,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        p_value=float("nan"),
        interval_method=found.interval_method,
        n_questions=found.n,
        status=found.status,
        warnings=found.warnings,
    )
